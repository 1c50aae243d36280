"""Findings: what an interceptor's seat got out of an image, sealed by the caller.

They are as private as the seat is, and go with the image, so that what was recovered does not
outlive what it was recovered from.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from store.errors import ImageMissing
from store.limits import Room
from store.repositories.base import Repository
from store.schema import CHUNK_BYTES, finding, image
from store.values import Finding


class Findings(Repository):
    """Keeps one finding for each seat, image and attack."""

    def __init__(self, connection: Connection, *, writes: bool, room: Room) -> None:
        """Takes what tells whether there is room."""
        super().__init__(connection, writes=writes)
        self._room = room

    def put(
        self,
        seat_id: int,
        channel_id: int,
        image_id: str,
        *,
        attack: str,
        data: bytes,
        at: datetime,
    ) -> None:
        """Keeps a finding in the place of an earlier one of the same attack.

        Raises:
            ImageMissing: the channel has no such image, or no longer.
            StoreFull: the disk has no room for it.
        """
        number = self._connection.scalar(
            select(image.c.id).where(
                image.c.channel_id == channel_id, image.c.public_id == image_id
            )
        )
        if number is None:
            raise ImageMissing
        self.drop(seat_id, [(image_id, attack)])
        self._room.require(len(data), self.total_bytes())
        key = {"seat_id": seat_id, "image_id": number, "attack": attack, "found_at": at}
        pieces = [
            {**key, "n": n, "data": data[start : start + CHUNK_BYTES]}
            for n, start in enumerate(range(0, len(data) or 1, CHUNK_BYTES))
        ]
        self._connection.execute(insert(finding), pieces)

    def of_seat(self, seat_id: int) -> list[Finding]:
        """What the seat has found, the oldest first."""
        rows = self._connection.execute(
            select(finding.c.seat_id, image.c.public_id, finding.c.attack, finding.c.found_at)
            .join(image, image.c.id == finding.c.image_id)
            .where(finding.c.seat_id == seat_id, finding.c.n == 0)
            .order_by(finding.c.found_at, image.c.public_id, finding.c.attack)
        )
        return [Finding(*row) for row in rows]

    def data(self, seat_id: int, image_id: str, attack: str) -> bytes | None:
        """The bytes of one finding, as they were given; None when there is none."""
        pieces = self._connection.scalars(
            select(finding.c.data).where(self._is(seat_id, image_id, attack)).order_by(finding.c.n)
        ).all()
        return b"".join(pieces) if pieces else None

    def drop(self, seat_id: int, which: Sequence[tuple[str, str]]) -> None:
        """Removes findings, each named by image and attack."""
        for image_id, attack in which:
            self._connection.execute(delete(finding).where(self._is(seat_id, image_id, attack)))

    def total_bytes(self, seat_id: int | None = None) -> int:
        """Length of the seat's findings together; of the whole store for None."""
        statement = select(func.coalesce(func.sum(func.length(finding.c.data)), 0))
        if seat_id is not None:
            statement = statement.where(finding.c.seat_id == seat_id)
        return int(self._connection.scalars(statement).one())

    def _is(self, seat_id: int, image_id: str, attack: str) -> ColumnElement[bool]:
        theirs = select(image.c.id).where(image.c.public_id == image_id).scalar_subquery()
        return (
            (finding.c.seat_id == seat_id)
            & (finding.c.image_id == theirs)
            & (finding.c.attack == attack)
        )
