"""Comparing safety numbers: the one thing that finds out who stands between two people.

Two people read their numbers to one another over a way that this program has no part in. If each
hears the number that the page shows, the keys are theirs. If not, the alarm is lasting: both see
it, the false key is shown no more, and where somebody was behind it, it says who. Then the two can
compare again. Every other sender who was shown the same false key is alarmed with them.
"""

import unicodedata
from datetime import datetime

import store
from exchange.deceived import also_deceived, behind, by_the_two_themselves, read_between
from exchange.desk import Asking, role_of
from exchange.errors import InputRefused, NotFound, Waiting
from exchange.keys_shown import false_keys
from exchange.knowing import Knowing
from exchange.known import Known, Peer
from exchange.tamper_values import Alarm, Contact, Contacts
from exchange.values import Seat
from rsa_core import fingerprint_of, safety_number_of

_OTHER_SIDE = {"sender": "receiver", "receiver": "sender"}


class ComparingKeys(Knowing):
    """Acts of two people who compare, and the alarm."""

    def contacts(self, seat: Seat) -> Contacts:
        """With whom this seat can compare numbers, and its own number, the true one.

        Who was not let in yet can compare with nobody, nor anybody with them. Without a whole
        record (`check_record`) nobody counts as compared, and no number of its own is given out:
        the store may have another than the true one.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token)
            if asking.seat.role == "interceptor":
                return Contacts("", ())
            known = self._known_if_whole(unit, asking, seat)
            false = false_keys(unit, asking)
            people = [
                _contact(row, key, known)
                for row in unit.seats.in_channel(asking.channel.id)
                if row.role == _OTHER_SIDE.get(asking.seat.role)
                and not (row.waiting or asking.seat.waiting)
                and (key := false.get(row.id, row.public_key)) is not None
            ]
        own = asking.seat.public_key
        number = "" if own is None or known is None else safety_number_of(own)
        return Contacts(number, tuple(people))

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
        with self._writing() as unit:
            asking = self._asking(unit, seat.token)
            peer, key = _peer(unit, asking, person_id)
            if safety_number_of(key) != safety_number:
                raise InputRefused(
                    "Another number is shown for this person by now. Compare the new one, please."
                )
            self._mark_compared(unit, asking, seat, peer, key)

    def numbers_differ(self, seat: Seat, person_id: str) -> None:
        """Raises the alarm: this seat's person and another have read out different numbers.

        Raises:
            NotFound: nobody with this id is in the channel.
            Waiting: the owner has not let this seat in yet.
        """
        with self._writing() as unit:
            asking = self._asking(unit, seat.token)
            peer, _ = _peer(unit, asking, person_id)
            self._sound_alarm(unit, asking, seat, peer)

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
                self._sound_alarm(unit, asking, seat, peer)
                return False
            self._mark_compared(unit, asking, seat, peer, key)
            return True

    def alarms(self, seat: Seat) -> tuple[Alarm, ...]:
        """Every alarm that this seat is part of, the newest first."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token)
            rows = unit.alarms.about(asking.channel.id, asking.seat.id)
            if not rows:
                return ()
            known = {one.id: one for one in unit.key_swaps.in_channel(asking.channel.id)}
            mine = self._known_if_whole(unit, asking, seat)
            first = by_the_two_themselves(unit, asking, rows)
            ids = {one.seat_id for one in rows} | {one.peer_id for one in rows}
            seats = unit.seats.by_ids(ids | {one.interceptor_id for one in known.values()})
            views = [
                _view(asking, row, known, seats, mine, compared=row.id in first) for row in rows
            ]
        return tuple(reversed(views))

    def _mark_compared(
        self,
        unit: store.Unit,
        asking: Asking,
        seat: Seat,
        peer: store.SeatRow,
        key: bytes,
    ) -> None:
        """Pins what was compared; in a channel that allows tampering a mere sight pins nothing."""
        known, fingerprint, now = (
            self._known(unit, asking, seat),
            fingerprint_of(key),
            self._clock(),
        )
        before = known.people.get(peer.public_id)
        replaceable = asking.channel.tampering and before is not None and not before.compared
        if before is not None and before.key != fingerprint and not replaceable:
            raise InputRefused(
                "This key is not the one that was known before. If the numbers are the same all "
                "the same, the other person has to join the channel again."
            )
        pin = Peer(peer.name, fingerprint, now, compared=True)
        self._remember(unit, asking, seat, known.with_peer(peer.public_id, pin))
        unit.alarms.answer(asking.seat.id, peer.id, now)

    def _sound_alarm(
        self, unit: store.Unit, asking: Asking, seat: Seat, peer: store.SeatRow
    ) -> None:
        """Notes the alarm, ends the substitution behind it, and lets the two compare again.

        What is known already is not told twice. The other seat takes its own pin back when it is
        there next (`exchange.knowing`); nobody else could.
        """
        now, me, channel = self._clock(), asking.seat, asking.channel
        found = behind(unit, asking, peer)
        if found is None and _goes_on(unit, asking, peer):
            return
        words = f"the numbers of {me.name} and {peer.name} differ"
        others: list[store.SeatRow] = []
        if found is not None:
            others = also_deceived(unit, asking, found, {me.id, peer.id})
            unit.key_swaps.end(found.id, now)
            unit.key_swaps.mark_discovered(found.id, now)
            names = unit.seats.by_ids({found.interceptor_id, found.receiver_id})
            words = (
                f"{names[found.interceptor_id].name} had put another key in the place of "
                f"{names[found.receiver_id].name}'s"
            )
        pairs = [(me.id, peer.id)]
        if found is not None:
            pairs += [(found.receiver_id, sender.id) for sender in others]
        for whose, with_whom in pairs:
            unit.alarms.add(
                channel_id=channel.id,
                seat_id=whose,
                peer_id=with_whom,
                at=now,
                key_swap_id=None if found is None else found.id,
                pictures_read=read_between(unit, found, {whose, with_whom}),
            )
        unit.events.add(channel.id, "alarm", now, seat_id=me.id, detail=words)
        # Sealed, so that the comparison stays taken back even if the alarm's row is taken away.
        known = self._known_if_whole(unit, asking, seat)
        if known is not None:
            self._remember(unit, asking, seat, known)


