"""What the owner of a channel may do: let in, keep out, extend, end.

Each act is an event, so that everyone in the channel sees what happened. A seat that is removed
and a channel that has ended stop at once: every act looks both up, and an open page notices.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import store
from exchange.desk import Act, Desk
from exchange.errors import InputRefused, NotFound, NotOwner, Unavailable
from exchange.values import Seat

_KEY_TRIES = 8


class Owner:
    """The owner's acts; everyone else gets `NotOwner`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

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
        rules = {
            "locked": locked,
            "approval": approval,
            "interceptors": interceptors,
            "tampering": tampering,
        }
        with self._owning(seat) as act:
            if tampering and act.channel.kind != "classroom":
                raise InputRefused(
                    "Only in a classroom channel can interceptors be allowed to tamper."
                )
            act.unit.channels.set_rules(act.channel.id, **rules)
            changed = ", ".join(
                f"{name} {'on' if value else 'off'}"
                for name, value in rules.items()
                if value is not None and getattr(act.channel, name) != value
            )
            if changed:
                act.tell("rules", changed)

    def approve(self, seat: Seat, person_id: str) -> None:
        """Lets in a receiver who waits."""
        with self._owning(seat) as act:
            other = _person(act, person_id)
            if other.waiting:
                act.unit.seats.approve(other.id)
                act.tell("approved", seat_id=other.id)

    def remove_seat(self, seat: Seat, person_id: str) -> None:
        """Removes someone's seat for good; owners leave theirs with "Leave channel"."""
        with self._owning(seat) as act:
            other = _person(act, person_id)
            if other.id == act.seat.id:
                raise InputRefused("You cannot remove your own seat. Leave the channel instead.")
            act.unit.seats.leave(other.id, act.now)
            act.tell("removed seat", seat_id=other.id)

    def change_key(self, seat: Seat) -> str:
        """Gives the channel a new key, for anyone who is not in yet. Seats stay.

        Returns:
            The new channel key; the old one opens nothing any more.
        """
        for _ in range(_KEY_TRIES):
            key = store.new_channel_key()
            try:
                with self._owning(seat) as act:
                    act.unit.channels.change_key(act.channel.id, self._desk.store.key_digest(key))
                    act.tell("new key")
            except store.DuplicateKey:
                continue
            return key
        raise Unavailable("No free channel key was found. Please try again.")

    def extend(self, seat: Seat, keep_for: str) -> None:
        """Keeps the channel for one of `Limits.keep` from now on; never shortens its life."""
        if keep_for not in self._desk.limits.keep:
            raise InputRefused("Choose how long to keep the channel from the list.")
        with self._owning(seat) as act:
            until = act.now + self._desk.limits.keep[keep_for]
            if until > act.channel.expires_at:
                act.unit.channels.extend(act.channel.id, until)
                act.tell("extended")

    def end_channel(self, seat: Seat) -> None:
        """Ends the channel for everyone; its pictures are removed."""
        with self._owning(seat) as act:
            act.tell("ended")
            act.unit.channels.close(act.channel.id, act.now)

    @contextmanager
    def _owning(self, seat: Seat) -> Iterator[Act]:
        with self._desk.act(seat, write=True) as act:
            if act.channel.owner_id != act.seat.id:
                raise NotOwner
            yield act


def _person(act: Act, person_id: str) -> store.SeatRow:
    for other in act.unit.seats.in_channel(act.channel.id):
        if other.public_id == person_id:
            return other
    raise NotFound("person")
