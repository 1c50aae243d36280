"""Key substitution: an interceptor stands between the senders and one receiver, unseen.

Senders are shown the interceptor's key as the receiver's (`keys_shown`), and seal to it. Whatever
is sealed so is on its way until the interceptor's page relays it (`relaying`).

Nothing is lost when it ends: what waits is relayed first. Where that cannot be (the interceptor was
removed, or the two have found out), the receiver is told that the picture is sealed for another
key.
"""

from contextlib import suppress

import store
from exchange.desk import Asking, in_words
from exchange.errors import ExchangeError, InputRefused, NotFound
from exchange.relaying import Relaying, false_secret
from exchange.tamper_values import Substitution
from exchange.tampering import require_tampering
from exchange.values import Seat
from rsa_core import KEY_SIZES, KeyPair, PublicKey
from rsa_core.turns import NOBODY, QUICK, Visitor


class Substituting(Relaying):
    """An interceptor's acts on keys."""

    def substitute(self, seat: Seat, person_id: str, visitor: Visitor = NOBODY) -> None:
        """Puts a key of this interceptor's own in the place of a receiver's.

        Args:
            seat: an interceptor.
            person_id: a receiver of this channel.
            visitor: for the turn in which the key is made.

        Raises:
            NotFound: no such receiver in this channel.
            InputRefused: tampering is not allowed here, somebody has done it already, or the
                receiver has not been let in yet.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            require_tampering(asking)
            receiver, key = _receiver(unit, asking, person_id)
        # As long as the true one: another length would give it away.
        bits = PublicKey.from_der(key).bits
        with in_words(), QUICK.taken(visitor, asking.channel.public_id):
            pair = KeyPair.generate(min(KEY_SIZES, key=lambda size: abs(size - bits)))
        locked = pair.lock(false_secret(seat, pair.public))
        now = self._clock()
        try:
            with self._writing() as unit:
                asking = self._asking(unit, seat.token, "interceptor")
                require_tampering(asking)
                receiver, _ = _receiver(unit, asking, person_id)
                unit.key_swaps.add(
                    channel_id=asking.channel.id,
                    receiver_id=receiver.id,
                    interceptor_id=asking.seat.id,
                    at=now,
                    public_key=pair.public.der(),
                    fingerprint=pair.public.fingerprint,
                    locked_key=locked,
                )
                unit.events.add(
                    asking.channel.id,
                    "substituted",
                    now,
                    seat_id=asking.seat.id,
                    detail=receiver.name,
                )
        except store.NameTaken:
            raise InputRefused("This receiver's key has been substituted already.") from None

    def give_back(self, seat: Seat, person_id: str) -> None:
        """Shows the receiver's true key again, after what waits was relayed.

        What could not be relayed, or was sealed meanwhile, is relayed by the page's next ticks.

        Raises:
            NotFound: this interceptor has put no key in this person's place.
        """
        with suppress(ExchangeError):
            self.relay(seat)
        now = self._clock()
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            people = unit.seats.in_channel(asking.channel.id)
            receiver = next((row for row in people if row.public_id == person_id), None)
            mine = None if receiver is None else unit.key_swaps.in_force(receiver.id)
            if receiver is None or mine is None or mine.interceptor_id != asking.seat.id:
                raise NotFound("person")
            unit.key_swaps.end(mine.id, now)
            unit.events.add(
                asking.channel.id,
                "gave back",
                now,
                seat_id=asking.seat.id,
                detail=receiver.name,
            )

    def leave(self, seat: Seat) -> None:
        """Gives the seat up for good; an interceptor relays first what waits for that."""
        if seat.role == "interceptor":
            with suppress(ExchangeError):
                self.relay(seat)
        super().leave(seat)

    def substitutions(self, seat: Seat) -> tuple[Substitution, ...]:
        """Whose keys have been substituted, ended ones too, the oldest first."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            rows = unit.key_swaps.in_channel(asking.channel.id)
            ids = {row.receiver_id for row in rows} | {row.interceptor_id for row in rows}
            seats = unit.seats.by_ids(ids)
            return tuple(
                Substitution(
                    receiver=seats[row.receiver_id].name,
                    receiver_id=seats[row.receiver_id].public_id,
                    by=seats[row.interceptor_id].name,
                    mine=row.interceptor_id == asking.seat.id,
                    since=row.started_at,
                    ended_at=row.ended_at,
                    discovered_at=row.discovered_at,
                    fingerprint=row.fingerprint,
                    pictures_read=unit.key_swaps.read_count(row.id),
                )
                for row in rows
            )


def _receiver(unit: store.Unit, asking: Asking, person_id: str) -> tuple[store.SeatRow, bytes]:
    """A receiver of this channel with its true key."""
    for row in unit.seats.in_channel(asking.channel.id):
        if row.public_id == person_id and row.role == "receiver" and row.public_key is not None:
            if row.waiting:
                raise InputRefused("The owner of the channel has not let this receiver in yet.")
            return row, row.public_key
    raise NotFound("person")
