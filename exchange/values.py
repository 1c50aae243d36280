"""The plain values that pages get from `exchange`. Times are aware UTC.

Pictures and people are named by random public ids, never by database ids. What must not be
printed (tokens, opened pictures) is left out of `repr`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from rsa_core import SCHEMES
from rsa_core.details import Details
from rsa_core.pictures import MAX_BYTES

Role = Literal["sender", "interceptor", "receiver"]
ChannelKind = Literal["private", "classroom"]
KeyWay = Literal["new", "private", "public"]
EventKind = Literal[
    "created",
    "joined",
    "left",
    "sent",
    "shared",
    "opened",
    "refused",
    "removed picture",
    "classroom key",
    "alarm",
    # the owner's
    "rules",
    "approved",
    "removed seat",
    "new key",
    "extended",
    "ended",
    # an interceptor's; only interceptors and the owner see the last three, until an alarm
    "flipped",
    "multiplied",
    "swapped",
    "replayed",
    "dropped",
    "let pass",
    "swapped key",
    "gave back key",
    "relayed",
]

ROLES: tuple[Role, ...] = ("sender", "interceptor", "receiver")
CHANNEL_KINDS: tuple[ChannelKind, ...] = ("private", "classroom")

REMOVE_AFTER: Mapping[str, tuple[int | None, bool]] = MappingProxyType(
    {  # name: (number of openings, until everybody has opened it)
        "the channel ends": (None, False),
        "everyone has opened it": (None, True),
        "the first opening": (1, False),
        "3 openings": (3, False),
    }
)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as its members see it; the key is not part of it, since nobody stores it.

    Attributes:
        locked: nobody new comes in.
        approval: new receivers wait until the owner lets them in.
        interceptors: whether that role may be taken.
        tampering: whether interceptors may change what is on its way; classroom channels only.
    """

    id: str
    name: str
    kind: ChannelKind
    expires_at: datetime
    locked: bool
    approval: bool
    interceptors: bool
    tampering: bool


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A channel just made.

    Attributes:
        key: the channel key, for the eyes of its creator, who passes it on.
        owner_ticket: proves, once, that the next seat is the creator's.
    """

    channel: Channel
    key: str = field(repr=False)
    owner_ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """One seat as others see it.

    Attributes:
        here: seen within the last minute and a half, and has not left.
        waiting: the owner has not let it in yet.
        fingerprint: SHA-256 of its public key, 32 bytes; None for seats without a key.
        safety_number: the same key for reading aloud; "" without a key.
        classroom_key: (n, e); None where there is none.
    """

    id: str
    name: str
    role: Role
    here: bool
    owner: bool
    waiting: bool
    fingerprint: bytes | None
    safety_number: str
    classroom_key: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Lobby:
    """What anyone with a channel key sees before taking a seat."""

    channel: Channel
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """One person in one role in one channel, as that person's browser holds it.

    The token is the only proof; every call looks it up again, so a `Seat` that was left or
    whose channel ended opens nothing.
    """

    token: str = field(repr=False)
    id: str
    name: str
    role: Role
    owner: bool
    waiting: bool
    channel: Channel


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in the channel.

    Attributes:
        seq: 1, 2, 3 … within the channel.
        kind: one of `EventKind`.
        who, who_id, role: the acting seat; "" and None when nobody acted.
        picture_id: the picture concerned; "" for none.
        detail: which rule or rules; "" for most kinds.
    """

    seq: int
    kind: str
    at: datetime
    who: str
    who_id: str
    role: Role | None
    picture_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class News:
    """What an open page asks once a second.

    Attributes:
        seq: number of the newest event that was looked at, whether this seat is told of it or not.
        events: what happened since it asked last, in order.
        people: everyone with a seat in the channel, in the order of joining.
    """

    seq: int
    events: tuple[Event, ...]
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class SchemeChoice:
    """A scheme that a channel offers.

    Attributes:
        summary: one sentence for people.
        insecure: meant to be broken.
    """

    name: str
    summary: str
    insecure: bool


