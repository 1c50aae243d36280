"""Known keys: which fingerprint one seat first saw another use, and whether they compared it."""

from datetime import datetime

from sqlalchemy import delete, select, update

from store.repositories.base import Repository
from store.schema import known_key
from store.values import KnownKey


class KnownKeys(Repository):
    """Pins fingerprints; a pin is never replaced, only forgotten."""

    def get(self, seat_id: int, peer_id: int) -> KnownKey | None:
        """What the seat knows of its peer's key; None when it has seen none."""
        row = self._connection.execute(
            select(known_key).where(known_key.c.seat_id == seat_id, known_key.c.peer_id == peer_id)
        ).one_or_none()
        return None if row is None else KnownKey(*row)

    def pin(self, seat_id: int, peer_id: int, fingerprint: bytes, at: datetime) -> KnownKey:
        """Pins the fingerprint unless one is pinned; gives the one that is pinned then."""
        self._connection.execute(
            self._insert(known_key)
            .values(seat_id=seat_id, peer_id=peer_id, fingerprint=fingerprint, first_seen_at=at)
            .on_conflict_do_nothing(index_elements=[known_key.c.seat_id, known_key.c.peer_id])
        )
        row = self._connection.execute(
            select(known_key).where(known_key.c.seat_id == seat_id, known_key.c.peer_id == peer_id)
        ).one()
        return KnownKey(*row)

    def mark_compared(self, seat_id: int, peer_id: int, at: datetime) -> None:
        """Notes that the two people compared the safety number of the pinned key."""
        self._connection.execute(
            update(known_key)
            .where(known_key.c.seat_id == seat_id, known_key.c.peer_id == peer_id)
            .values(compared_at=at)
        )

    def mark_not_compared(self, seat_id: int, peer_id: int) -> None:
        """Takes a comparison back; the pin stays."""
        self._connection.execute(
            update(known_key)
            .where(known_key.c.seat_id == seat_id, known_key.c.peer_id == peer_id)
            .values(compared_at=None)
        )

    def forget(self, seat_id: int, peer_id: int) -> None:
        """Drops the pin: the seat has seen no key of this peer."""
        self._connection.execute(
            delete(known_key).where(known_key.c.seat_id == seat_id, known_key.c.peer_id == peer_id)
        )

    def all(self, seat_id: int) -> list[KnownKey]:
        """Everything the seat knows, by peer."""
        rows = self._connection.execute(
            select(known_key).where(known_key.c.seat_id == seat_id).order_by(known_key.c.peer_id)
        )
        return [KnownKey(*row) for row in rows]
