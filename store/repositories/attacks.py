"""Attacks under way: one for each seat, whichever process runs it."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update

from store.repositories.base import Repository
from store.schema import attack
from store.values import AttackRow


class Attacks(Repository):
    """Keeps one row for each seat, from an attack's start until its seat was told the end."""

    def begin(self, channel_id: int, new: AttackRow, now: datetime) -> bool:
        """Notes an attack that starts; False where the seat has one that goes on."""
        self._hold(channel_id)
        before = self.get(new.seat_id)
        if before is not None and before.goes_on(now):
            return False
        self._connection.execute(delete(attack).where(attack.c.seat_id == new.seat_id))
        self._connection.execute(insert(attack).values(astuple(new)))
        return True

    def get(self, seat_id: int) -> AttackRow | None:
        """The seat's attack, or how its last one ended; None when there is nothing to tell."""
        row = self._connection.execute(select(attack).where(attack.c.seat_id == seat_id))
        found = row.one_or_none()
        return None if found is None else AttackRow(*found)

    def of_node(self, node: str) -> list[AttackRow]:
        """What one process runs."""
        return [
            AttackRow(*row)
            for row in self._connection.execute(
                select(attack).where(attack.c.node == node, ~attack.c.ended)
            )
        ]

    def go_on(self, node: str, until: datetime, told: Sequence[tuple[int, bytes]]) -> None:
        """Attacks of this process, by seat, run on; each with how it stands."""
        for seat_id, sealed in sorted(told):  # in order: two processes never block one another
            self._set(node, seat_id, until=until, told=sealed)

    def end(self, node: str, seat_id: int, told: bytes) -> None:
        """An attack of this process has ended, and its seat is to be told how."""
        self._set(node, seat_id, ended=True, told=told)

    def want(self, seat_id: int, until: datetime) -> bool:
        """The seat has a page open in another process than the one that runs its attack.

        False where it has no attack any more.
        """
        wanted = update(attack).where(attack.c.seat_id == seat_id, ~attack.c.ended)
        return bool(self._connection.execute(wanted.values(wanted_until=until)).rowcount)

    def cancel(self, seat_id: int) -> None:
        """The seat wants it no more; whoever runs it looks here."""
        self._connection.execute(
            update(attack).where(attack.c.seat_id == seat_id).values(cancelled=True)
        )

    def drop(self, node: str, seat_id: int) -> None:
        """An attack of this process has ended, and there is nothing to tell."""
        self._connection.execute(
            delete(attack).where(attack.c.seat_id == seat_id, attack.c.node == node)
        )

    def drop_over(self, seat_id: int, now: datetime) -> bool:
        """Removes one that does not go on; True for the one caller who is to tell its end."""
        over = or_(attack.c.ended, attack.c.until <= now)
        return bool(
            self._connection.execute(
                delete(attack).where(attack.c.seat_id == seat_id, over)
            ).rowcount
        )

    def _set(self, node: str, seat_id: int, **values: object) -> None:
        self._connection.execute(
            update(attack)
            .where(attack.c.seat_id == seat_id, attack.c.node == node, ~attack.c.ended)
            .values(**values)
        )
