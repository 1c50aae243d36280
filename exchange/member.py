"""What everyone in a channel does: who is here, what happened; and what a seat's own record says.

Every open page asks once a second, so the answer has to be cheap. The people of a channel are read
when something has happened in it, or after `FRESH_FOR`, and shared by all its pages: anything that
changes a seat is an event, except being seen. That is noted here for all seats of the process, and
written for all of them together.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import store
from exchange.desk import Act, Desk, HeldAtEvent, role_of
from exchange.errors import RecordLost, SeatChanged, Unavailable, in_words
from exchange.keys import unlock_key
from exchange.known import Known, Me, Records
from exchange.safety import Safety
from exchange.values import Event, News, Person, Seat
from exchange.wire import WireOf
from rsa_core import fingerprint_of, safety_number_of

NOTE_AFTER = timedelta(seconds=20)  # a seat that was seen more recently is not noted again
WRITE_EVERY = timedelta(seconds=5)
FRESH_FOR = timedelta(seconds=10)
_EVENTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Heard:
    """What a seat's page is to be told without asking.

    Attributes:
        seq: number of the event up to which it is done now.
        concerned: among the new ones are some that this seat is told of.
        gone: the seat was left or removed, or its channel is over; nothing more is told.
    """

    seq: int
    concerned: bool
    gone: bool


@dataclass(frozen=True, slots=True)
class _People:
    """The people of a channel as they were at one of its events."""

    at: datetime
    people: tuple[Person, ...]
    here: frozenset[str]


class Member:
    """Acts of anyone who has a seat."""

    def __init__(self, desk: Desk, records: Records, wire_of: WireOf) -> None:
        self.safety = Safety(desk, records, wire_of)
        self._desk = desk
        self._records = records
        self._wire_of = wire_of
        self._people: HeldAtEvent[_People] = HeldAtEvent()
        self._seen: dict[int, datetime] = {}  # by the seat's id, what is not written yet
        self._seen_written: datetime | None = None
        self._lock = threading.Lock()

    def news(self, seat: Seat, seq: int) -> News:
        """The people of the channel, and what happened after event number `seq`, in order.

        Many events come in parts. Notes that this seat is here.
        """
        with self._desk.act(seat) as act:
            news = News(*self._events_after(act, seq), self._people_of(act))
        self._write_seen()
        return news

    def present(self, seat: Seat) -> tuple[Person, ...]:
        """The people of the channel, this seat among them; notes that this seat is here."""
        with self._desk.act(seat) as act:
            people = self._people_of(act)
        self._write_seen()
        return people

    def changes(self, stop: threading.Event) -> Iterator[None]:
        """Yields after commits of any process, at least one for several, until `stop` is set."""
        with in_words():
            yield from self._desk.store.changes(stop)

    def newest(self, token: str) -> int:
        """Number of the newest event in the channel of the seat that has this token."""
        with self._desk.unit() as unit:
            return self._desk.asking(unit, token).channel.last_seq

    def heard(self, lines: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Heard]:
        """Whose pages have something to ask for.

        Args:
            lines: tokens of seats, each with the number of the event up to which it is done.

        Returns:
            For those in whose channels something happened since, and for those that are not in
            one any more.
        """
        found: dict[tuple[str, int], Heard] = {}
        events: dict[tuple[int, int], list[store.EventRow]] = {}
        with self._desk.unit() as unit:
            asked = set(lines)
            newest = self._desk.newest(unit, {token for token, _ in asked})
            new = {line for line in asked if newest.get(line[0], 0) > line[1]}
            acts = self._desk.all_asking(unit, {token for token, _ in new})
            for token, seq in asked:
                if token not in newest:
                    found[token, seq] = Heard(seq, concerned=True, gone=True)
            for token, seq in new:
                if (act := acts.get(token)) is None:
                    continue  # its channel expired in between; the next look says so
                since = act.channel.id, seq
                if since not in events:
                    events[since] = unit.events.since(*since, limit=_EVENTS_AT_ONCE)
                told = self._wire_of(act.channel).told(act, events[since])
                found[token, seq] = Heard(events[since][-1].seq, concerned=bool(told), gone=False)
        return found

    def check_record(self, seat: Seat) -> None:
        """Returns if what this seat knows is there, and its seat is what it was.

        Raises:
            RecordLost: it is gone or was changed; `begin_anew` starts again.
            SeatChanged: the seat or its channel is not what it was.
        """
        with self._desk.act(seat) as act:
            if act.seat.role != "interceptor":
                self._records.of(act)

    def begin_anew(self, seat: Seat) -> None:
        """Starts the seat's record again, empty; does nothing to one that is whole.

        Raises:
            SeatChanged: the public key that others are shown is not the seat's own.
        """
        with self._desk.act(seat, write=True) as act:
            if act.seat.role == "interceptor":
                return
            try:
                self._records.of(act)
            except RecordLost:
                me = Me.of(act.seat, act.channel)
                here = act.seat.locked_key is not None
                if here and unlock_key(act).public.fingerprint != me.key:
                    raise SeatChanged from None
                self._records.keep(act, Known(me))

    def _events_after(self, act: Act, seq: int) -> tuple[int, tuple[Event, ...]]:
        """The newest event looked at, and those this seat may know; none when nothing is left."""
        if act.channel.last_seq <= seq:
            return seq, ()
        wire = self._wire_of(act.channel)
        while True:
            rows = act.unit.events.since(act.channel.id, seq, limit=_EVENTS_AT_ONCE)
            told = wire.told(act, rows)
            seq = rows[-1].seq if rows else seq
            if told or len(rows) < _EVENTS_AT_ONCE:
                break
        seats = act.unit.seats.by_ids({row.seat_id for row in told if row.seat_id is not None})
        return seq, tuple(_event(row, seats.get(row.seat_id or 0)) for row in told)

    def _people_of(self, act: Act) -> tuple[Person, ...]:
        """Everyone, with the keys that this seat is shown."""
        self._note_seen(act)
        false = self._wire_of(act.channel).keys_shown(act)
        people = self._true_people(act)
        if not false:
            return people
        shown = {seat.public_id: false[seat.id] for seat in act.unit.seats.by_ids(false).values()}
        return tuple(
            replace(
                person,
                fingerprint=fingerprint_of(shown[person.id]),
                safety_number=safety_number_of(shown[person.id]),
            )
            if person.id in shown
            else person
            for person in people
        )

    def _true_people(self, act: Act) -> tuple[Person, ...]:
        held = self._people.get(act.channel)
        if (
            held is not None
            and timedelta(0) <= act.now - held.at < FRESH_FOR
            and act.seat.public_id in held.here
        ):
            return held.people
        rows = [
            replace(
                row, last_seen_at=max(self._seen.get(row.id, row.last_seen_at), row.last_seen_at)
            )
            for row in act.unit.seats.in_channel(act.channel.id)
        ]
        people = tuple(self._desk.person(row, act.channel) for row in rows)
        here = frozenset(person.id for person in people if person.here)
        return self._people.put(act.channel, _People(act.now, people, here)).people

    def _as_seen(self, row: store.SeatRow) -> store.SeatRow:
        seen = self._seen.get(row.id, row.last_seen_at)
        return replace(row, last_seen_at=max(seen, row.last_seen_at))

    def _note_seen(self, act: Act) -> None:
        with self._lock:
            last = self._seen.get(act.seat.id, act.seat.last_seen_at)
            if act.now - last >= NOTE_AFTER:
                self._seen[act.seat.id] = act.now

    def _write_seen(self) -> None:
        """Writes who was seen, now and then; one that cannot be written now is written later."""
        now = self._desk.clock()
        with self._lock:
            last = self._seen_written
            if not self._seen or (last is not None and timedelta(0) <= now - last < WRITE_EVERY):
                return
            self._seen_written = now
            seen = dict(self._seen)
        # Who is here can still be read while writing has to wait.
        with suppress(Unavailable):
            with self._desk.unit(write=True) as unit:
                unit.seats.touch(seen)
            with self._lock:
                for seat_id, at in seen.items():
                    if self._seen.get(seat_id) == at:
                        del self._seen[seat_id]


def _event(row: store.EventRow, seat: store.SeatRow | None) -> Event:
    return Event(
        seq=row.seq,
        kind=row.kind,
        at=row.at,
        who=seat.name if seat else "",
        who_id=seat.public_id if seat else "",
        role=role_of(seat) if seat else None,
        picture_id=row.picture_id or "",
        detail=row.detail,
    )
