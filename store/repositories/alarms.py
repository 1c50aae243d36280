"""Alarms: the safety numbers of two people differ."""

from datetime import datetime

from sqlalchemy import insert, or_, select, update

from store.repositories.base import Repository
from store.schema import alarm
from store.values import AlarmRow


class Alarms(Repository):
    """Adds and finds alarms; they are never taken back."""

    def add(
        self,
        *,
        channel_id: int,
        seat_id: int,
        peer_id: int,
        at: datetime,
        key_swap_id: int | None = None,
        pictures_read: int = 0,
        direct: bool = True,
    ) -> None:
        """Notes that the two differ; the values are as in `AlarmRow`."""
        self._connection.execute(
            insert(alarm).values(
                channel_id=channel_id,
                seat_id=seat_id,
                peer_id=peer_id,
                key_swap_id=key_swap_id,
                raised_at=at,
                pictures_read=pictures_read,
                direct=direct,
            )
        )

    def answer(self, seat_id: int, peer_id: int, at: datetime) -> None:
        """Notes that one of the two has compared again since, and the numbers match."""
        self._connection.execute(
            update(alarm)
            .where(
                alarm.c.seat_id.in_([seat_id, peer_id]),
                alarm.c.peer_id.in_([seat_id, peer_id]),
                alarm.c.answered_at.is_(None),
            )
            .values(answered_at=at)
        )

    def about(self, channel_id: int, seat_id: int) -> list[AlarmRow]:
        """The channel's alarms that concern this seat, oldest first."""
        rows = self._connection.execute(
            select(alarm)
            .where(
                alarm.c.channel_id == channel_id,
                or_(alarm.c.seat_id == seat_id, alarm.c.peer_id == seat_id),
            )
            .order_by(alarm.c.id)
        )
        return [AlarmRow(**row._mapping) for row in rows]
