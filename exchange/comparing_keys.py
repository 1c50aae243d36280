"""Comparing safety numbers: the one thing that finds out who stands between two people.

Two people read their numbers to one another over a way that this program has no part in. If each
hears the number that the page shows, the keys are theirs. If not, the alarm is lasting: both see
it, the false key is shown no more, and where somebody was behind it, it says who. Then the two can
compare again. Every other sender who was shown the same false key is alarmed with them.
"""

import unicodedata
from datetime import datetime

import store
from exchange.deceived import also_deceived, behind, forget_false, read_between
from exchange.desk import Asking, Desk, role_of
from exchange.errors import InputRefused, NotFound, Waiting
from exchange.keys_shown import false_keys
from exchange.tamper_values import Alarm, Contact, Contacts
from exchange.values import Seat
from rsa_core import fingerprint_of, safety_number_of

_OTHER_SIDE = {"sender": "receiver", "receiver": "sender"}


class ComparingKeys(Desk):
    """Acts of two people who compare, and the alarm."""

    def contacts(self, seat: Seat) -> Contacts:
        """With whom this seat can compare numbers, and its own number, the true one.

        Who was not let in yet can compare with nobody, nor anybody with them.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token)
            false = false_keys(unit, asking)
            compared = {
                (one.peer_id, one.fingerprint)
                for one in unit.known_keys.all(asking.seat.id)
                if one.compared_at is not None
            }
            people = []
            for row in unit.seats.in_channel(asking.channel.id):
                key = false.get(row.id, row.public_key)
                if row.role != _OTHER_SIDE.get(asking.seat.role) or key is None:
                    continue
                if row.waiting or asking.seat.waiting:
                    continue
                people.append(
                    Contact(
                        id=row.public_id,
                        name=row.name,
                        role=role_of(row),
                        safety_number=safety_number_of(key),
                        compared=(row.id, fingerprint_of(key)) in compared,
                    )
                )
        own = asking.seat.public_key
        return Contacts("" if own is None else safety_number_of(own), tuple(people))

    def compared(self, seat: Seat, person_id: str, safety_number: str) -> None:
        """Notes that this seat's person and another have read out the same safety number.

        Args:
            seat: whoever compared.
            person_id: the other seat.
            safety_number: as it was shown when the two compared; a key that has changed since
                is not marked.

        Raises:
            NotFound: nobody with this id is in the channel.
            Waiting: the owner has not let this seat in yet.
            InputRefused: another number is shown for this person by now.
        """
        now = self._clock()
        with self._writing() as unit:
            asking = self._asking(unit, seat.token)
            peer, key = _peer(unit, asking, person_id)
            if safety_number_of(key) != safety_number:
                raise InputRefused(
                    "Another number is shown for this person by now. Compare the new one, please."
                )
            self._mark_compared(unit, asking, peer, key, now)

    def numbers_differ(self, seat: Seat, person_id: str) -> None:
        """Raises the alarm: this seat's person and another have read out different numbers.

        Raises:
            NotFound: nobody with this id is in the channel.
            Waiting: the owner has not let this seat in yet.
        """
        with self._writing() as unit:
            asking = self._asking(unit, seat.token)
            peer, _ = _peer(unit, asking, person_id)
            self._sound_alarm(unit, asking, peer)

    def compare_number(self, seat: Seat, person_id: str, safety_number: str) -> bool:
        """Compares the number that the other person has read out with the one that is shown.

        Args:
            seat: who listened.
            person_id: who read.
            safety_number: as it was typed; whatever is no digit counts for nothing.

        Returns:
            Whether they are the same; that is noted then. If not, the alarm is raised.

        Raises:
            NotFound: nobody with this id is in the channel.
            Waiting: the owner has not let this seat in yet.
            InputRefused: what was typed has not as many digits as a safety number.
        """
        now = self._clock()
        with self._writing() as unit:
            asking = self._asking(unit, seat.token)
            peer, key = _peer(unit, asking, person_id)
            shown, typed = _digits(safety_number_of(key)), _digits(safety_number)
            if len(typed) != len(shown):
                raise InputRefused(
                    f"A safety number has {len(shown)} digits; what you typed has {len(typed)}. "
                    "Have it read out again."
                )
            if typed != shown:
                self._sound_alarm(unit, asking, peer)
                return False
            self._mark_compared(unit, asking, peer, key, now)
            return True

    def alarms(self, seat: Seat) -> tuple[Alarm, ...]:
        """Every alarm that this seat is part of, the newest first."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token)
            rows = unit.alarms.about(asking.channel.id, asking.seat.id)
            if not rows:
                return ()
            known = {one.id: one for one in unit.substitutions.in_channel(asking.channel.id)}
            first = _first_alarms(unit, asking, rows)
            ids = {one.seat_id for one in rows} | {one.peer_id for one in rows}
            seats = unit.seats.by_ids(ids | {one.interceptor_id for one in known.values()})
            views = [
                _view(unit, asking, row, known, seats, compared=row.id in first) for row in rows
            ]
        return tuple(reversed(views))

    def _mark_compared(
        self, unit: store.Unit, asking: Asking, peer: store.Seat, key: bytes, now: datetime
    ) -> None:
        """Pins what was compared; in a channel that allows tampering a mere sight pins nothing."""
        me, fingerprint = asking.seat.id, fingerprint_of(key)
        known = unit.known_keys.get(me, peer.id)
        if known is not None and known.fingerprint != fingerprint:
            if not asking.channel.tampering or known.compared_at is not None:
                raise InputRefused(
                    "This key is not the one that was known before. If the numbers are the same "
                    "all the same, the other person has to join the channel again."
                )
            unit.known_keys.forget(me, peer.id)
        unit.known_keys.pin(me, peer.id, fingerprint, now)
        unit.known_keys.mark_compared(me, peer.id, now)

    def _sound_alarm(self, unit: store.Unit, asking: Asking, peer: store.Seat) -> None:
        """Notes the alarm, ends the substitution behind it, and lets the two compare again.

        What is known already is not told twice.
        """
        now, me, channel = self._clock(), asking.seat, asking.channel
        found = behind(unit, asking, peer)
        if found is None and _goes_on(unit, asking, peer):
            return
        words = f"the numbers of {me.name} and {peer.name} differ"
        others: list[store.Seat] = []
        if found is not None:
            others = also_deceived(unit, asking, found, {me.id, peer.id})
            unit.substitutions.end(found.id, now)
            unit.substitutions.mark_discovered(found.id, now)
            names = unit.seats.by_ids({found.interceptor_id, found.receiver_id})
            words = (
                f"{names[found.interceptor_id].name} had put another key in the place of "
                f"{names[found.receiver_id].name}'s"
            )
        for one, other in ((me.id, peer.id), (peer.id, me.id)):
            # Behind a false key is a true one, which is unknown as yet. Where nothing is found
            # out, what was seen first stays pinned: it is the only thing to go by.
            if found is not None:
                unit.known_keys.forget(one, other)
            else:
                unit.known_keys.mark_not_compared(one, other)
        pairs = [(me.id, peer.id)]
        if found is not None:
            pairs += [(found.receiver_id, sender.id) for sender in others]
            for sender in others:
                forget_false(unit, found, sender.id)
        for whose, with_whom in pairs:
            unit.alarms.add(
                channel_id=channel.id,
                seat_id=whose,
                peer_id=with_whom,
                at=now,
                substitution_id=None if found is None else found.id,
                images_read=read_between(unit, found, {whose, with_whom}),
            )
        unit.events.add(channel.id, "alarm", now, seat_id=me.id, detail=words)


