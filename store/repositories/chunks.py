"""Bytes in pieces, given back whole or not at all: of pictures, interventions and findings.

The database notices neither a flipped bit in a blob nor a row that somebody moved. So a row with
bytes carries their length and SHA-256, and a code: HMAC-SHA256, under a key derived from the
pepper, over all that identifies it. Anyone who writes to the database without the pepper cannot
make one. Signed and sealed bytes need no code against a writer; theirs separates damage from
tampering.
"""

import hashlib
import hmac
from typing import ClassVar

from sqlalchemy import ColumnElement, Connection, Table, func, insert, select

from store.errors import PictureDamaged
from store.limits import Room
from store.repositories.base import Repository
from store.repositories.ledger import Ledger
from store.schema import CHUNK_BYTES

_AT_ONCE = 32 * CHUNK_BYTES  # 8 MB: bounds what is copied at a time


class Chunked(Repository):
    """A repository of rows that own bytes; `_owner` has their `size`, `_chunk` the pieces."""

    _owner: ClassVar[Table]
    _chunk: ClassVar[Table]

    def __init__(self, connection: Connection, *, writes: bool, row_key: bytes, room: Room) -> None:
        """Takes the key for the codes over rows, and what checks that there is room."""
        super().__init__(connection, writes=writes)
        self._row_key = row_key
        self._room = room

    def _require_room(self, size: int) -> None:
        """Raises `StoreFull` where the store has no room for so many bytes more."""
        self._room.require(size, Ledger(self._connection, writes=self._writes).total())

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        rows = select(func.count()).select_from(self._owner).where(*conditions)
        return self._connection.scalars(rows).one()

    def _sum(self, *conditions: ColumnElement[bool]) -> int:
        total = select(func.coalesce(func.sum(self._owner.c.size), 0)).where(*conditions)
        return int(self._connection.scalars(total).one())

    def _write(self, owner_id: int, content: bytes) -> None:
        owner, view = self._chunk.columns[0].name, memoryview(content)
        for first in range(0, len(content), _AT_ONCE):
            starts = range(first, min(first + _AT_ONCE, len(content)), CHUNK_BYTES)
            pieces = [
                {
                    owner: owner_id,
                    "n": start // CHUNK_BYTES,
                    "data": bytes(view[start : start + CHUNK_BYTES]),
                }
                for start in starts
            ]
            self._connection.execute(insert(self._chunk), pieces)

    def _read(self, owner_id: int, size: int, sha256: bytes | None = None) -> bytes:
        """The bytes as they were given.

        Raises:
            PictureDamaged: they are not.
        """
        pieces = (
            select(self._chunk.c.data)
            .where(self._chunk.columns[0] == owner_id)
            .order_by(self._chunk.c.n)
        )
        content = b"".join(self._connection.scalars(pieces))
        if len(content) != size or sha256 not in (None, hashlib.sha256(content).digest()):
            raise PictureDamaged
        return content

    def _code(self, *fields: bytes | str | int | None) -> bytes:
        """Over the fields, each behind its length, so that none can run into another."""
        message = hmac.new(self._row_key, digestmod=hashlib.sha256)
        for field in fields:
            value = b"" if field is None else field
            if not isinstance(value, bytes):
                value = str(value).encode()
            message.update(len(value).to_bytes(8, "big") + value)
        return message.digest()

    def _require_code(self, code: bytes, *fields: bytes | str | int | None) -> None:
        """Raises `PictureDamaged` where the code is not the one over the fields."""
        if not hmac.compare_digest(self._code(*fields), code):
            raise PictureDamaged
