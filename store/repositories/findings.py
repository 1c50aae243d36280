"""Findings: what an interceptor's seat got out of a picture, sealed by the caller.

They are as private as the seat is, and go with the picture, so that what was recovered does not
outlive what it was recovered from.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select

from store.repositories.chunks import Chunked
from store.schema import finding, finding_chunk, picture
from store.values import Finding


class Findings(Chunked):
    """Keeps one finding for each seat, picture and attack."""

    _owner, _chunk = finding, finding_chunk

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
        """Keeps a finding; it replaces an earlier one of the same attack.

        Raises:
            PictureMissing: the channel has no such picture, or no longer.
            StoreFull: the disk has no room for it.
        """
        number = self._picture_id(channel_id, picture_id)
        self.drop(seat_id, [(picture_id, attack)])
        self._require_room(len(data))
        row_id = self._connection.scalar(
            insert(finding)
            .values(seat_id=seat_id, picture_id=number, attack=attack, found_at=at, size=len(data))
            .returning(finding.c.id)
        )
        self._write(int(row_id or 0), data)

    def of_seat(self, seat_id: int) -> list[Finding]:
        """What the seat has found, the oldest first."""
        rows = self._connection.execute(
            select(finding.c.seat_id, picture.c.public_id, finding.c.attack, finding.c.found_at)
            .join(picture, picture.c.id == finding.c.picture_id)
            .where(finding.c.seat_id == seat_id)
            .order_by(finding.c.found_at, picture.c.public_id, finding.c.attack)
        )
        return [Finding(*row) for row in rows]

    def data(self, seat_id: int, picture_id: str, attack: str) -> bytes | None:
        """The bytes of one finding, as they were given; None when there is none.

        Raises:
            PictureDamaged: the bytes are not as long as those that were given.
        """
        row = self._connection.execute(
            select(finding.c.id, finding.c.size).where(self._is(seat_id, picture_id, attack))
        ).one_or_none()
        return None if row is None else self._read(row.id, row.size)

    def drop(self, seat_id: int, which: Sequence[tuple[str, str]]) -> None:
        """Removes findings, each named by picture and attack."""
        for picture_id, attack in which:
            self._connection.execute(delete(finding).where(self._is(seat_id, picture_id, attack)))

    def total_bytes(self, seat_id: int | None = None) -> int:
        """Length of the seat's findings together; of the whole store for None."""
        return self._sum(*(() if seat_id is None else (finding.c.seat_id == seat_id,)))

    def _is(self, seat_id: int, picture_id: str, attack: str) -> ColumnElement[bool]:
        theirs = select(picture.c.id).where(picture.c.public_id == picture_id).scalar_subquery()
        return (
            (finding.c.seat_id == seat_id)
            & (finding.c.picture_id == theirs)
            & (finding.c.attack == attack)
        )
