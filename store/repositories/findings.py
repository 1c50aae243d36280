"""Findings: what an interceptor's seat got out of a picture, sealed by the caller.

They are as private as the seat is, and go with the picture, so that what was recovered does not
outlive what it was recovered from.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from store.errors import PictureMissing
from store.limits import Room
from store.repositories.base import Repository
from store.schema import CHUNK_BYTES, finding, picture
from store.values import Finding


class Findings(Repository):
    """Keeps one finding for each seat, picture and attack."""

    def __init__(self, connection: Connection, *, writes: bool, room: Room) -> None:
        """Takes what tells whether there is room."""
        super().__init__(connection, writes=writes)
        self._room = room

    def put(
        self,
        seat_id: int,
        channel_id: int,
        picture_id: str,
        *,
        attack: str,
        data: bytes,
        at: datetime,
    ) -> None:
        """Keeps a finding in the place of an earlier one of the same attack.

        Raises:
            PictureMissing: the channel has no such picture, or no longer.
            StoreFull: the disk has no room for it.
        """
        number = self._connection.scalar(
            select(picture.c.id).where(
                picture.c.channel_id == channel_id, picture.c.public_id == picture_id
            )
        )
        if number is None:
            raise PictureMissing
        self.drop(seat_id, [(picture_id, attack)])
        self._room.require(len(data), self.total_bytes())
        key = {"seat_id": seat_id, "picture_id": number, "attack": attack, "found_at": at}
        pieces = [
            {**key, "n": n, "data": data[start : start + CHUNK_BYTES]}
            for n, start in enumerate(range(0, len(data) or 1, CHUNK_BYTES))
        ]
        self._connection.execute(insert(finding), pieces)

    def of_seat(self, seat_id: int) -> list[Finding]:
        """What the seat has found, the oldest first."""
        rows = self._connection.execute(
            select(finding.c.seat_id, picture.c.public_id, finding.c.attack, finding.c.found_at)
            .join(picture, picture.c.id == finding.c.picture_id)
            .where(finding.c.seat_id == seat_id, finding.c.n == 0)
            .order_by(finding.c.found_at, picture.c.public_id, finding.c.attack)
        )
        return [Finding(*row) for row in rows]

    def data(self, seat_id: int, picture_id: str, attack: str) -> bytes | None:
        """The bytes of one finding, as they were given; None when there is none."""
        pieces = self._connection.scalars(
            select(finding.c.data)
            .where(self._is(seat_id, picture_id, attack))
            .order_by(finding.c.n)
        ).all()
        return b"".join(pieces) if pieces else None

    def drop(self, seat_id: int, which: Sequence[tuple[str, str]]) -> None:
        """Removes findings, each named by picture and attack."""
        for picture_id, attack in which:
            self._connection.execute(delete(finding).where(self._is(seat_id, picture_id, attack)))

    def total_bytes(self, seat_id: int | None = None) -> int:
        """Length of the seat's findings together; of the whole store for None."""
        statement = select(func.coalesce(func.sum(func.length(finding.c.data)), 0))
        if seat_id is not None:
            statement = statement.where(finding.c.seat_id == seat_id)
        return int(self._connection.scalars(statement).one())

    def _is(self, seat_id: int, picture_id: str, attack: str) -> ColumnElement[bool]:
        theirs = select(picture.c.id).where(picture.c.public_id == picture_id).scalar_subquery()
        return (
            (finding.c.seat_id == seat_id)
            & (finding.c.picture_id == theirs)
            & (finding.c.attack == attack)
        )
