"""The lobby: creating channels, looking in with the key, taking a seat, coming back, leaving.

Fifty random bits keep guessers out; the limits on tries only keep them quiet. Tokens are taken
before a key is looked up and come back when it was right, so only wrong keys cost anything. A
session or an address that has used its tokens waits some seconds for the next one. When everyone
together tries too often, nobody is refused, but every try takes two seconds longer: anyone could
use a limit that locks people out to keep others out.

Only one browser keeps the seat token: the store has its SHA-256.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import store
from exchange.desk import Desk, channel_view, seat_view, token_hash
from exchange.errors import InputRefused, NotAdmitted, SeatGone, TooManyTries, Unavailable, in_words
from exchange.keys import KeyChoice, NewKeys, make_keys
from exchange.known import Known, Me
from exchange.texts import channel_name, look_alike, name_key, person_name
from exchange.values import CHANNEL_KINDS, ROLES, Lobby, NewChannel, Seat
from exchange.wire import WireOf
from rsa_core.turns import NOBODY, QUICK, Visitor

SLOW_DOWN = 2.0  # seconds
_PURGE_SECONDS = 5.0  # what is left then goes with the next cleaning
_NO_KEY = "0" * 10
_KEY_TRIES = 8  # two of 2**50 keys meet about never; a loop without an end would be worse


@dataclass(frozen=True, slots=True)
class _Limit:
    """A token bucket: `capacity` at once, `per_second` in the long run."""

    name: str
    capacity: float
    per_second: float

    def take(self, unit: store.Unit, now: datetime) -> bool:
        return unit.buckets.take(
            self.name, capacity=self.capacity, per_second=self.per_second, now=now
        )

    def refund(self, unit: store.Unit) -> None:
        unit.buckets.refund(self.name, capacity=self.capacity)


_EVERYBODYS_KEYS = _Limit("everybody's keys", 120, 2)
_EVERYBODYS_CHANNELS = _Limit("everybody's channels", 100, 100 / 3600)
_TRIES = {"session": (5, 1 / 15), "address": (30, 0.5)}
_CHANNELS = {"address": (20, 20 / 3600)}


class Lobbies:
    """Acts of people who have no seat yet, come back to one, or leave it."""

    def __init__(self, desk: Desk, wire_of: WireOf, cleaning: store.Cleaning) -> None:
        self._desk = desk
        self._wire_of = wire_of
        self._cleaning = cleaning

    def create_channel(
        self, *, name: str, kind: str, keep_for: str, visitor: Visitor = NOBODY
    ) -> NewChannel:
        """Makes a channel with a fresh key, and removes channels that are over.

        Args:
            name: a label for people; may be empty.
            kind: "private" or "classroom".
            keep_for: one of the operator's times (`Limits.keep`).
            visitor: who asks.

        Raises:
            TooManyTries: this address has made many channels.
            InputRefused: a name that is too long, an unknown kind or duration.
            Unavailable: as many channels are open as the operator allows.
        """
        if kind not in CHANNEL_KINDS or keep_for not in self._desk.limits.keep:
            raise InputRefused("Choose the channel's kind and how long to keep it from the lists.")
        label, ticket, now = channel_name(name), secrets.token_urlsafe(24), self._desk.clock()
        self._pay(self._limits("channel", visitor, _CHANNELS), _EVERYBODYS_CHANNELS)
        with in_words():
            self._cleaning.purge(seconds=_PURGE_SECONDS)
        for _ in range(_KEY_TRIES):
            key = store.new_channel_key()
            try:
                with self._desk.unit(write=True) as unit:
                    self._require_place(unit, now)
                    channel = unit.channels.add(
                        public_id=secrets.token_hex(16),
                        key_digest=self._desk.store.key_digest(key),
                        name=label,
                        kind=kind,
                        created_at=now,
                        expires_at=now + self._desk.limits.keep[keep_for],
                        owner_ticket_hash=token_hash(ticket),
                    )
                    unit.events.add(channel.id, "created", now)
            except store.DuplicateKey:
                continue
            return NewChannel(channel_view(channel), key, ticket)
        raise Unavailable("No free channel key was found. Please try again.")

    def join(self, key: str, visitor: Visitor = NOBODY) -> Lobby:
        """Tries a channel key that someone typed or followed.

        Raises:
            NotAdmitted: no open channel has this key.
            TooManyTries: this session or address has tried too many wrong ones.
        """
        limits = self._limits("key", visitor, _TRIES)
        self._pay(limits, _EVERYBODYS_KEYS)
        lobby = self.look_in(key)
        with self._desk.unit(write=True) as unit:
            for limit in (*limits, _EVERYBODYS_KEYS):
                limit.refund(unit)
        return lobby

    def look_in(self, key: str) -> Lobby:
        """The channel of a key that `join` has just found: who is there now.

        Raises:
            NotAdmitted: no open channel has this key.
        """
        with self._desk.unit() as unit:
            channel = self._channel(unit, key)
            seats = unit.seats.in_channel(channel.id)
        people = tuple(self._desk.person(seat, channel) for seat in seats)
        return Lobby(channel_view(channel), people)

    def take_seat(
        self,
        key: str,
        *,
        name: str,
        role: str,
        owner_ticket: str = "",
        keys: KeyChoice | None = None,
        token: str | None = None,
        own_tokens: Collection[str] = (),
        visitor: Visitor = NOBODY,
    ) -> Seat:
        """Takes a seat in the channel that this key opens.

        Making a key pair takes a second or so; it is done before the store is touched.

        Args:
            key: the channel key.
            name: nickname. It must not look like a name in the channel: of anyone who is there,
                in whatever role, or of anyone who left and whose pictures are still listed.
            role: "sender", "interceptor" or "receiver".
            owner_ticket: from `create_channel`, for the creator's first seat.
            keys: a receiver's choice; 3072 bits when left out.
            token: from `new_token`; the same one never takes a second seat, so that a browser
                may keep it first and ask again when it got no answer.
            own_tokens: of seats that this person holds already. In another role they may have
                the same name.
            visitor: for the turn in which the keys are made or read.

        Raises:
            NotAdmitted: no open channel has this key.
            InputRefused: the name, the role or an imported key cannot be taken.
            Unavailable: too many keys are being made.
        """
        nickname = person_name(name)
        if role not in ROLES:
            raise InputRefused("Choose a role: Sender, Interceptor or Receiver.")
        with self._desk.unit() as unit:
            channel = self._enterable(unit, key, role)
            own = [unit.seats.asking(token_hash(one)) for one in own_tokens]
            own_ids = {found[0].id for found in own if found is not None}
        token = token or new_token()
        taken = self._taken(token)
        if taken is not None:
            return taken
        new = NewKeys()
        if role != "interceptor":
            with in_words(), QUICK.taken(visitor, channel.public_id):
                new = make_keys(role, channel.kind, keys or KeyChoice(), token)
        now = self._desk.clock()
        try:
            with self._desk.unit(write=True) as unit:
                channel = self._enterable(unit, key, role)
                _check_name(unit, channel, nickname, role, own_ids)
                row = unit.seats.add(
                    channel_id=channel.id,
                    public_id=secrets.token_hex(8),
                    name=nickname,
                    name_key=name_key(nickname),
                    role=role,
                    token_hash=token_hash(token),
                    joined_at=now,
                    public_key=new.public_key,
                    locked_key=new.locked_key,
                    classroom_public_key=new.classroom_public_key,
                    locked_classroom_key=new.locked_classroom_key,
                    waiting=channel.approval and role == "receiver",
                )
                if row.role != "interceptor":
                    unit.seat_records.put(row.id, Known(Me.of(row, channel)).seal(token))
                if owner_ticket:
                    unit.channels.claim_owner(channel.id, row.id, token_hash(owner_ticket))
                unit.events.add(channel.id, "joined", now, seat_id=row.id)
        except store.NameTaken:
            taken = self._taken(token)
            if taken is not None:  # by the same person, pressing twice
                return taken
            raise InputRefused(
                "Someone here already has this name, or one that looks like it. "
                "Please choose another, or add a letter of your last name."
            ) from None
        return self.resume(token)

    def resume(self, token: str) -> Seat:
        """Brings a seat back after a reload or a restart of the server.

        Raises:
            SeatGone: the token is unknown, the seat was left or the channel has ended.
        """
        with self._desk.unit() as unit:
            return seat_view(self._desk.asking(unit, token))

    def key_fits(self, seat: Seat, key: str) -> bool:
        """Whether this is still the key of this seat's channel; the owner may have changed it."""
        with self._desk.act(seat) as act:
            channel = self._with_key(act.unit, key)
        return channel is not None and channel.id == act.channel.id

    def leave(self, seat: Seat) -> None:
        """Gives the seat up for good; its token opens nothing any more."""
        self._wire_of(seat.channel).before_leaving(seat)
        with self._desk.act(seat, write=True) as act:
            act.unit.seats.leave(act.seat.id, act.now)
            act.tell("left")

    def _taken(self, token: str) -> Seat | None:
        try:
            return self.resume(token)
        except SeatGone:
            return None

    def _enterable(self, unit: store.Unit, key: str, role: str) -> store.ChannelRow:
        """The channel of this key, if someone with this role can enter it now."""
        channel = self._channel(unit, key)
        if channel.locked:
            raise InputRefused("The channel is locked: nobody can join right now.")
        if role == "interceptor" and not channel.interceptors:
            raise InputRefused("This channel does not admit interceptors.")
        if len(unit.seats.in_channel(channel.id)) >= self._desk.limits.seats:
            raise InputRefused(f"This channel is full ({self._desk.limits.seats:,} seats).")
        return channel

    def _require_place(self, unit: store.Unit, now: datetime) -> None:
        limit = self._desk.limits.channels
        if unit.channels.count(open_at=now) >= limit:
            raise Unavailable(
                f"This server has reached its limit of open channels: {limit:,}. Try again when "
                "one has ended, or ask the person who runs the server."
            )

    def _channel(self, unit: store.Unit, key: str) -> store.ChannelRow:
        channel = self._with_key(unit, key)
        if channel is None or not self._desk.is_open(channel):
            raise NotAdmitted
        return channel

    def _with_key(self, unit: store.Unit, key: str) -> store.ChannelRow | None:
        """The channel with this key, open or not.

        What cannot be a key is looked up like one that is unknown: every refusal takes the same
        way and the same time.
        """
        normal = store.normalise_channel_key(key)
        found = unit.channels.by_key(self._desk.store.key_digest(normal or _NO_KEY))
        return found if normal else None

    def _limits(
        self, what: str, visitor: Visitor, limits: Mapping[str, tuple[float, float]]
    ) -> list[_Limit]:
        """Those of this session and address; their names reveal nothing without the pepper."""
        return [
            _Limit(self._desk.store.pseudonym(f"{what} {who}", value), *limits[who])
            for who in limits
            if (value := getattr(visitor, who))
        ]

    def _pay(self, limits: list[_Limit], everybodys: _Limit) -> None:
        """Takes a token of each. Nothing was looked up when it raises TooManyTries."""
        now = self._desk.clock()
        with self._desk.unit(write=True) as unit:
            if not all(limit.take(unit, now) for limit in limits):
                raise TooManyTries
            slow = not everybodys.take(unit, now)
        if slow:
            self._desk.sleep(SLOW_DOWN)


def new_token() -> str:
    """A seat token that nobody has: 192 random bits."""
    return secrets.token_urlsafe(24)


def _check_name(
    unit: store.Unit, channel: store.ChannelRow, name: str, role: str, own_ids: set[int]
) -> None:
    """Refuses a name by which readers could take one person for another.

    The unit holds the channel, so that no two seats can be taken at once.

    Raises:
        NameTaken: someone else has or had it, or the same person in the same role.
    """
    taken = [
        seat
        for seat in unit.seats.in_channel(channel.id)
        if seat.role == role or seat.id not in own_ids
    ]
    taken += unit.seats.left_with_pictures(channel.id)
    if any(look_alike(name, seat.name) for seat in taken):
        raise store.NameTaken
