"""Who asks, in one transaction: the only way into the store.

An act enters the store once and checks the seat inside that transaction: token, role, channel,
expiry. Of what a caller says about itself (a `Seat` value, a public id) only the token counts.
Faults of the store become sentences for people on the way out.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

import store
from exchange.errors import (
    InputRefused,
    NotFound,
    SeatGone,
    Waiting,
    WrongRole,
    in_words,
)
from exchange.values import (
    Channel,
    EventKind,
    Limits,
    Person,
    Receipt,
    Role,
    Seat,
    in_megabytes,
)
from rsa_core import (
    HYBRID,
    ClassroomPublicKey,
    derive_secret,
    fingerprint_of,
    safety_number_of,
)

Clock = Callable[[], datetime]
Sleep = Callable[[float], None]
Made = TypeVar("Made")

PRESENT_FOR = timedelta(seconds=90)  # a hidden tab still ticks once a minute
_CHANNELS_HELD = 1000


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one seat, inside its transaction.

    Attributes:
        unit: the store, until the act ends.
        seat, channel: as the store has them.
        now: when the act happens.
        limits: the operator's.
        token: the seat's, under which its secrets are sealed.
    """

    unit: store.Unit
    seat: store.SeatRow
    channel: store.ChannelRow
    now: datetime
    limits: Limits
    token: str = field(repr=False)

    def tell(
        self,
        kind: EventKind,
        detail: str = "",
        *,
        seat_id: int | None = None,
        picture_id: str | None = None,
        about: int | None = None,
    ) -> None:
        """Adds an event: of the asking seat, unless `seat_id` names another.

        Args:
            kind: what happened.
            detail: words for people.
            seat_id: whose event it is.
            picture_id: the picture concerned.
            about: the key swap concerned.
        """
        self.unit.events.add(
            self.channel.id,
            kind,
            self.now,
            seat_id=self.seat.id if seat_id is None else seat_id,
            picture_id=picture_id,
            detail=detail,
            about=about,
        )

    def secret(self, purpose: str) -> bytes:
        """What only this seat's browser can make again."""
        return derive_secret(self.token.encode(), purpose)

    def picture(self, picture_id: str) -> store.StoredPicture:
        """The channel's picture with this public id; foreign and invented ids are NotFound."""
        picture = self.unit.pictures.get(self.channel.id, picture_id)
        if picture is None:
            raise NotFound
        return picture

    def seats_of(self, pictures: Iterable[store.StoredPicture]) -> dict[int, store.SeatRow]:
        """The seats of the pictures' senders and recipients, by id; some may have left."""
        ids = {picture.sender_id for picture in pictures}
        ids.update(one.seat_id for picture in pictures for one in picture.recipients)
        return self.unit.seats.by_ids(ids)

    def sender_of(self, picture: store.StoredPicture) -> store.SeatRow:
        """The seat that sent it, which may have left (NotFound: it is gone)."""
        sender = self.unit.seats.get(picture.sender_id)
        if sender is None:
            raise NotFound
        return sender

    def mine(self, picture: store.StoredPicture) -> store.Recipient | None:
        """What the picture says of this seat, if it is one of its recipients."""
        return next((one for one in picture.recipients if one.seat_id == self.seat.id), None)

    def receivers(self) -> list[store.SeatRow]:
        """Those for whom a picture can be sealed."""
        return [
            row
            for row in self.unit.seats.in_channel(self.channel.id)
            if row.role == "receiver" and row.public_key and not row.waiting
        ]

    def lacking(self, picture: store.StoredPicture) -> tuple[store.SeatRow, ...]:
        """The receivers who lack a picture and may be given it.

        Nobody where openings are counted, the scheme is not `hybrid`, or tampering is possible.
        """
        if picture.scheme != HYBRID.name or picture.has_rule or self.channel.tampering:
            return ()
        have = {one.seat_id for one in picture.recipients}
        return tuple(row for row in self.receivers() if row.id not in have)

    def require_place(self, size: int) -> None:
        """For one more picture (InputRefused: the channel has no room, or too many of them)."""
        if self.unit.pictures.count(self.channel.id) >= self.limits.pictures:
            raise InputRefused(
                f"This channel is full ({self.limits.pictures:,} pictures). Start another channel."
            )
        self.require_room(size)

    def require_room(self, size: int) -> None:
        """The channel's own quota; the store has one for all channels together.

        Raises:
            InputRefused: pictures and what arrives instead of them would take more.
        """
        used = self.unit.pictures.total_bytes(self.channel.id)
        used += self.unit.interventions.total_bytes(self.channel.id)
        if used + size > self.limits.channel:
            limit = in_megabytes(self.limits.channel)
            raise InputRefused(f"This channel has reached its limit: {limit}. Start another one.")


