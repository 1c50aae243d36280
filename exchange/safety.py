"""Verifying safety numbers: the one way to find out who stands between two people.

Two people read their safety numbers to one another over a way that this program has no part in. If
each hears the number that the page shows, the keys are theirs. If not, the alarm stays: both see
it, the false key is no longer shown, and the alarm says who was behind it, if anyone was. Then the
two can compare again. Every other sender who was shown the same false key is alarmed with them.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import store
from exchange.desk import Act, Desk, role_of
from exchange.errors import InputRefused, NotFound, Waiting
from exchange.known import Known, Peer, Records
from exchange.values import Role, Seat
from exchange.wire import WireOf
from rsa_core import fingerprint_of, safety_number_of

_OTHER_SIDE = {"sender": "receiver", "receiver": "sender"}


@dataclass(frozen=True, slots=True)
class Contact:
    """A person with whom another can compare safety numbers.

    Attributes:
        id: the seat's public id.
        name: nickname.
        role: the seat's role.
        safety_number: of the key that this seat is shown as the other's.
        compared: this seat's person said that both read out this very number, under this name.
        doubt: what is wrong with the name, as the end of a sentence; "" for nothing. It can hold a
            name that someone typed.
    """

    id: str
    name: str
    role: Role
    safety_number: str
    compared: bool
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Contacts:
    """What it takes to compare.

    Attributes:
        own_number: of this seat's own key, to read aloud; "" without a key, or when the store
            cannot be relied on.
        people: everyone on the other side, in the order of joining.
    """

    own_number: str
    people: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Two people found that their safety numbers differ.

    Attributes:
        id: names this alarm.
        person: nickname of the other one of the two.
        person_id: public id of that seat.
        mine: this seat's person raised it.
        interceptor: nickname of the person who stood between the two; "" where nobody is known to.
        since: from when on; None where nobody is known to.
        pictures_read: how many pictures between the two went through those hands.
        settled: this seat's person has compared again since, and the numbers were the same.
        compared: the two themselves had compared; False where another pair found out, and these
            two had been deceived in the same way. Nobody raised it then: `mine` is False.
    """

    id: str
    person: str
    person_id: str
    raised_at: datetime
    mine: bool
    interceptor: str
    since: datetime | None
    pictures_read: int
    settled: bool
    compared: bool = True


