"""Pictures: stored in pieces, listed without their bytes, given back whole or not at all."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update

from store.errors import PictureMissing, StoreRefused
from store.repositories.chunks import Chunked
from store.schema import picture, picture_chunk, picture_recipient, picture_record, seat
from store.values import NewPicture, PictureRecords, Recipient, StoredPicture

_CODED = ("channel_id", "public_id", "sender_id", "scheme", "size", "sha256")
_RULES = ("max_openings", "until_all_opened")
_LISTED = tuple(
    picture.c[name] for name in ("id", *_CODED, "sent_at", "openings", *_RULES, "damaged_at")
)
_GIVEN = ("public_id", "channel_id", "sender_id", "scheme", "submission", "sent_at", *_RULES)
_RECORDS = ("details", "manifest", "signature", "note")


class Pictures(Chunked):
    """Adds, finds, reads and removes pictures."""

    _owner, _chunk = picture, picture_chunk

    def add(self, new: NewPicture) -> StoredPicture:
        """Stores the picture with everything of it.

        Raises:
            StoreFull: the quota of the whole store or the disk has no room for it.
            StoreRefused: the channel does not exist, the sender or a recipient has no seat in
                it, or the sender's submission or the public id exists already.
        """
        self._require_seats(new)
        self._require_room(len(new.content))
        values: dict[str, Any] = {name: getattr(new, name) for name in _GIVEN}
        values["size"] = len(new.content)
        values["sha256"] = hashlib.sha256(new.content).digest()
        code = self._code("picture", *(values[name] for name in _CODED))
        row = self._connection.execute(
            insert(picture).values(**values, row_code=code).returning(*_LISTED)
        ).one()
        self._write(row.id, new.content)
        records = {name: getattr(new, name) for name in _RECORDS}
        code = self._code("records", new.channel_id, new.public_id, *records.values())
        self._connection.execute(
            insert(picture_record).values(picture_id=row.id, **records, row_code=code)
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

    def share(
        self, shared: StoredPicture, recipient: Recipient, *, content: bytes, details: bytes
    ) -> None:
        """Adds a recipient, with the longer envelopes that name it.

        Raises:
            StoreFull: there is no room for what is added.
            StoreRefused: the seat is a recipient already.
        """
        self._require_room(len(content) - shared.size)
        values = {"size": len(content), "sha256": hashlib.sha256(content).digest()}
        coded = {name: getattr(shared, name) for name in _CODED} | values
        code = self._code("picture", *(coded[name] for name in _CODED))
        this = picture.c.id == shared.id
        self._connection.execute(update(picture).where(this).values(**values, row_code=code))
        chunks = picture_chunk.c.picture_id == shared.id
        self._connection.execute(delete(picture_chunk).where(chunks))
        self._write(shared.id, content)
        old = self.records(shared.channel_id, shared.public_id)
        records = {name: getattr(old, name) for name in _RECORDS} | {"details": details}
        code = self._code("records", shared.channel_id, shared.public_id, *records.values())
        self._connection.execute(
            update(picture_record)
            .where(picture_record.c.picture_id == shared.id)
            .values(details=details, row_code=code)
        )
        self._connection.execute(
            insert(picture_recipient).values(
                picture_id=shared.id,
                seat_id=recipient.seat_id,
                fingerprint=recipient.fingerprint,
                share=recipient.share,
            )
        )

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

    def by_sender(
        self, channel_id: int, seat_id: int, *, newest: int | None = None
    ) -> list[StoredPicture]:
        """The channel's pictures that this seat sent, oldest first; only so many for a number."""
        theirs = picture.c.channel_id == channel_id, picture.c.sender_id == seat_id
        if newest is None:
            return self._listed(*theirs)
        some = select(picture.c.id).where(*theirs).order_by(picture.c.id.desc()).limit(newest)
        return self._listed(picture.c.id.in_(some))

    def notes(self, pictures: Collection[StoredPicture]) -> dict[str, bytes]:
        """Their senders' sealed notes, by public id; what was changed does not unseal."""
        found = self._connection.execute(
            select(picture.c.public_id, picture_record.c.note)
            .join(picture, picture.c.id == picture_record.c.picture_id)
            .where(picture.c.id.in_([one.id for one in pictures]))
        )
        return {row.public_id: row.note for row in found}

    def free_by_sender(
        self, channel_id: int, seat_id: int, scheme: str, *, without: int
    ) -> list[StoredPicture]:
        """This seat's pictures of a scheme and without a rule that the seat `without` lacks."""
        theirs = select(picture_recipient.c.picture_id).where(
            picture_recipient.c.seat_id == without
        )
        free = (*_free(channel_id, seat_id, scheme), picture.c.id.not_in(theirs))
        return self._listed(*free, recipient=without)

    def free_counts(self, channel_id: int, seat_id: int, scheme: str) -> tuple[int, dict[int, int]]:
        """How many there are of them, and how many each recipient has, by its seat."""
        free = _free(channel_id, seat_id, scheme)
        rows = self._connection.execute(
            select(picture_recipient.c.seat_id, func.count())
            .join(picture, picture.c.id == picture_recipient.c.picture_id)
            .where(*free)
            .group_by(picture_recipient.c.seat_id)
        )
        return self._count(*free), {row[0]: row[1] for row in rows}

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
        self._require_code(row.row_code, "picture", *(row._mapping[name] for name in _CODED))
        return self._read(row.id, row.size, row.sha256)

    def records(self, channel_id: int, public_id: str) -> PictureRecords:
        """The small records of the picture.

        Raises:
            PictureMissing: it is not in this channel.
            PictureDamaged: what is stored is not what was given.
        """
        row = self._connection.execute(
            select(*(picture_record.c[name] for name in (*_RECORDS, "row_code")))
            .join(picture, picture.c.id == picture_record.c.picture_id)
            .where(picture.c.channel_id == channel_id, picture.c.public_id == public_id)
        ).one_or_none()
        if row is None:
            raise PictureMissing
        *records, code = row
        self._require_code(code, "records", channel_id, public_id, *records)
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
        return self._sum(*_in(channel_id))

    def count(self, channel_id: int | None = None) -> int:
        """Number of pictures in the channel; in the whole store for None."""
        return self._count(*_in(channel_id))

    def count_damaged(self) -> int:
        """Number of pictures in the whole store that a check has marked."""
        return self._count(picture.c.damaged_at.is_not(None))

    def after(self, picture_id: int, *, limit: int) -> list[StoredPicture]:
        """Pictures of all channels after this id, oldest first; for reading through the store."""
        some = (
            select(picture.c.id)
            .where(picture.c.id > picture_id)
            .order_by(picture.c.id)
            .limit(limit)
        )
        return self._listed(picture.c.id.in_(some))

    def _require_seats(self, new: NewPicture) -> None:
        """Foreign keys know that a seat exists, not that it is in this channel."""
        seats = {new.sender_id, *(seat_id for seat_id, _ in new.recipients)}
        here = select(func.count()).where(seat.c.channel_id == new.channel_id, seat.c.id.in_(seats))
        if self._connection.scalar(here) != len(seats):
            raise StoreRefused

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
                    Recipient(row.seat_id, row.fingerprint, row.opened_at, row.share)
                )
        return [_picture(row, recipients[row.id]) for row in rows]


def _in(channel_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return () if channel_id is None else (picture.c.channel_id == channel_id,)


def _free(channel_id: int, seat_id: int, scheme: str) -> tuple[ColumnElement[bool], ...]:
    return (
        picture.c.channel_id == channel_id,
        picture.c.sender_id == seat_id,
        picture.c.scheme == scheme,
        picture.c.max_openings.is_(None),
        picture.c.until_all_opened.is_(False),
    )


def _picture(row: Row[*tuple[Any, ...]], recipients: Iterable[Recipient]) -> StoredPicture:
    fields = dict(row._mapping)
    damaged = fields.pop("damaged_at") is not None
    return StoredPicture(**fields, recipients=tuple(recipients), damaged=damaged)
