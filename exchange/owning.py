"""What the owner of a channel may do: let in, keep out, extend, end.

Each act is an event, so that everybody in the channel sees what happened. A seat that is removed
and a channel that has ended stop at once: every act looks both up, and an open page notices at
its next tick.
"""

import store
from exchange.desk import Asking, Desk
from exchange.errors import InputRefused, NotFound, NotOwner, Unavailable
from exchange.values import KEEP_FOR, Seat

_KEY_TRIES = 8


class Owning(Desk):
    """The owner's acts; everybody else gets `NotOwner`."""

    def set_rules(
        self,
        seat: Seat,
        *,
        locked: bool | None = None,
        approval: bool | None = None,
        interceptors: bool | None = None,
        tampering: bool | None = None,
    ) -> None:
        """Changes those rules of the channel that are given; see `Channel`.

        Raises:
            InputRefused: tampering is to be allowed in a private channel.
        """
        given = {
            "locked": locked,
            "approval": approval,
            "interceptors": interceptors,
            "tampering": tampering,
        }
        with self._writing() as unit:
            asking = self._owner(unit, seat)
            if tampering and asking.channel.kind != "classroom":
                raise InputRefused(
                    "Only in a classroom channel can interceptors be allowed to tamper."
                )
            unit.channels.set_rules(
                asking.channel.id,
                locked=locked,
                approval=approval,
                interceptors=interceptors,
                tampering=tampering,
            )
            changed = ", ".join(
                f"{name} {'on' if value else 'off'}"
                for name, value in given.items()
                if value is not None and getattr(asking.channel, name) != value
            )
            if changed:
                self._event(unit, asking, "rules", changed)

    def approve(self, seat: Seat, person_id: str) -> None:
        """Lets in a receiver who waits."""
        with self._writing() as unit:
            asking = self._owner(unit, seat)
            other = _person(unit, asking, person_id)
            if other.waiting:
                unit.seats.approve(other.id)
                self._event(unit, asking, "approved", seat_id=other.id)

    def remove_seat(self, seat: Seat, person_id: str) -> None:
        """Takes somebody's seat away for good; the owner's own is left by leaving."""
        now = self._clock()
        with self._writing() as unit:
            asking = self._owner(unit, seat)
            other = _person(unit, asking, person_id)
            if other.id == asking.seat.id:
                raise InputRefused("You cannot remove your own seat. Leave the channel instead.")
            unit.seats.leave(other.id, now)
            self._event(unit, asking, "removed seat", seat_id=other.id)

    def change_key(self, seat: Seat) -> str:
        """Gives the channel a new key, for those who are not in yet. Seats stay.

        Returns:
            The new channel key; the old one opens nothing any more.
        """
        for _ in range(_KEY_TRIES):
            key = store.new_channel_key()
            try:
                with self._writing() as unit:
                    asking = self._owner(unit, seat)
                    unit.channels.change_key(asking.channel.id, self._store.key_digest(key))
                    self._event(unit, asking, "new key")
            except store.DuplicateKey:
                continue
            return key
        raise Unavailable("No free channel key was found. Please try again.")

    def extend(self, seat: Seat, keep_for: str) -> None:
        """Keeps the channel for one of `KEEP_FOR` from now on; it never ends sooner by this."""
        if keep_for not in KEEP_FOR:
            raise InputRefused("Choose how long to keep the channel from the list.")
        until = self._clock() + KEEP_FOR[keep_for]
        with self._writing() as unit:
            asking = self._owner(unit, seat)
            if until > asking.channel.expires_at:
                unit.channels.extend(asking.channel.id, until)
                self._event(unit, asking, "extended")

    def end_channel(self, seat: Seat) -> None:
        """Ends the channel for everybody; its pictures are removed."""
        now = self._clock()
        with self._writing() as unit:
            asking = self._owner(unit, seat)
            self._event(unit, asking, "ended")
            unit.channels.close(asking.channel.id, now)

    def _owner(self, unit: store.Unit, seat: Seat) -> Asking:
        asking = self._asking(unit, seat.token)
        if asking.channel.owner_id != asking.seat.id:
            raise NotOwner
        return asking

    def _event(
        self,
        unit: store.Unit,
        asking: Asking,
        kind: str,
        detail: str = "",
        *,
        seat_id: int | None = None,
    ) -> None:
        """An event about the owner, or about the seat that the act was done to."""
        unit.events.add(
            asking.channel.id,
            kind,
            self._clock(),
            seat_id=asking.seat.id if seat_id is None else seat_id,
            detail=detail,
        )


def _person(unit: store.Unit, asking: Asking, person_id: str) -> store.SeatRow:
    for other in unit.seats.in_channel(asking.channel.id):
        if other.public_id == person_id:
            return other
    raise NotFound("person")
