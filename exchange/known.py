"""What one seat knows: others' keys, what it has opened, and what its own seat was like.

Nobody but the browser has the seat token, so what is sealed under it is the one thing at rest
that neither a writer to the database nor the pepper can change. It says

    me       channel, its kind, seat, role, name and own key, as they were when the seat was taken
    people   by their public ids: the name and the key that this seat first saw, or compared
    opened   by the pictures' public ids: how often this seat has opened them
    gone     pictures that this seat has opened and that were removed since
    number   of this writing: each one has the next

A pin belongs to a public id, a name and a key together, never to a row: rows can be renumbered,
and names exchanged. `docs/formats.md` has the bytes.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import store
from exchange.desk import Act, Desk
from exchange.errors import InputRefused, RecordLost, SeatChanged
from exchange.texts import name_key
from exchange.wire import WireOf
from rsa_core import DecryptionError, derive_secret, fingerprint_of, open_note, seal_note

PURPOSE = "what a seat knows"
Pin = tuple[store.SeatRow, bytes]  # whose key, and its fingerprint

_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Me:
    """What the store said of the seat and its channel when the seat was taken.

    Attributes:
        channel, seat: public ids.
        kind: of the channel.
        key: fingerprint of the seat's own public key; b"" for none.
    """

    channel: str
    kind: str
    seat: str
    role: str
    name: str
    key: bytes

    @classmethod
    def of(cls, seat: store.SeatRow, channel: store.ChannelRow) -> "Me":
        """What the store says of them now."""
        return cls(
            channel=channel.public_id,
            kind=channel.kind,
            seat=seat.public_id,
            role=seat.role,
            name=seat.name,
            key=b"" if seat.public_key is None else fingerprint_of(seat.public_key),
        )


@dataclass(frozen=True, slots=True)
class Peer:
    """A key that this seat has seen another use.

    Attributes:
        name: of the other seat, at that time.
        key: fingerprint, 32 bytes.
        since: when it was seen first or, if it was, compared.
        compared: the two people compared safety numbers.
    """

    name: str
    key: bytes
    since: datetime
    compared: bool


@dataclass(frozen=True, slots=True)
class Known:
    """All of it. Changes give a new value; `seal` makes what the store keeps."""

    me: Me
    people: Mapping[str, Peer] = field(default_factory=dict)
    opened: Mapping[str, int] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    number: int = 1

    def require(self, seat: store.SeatRow, channel: store.ChannelRow) -> None:
        """Returns if the store still says of the seat what it said at first.

        Raises:
            SeatChanged: it does not. No act of anyone ever changes any of this.
        """
        if self.me != Me.of(seat, channel):
            raise SeatChanged

    def has_compared(self, peer: store.SeatRow, fingerprint: bytes) -> bool:
        """Whether it was this very key, under this very name, that was compared."""
        known = self.people.get(peer.public_id)
        return (
            known is not None
            and known.compared
            and (known.name, known.key) == (peer.name, fingerprint)
        )

    def compared_another(self, peer: store.SeatRow, fingerprint: bytes) -> bool:
        """Whether another key of this person was compared: someone may be intercepting."""
        known = self.people.get(peer.public_id)
        return known is not None and known.compared and known.key != fingerprint

    def saw_another(self, peer: store.SeatRow, fingerprint: bytes) -> bool:
        """Whether another key of this person was seen before, compared or not."""
        known = self.people.get(peer.public_id)
        return known is not None and known.key != fingerprint

    def doubt(self, peer: store.SeatRow) -> str:
        """What is wrong with a person's name, as the end of a sentence; "" for nothing."""
        known = self.people.get(peer.public_id)
        if known is not None and known.name != peer.name:
            return f"called {known.name} when you first saw this key"
        if known is None or not known.compared:
            key = name_key(peer.name)
            for other, one in self.people.items():
                if one.compared and other != peer.public_id and name_key(one.name) == key:
                    return "not the person of this name with whom you compared"
        return ""

    def seen(self, peer: store.SeatRow, fingerprint: bytes, at: datetime) -> "Known":
        """Pins a key at first sight; one that is pinned stays."""
        if peer.public_id in self.people:
            return self
        return self.with_peer(peer.public_id, Peer(peer.name, fingerprint, at, compared=False))

    def with_peer(self, public_id: str, peer: Peer) -> "Known":
        """Pins this key in place of any other."""
        return replace(self, people={**self.people, public_id: peer})

    def not_compared(self, public_id: str) -> "Known":
        """Takes a comparison back; the pin stays."""
        return self.with_peer(public_id, replace(self.people[public_id], compared=False))

    def without(self, public_id: str) -> "Known":
        """Drops a pin."""
        return replace(self, people={k: v for k, v in self.people.items() if k != public_id})

    def with_opening(self, picture_id: str, *, counted: bool) -> "Known":
        """Notes an opening; only the first where openings are not counted."""
        before = self.opened.get(picture_id, 0)
        if before and not counted:
            return self
        return replace(self, opened={**self.opened, picture_id: before + 1})

    def removed(self, here: Collection[str]) -> "Known":
        """Notes what this seat has opened and is no longer in the channel."""
        gone = self.opened.keys() - here
        if not gone:
            return self
        opened = {k: v for k, v in self.opened.items() if k not in gone}
        return replace(self, opened=opened, gone=self.gone | gone)

    def used_up(self, picture_id: str, limit: int | None) -> bool:
        """Whether this seat alone has opened a picture as often as its sender allowed."""
        return limit is not None and self.opened.get(picture_id, 0) >= limit

    def seal(self, token: str) -> bytes:
        """What the store keeps."""
        record = {
            "v": _VERSION,
            "number": self.number,
            "me": [*_texts(self.me), self.me.key.hex()],
            "people": {
                public_id: [one.name, one.key.hex(), _number(one.since), one.compared]
                for public_id, one in self.people.items()
            },
            "opened": dict(self.opened),
            "gone": sorted(self.gone),
        }
        data = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
        return seal_note(data, derive_secret(token.encode(), PURPOSE))


