"""Pictures: stored in pieces, listed without their bytes, given back whole or not at all.

The database notices neither a flipped bit in a blob nor a row that somebody moved. So each picture
row carries its envelope's length and SHA-256 and a code (HMAC-SHA256 under a key derived from
the pepper) over all that identifies it; the row of small records carries such a code too.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from store.errors import PictureDamaged, PictureMissing, StoreRefused
from store.limits import Room
from store.repositories.base import Repository
from store.repositories.codes import code_over
from store.schema import (
    CHUNK_BYTES,
    picture,
    picture_chunk,
    picture_recipient,
    picture_record,
    seat,
)
from store.values import NewPicture, PictureRecords, Recipient, StoredPicture

_CHUNKS_AT_ONCE = 32  # 8 MB

_LISTED = (
    picture.c.id,
    picture.c.public_id,
    picture.c.channel_id,
    picture.c.sender_id,
    picture.c.scheme,
    picture.c.sent_at,
    picture.c.size,
    picture.c.sha256,
    picture.c.openings,
    picture.c.max_openings,
    picture.c.until_all_opened,
    picture.c.damaged_at,
)


class Pictures(Repository):
    """Adds, finds, reads and removes pictures."""

    def __init__(self, connection: Connection, *, writes: bool, row_key: bytes, room: Room) -> None:
        """Takes the key for the codes over rows, and what tells whether there is room."""
        super().__init__(connection, writes=writes)
        self._row_key = row_key
        self._room = room

    def add(self, new: NewPicture) -> StoredPicture:
        """Stores the picture with everything of it.

        Raises:
            StoreFull: the quota of the whole store or the disk has no room for it.
            StoreRefused: the channel does not exist, the sender or a recipient has no seat in
                it, or the sender's submission or the public id exists already.
        """
        self._require_seats(new)
        self._room.require(len(new.content), self.total_bytes())
        digest = hashlib.sha256(new.content).digest()
        row = self._connection.execute(
            insert(picture)
            .values(
                public_id=new.public_id,
                channel_id=new.channel_id,
                sender_id=new.sender_id,
                scheme=new.scheme,
                submission=new.submission,
                sent_at=new.sent_at,
                size=len(new.content),
                sha256=digest,
                row_code=self._picture_code(
                    channel_id=new.channel_id,
                    public_id=new.public_id,
                    sender_id=new.sender_id,
                    scheme=new.scheme,
                    size=len(new.content),
                    sha256=digest,
                ),
                max_openings=new.max_openings,
                until_all_opened=new.until_all_opened,
            )
            .returning(*_LISTED)
        ).one()
        self._add_chunks(row.id, memoryview(new.content))
        records = (new.details, new.manifest, new.signature, new.note)
        self._connection.execute(
            insert(picture_record).values(
                picture_id=row.id,
                details=new.details,
                manifest=new.manifest,
                signature=new.signature,
                note=new.note,
                row_code=self._record_code(new.channel_id, new.public_id, records),
            )
        )
        if new.recipients:
            self._connection.execute(
                insert(picture_recipient),
                [
                    {"picture_id": row.id, "seat_id": seat_id, "fingerprint": fingerprint}
                    for seat_id, fingerprint in new.recipients
                ],
            )
        recipients = (Recipient(seat_id, key, None) for seat_id, key in sorted(new.recipients))
        return _picture(row, recipients)

    def by_submission(self, sender_id: int, submission: str) -> StoredPicture | None:
        """What the sender stored under this submission; None when nothing."""
        return self._one(picture.c.sender_id == sender_id, picture.c.submission == submission)

    def get(self, channel_id: int, public_id: str) -> StoredPicture | None:
        """One picture of the channel; None when it is not there."""
        return self._one(picture.c.channel_id == channel_id, picture.c.public_id == public_id)

    def in_channel(self, channel_id: int, *, recipient: int | None = None) -> list[StoredPicture]:
        """Every picture of the channel, oldest first.

        With a seat's id as `recipient`, no other recipient is listed; that is much cheaper where
        each picture has many.
        """
        return self._listed(picture.c.channel_id == channel_id, recipient=recipient)

    def for_recipient(self, channel_id: int, seat_id: int) -> list[StoredPicture]:
        """The channel's pictures that are for this seat, oldest first."""
        theirs = select(picture_recipient.c.picture_id).where(
            picture_recipient.c.seat_id == seat_id
        )
        return self._listed(picture.c.channel_id == channel_id, picture.c.id.in_(theirs))

    def by_sender(self, channel_id: int, seat_id: int) -> list[StoredPicture]:
        """The channel's pictures that this seat sent, oldest first."""
        return self._listed(picture.c.channel_id == channel_id, picture.c.sender_id == seat_id)

    def content(self, channel_id: int, public_id: str) -> bytes:
        """The whole envelope, exactly as it was given.

        Raises:
            PictureMissing: it is not in this channel.
            PictureDamaged: what is stored is not what was given.
        """
        row = self._connection.execute(
            select(*_LISTED, picture.c.row_code).where(
                picture.c.channel_id == channel_id, picture.c.public_id == public_id
            )
        ).one_or_none()
        if row is None:
            raise PictureMissing
        code = self._picture_code(
            channel_id=row.channel_id,
            public_id=row.public_id,
            sender_id=row.sender_id,
            scheme=row.scheme,
            size=row.size,
            sha256=row.sha256,
        )
        if not hmac.compare_digest(code, row.row_code):
            raise PictureDamaged
        pieces = self._connection.scalars(
            select(picture_chunk.c.data)
            .where(picture_chunk.c.picture_id == row.id)
            .order_by(picture_chunk.c.n)
        )
        content = b"".join(pieces)
        if len(content) != row.size or hashlib.sha256(content).digest() != row.sha256:
            raise PictureDamaged
        return content

    def records(self, channel_id: int, public_id: str) -> PictureRecords:
        """The small records of the picture.

        Raises:
            PictureMissing: it is not in this channel.
            PictureDamaged: what is stored is not what was given.
        """
        row = self._connection.execute(
            select(
                picture_record.c.details,
                picture_record.c.manifest,
                picture_record.c.signature,
                picture_record.c.note,
                picture_record.c.row_code,
            )
            .join(picture, picture.c.id == picture_record.c.picture_id)
            .where(picture.c.channel_id == channel_id, picture.c.public_id == public_id)
        ).one_or_none()
        if row is None:
            raise PictureMissing
        *records, code = row
        if not hmac.compare_digest(self._record_code(channel_id, public_id, records), code):
            raise PictureDamaged
        return PictureRecords(*records)

    def mark_opened(self, channel_id: int, public_id: str, seat_id: int, at: datetime) -> bool:
        """Counts a successful opening by a recipient; True the first time."""
        theirs = (
            select(picture.c.id)
            .join(picture_recipient, picture_recipient.c.picture_id == picture.c.id)
            .where(
                picture.c.channel_id == channel_id,
                picture.c.public_id == public_id,
                picture_recipient.c.seat_id == seat_id,
            )
        )
        picture_id = self._connection.scalar(theirs)
        if picture_id is None:
            return False
        self._connection.execute(
            update(picture)
            .where(picture.c.id == picture_id)
            .values(openings=picture.c.openings + 1)
        )
        marked = self._connection.execute(
            update(picture_recipient)
            .where(
                picture_recipient.c.picture_id == picture_id,
                picture_recipient.c.seat_id == seat_id,
                picture_recipient.c.opened_at.is_(None),
            )
            .values(opened_at=at)
        )
        return marked.rowcount == 1

    def mark_damaged(self, channel_id: int, public_id: str, at: datetime) -> None:
        """Notes that the stored bytes are not what was given."""
        self._connection.execute(
            update(picture)
            .where(picture.c.channel_id == channel_id, picture.c.public_id == public_id)
            .values(damaged_at=at)
        )

    def total_bytes(self, channel_id: int | None = None) -> int:
        """Length of all envelopes of the channel together; of the whole store for None."""
        return int(self._sum(func.coalesce(func.sum(picture.c.size), 0), channel_id))

    def count(self, channel_id: int | None = None) -> int:
        """Number of pictures in the channel; in the whole store for None."""
        return int(self._sum(func.count(), channel_id))

    def purge(self, channel_id: int) -> int:
        """Removes the channel's pictures with everything of theirs; gives their number."""
        removed = self._connection.execute(
            delete(picture).where(picture.c.channel_id == channel_id)
        )
        return removed.rowcount

    def count_damaged(self) -> int:
        """Number of pictures in the whole store that a check has marked."""
        marked = select(func.count()).where(picture.c.damaged_at.is_not(None))
        return self._connection.scalars(marked).one()

    def after(self, picture_id: int, *, limit: int) -> list[StoredPicture]:
        """Pictures of all channels after this id, oldest first; for reading through the store."""
        some = (
            select(picture.c.id)
            .where(picture.c.id > picture_id)
            .order_by(picture.c.id)
            .limit(limit)
        )
        return self._listed(picture.c.id.in_(some))

    def _add_chunks(self, picture_id: int, content: memoryview) -> None:
        starts = range(0, len(content), CHUNK_BYTES)
        for first in range(0, len(starts), _CHUNKS_AT_ONCE):  # bounds what is copied at a time
            pieces = [
                {
                    "picture_id": picture_id,
                    "n": n,
                    "data": bytes(content[start : start + CHUNK_BYTES]),
                }
                for n, start in enumerate(starts[first : first + _CHUNKS_AT_ONCE], start=first)
            ]
            self._connection.execute(insert(picture_chunk), pieces)

    def _require_seats(self, new: NewPicture) -> None:
        """Foreign keys know that a seat exists, not that it is in this channel."""
        seats = {new.sender_id, *(seat_id for seat_id, _ in new.recipients)}
        here = select(func.count()).where(seat.c.channel_id == new.channel_id, seat.c.id.in_(seats))
        if self._connection.scalar(here) != len(seats):
            raise StoreRefused

    def _sum(self, measure: ColumnElement[int], channel_id: int | None) -> int:
        statement = select(measure).select_from(picture)
        if channel_id is not None:
            statement = statement.where(picture.c.channel_id == channel_id)
        return self._connection.scalars(statement).one()

    def _one(self, *conditions: ColumnElement[bool]) -> StoredPicture | None:
        found = self._listed(*conditions)
        return found[0] if found else None

    def _listed(
        self, *conditions: ColumnElement[bool], recipient: int | None = None
    ) -> list[StoredPicture]:
        rows = self._connection.execute(
            select(*_LISTED).where(*conditions).order_by(picture.c.id)
        ).all()
        recipients: dict[int, list[Recipient]] = {row.id: [] for row in rows}
        of_these = (
            select(picture_recipient)
            .join(picture, picture.c.id == picture_recipient.c.picture_id)
            .where(*conditions)
            .order_by(picture_recipient.c.picture_id, picture_recipient.c.seat_id)
        )
        if recipient is not None:
            of_these = of_these.where(picture_recipient.c.seat_id == recipient)
        for row in self._connection.execute(of_these):
            if row.picture_id in recipients:
                recipients[row.picture_id].append(
                    Recipient(row.seat_id, row.fingerprint, row.opened_at)
                )
        return [_picture(row, recipients[row.id]) for row in rows]

    def _picture_code(
        self,
        *,
        channel_id: int,
        public_id: str,
        sender_id: int,
        scheme: str,
        size: int,
        sha256: bytes,
    ) -> bytes:
        fields = (
            b"picture",
            b"%d" % channel_id,
            public_id.encode(),
            b"%d" % sender_id,
            scheme.encode(),
            b"%d" % size,
            sha256,
        )
        return code_over(self._row_key, fields)

    def _record_code(self, channel_id: int, public_id: str, records: Iterable[bytes]) -> bytes:
        return code_over(
            self._row_key, (b"records", b"%d" % channel_id, public_id.encode(), *records)
        )


def _picture(row: Row[*tuple[Any, ...]], recipients: Iterable[Recipient]) -> StoredPicture:
    fields = dict(row._mapping)
    damaged = fields.pop("damaged_at") is not None
    return StoredPicture(**fields, recipients=tuple(recipients), damaged=damaged)
