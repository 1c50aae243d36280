"""Seat records: what a seat knows, sealed by the caller under the seat's own token."""

from sqlalchemy import select

from store.repositories.base import Repository
from store.schema import seat_record


class SeatRecords(Repository):
    """One opaque record for each seat; it goes when the seat is left."""

    def get(self, seat_id: int) -> bytes | None:
        """The record as it was put last; None when there is none."""
        found: bytes | None = self._connection.scalar(
            select(seat_record.c.sealed).where(seat_record.c.seat_id == seat_id)
        )
        return found

    def put(self, seat_id: int, sealed: bytes) -> None:
        """Keeps this one in the place of the last."""
        self._connection.execute(
            self._insert(seat_record)
            .values(seat_id=seat_id, sealed=sealed)
            .on_conflict_do_update(index_elements=[seat_record.c.seat_id], set_={"sealed": sealed})
        )