def _peer(unit: store.Unit, asking: Asking, person_id: str) -> tuple[store.SeatRow, bytes]:
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


def _goes_on(unit: store.Unit, asking: Asking, peer: store.SeatRow) -> bool:
    """Whether an alarm between the two is on, and neither has compared again since."""
    two = {asking.seat.id, peer.id}
    rows = unit.alarms.about(asking.channel.id, asking.seat.id)
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


def _compared_since(known: Known | None, peer: store.SeatRow, at: datetime) -> bool:
    one = None if known is None else known.people.get(peer.public_id)
    return one is not None and one.compared and one.since > at


def _view(
    asking: Asking,
    row: store.AlarmRow,
    substitutions: dict[int, store.KeySwapRow],
    seats: dict[int, store.SeatRow],
    known: Known | None,
    *,
    compared: bool,
) -> Alarm:
    mine = row.seat_id == asking.seat.id
    peer = seats[row.peer_id if mine else row.seat_id]
    found = substitutions.get(row.key_swap_id or 0)
    return Alarm(
        id=str(row.id),
        person=peer.name,
        person_id=peer.public_id,
        raised_at=row.raised_at,
        mine=mine and compared,
        compared=compared,
        interceptor="" if found is None else seats[found.interceptor_id].name,
        since=None if found is None else found.started_at,
        pictures_read=row.pictures_read,
        settled=_compared_since(known, peer, row.raised_at),
    )


def _digits(text: str) -> str:
    """The decimal digits of a text, those of other scripts and widths too."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) for c in plain if c.isdecimal())