def schemes_for(kind: ChannelKind) -> tuple[SchemeChoice, ...]:
    """The schemes that a channel of this kind offers, the default first."""
    return tuple(
        SchemeChoice(scheme.name, scheme.summary, scheme.key_kind == "classroom key")
        for scheme in SCHEMES.values()
        if kind == "classroom" or scheme.secure
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """One recipient of a sent picture."""

    name: str
    fingerprint: bytes
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture in its sender's own list.

    Attributes:
        file_name, caption: from the sender's own sealed note; nobody else can read it.
        removal: by which rule it will be removed before the channel ends; "" for none.
    """

    id: str
    scheme: str
    sent_at: datetime
    size: int
    file_name: str = field(repr=False)
    caption: str = field(repr=False)
    receipts: tuple[Receipt, ...]
    removal: str


@dataclass(frozen=True, slots=True)
class SenderProof:
    """Who signed a picture, and how far that is known.

    Attributes:
        name: nickname of the sender's seat.
        safety_number: of the sender's key.
        compared: this seat's person said that both read out the same number, under this name.
        doubt: what is wrong with the name; as in `Contact`.
    """

    name: str
    safety_number: str
    compared: bool
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class OpenedPicture:
    """A picture, opened.

    Attributes:
        file: the original file's bytes; for schemes that keep only pixels, a PNG of them.
        view: bytes that any browser shows; the same object as `file` where that works, b"" where
            nothing can be shown.
        file_name: a safe name with a SHA-256 prefix of `file`.
        mime, view_mime: media types of the two; "" for none.
        sha256: of `file`, 32 bytes.
        authenticated: changes on the way would have been noticed.
        exact: "file" when `file` is the original file, "pixels" when its samples are.
        left_out: what of the sender's picture did not travel, one short phrase each.
        shared_by: nickname of the recipient who shared it; "" for those it was sent to.
    """

    id: str
    file: bytes = field(repr=False)
    view: bytes = field(repr=False)
    file_name: str = field(repr=False)
    mime: str
    view_mime: str
    sha256: bytes
    scheme: str
    authenticated: bool
    exact: Literal["file", "pixels"]
    details: Details
    proof: SenderProof
    left_out: tuple[str, ...] = ()
    shared_by: str = ""


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """The exact envelope of a picture, to be opened elsewhere.

    Attributes:
        data: the envelope.
        file_name: with a SHA-256 prefix of `data`.
    """

    data: bytes = field(repr=False)
    file_name: str


MB = 1 << 20
_TIME = re.compile(r"([1-9]\d{0,3}) (hour|day)s?", re.ASCII)


def keep_times(words: str) -> Mapping[str, timedelta]:
    """How long channels can be kept, from words like "1 hour, 24 hours, 7 days".

    Raises:
        ValueError: it is something else; the message is for the operator.
    """
    found: dict[str, timedelta] = {}
    for part in words.split(","):
        time = _TIME.fullmatch(" ".join(part.split()))
        length = timedelta(**{f"{time[2]}s": int(time[1])}) if time else timedelta(0)
        if time is None or length > timedelta(days=366):
            raise ValueError(
                'must list hours and days, 366 days at most, such as "1 hour, 24 hours, 7 days".'
            )
        found[f"{time[1]} {time[2]}{'s' * (time[1] != '1')}"] = length
    return found


@dataclass(frozen=True, slots=True)
class Limits:
    """How much there may be; bytes count pictures and what interceptors make of them.

    Attributes:
        total: bytes of all channels.
        channels: how many may be open at the same time.
        channel: bytes of one channel.
        pictures: of one channel.
        seats: of one channel.
        picture: bytes of one file, at most `MAX_BYTES`.
        keep: how long a channel can be kept, by the words for it.
    """

    total: int = 10_240 * MB
    channels: int = 10_000
    channel: int = 1_000 * MB
    pictures: int = 500
    seats: int = 200
    picture: int = MAX_BYTES
    keep: Mapping[str, timedelta] = field(
        default_factory=lambda: keep_times("1 hour, 24 hours, 7 days")
    )


DEFAULT_LIMITS = Limits()


def in_megabytes(size: int) -> str:
    """A limit in words; what is below a megabyte is in bytes."""
    return f"{size // MB:,} MB" if size >= MB else f"{size:,} bytes"