class Desk:
    """The store, the clock, and the check of who asks."""

    def __init__(self, backend: store.Store, clock: Clock, sleep: Sleep, limits: Limits) -> None:
        self.store = backend
        self.limits = limits
        self.clock = clock
        self.sleep = sleep

    @contextmanager
    def act(self, seat: Seat, role: Role | None = None, *, write: bool = False) -> Iterator[Act]:
        """One transaction of the seat that asks; committed at the end when it writes.

        Raises:
            SeatGone: the token is unknown, its seat was left, or its channel has ended.
            WrongRole: the seat has another role.
            Waiting: the owner has not let the seat in yet.
        """
        with self.unit(write=write) as unit:
            yield self.asking(unit, seat.token, role)

    def asking(self, unit: store.Unit, token: str, role: Role | None = None) -> Act:
        """Who holds this token; raises like `act`."""
        return self._act(unit, token, unit.seats.asking(token_hash(token)), role)

    def newest(self, unit: store.Unit, tokens: Iterable[str]) -> dict[str, int]:
        """Number of the newest event for each of these that holds a seat in an open channel."""
        hashes = {token: token_hash(token) for token in tokens}
        found = unit.seats.newest(set(hashes.values()), self.clock())
        return {token: found[one] for token, one in hashes.items() if one in found}

    def all_asking(self, unit: store.Unit, tokens: Iterable[str]) -> dict[str, Act]:
        """Who holds these tokens, in one look; those without a seat are left out."""
        tokens = list(tokens)
        found = unit.seats.all_asking({token_hash(token) for token in tokens})
        acts: dict[str, Act] = {}
        for token in tokens:
            with suppress(SeatGone):
                acts[token] = self._act(unit, token, found.get(token_hash(token)), None)
        return acts

    def _act(
        self,
        unit: store.Unit,
        token: str,
        found: tuple[store.SeatRow, store.ChannelRow] | None,
        role: Role | None,
    ) -> Act:
        if found is None:
            raise SeatGone
        seat, channel = found
        if seat.left_at is not None or not self.is_open(channel):
            raise SeatGone
        if role is not None and seat.role != role:
            raise WrongRole(role)
        if role is not None and seat.waiting:
            raise Waiting
        if channel.kind != "classroom":  # whatever its row says: no owner can allow it here
            channel = replace(channel, tampering=False)
        return Act(unit, seat, channel, self.clock(), self.limits, token)

    @contextmanager
    def unit(self, *, write: bool = False) -> Iterator[store.Unit]:
        """A transaction without a seat: for the lobby and for cleaning."""
        with in_words(), self.store.write() if write else self.store.read() as unit:
            yield unit

    def is_open(self, channel: store.ChannelRow) -> bool:
        """Whether the channel has neither ended nor expired."""
        return channel.closed_at is None and channel.expires_at > self.clock()

    def person(self, seat: store.SeatRow, channel: store.ChannelRow) -> Person:
        """A seat as others see it."""
        classroom = seat.classroom_public_key
        number = ClassroomPublicKey.from_der(classroom) if classroom else None
        here = seat.left_at is None and self.clock() - seat.last_seen_at < PRESENT_FOR
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


class HeldAtEvent(Generic[Made]):
    """One value for each channel, good until its next event; threads may share it.

    Only for what changes with events alone.
    """

    def __init__(self) -> None:
        self._held: dict[int, tuple[int, Made]] = {}

    def get(self, channel: store.ChannelRow) -> Made | None:
        """What was put since the channel's newest event; None for nothing."""
        last_seq, made = self._held.get(channel.id, (None, None))
        return made if last_seq == channel.last_seq else None

    def put(self, channel: store.ChannelRow, made: Made) -> Made:
        """Holds it, and gives it back."""
        if len(self._held) >= _CHANNELS_HELD:
            self._held.clear()
        self._held[channel.id] = (channel.last_seq, made)
        return made


def seat_view(act: Act) -> Seat:
    """The asking seat as its browser holds it."""
    seat, channel = act.seat, act.channel
    return Seat(
        token=act.token,
        id=seat.public_id,
        name=seat.name,
        role=role_of(seat),
        owner=channel.owner_id == seat.id,
        waiting=seat.waiting,
        channel=channel_view(channel),
    )


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


def receipts(picture: store.StoredPicture, seats: dict[int, store.SeatRow]) -> tuple[Receipt, ...]:
    """Who a picture is for, and when each of them opened it."""
    return tuple(
        Receipt(seats[one.seat_id].name, one.fingerprint, one.opened_at)
        for one in picture.recipients
    )


def removal_words(picture: store.StoredPicture) -> str:
    """By which rule, chosen at sending, a picture is removed before its channel ends."""
    if picture.until_all_opened:
        return "removed when everyone has opened it"
    if picture.max_openings is None:
        return ""
    left = picture.max_openings - picture.openings
    if left <= 0:
        return "about to be removed"
    return f"removed after {left} more opening{'s' * (left != 1)}"


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
