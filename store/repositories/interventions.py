"""Interventions: what arrives in the place of a picture, kept beside it.

The picture and its pieces are never touched. What arrives at all recipients is one intervention or
one half of an exchange, and the next act takes its place; what arrives at one recipient (a picture
sealed again for the key that it was meant for) is kept once for each picture and recipient. Taking
an act back deletes it, and the picture itself arrives again.

Bytes have a digest and a code over their row, as those of pictures do.
"""

import hashlib
import hmac
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select

from store.errors import PictureDamaged, PictureMissing
from store.limits import Room
from store.repositories.base import Repository
from store.repositories.codes import code_over
from store.schema import (
    CHUNK_BYTES,
    intervention,
    intervention_chunk,
    intervention_record,
    picture,
)
from store.values import Intervention, NewIntervention, PictureRecords

_source = picture.alias("source")


class Interventions(Repository):
    """Adds, finds, reads and takes back what arrives in pictures' places."""

    def __init__(self, connection: Connection, *, writes: bool, row_key: bytes, room: Room) -> None:
        """Takes the key for the codes over rows, and what tells whether there is room."""
        super().__init__(connection, writes=writes)
        self._row_key = row_key
        self._room = room

    def add(self, channel_id: int, new: NewIntervention) -> None:
        """Keeps it; what arrived at the same recipients before gives way, its whole act.

        Raises:
            PictureMissing: the channel lacks the picture, or the one whose bytes are to arrive.
            StoreFull: there is no room for its bytes.
        """
        number = self._picture(channel_id, new.picture_id)
        source = None if new.source_id is None else self._picture(channel_id, new.source_id)
        self._give_way(number, new)
        content, digest = new.content, None
        if content is not None:
            used = self._connection.scalar(select(func.coalesce(func.sum(picture.c.size), 0)))
            self._room.require(len(content), int(used or 0) + self.total_bytes())
            digest = hashlib.sha256(content).digest()
        size = None if content is None else len(content)
        row_id = self._connection.execute(
            insert(intervention)
            .values(
                picture_id=number,
                seat_id=new.seat_id,
                receiver_id=new.receiver_id,
                source_id=source,
                substitution_id=new.substitution_id,
                act=new.act,
                kind=new.kind,
                done_at=new.done_at,
                detail=new.detail,
                size=size,
                sha256=digest,
                row_code=self._row_code(new.kind, digest, number, new.receiver_id, source, size),
            )
            .returning(intervention.c.id)
        ).scalar_one()
        for n, start in enumerate(range(0, size or 0, CHUNK_BYTES)):
            self._connection.execute(
                insert(intervention_chunk).values(
                    intervention_id=row_id,
                    n=n,
                    data=(content or b"")[start : start + CHUNK_BYTES],
                )
            )
        if new.records is not None:
            details, manifest, signature = new.records
            self._connection.execute(
                insert(intervention_record).values(
                    intervention_id=row_id,
                    details=details,
                    manifest=manifest,
                    signature=signature,
                    row_code=self._record_code(number, new.receiver_id, new.records),
                )
            )

    def in_channel(self, channel_id: int) -> list[Intervention]:
        """All of the channel, the oldest first."""
        return self._listed(picture.c.channel_id == channel_id)

    def of_picture(self, channel_id: int, picture_id: str) -> list[Intervention]:
        """What arrives in the place of one picture, at one recipient or another; oldest first."""
        return self._listed(picture.c.channel_id == channel_id, picture.c.public_id == picture_id)

    def content(self, intervention_id: int) -> bytes | None:
        """The envelope of its own; None where it has none.

        Raises:
            PictureMissing: there is no such intervention, or no longer.
            PictureDamaged: what is stored is not what was given.
        """
        row = self._row(intervention_id)
        if row.size is None:
            return None
        pieces = self._connection.scalars(
            select(intervention_chunk.c.data)
            .where(intervention_chunk.c.intervention_id == intervention_id)
            .order_by(intervention_chunk.c.n)
        )
        content = b"".join(pieces)
        if len(content) != row.size or hashlib.sha256(content).digest() != row.sha256:
            raise PictureDamaged
        return content

    def records(self, intervention_id: int) -> PictureRecords | None:
        """Its own small records, without a note; None where the picture's own hold.

        Raises:
            PictureMissing: there is no such intervention, or no longer.
            PictureDamaged: what is stored is not what was given.
        """
        row = self._row(intervention_id)
        found = self._connection.execute(
            select(
                intervention_record.c.details,
                intervention_record.c.manifest,
                intervention_record.c.signature,
                intervention_record.c.row_code,
            ).where(intervention_record.c.intervention_id == intervention_id)
        ).one_or_none()
        if found is None:
            return None
        details, manifest, signature, code = found
        wanted = self._record_code(row.picture_id, row.receiver_id, (details, manifest, signature))
        if not hmac.compare_digest(wanted, code):
            raise PictureDamaged
        return PictureRecords(details, manifest, signature, note=b"")

    def take_back(self, act: str) -> int:
        """Removes all that one act did; the number of pictures that arrive unchanged again."""
        removed = self._connection.execute(delete(intervention).where(intervention.c.act == act))
        return removed.rowcount

    def total_bytes(self, channel_id: int | None = None) -> int:
        """Length of their envelopes together, in the channel; in the whole store for None."""
        total = select(func.coalesce(func.sum(intervention.c.size), 0))
        if channel_id is not None:
            total = total.join(picture, picture.c.id == intervention.c.picture_id).where(
                picture.c.channel_id == channel_id
            )
        return int(self._connection.scalars(total).one())

    def count(self) -> int:
        """How many there are in the whole store."""
        return self._connection.scalars(select(func.count()).select_from(intervention)).one()

    def after(self, intervention_id: int, *, limit: int) -> list[int]:
        """Ids after this one, ascending; for reading through the store."""
        some = (
            select(intervention.c.id)
            .where(intervention.c.id > intervention_id)
            .order_by(intervention.c.id)
            .limit(limit)
        )
        return list(self._connection.scalars(some))

    def _give_way(self, number: int, new: NewIntervention) -> None:
        same = (
            intervention.c.receiver_id.is_(None)
            if new.receiver_id is None
            else intervention.c.receiver_id == new.receiver_id
        )
        acts = select(intervention.c.act).where(
            intervention.c.picture_id == number, same, intervention.c.act != new.act
        )
        for act in self._connection.scalars(acts).all():
            self.take_back(act)

    def _picture(self, channel_id: int, public_id: str) -> int:
        number = self._connection.scalar(
            select(picture.c.id).where(
                picture.c.channel_id == channel_id, picture.c.public_id == public_id
            )
        )
        if number is None:
            raise PictureMissing
        return int(number)

    def _row(self, intervention_id: int) -> Row[*tuple[Any, ...]]:
        row = self._connection.execute(
            select(intervention).where(intervention.c.id == intervention_id)
        ).one_or_none()
        if row is None:
            raise PictureMissing
        code = self._row_code(
            row.kind, row.sha256, row.picture_id, row.receiver_id, row.source_id, row.size
        )
        if not hmac.compare_digest(code, row.row_code):
            raise PictureDamaged
        return row

    def _listed(self, *conditions: ColumnElement[bool]) -> list[Intervention]:
        rows = self._connection.execute(
            select(
                intervention.c.id,
                picture.c.public_id,
                intervention.c.seat_id,
                intervention.c.receiver_id,
                _source.c.public_id,
                intervention.c.substitution_id,
                intervention.c.act,
                intervention.c.kind,
                intervention.c.done_at,
                intervention.c.detail,
                intervention.c.size,
            )
            .join(picture, picture.c.id == intervention.c.picture_id)
            .outerjoin(_source, _source.c.id == intervention.c.source_id)
            .where(*conditions)
            .order_by(intervention.c.id)
        )
        return [Intervention(*row) for row in rows]

    def _row_code(self, kind: str, sha256: bytes | None, *numbers: int | None) -> bytes:
        """Over picture, receiver, source and size, in this order, with the kind and the digest."""
        fields = (b"" if number is None else b"%d" % number for number in numbers)
        return code_over(self._row_key, (b"intervention", *fields, kind.encode(), sha256 or b""))

    def _record_code(
        self, picture_id: int, receiver_id: int | None, records: tuple[bytes, ...]
    ) -> bytes:
        place = (b"%d" % picture_id, b"" if receiver_id is None else b"%d" % receiver_id)
        return code_over(self._row_key, (b"intervention records", *place, *records))
