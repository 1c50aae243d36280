"""Alarms: two people compared their safety numbers, and they differed."""

from datetime import datetime

from sqlalchemy import and_, insert, or_, select, update

from store.repositories.base import Repository
from store.schema import alarm
from store.values import Alarm


class Alarms(Repository):
    """Adds and finds alarms; they are never taken back."""

    def add(
        self,
        *,
        channel_id: int,
        seat_id: int,
        peer_id: int,
        at: datetime,
        substitution_id: int | None = None,
        pictures_read: int = 0,
        direct: bool = True,
    ) -> None:
        """Notes that the numbers of the seat's person and the peer's differ.

        `direct`: the two found out themselves; False where they are told because others did.
        """
        self._connection.execute(
            insert(alarm).values(
                channel_id=channel_id,
                seat_id=seat_id,
                peer_id=peer_id,
                substitution_id=substitution_id,
                raised_at=at,
                pictures_read=pictures_read,
                direct=direct,
            )
        )

    def answer(self, seat_id: int, peer_id: int, at: datetime) -> None:
        """Notes that one of the two has compared again since; no later one is known already."""
        self._connection.execute(
            update(alarm)
            .where(
                or_(
                    and_(alarm.c.seat_id == seat_id, alarm.c.peer_id == peer_id),
                    and_(alarm.c.seat_id == peer_id, alarm.c.peer_id == seat_id),
                ),
                alarm.c.answered_at.is_(None),
            )
            .values(answered_at=at)
        )

    def about(self, channel_id: int, seat_id: int) -> list[Alarm]:
        """Those of the channel that one seat is part of, the oldest first."""
        rows = self._connection.execute(
            select(alarm)
            .where(
                alarm.c.channel_id == channel_id,
                or_(alarm.c.seat_id == seat_id, alarm.c.peer_id == seat_id),
            )
            .order_by(alarm.c.id)
        )
        return [Alarm(**row._mapping) for row in rows]
