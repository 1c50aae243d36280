"""Who is here and what is new: what every open page asks, once a second.

A class of a hundred asks a hundred times a second, so the answer has to be cheap. The people of a
channel are read when something has happened in it, or after `FRESH_FOR`, and shared by all pages
of the channel: whatever changes a seat is an event, except that somebody is seen. That is noted
here for all seats of the process, and written down for all of them together.
"""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import store
from exchange.admission import Sleep
from exchange.desk import Asking, Clock, Desk, utc_now
from exchange.errors import Unavailable
from exchange.held import HeldAtEvent
from exchange.keys_shown import as_shown
from exchange.values import Person, Pulse, Seat
from exchange.watching import events_after

NOTE_AFTER = timedelta(seconds=20)  # a seat that was seen more recently is not noted again
WRITE_EVERY = timedelta(seconds=5)
FRESH_FOR = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class _People:
    """The people of a channel as they were at one of its events."""

    at: datetime
    people: tuple[Person, ...]
    here: frozenset[str]


class Presence(Desk):
    """What a tick asks."""

    def __init__(
        self, backend: store.Store, clock: Clock = utc_now, sleep: Sleep = time.sleep
    ) -> None:
        super().__init__(backend, clock, sleep)
        self._people: HeldAtEvent[_People] = HeldAtEvent()
        self._seen: dict[int, datetime] = {}  # by the seat's id, what is not written yet
        self._seen_written: datetime | None = None
        self._seen_lock = threading.Lock()

    def pulse(self, seat: Seat, seq: int) -> Pulse:
        """The people of the channel, and what happened after event number `seq`, in order.

        Notes that this seat is here.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token)
            self._note_seen(asking)
            people = as_shown(unit, asking, self._people_of(unit, asking))
            pulse = Pulse(events_after(unit, asking, seq, self._clock()), people)
        self._write_seen()
        return pulse

    def present(self, seat: Seat) -> tuple[Person, ...]:
        """The people of the channel, this seat among them, and notes that this seat is here."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token)
            self._note_seen(asking)
            people = as_shown(unit, asking, self._people_of(unit, asking))
        self._write_seen()
        return people

    def _people_of(self, unit: store.Unit, asking: Asking) -> tuple[Person, ...]:
        channel, now = asking.channel, self._clock()
        held = self._people.get(channel)
        if (
            held is not None
            and timedelta(0) <= now - held.at < FRESH_FOR
            and asking.seat.public_id in held.here
        ):
            return held.people
        rows = [self._as_seen(row) for row in unit.seats.in_channel(channel.id)]
        people = tuple(self._person(row, channel) for row in rows)
        here = frozenset(person.id for person in people if person.here)
        return self._people.put(channel, _People(now, people, here)).people

    def _as_seen(self, row: store.SeatRow) -> store.SeatRow:
        seen = self._seen.get(row.id, row.last_seen_at)
        return replace(row, last_seen_at=max(seen, row.last_seen_at))

    def _note_seen(self, asking: Asking) -> None:
        row, now = asking.seat, self._clock()
        with self._seen_lock:
            if now - self._seen.get(row.id, row.last_seen_at) >= NOTE_AFTER:
                self._seen[row.id] = now

    def _write_seen(self) -> None:
        """Writes who was seen, now and then; one that cannot be written now is written later."""
        now = self._clock()
        with self._seen_lock:
            last = self._seen_written
            if not self._seen or (last is not None and timedelta(0) <= now - last < WRITE_EVERY):
                return
            self._seen_written = now
            seen = dict(self._seen)
        # Who is here can still be read while writing has to wait.
        with suppress(Unavailable):
            with self._writing() as unit:
                unit.seats.touch(seen)
            with self._seen_lock:
                for seat_id, at in seen.items():
                    if self._seen.get(seat_id) == at:
                        del self._seen[seat_id]
