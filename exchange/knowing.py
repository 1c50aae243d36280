"""Reading and keeping what a seat knows, inside the transaction of an act.

A record that is missing or does not open is never an empty one: nobody counts as compared then,
nothing is sent or opened, and the person is told and starts again by hand (`Seats.begin_anew`).
So it is with one that is older than what this process has read already: somebody put it back.
(Across a restart of the server that cannot be told; `docs/threat-model.md` says what it gives.)

Alarms are not sealed, since each concerns two seats and whoever raises one has one token. So a
record is always read together with the alarms about its seat, which can only take away from it.
"""

import time

import store
from exchange.admission import Sleep
from exchange.deceived import by_the_two_themselves, is_false
from exchange.desk import Asking, Clock, Desk, utc_now
from exchange.errors import RecordLost, SeatChanged
from exchange.known import Known, unseal
from exchange.values import Seat


class Knowing(Desk):
    """Base of all acts that trust what a seat has seen before."""

    def __init__(
        self, backend: store.Store, clock: Clock = utc_now, sleep: Sleep = time.sleep
    ) -> None:
        super().__init__(backend, clock, sleep)
        self._newest: dict[int, int] = {}  # by the seat's id, the highest number that was read

    def check_record(self, seat: Seat) -> None:
        """Returns if what this seat knows is there, and its seat is what it was.

        Raises:
            RecordLost: it is gone or was changed; `begin_anew` starts again.
            SeatChanged: the seat or its channel is not what it was.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token)
            if asking.seat.role != "interceptor":
                self._known(unit, asking, seat)

    def _known(self, unit: store.Unit, asking: Asking, seat: Seat) -> Known:
        """What the asking seat knows, without what an alarm has taken back.

        Raises:
            RecordLost, SeatChanged: as `check_record`.
        """
        number = asking.seat.id
        known = unseal(unit.seat_records.get(number), seat.token)
        newest = self._newest.get(number, 0)
        if known.number < newest:
            # This transaction may have begun before another one's commit.
            with self._reading() as later:
                known = unseal(later.seat_records.get(number), seat.token)
            if known.number < newest:
                raise RecordLost
        self._newest[number] = max(known.number, self._newest.get(number, 0))
        known.require(asking.seat, asking.channel)
        return _heed(unit, asking, known)

    def _known_if_whole(self, unit: store.Unit, asking: Asking, seat: Seat) -> Known | None:
        """The same for lists, which are shown in any case; None when it cannot be relied on."""
        try:
            return self._known(unit, asking, seat)
        except (RecordLost, SeatChanged):
            return None

    def _remember(self, unit: store.Unit, asking: Asking, seat: Seat, known: Known) -> None:
        """Writes it down. It must have been read in this unit, which holds the channel."""
        number = max(known.number, self._newest.get(asking.seat.id, 0)) + 1
        unit.seat_records.put(asking.seat.id, _numbered(known, number).seal(seat.token))


def _numbered(known: Known, number: int) -> Known:
    return Known(known.me, known.people, known.opened, known.gone, number)


def _heed(unit: store.Unit, asking: Asking, known: Known) -> Known:
    """Takes back what alarms that came later say was false."""
    rows = unit.alarms.about(asking.channel.id, asking.seat.id)
    if not rows:
        return known
    me = asking.seat.id
    others = unit.seats.by_ids({row.peer_id if row.seat_id == me else row.seat_id for row in rows})
    themselves = by_the_two_themselves(unit, asking, rows)
    for row in rows:
        other = others[row.peer_id if row.seat_id == me else row.seat_id]
        peer = known.people.get(other.public_id)
        if peer is None or peer.since > row.raised_at:
            continue
        # Behind a false key is a true one, which is unknown as yet. Where nothing is found out,
        # what was seen first stays pinned: it is the only thing to go by.
        found_out = row.key_swap_id is not None and known.me.kind == "classroom"
        if found_out and (row.id in themselves or is_false(unit, asking, row, other, peer.key)):
            known = known.without(other.public_id)
        elif row.id in themselves:
            known = known.not_compared(other.public_id)
    return known