def _peer(unit: store.Unit, asking: Asking, person_id: str) -> tuple[store.Seat, bytes]:
    """Somebody on the other side, maybe gone since, and the key that this seat is shown.

    Raises:
        Waiting: the asking seat was not let in yet.
        NotFound: nobody with this id is in the channel, or was let in.
    """
    if asking.seat.waiting:
        raise Waiting
    false = false_keys(unit, asking)
    for row in unit.seats.in_channel(asking.channel.id, with_left=True):
        key = false.get(row.id, row.public_key)
        if row.public_id == person_id and row.role == _OTHER_SIDE.get(asking.seat.role):
            if key is None or row.waiting:
                break
            return row, key
    raise NotFound("person")


def _goes_on(unit: store.Unit, asking: Asking, peer: store.Seat) -> bool:
    """Whether an alarm between the two is on, and neither has compared again since."""
    two = {asking.seat.id, peer.id}
    rows = unit.alarms.about(asking.channel.id, asking.seat.id)
    mine = [row for row in rows if {row.seat_id, row.peer_id} == two]
    return bool(mine) and not any(
        _compared_since(unit, one, other, mine[-1].raised_at)
        for one, other in (tuple(two), tuple(two)[::-1])
    )


def _compared_since(unit: store.Unit, seat_id: int, peer_id: int, at: datetime) -> bool:
    known = unit.known_keys.get(seat_id, peer_id)
    return known is not None and known.compared_at is not None and known.compared_at > at


def _first_alarms(unit: store.Unit, asking: Asking, rows: list[store.Alarm]) -> set[int]:
    """The alarms among these that were raised by those whom they are about.

    The first one of a substitution was; the others came with it.
    """
    known = {one.id: one for one in unit.substitutions.in_channel(asking.channel.id)}
    receivers = {
        known[one.substitution_id].receiver_id for one in rows if one.substitution_id in known
    }
    first: dict[int | None, int] = {}
    for receiver in receivers:
        for one in unit.alarms.about(asking.channel.id, receiver):
            first.setdefault(one.substitution_id, one.id)
    return {one.id for one in rows if one.substitution_id is None} | set(first.values())


def _view(
    unit: store.Unit,
    asking: Asking,
    row: store.Alarm,
    substitutions: dict[int, store.Substitution],
    seats: dict[int, store.Seat],
    *,
    compared: bool,
) -> Alarm:
    mine = row.seat_id == asking.seat.id
    peer = seats[row.peer_id if mine else row.seat_id]
    found = substitutions.get(row.substitution_id or 0)
    return Alarm(
        id=str(row.id),
        person=peer.name,
        person_id=peer.public_id,
        raised_at=row.raised_at,
        mine=mine and compared,
        compared=compared,
        interceptor="" if found is None else seats[found.interceptor_id].name,
        since=None if found is None else found.started_at,
        images_read=row.images_read,
        settled=_compared_since(unit, asking.seat.id, peer.id, row.raised_at),
    )


def _digits(text: str) -> str:
    """The decimal digits of a text, those of other scripts and widths too."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) for c in plain if c.isdecimal())
