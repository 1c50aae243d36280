"""What people do in a channel: create, join, send, capture, open.

`Exchange` is the one place where `rsa_core` and `store` meet. It has a room for each person, and
one for the wire; each of their functions is one act of one person. An act checks the seat, the role
and the channel in the transaction of the act, answers foreign and invented ids alike, and raises an
`ExchangeError` whose message is for people.
"""

import time

from exchange.attack_rows import AttackState
from exchange.attacking import SeenKey
from exchange.contents import left_out, tells_place
from exchange.desk import Clock, Desk, Sleep, utc_now
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
    in_words,
)
from exchange.interceptor import CapturedPicture, CaptureItem, Found, FoundItem, Interceptor
from exchange.keys import CLASSROOM_KEY_SIZES, KeyChoice, Keys, OwnKeys
from exchange.known import Records
from exchange.lobby import Lobbies, new_token
from exchange.member import Member
from exchange.owner import Owner
from exchange.receiver import InboxItem, Receiver
from exchange.safety import Alarm, Contact
from exchange.sender import Sender
from exchange.values import (
    CHANNEL_KINDS,
    DEFAULT_LIMITS,
    REMOVE_AFTER,
    ROLES,
    Channel,
    Ciphertext,
    Event,
    KeyWay,
    Limits,
    Lobby,
    OpenedPicture,
    Person,
    Role,
    Seat,
    SentPicture,
    keep_times,
    schemes_for,
)
from exchange.wire.tapped import Wires
from exchange.wire.values import Intervention, KeySwap, ReadItem, ReadPicture
from rsa_core import KEY_SIZES, WEAKNESSES
from rsa_core.attacks import ATTACKS
from rsa_core.attacks import Attack as AttackChoice
from rsa_core.details import Details
from rsa_core.tampering import FACTORS as TAMPER_FACTORS
from rsa_core.tampering import REGIONS as TAMPER_REGIONS
from rsa_core.turns import LONG, NOBODY, Visitor, asked_by
from store import Cleaning, Store, open_store
from store import Limits as StoreLimits
from store import normalise_channel_key as plain_channel_key


class Exchange:
    """Every act of the application, by room."""

    def __init__(
        self,
        backend: Store,
        clock: Clock = utc_now,
        sleep: Sleep = time.sleep,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.limits = limits
        desk = Desk(backend, clock, sleep, limits)
        self.wire = Wires(desk)
        records = Records(desk, self.wire.of)
        keys = Keys(desk, records)
        self.cleaning = Cleaning(backend, clock)
        self.lobby = Lobbies(desk, self.wire.of, self.cleaning)
        self.member = Member(desk, records, self.wire.of)
        self.owner = Owner(desk)
        self.sender = Sender(desk, records, self.wire.of)
        self.receiver = Receiver(desk, records, self.wire.of, keys)
        self.interceptor = Interceptor(desk, keys)
        self._backend = backend

    @classmethod
    def at(
        cls,
        url: str,
        *,
        pepper: bytes | None = None,
        clock: Clock = utc_now,
        sleep: Sleep = time.sleep,
        limits: Limits = DEFAULT_LIMITS,
        connections: int = StoreLimits().connections,
    ) -> "Exchange":
        """Opens the store behind this database URL, making it on first use.

        `connections` is how many a PostgreSQL server gives at most.
        """
        with in_words():
            backend_limits = StoreLimits(max_bytes=limits.total, connections=connections)
            backend = open_store(url, pepper=pepper, limits=backend_limits)
            return cls(backend, clock, sleep, limits)

    def answers(self) -> None:
        """Returns when the store has answered.

        Raises:
            Unavailable: it did not.
        """
        with in_words():
            self._backend.answers()

    def close(self) -> None:
        """Ends attacks, relaying and cleaning, and releases connections and locks."""
        self.interceptor.attacks.close()
        self.wire.relaying.close()
        self.cleaning.close()
        self._backend.close()


ATTACK_CHOICES = ATTACKS
share_places = LONG.share_places  # for attacks and comparisons

__all__ = [
    "ATTACK_CHOICES",
    "CHANNEL_KINDS",
    "CLASSROOM_KEY_SIZES",
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
    "KeySwap",
    "KeyWay",
    "Limits",
    "Lobby",
    "NotAdmitted",
    "NotFound",
    "NotOwner",
    "OpenedPicture",
    "OwnKeys",
    "Person",
    "ReadItem",
    "ReadPicture",
    "RecordLost",
    "Role",
    "Seat",
    "SeatChanged",
    "SeatGone",
    "SeenKey",
    "SentPicture",
    "Tampered",
    "TooManyTries",
    "Unavailable",
    "Visitor",
    "Waiting",
    "WrongRole",
    "asked_by",
    "keep_times",
    "left_out",
    "new_token",
    "plain_channel_key",
    "schemes_for",
    "share_places",
    "tells_place",
]