def unseal(sealed: bytes | None, token: str) -> Known:
    """What `Known.seal` was called on.

    Raises:
        RecordLost: there is none, or it is another seat's, or it was changed.
    """
    if sealed is None:
        raise RecordLost
    try:
        record = json.loads(open_note(sealed, derive_secret(token.encode(), PURPOSE)))
    except DecryptionError:
        raise RecordLost from None
    if record["v"] != _VERSION:
        raise RecordLost
    channel, kind, seat, role, name, own = record["me"]
    return Known(
        me=Me(channel, kind, seat, role, name, bytes.fromhex(own)),
        people={
            public_id: Peer(name, bytes.fromhex(key), _EPOCH + since * _MICROSECOND, compared)
            for public_id, (name, key, since, compared) in record["people"].items()
        },
        opened=record["opened"],
        gone=frozenset(record["gone"]),
        number=record["number"],
    )


def _texts(me: Me) -> tuple[str, ...]:
    return me.channel, me.kind, me.seat, me.role, me.name


def _number(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


class Records:
    """What seats know, read and kept inside their acts.

    A record that is missing or does not open is never an empty one: nobody counts as compared
    then, nothing is sent or opened, and the person is told and starts again (`Member.begin_anew`).
    The same holds for one older than what this process has read: someone put it back. (Across a
    restart of the server that cannot be told; `docs/threat-model.md` says what it gives.)

    Alarms are not sealed, since each concerns two seats and whoever raises one has one token. So a
    record is always read together with the alarms about its seat, which can only take away from it.
    """

    def __init__(self, desk: Desk, wire_of: WireOf) -> None:
        self._desk = desk
        self._wire_of = wire_of
        self._newest: dict[int, int] = {}  # by the seat's id, the highest number that was read

    def of(self, act: Act) -> Known:
        """What the asking seat knows, without what an alarm has taken back.

        Raises:
            RecordLost: it is gone or was changed.
            SeatChanged: the seat or its channel is not what it was.
        """
        number = act.seat.id
        known = unseal(act.unit.seat_records.get(number), act.token)
        newest = self._newest.get(number, 0)
        if known.number < newest:
            # This transaction may have begun before another one's commit.
            with self._desk.unit() as later:
                known = unseal(later.seat_records.get(number), act.token)
            if known.number < newest:
                raise RecordLost
        self._newest[number] = max(known.number, self._newest.get(number, 0))
        known.require(act.seat, act.channel)
        return self._heed(act, known)

    def require_pins(self, act: Act, known: Known, pins: Iterable[Pin]) -> None:
        """Returns if nobody has changed the key; where keys may be swapped, comparing tells.

        Raises:
            InputRefused: somebody has.
        """
        if not act.channel.tampering and any(known.saw_another(*pin) for pin in pins):
            raise InputRefused(
                "Not sent: a recipient's key is different from the one you sent to before. Compare "
                "your safety numbers, and tell the person who runs the server."
            )

    def pin(self, act: Act, known: Known, pins: Collection[Pin]) -> None:
        """Keeps what is relied on (`require_pins`): nothing where keys may be swapped."""
        self.require_pins(act, known, pins)
        pinned = known
        for seat, fingerprint in () if act.channel.tampering else pins:
            pinned = pinned.seen(seat, fingerprint, act.now)
        if pinned is not known:
            self.keep(act, pinned)

    def if_whole(self, act: Act) -> Known | None:
        """The same for lists, which are shown in any case; None when it cannot be relied on."""
        try:
            return self.of(act)
        except (RecordLost, SeatChanged):
            return None

    def keep(self, act: Act, known: Known) -> None:
        """Writes it down. It must have been read in this act, which holds the channel."""
        number = max(known.number, self._newest.get(act.seat.id, 0)) + 1
        act.unit.seat_records.put(act.seat.id, replace(known, number=number).seal(act.token))

    def _heed(self, act: Act, known: Known) -> Known:
        """Takes back what alarms that came later say was false."""
        rows = act.unit.alarms.about(act.channel.id, act.seat.id)
        if not rows:
            return known
        me = act.seat.id
        ids = {row.peer_id if row.seat_id == me else row.seat_id for row in rows}
        others = act.unit.seats.by_ids(ids)
        wire = self._wire_of(act.channel)
        for row in rows:
            other = others[row.peer_id if row.seat_id == me else row.seat_id]
            peer = known.people.get(other.public_id)
            if peer is None or peer.since > row.raised_at:
                continue
            # Behind a false key is a true one, which is unknown as yet. Where nothing is found
            # out, what was seen first stays pinned: it is the only thing to go by.
            found_out = row.key_swap_id is not None and known.me.kind == "classroom"
            if found_out and (row.direct or wire.was_false(act, row, other, peer.key)):
                known = known.without(other.public_id)
            elif row.direct:
                known = known.not_compared(other.public_id)
        return known
