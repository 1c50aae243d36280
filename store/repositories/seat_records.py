"""Seat records: what a seat knows, sealed by the caller under the seat's own token."""

from sqlalchemy import select

from store.repositories.base import Repository
from store.schema import seat_record


class SeatRecords(Repository):
    """One opaque record for each seat; it goes when the seat is left."""

    def get(self, seat_id: int) -> bytes | None:
        """The newest record; None when there is none."""
        sealed = select(seat_record.c.sealed).where(seat_record.c.seat_id == seat_id)
        found: bytes | None = self._connection.scalar(sealed)
        return found

    def put(self, seat_id: int, sealed: bytes) -> None:
        """Replaces the record."""
        self._put(seat_record, {"seat_id": seat_id}, sealed=sealed)
