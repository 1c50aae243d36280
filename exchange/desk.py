"""What every act shares: the store, the clock, and the question "who is asking?".

An act enters the store once and checks the seat inside that same transaction: token, role,
channel, expiry. What a caller says about itself (a `Seat` value, a public id) is never trusted
beyond the token. Faults of the store become sentences for people here, so that no other
module needs to know them.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import store
from exchange.admission import Admission, Sleep
from exchange.errors import (
    Damaged,
    NotAdmitted,
    NotFound,
    SeatGone,
    Unavailable,
    Waiting,
    WrongRole,
)
from exchange.values import Channel, Person, Role
from rsa_core import BusyError, ClassroomPublicKey, fingerprint_of, safety_number_of

Clock = Callable[[], datetime]

PRESENT_FOR = timedelta(seconds=90)  # a hidden tab still ticks once a minute
_NO_KEY = "0" * 10


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Asking:
    """The seat that asks and its channel, as the store knows them in this transaction."""

    seat: store.SeatRow
    channel: store.ChannelRow


class Desk:
    """Base of `Exchange`: opens transactions and checks who asks."""

    def __init__(
        self, backend: store.Store, clock: Clock = utc_now, sleep: Sleep = time.sleep
    ) -> None:
        self._store = backend
        self._clock = clock
        self._admission = Admission(backend, sleep)

    @contextmanager
    def _reading(self) -> Iterator[store.Unit]:
        with in_words(), self._store.read() as unit:
            yield unit

    @contextmanager
    def _writing(self) -> Iterator[store.Unit]:
        with in_words(), self._store.write() as unit:
            yield unit

    def _asking(self, unit: store.Unit, token: str, role: Role | None = None) -> Asking:
        """Who holds this token; refuses left seats, ended channels and the wrong role."""
        found = unit.seats.asking(token_hash(token))
        if found is None:
            raise SeatGone
        seat, channel = found
        if seat.left_at is not None or not self._is_open(channel):
            raise SeatGone
        if role is not None and seat.role != role:
            raise WrongRole(role)
        if role is not None and seat.waiting:
            raise Waiting
        if channel.kind != "classroom":  # whatever its row says: no owner can allow it here
            channel = replace(channel, tampering=False)
        return Asking(seat, channel)

    def _admit(self, unit: store.Unit, key: str) -> store.ChannelRow:
        """The open channel behind a channel key."""
        channel = self._with_key(unit, key)
        if channel is None or not self._is_open(channel):
            raise NotAdmitted
        return channel

    def _with_key(self, unit: store.Unit, key: str) -> store.ChannelRow | None:
        """The channel with this key, open or not.

        What cannot be a key is looked up like one that is unknown: every refusal takes the
        same way and the same time.
        """
        normal = store.normalise_channel_key(key)
        found = unit.channels.by_key(self._store.key_digest(normal or _NO_KEY))
        return found if normal else None

    def _is_open(self, channel: store.ChannelRow) -> bool:
        return channel.closed_at is None and channel.expires_at > self._clock()

    def _person(self, seat: store.SeatRow, channel: store.ChannelRow) -> Person:
        classroom = seat.classroom_public_key
        number = ClassroomPublicKey.from_der(classroom) if classroom else None
        here = seat.left_at is None and self._clock() - seat.last_seen_at < PRESENT_FOR
        return Person(
            id=seat.public_id,
            name=seat.name,
            role=role_of(seat),
            here=here,
            owner=channel.owner_id == seat.id,
            waiting=seat.waiting,
            fingerprint=fingerprint_of(seat.public_key) if seat.public_key else None,
            safety_number=safety_number_of(seat.public_key) if seat.public_key else "",
            classroom_key=(number.n, number.e) if number else None,
        )


def find_picture(unit: store.Unit, asking: Asking, picture_id: str) -> store.StoredPicture:
    """The picture of this channel with this public id."""
    picture = unit.pictures.get(asking.channel.id, picture_id)
    if picture is None:
        raise NotFound
    return picture


def channel_view(channel: store.ChannelRow) -> Channel:
    """What a member may know about the channel."""
    return Channel(
        id=channel.public_id,
        name=channel.name,
        kind="classroom" if channel.kind == "classroom" else "private",
        expires_at=channel.expires_at,
        locked=channel.locked,
        approval=channel.approval,
        interceptors=channel.interceptors,
        tampering=channel.tampering,
    )


def role_of(seat: store.SeatRow) -> Role:
    """The seat's role, as the type that pages know."""
    match seat.role:
        case "sender" | "interceptor" | "receiver":
            return seat.role
    raise SeatGone


def token_hash(token: str) -> bytes:
    """What the store keeps of a seat token or an owner ticket: its SHA-256, 32 bytes.

    The token has 192 random bits, so a plain hash cannot be reversed by search.
    """
    return hashlib.sha256(token.encode()).digest()


@contextmanager
def in_words() -> Iterator[None]:
    """Turns faults of the store, and a lack of places for heavy work, into sentences for people."""
    try:
        yield
    except (store.DuplicateKey, store.NameTaken):
        raise  # an answer, not a fault: the act itself has the words for it
    except BusyError as error:
        raise Unavailable(str(error)) from None
    except store.StoreBusy:
        raise Unavailable(
            "The server is busy just now. Nothing was lost: please try again in a few seconds."
        ) from None
    except store.StoreFull:
        raise Unavailable(
            "There is no room left on the server. What was sent before is safe; "
            "ask the person who runs it to make room."
        ) from None
    except store.PictureMissing:
        raise NotFound from None
    except store.PictureDamaged:
        raise Damaged from None
    except store.StoreError:
        raise Unavailable(
            "The server's storage does not answer. Nothing that was sent is lost; "
            "tell the person who runs it."
        ) from None
