"""Events: numbered 1, 2, 3 ... in each channel.

The number is drawn by an UPDATE of the channel's row, whose lock lasts until the commit. So the
numbers become visible in their order and without gaps, and "everything after number n" misses
nothing. Ids from a sequence do not promise that: they become visible out of order.
"""

from datetime import datetime

from sqlalchemy import insert, select, update

from store.database.changes import NOTIFIED
from store.errors import ChannelMissing
from store.repositories.base import Repository
from store.schema import channel, event
from store.values import EventRow

_COLUMNS = (
    event.c.seq,
    event.c.kind,
    event.c.at,
    event.c.seat_id,
    event.c.picture_public_id,
    event.c.detail,
    event.c.about_id,
)


class Events(Repository):
    """Adds events and reads them in order."""

    def add(
        self,
        channel_id: int,
        kind: str,
        at: datetime,
        *,
        seat_id: int | None = None,
        picture_id: str | None = None,
        detail: str = "",
        about: int | None = None,
    ) -> EventRow:
        """Notes that something happened; `about` is the `about_id` of `EventRow`.

        Raises:
            ChannelMissing: there is no such channel.
        """
        seq = self._connection.scalar(
            update(channel)
            .where(channel.c.id == channel_id)
            .values(last_seq=channel.c.last_seq + 1)
            .returning(channel.c.last_seq)
        )
        if seq is None:
            raise ChannelMissing
        self._connection.execute(
            insert(event).values(
                channel_id=channel_id,
                seq=seq,
                kind=kind,
                at=at,
                seat_id=seat_id,
                picture_public_id=picture_id,
                detail=detail,
                about_id=about,
            )
        )
        if self._connection.dialect.name == "postgresql":
            self._connection.exec_driver_sql(f"NOTIFY {NOTIFIED}")
        return EventRow(seq, kind, at, seat_id, picture_id, detail, about)

    def since(self, channel_id: int, seq: int, *, limit: int = 500) -> list[EventRow]:
        """Events after number `seq`, in order, at most `limit` of them."""
        rows = self._connection.execute(
            select(*_COLUMNS)
            .where(event.c.channel_id == channel_id, event.c.seq > seq)
            .order_by(event.c.seq)
            .limit(limit)
        )
        return [EventRow(*row) for row in rows]

    def pictures_with(self, channel_id: int, kind: str) -> list[str]:
        """Public ids of the pictures that have an event of this kind, in order, gone ones too."""
        public_id = event.c.picture_public_id
        return list(
            self._connection.scalars(
                select(public_id)
                .where(event.c.channel_id == channel_id, event.c.kind == kind)
                .where(public_id.is_not(None))
                .order_by(event.c.seq)
            )
        )