class Safety:
    """Acts of two people who compare, and the alarm."""

    def __init__(self, desk: Desk, records: Records, wire_of: WireOf) -> None:
        self._desk = desk
        self._records = records
        self._wire_of = wire_of

    def contacts(self, seat: Seat) -> Contacts:
        """The people this seat can compare numbers with, and its own number, the true one.

        Anyone who was not let in yet cannot compare with anyone, nor anyone with them. Without a
        whole record (`check_record`) nobody counts as compared, and no number of its own is given
        out: the store may have another than the true one.
        """
        with self._desk.act(seat) as act:
            if act.seat.role == "interceptor":
                return Contacts("", ())
            known = self._records.if_whole(act)
            false = self._wire_of(act.channel).keys_shown(act)
            people = [
                _contact(row, key, known)
                for row in act.unit.seats.in_channel(act.channel.id)
                if row.role == _OTHER_SIDE.get(act.seat.role)
                and not (row.waiting or act.seat.waiting)
                and (key := false.get(row.id, row.public_key)) is not None
            ]
        own = act.seat.public_key
        number = "" if own is None or known is None else safety_number_of(own)
        return Contacts(number, tuple(people))

    def compared(self, seat: Seat, person_id: str, safety_number: str) -> None:
        """Notes that this seat's person and another have read out the same safety number.

        Args:
            seat: the one who compared.
            person_id: the other seat.
            safety_number: as it was shown when the two compared; a key that has changed since
                is not marked.

        Raises:
            NotFound: nobody with this id is in the channel.
            Waiting: the owner has not let this seat in yet.
            InputRefused: another number is shown for this person now.
        """
        with self._desk.act(seat, write=True) as act:
            peer, key = self._peer(act, person_id)
            if safety_number_of(key) != safety_number:
                raise InputRefused("This person's number has changed. Please compare the new one.")
            self._mark_compared(act, peer, key)

    def numbers_differ(self, seat: Seat, person_id: str) -> None:
        """Raises the alarm: this seat's person and another have read out different numbers.

        Raises:
            NotFound: nobody with this id is in the channel.
            Waiting: the owner has not let this seat in yet.
        """
        with self._desk.act(seat, write=True) as act:
            peer, _ = self._peer(act, person_id)
            sound_alarm(act, self._records, self._wire_of, peer)

    def compare_number(self, seat: Seat, person_id: str, safety_number: str) -> bool:
        """Compares the number that the other person has read out with the one that is shown.

        Args:
            seat: the listener.
            person_id: the reader.
            safety_number: as it was typed; anything but digits is ignored.

        Returns:
            Whether they are the same; that is noted then. If not, the alarm is raised.

        Raises:
            NotFound: nobody with this id is in the channel.
            Waiting: the owner has not let this seat in yet.
            InputRefused: a safety number has another number of digits.
        """
        with self._desk.act(seat, write=True) as act:
            peer, key = self._peer(act, person_id)
            shown, typed = _digits(safety_number_of(key)), _digits(safety_number)
            if len(typed) != len(shown):
                raise InputRefused(
                    f"A safety number has {len(shown)} digits; what you typed has {len(typed)}. "
                    "Have it read out again."
                )
            if typed != shown:
                sound_alarm(act, self._records, self._wire_of, peer)
                return False
            self._mark_compared(act, peer, key)
            return True

    def alarms(self, seat: Seat) -> tuple[Alarm, ...]:
        """Every alarm that this seat is part of, the newest first."""
        with self._desk.act(seat) as act:
            rows = act.unit.alarms.about(act.channel.id, act.seat.id)
            if not rows:
                return ()
            swaps = {swap.id: swap for swap in act.unit.key_swaps.in_channel(act.channel.id)}
            known = self._records.if_whole(act)
            ids = {row.seat_id for row in rows} | {row.peer_id for row in rows}
            seats = act.unit.seats.by_ids(ids | {swap.interceptor_id for swap in swaps.values()})
        found = []
        for row in reversed(rows):
            mine = row.seat_id == act.seat.id
            peer = seats[row.peer_id if mine else row.seat_id]
            pin = None if known is None else known.people.get(peer.public_id)
            swap = swaps.get(row.key_swap_id or 0)
            found.append(
                Alarm(
                    id=str(row.id),
                    person=peer.name,
                    person_id=peer.public_id,
                    raised_at=row.raised_at,
                    mine=mine and row.direct,
                    compared=row.direct,
                    interceptor="" if swap is None else seats[swap.interceptor_id].name,
                    since=None if swap is None else swap.started_at,
                    pictures_read=row.pictures_read,
                    settled=pin is not None and pin.compared and pin.since > row.raised_at,
                )
            )
        return tuple(found)

    def _peer(self, act: Act, person_id: str) -> tuple[store.SeatRow, bytes]:
        """Someone on the other side, perhaps gone since, and the key that this seat is shown."""
        if act.seat.waiting:
            raise Waiting
        false = self._wire_of(act.channel).keys_shown(act)
        for row in act.unit.seats.in_channel(act.channel.id, with_left=True):
            key = false.get(row.id, row.public_key)
            if row.public_id == person_id and row.role == _OTHER_SIDE.get(act.seat.role):
                if key is None or row.waiting:
                    break
                return row, key
        raise NotFound("person")

    def _mark_compared(self, act: Act, peer: store.SeatRow, key: bytes) -> None:
        """Pins what was compared; in a channel that allows tampering a mere sight pins nothing."""
        known, fingerprint = self._records.of(act), fingerprint_of(key)
        before = known.people.get(peer.public_id)
        replaceable = act.channel.tampering and before is not None and not before.compared
        if before is not None and before.key != fingerprint and not replaceable:
            raise InputRefused(
                "This key is not the one that you saw before. If the numbers do match, ask them to "
                "leave and rejoin."
            )
        pin = Peer(peer.name, fingerprint, act.now, compared=True)
        self._records.keep(act, known.with_peer(peer.public_id, pin))
        act.unit.alarms.answer(act.seat.id, peer.id, act.now)


def sound_alarm(act: Act, records: Records, wire_of: WireOf, peer: store.SeatRow) -> None:
    """Notes the alarm, ends the swap behind it, and lets the two compare again.

    What is known already is not reported twice. The other seat takes its own pin back when it is
    there next (`known.Records`); nobody else could.
    """
    exposed = wire_of(act.channel).expose(act, peer)
    if exposed is None and _goes_on(act, peer):
        return
    words = f"the numbers of {act.seat.name} and {peer.name} differ"
    pairs: tuple[tuple[int, int, int], ...] = ((act.seat.id, peer.id, 0),)
    if exposed is not None:
        words, pairs = exposed.words, exposed.pairs
    for whose, other, pictures_read in pairs:
        act.unit.alarms.add(
            channel_id=act.channel.id,
            seat_id=whose,
            peer_id=other,
            at=act.now,
            key_swap_id=None if exposed is None else exposed.id,
            pictures_read=pictures_read,
            direct=(whose, other) == (act.seat.id, peer.id),
        )
    act.tell("alarm", words)
    # Sealed, so that the comparison stays taken back even if the alarm's row is taken away.
    known = records.if_whole(act)
    if known is not None:
        records.keep(act, known)


def _goes_on(act: Act, peer: store.SeatRow) -> bool:
    """Whether an alarm between the two is on, and neither has compared again since."""
    two = {act.seat.id, peer.id}
    rows = act.unit.alarms.about(act.channel.id, act.seat.id)
    mine = [row for row in rows if {row.seat_id, row.peer_id} == two]
    return bool(mine) and mine[-1].answered_at is None


def _contact(row: store.SeatRow, key: bytes, known: Known | None) -> Contact:
    return Contact(
        id=row.public_id,
        name=row.name,
        role=role_of(row),
        safety_number=safety_number_of(key),
        compared=known is not None and known.has_compared(row, fingerprint_of(key)),
        doubt="" if known is None else known.doubt(row),
    )


def _digits(text: str) -> str:
    """The decimal digits of a text, those of other scripts and widths too."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) for c in plain if c.isdecimal())
