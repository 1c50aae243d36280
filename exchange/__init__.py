"""What people do in a channel: create, join, send, capture, open, purge.

`Exchange` is the one place where `rsa_core` and `store` meet. Each of its functions is one act
of one person: it checks the seat, the role and the channel inside the transaction of the act,
answers foreign and invented ids alike, and raises an `ExchangeError` whose message is for
people.
"""

import time

from exchange.admission import Sleep
from exchange.attack_values import AttackChoice, AttackState, Found, FoundItem, SeenKey
from exchange.attacking import ATTACK_CHOICES, Attacking
from exchange.channels import Channels
from exchange.comparing_keys import ComparingKeys
from exchange.desk import Clock, in_words, utc_now
from exchange.details import tells_place
from exchange.errors import (
    CannotOpen,
    Damaged,
    ExchangeError,
    InputRefused,
    KeyChanged,
    NotAdmitted,
    NotFound,
    NotOwner,
    RecordLost,
    SeatChanged,
    SeatGone,
    Tampered,
    TooManyTries,
    Unavailable,
    Waiting,
    WrongRole,
)
from exchange.lesson_keys import LessonKeys
from exchange.opening import Opening
from exchange.owning import Owning
from exchange.presence import Presence
from exchange.recipients import schemes_for
from exchange.seats import CLASSROOM_KEY_SIZES, new_token
from exchange.sending import Sending
from exchange.substituting import Substituting
from exchange.tamper_values import (
    Alarm,
    Contact,
    Contacts,
    Intervention,
    ReadItem,
    ReadPicture,
    Substitution,
)
from exchange.tampering import Tampering
from exchange.values import (
    CHANNEL_KINDS,
    KEEP_FOR,
    REMOVE_AFTER,
    ROLES,
    CapturedPicture,
    CaptureItem,
    Channel,
    Ciphertext,
    Details,
    Event,
    InboxItem,
    KeyChoice,
    KeyWay,
    Lobby,
    NewChannel,
    News,
    OpenedPicture,
    OwnKeys,
    Person,
    Receipt,
    Role,
    SchemeChoice,
    Seat,
    SenderProof,
    SentPicture,
)
from rsa_core import KEY_SIZES, WEAKNESSES
from rsa_core.tampering import FACTORS as TAMPER_FACTORS
from rsa_core.tampering import REGIONS as TAMPER_REGIONS
from rsa_core.turns import NOBODY, Visitor, asked_by
from store import normalise_channel_key as plain_channel_key
from store import open_store


class Exchange(
    Channels,
    Substituting,
    Presence,
    LessonKeys,
    Sending,
    Opening,
    ComparingKeys,
    Tampering,
    Owning,
    Attacking,
):
    """Every act of the application."""

    lobby = member = owner = sender = receiver = interceptor = wire = property(lambda self: self)
    attacks = cleaning = property(lambda self: self)

    @classmethod
    def at(
        cls,
        url: str,
        *,
        pepper: bytes | None = None,
        clock: Clock = utc_now,
        sleep: Sleep = time.sleep,
    ) -> "Exchange":
        """Opens the store behind this database URL, making it on first use."""
        with in_words():
            return cls(open_store(url, pepper=pepper), clock, sleep)

    def close(self) -> None:
        """Ends attacks and cleaning, and gives connections and locks back."""
        self._end_attacks()
        self._end_cleaning()
        self._store.close()


__all__ = [
    "ATTACK_CHOICES",
    "CHANNEL_KINDS",
    "CLASSROOM_KEY_SIZES",
    "KEEP_FOR",
    "KEY_SIZES",
    "NOBODY",
    "REMOVE_AFTER",
    "ROLES",
    "TAMPER_FACTORS",
    "TAMPER_REGIONS",
    "WEAKNESSES",
    "Alarm",
    "AttackChoice",
    "AttackState",
    "CannotOpen",
    "CaptureItem",
    "CapturedPicture",
    "Channel",
    "Ciphertext",
    "Contact",
    "Contacts",
    "Damaged",
    "Details",
    "Event",
    "Exchange",
    "ExchangeError",
    "Found",
    "FoundItem",
    "InboxItem",
    "InputRefused",
    "Intervention",
    "KeyChanged",
    "KeyChoice",
    "KeyWay",
    "Lobby",
    "NewChannel",
    "News",
    "NotAdmitted",
    "NotFound",
    "NotOwner",
    "OpenedPicture",
    "OwnKeys",
    "Person",
    "ReadItem",
    "ReadPicture",
    "Receipt",
    "RecordLost",
    "Role",
    "SchemeChoice",
    "Seat",
    "SeatChanged",
    "SeatGone",
    "SeenKey",
    "SenderProof",
    "SentPicture",
    "Substitution",
    "Tampered",
    "TooManyTries",
    "Unavailable",
    "Visitor",
    "Waiting",
    "WrongRole",
    "asked_by",
    "new_token",
    "plain_channel_key",
    "schemes_for",
    "tells_place",
]
