"""Interventions: what arrives instead of a picture, kept beside it.

The picture and its pieces are never touched. What arrives at all recipients is one intervention, or
one half of a swap of two pictures, and the next act replaces it; what arrives at one recipient (a
picture sealed again for the key that it was meant for) is kept once for each picture and recipient.
Taking an act back deletes it, and the picture itself arrives again.
"""

import hashlib
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select

from store.errors import PictureMissing
from store.repositories.chunks import Chunked
from store.schema import intervention, intervention_chunk, intervention_record, picture
from store.values import InterventionRow, NewIntervention, PictureRecords

_CODED = ("kind", "sha256", "picture_id", "receiver_id", "source_id", "size")
_GIVEN = ("seat_id", "receiver_id", "key_swap_id", "act", "kind", "done_at", "detail")
_source = picture.alias("source")


class Interventions(Chunked):
    """Adds, finds, reads and takes back what arrives instead of pictures."""

    _owner, _chunk = intervention, intervention_chunk

    def add(self, channel_id: int, new: NewIntervention) -> None:
        """Keeps it; what arrived at the same recipients before goes, its whole act.

        Raises:
            PictureMissing: the channel lacks the picture, or the one whose bytes are to arrive.
            StoreFull: there is no room for its bytes.
        """
        number = self._picture_id(channel_id, new.picture_id)
        source = None if new.source_id is None else self._picture_id(channel_id, new.source_id)
        self._replace(number, new)
        values: dict[str, Any] = {name: getattr(new, name) for name in _GIVEN}
        values |= {"picture_id": number, "source_id": source, "size": None, "sha256": None}
        if new.content is not None:
            self._require_room(len(new.content))
            values["size"] = len(new.content)
            values["sha256"] = hashlib.sha256(new.content).digest()
        code = self._code("intervention", *(values[name] for name in _CODED))
        row_id = self._connection.scalars(
            insert(intervention).values(**values, row_code=code).returning(intervention.c.id)
        ).one()
        self._write(row_id, new.content or b"")
        if new.records is not None:
            details, manifest, signature = new.records
            self._connection.execute(
                insert(intervention_record).values(
                    intervention_id=row_id,
                    details=details,
                    manifest=manifest,
                    signature=signature,
                    row_code=self._code(*_place(number, new.receiver_id), *new.records),
                )
            )

    def in_channel(self, channel_id: int) -> list[InterventionRow]:
        """All of the channel, the oldest first."""
        return self._listed(picture.c.channel_id == channel_id)

    def of_picture(self, channel_id: int, picture_id: str) -> list[InterventionRow]:
        """What arrives instead of one picture, at one recipient or another; oldest first."""
        return self._listed(picture.c.channel_id == channel_id, picture.c.public_id == picture_id)

    def content(self, intervention_id: int) -> bytes | None:
        """Its own envelope; None where it has none.

        Raises:
            PictureMissing: there is no such intervention any more.
            PictureDamaged: what is stored is not what was given.
        """
        row = self._row(intervention_id)
        return None if row.size is None else self._read(row.id, row.size, row.sha256)

    def records(self, intervention_id: int) -> PictureRecords | None:
        """Its own small records, without a note; None where the picture's own hold.

        Raises:
            PictureMissing: there is no such intervention any more.
            PictureDamaged: what is stored is not what was given.
        """
        row = self._row(intervention_id)
        found = self._connection.execute(
            select(intervention_record).where(
                intervention_record.c.intervention_id == intervention_id
            )
        ).one_or_none()
        if found is None:
            return None
        records = (found.details, found.manifest, found.signature)
        self._require_code(found.row_code, *_place(row.picture_id, row.receiver_id), *records)
        return PictureRecords(*records, note=b"")

    def take_back(self, act: str) -> int:
        """Removes all that one act did; the number of pictures that arrive unchanged again."""
        removed = self._connection.execute(delete(intervention).where(intervention.c.act == act))
        return removed.rowcount

    def total_bytes(self, channel_id: int | None = None) -> int:
        """Length of their envelopes together, in the channel; in the whole store for None."""
        if channel_id is None:
            return self._sum()
        theirs = select(picture.c.id).where(picture.c.channel_id == channel_id)
        return self._sum(intervention.c.picture_id.in_(theirs))

    def count(self) -> int:
        """How many there are in the whole store."""
        return self._count()

    def after(self, intervention_id: int, *, limit: int) -> list[int]:
        """Ids after this one, ascending; for reading through the store."""
        some = (
            select(intervention.c.id)
            .where(intervention.c.id > intervention_id)
            .order_by(intervention.c.id)
            .limit(limit)
        )
        return list(self._connection.scalars(some))

    def _replace(self, number: int, new: NewIntervention) -> None:
        acts = select(intervention.c.act).where(
            intervention.c.picture_id == number,
            intervention.c.receiver_id.is_not_distinct_from(new.receiver_id),
            intervention.c.act != new.act,
        )
        for act in self._connection.scalars(acts).all():
            self.take_back(act)

    def _row(self, intervention_id: int) -> Row[*tuple[Any, ...]]:
        row = self._connection.execute(
            select(intervention).where(intervention.c.id == intervention_id)
        ).one_or_none()
        if row is None:
            raise PictureMissing
        coded = (row._mapping[name] for name in _CODED)
        self._require_code(row.row_code, "intervention", *coded)
        return row

    def _listed(self, *conditions: ColumnElement[bool]) -> list[InterventionRow]:
        rows = self._connection.execute(
            select(
                *(intervention.c[name] for name in ("id", *_GIVEN, "size")),
                picture.c.public_id.label("picture_id"),
                _source.c.public_id.label("source_id"),
            )
            .join(picture, picture.c.id == intervention.c.picture_id)
            .outerjoin(_source, _source.c.id == intervention.c.source_id)
            .where(*conditions)
            .order_by(intervention.c.id)
        )
        return [InterventionRow(**row._mapping) for row in rows]


def _place(picture_id: int, receiver_id: int | None) -> tuple[str | int | None, ...]:
    return ("intervention records", picture_id, receiver_id)
