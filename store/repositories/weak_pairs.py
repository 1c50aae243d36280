"""Weak keys that come in pairs: which numbers were used, and whose partner is still free."""

from sqlalchemy import select, update

from store.repositories.base import Repository
from store.schema import weak_pair


class WeakPairs(Repository):
    """Counts the pairs of a channel, for each weakness."""

    def newest(self, channel_id: int, weakness: str) -> tuple[int, int | None]:
        """Number of the newest pair, 0 for none, and the seat that waits for a partner, or None."""
        self._hold(channel_id)
        row = self._connection.execute(
            select(weak_pair.c.number, weak_pair.c.waiting_id).where(
                weak_pair.c.channel_id == channel_id, weak_pair.c.weakness == weakness
            )
        ).one_or_none()
        return (0, None) if row is None else (row.number, row.waiting_id)

    def take(self, channel_id: int, weakness: str, number: int, waiting_id: int | None) -> None:
        """A key of this pair is taken; None where it is the second one."""
        key = {"channel_id": channel_id, "weakness": weakness}
        self._put(weak_pair, key, number=number, waiting_id=waiting_id)

    def wait_no_more(self, channel_id: int, seat_id: int) -> None:
        """The seat gets another key, and the partner of its last one stays unused."""
        self._connection.execute(
            update(weak_pair)
            .where(weak_pair.c.channel_id == channel_id, weak_pair.c.waiting_id == seat_id)
            .values(waiting_id=None)
        )
