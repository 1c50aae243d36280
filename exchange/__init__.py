"""What people do in a channel: create, join, send, capture, open, purge.

`Exchange` is the one place where `rsa_core` and `store` meet. Each of its functions is one act
of one person: it checks the seat, the role and the channel inside the transaction of the act,
answers foreign and invented ids alike, and raises an `ExchangeError` whose message is for
people.
"""

import time

from exchange.admission import NOBODY, Sleep, Visitor
from exchange.attack_values import AttackChoice, AttackState, Found, FoundItem, SeenKey
from exchange.attacking import ATTACK_CHOICES, Attacking
from exchange.channels import Channels
from exchange.desk import Clock, in_words, utc_now
from exchange.errors import (
    CannotOpen,
    ExchangeError,
    InputRefused,
    NotAdmitted,
    NotFound,
    NotOwner,
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
from exchange.seats import CLASSROOM_KEY_SIZES, Seats, new_token
from exchange.sending import Sending, schemes_for
from exchange.values import (
    CHANNEL_KINDS,
    KEEP_FOR,
    REMOVE_AFTER,
    ROLES,
    CapturedImage,
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
    OpenedPicture,
    OwnKeys,
    Person,
    Pulse,
    Receipt,
    Role,
    SchemeChoice,
    Seat,
    SenderProof,
    SentImage,
)
from exchange.watching import Watching
from rsa_core import KEY_SIZES, WEAKNESSES
from store import open_store


class Exchange(
    Channels, Seats, Presence, LessonKeys, Sending, Opening, Watching, Owning, Attacking
):
    """Every act of the application."""

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
        """Ends attacks, and gives connections and locks back."""
        self._end_attacks()
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
    "WEAKNESSES",
    "AttackChoice",
    "AttackState",
    "CannotOpen",
    "CaptureItem",
    "CapturedImage",
    "Channel",
    "Ciphertext",
    "Details",
    "Event",
    "Exchange",
    "ExchangeError",
    "Found",
    "FoundItem",
    "InboxItem",
    "InputRefused",
    "KeyChoice",
    "KeyWay",
    "Lobby",
    "NewChannel",
    "NotAdmitted",
    "NotFound",
    "NotOwner",
    "OpenedPicture",
    "OwnKeys",
    "Person",
    "Pulse",
    "Receipt",
    "Role",
    "SchemeChoice",
    "Seat",
    "SeatGone",
    "SeenKey",
    "SenderProof",
    "SentImage",
    "Tampered",
    "TooManyTries",
    "Unavailable",
    "Visitor",
    "Waiting",
    "WrongRole",
    "new_token",
    "schemes_for",
]
