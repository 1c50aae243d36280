"""Token buckets: how much of something may be done, counted for all processes together.

A bucket holds up to `capacity` tokens and gains `per_second`. Takers wait for one another, so
their clocks arrive a little out of order; a time within the last minute before the newest gains
nothing and changes nothing. A clock that goes further back gains nothing and starts counting from
there, so it neither gives tokens away nor locks anybody out. One that jumps ahead fills the bucket
at most. The caller hashes a name that identifies a person (an address).
"""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, and_, case, cast, delete, null, select, type_coerce, update

from store.repositories.base import Repository
from store.schema import bucket

_MICROSECONDS = 1_000_000
_OUT_OF_ORDER = 60 * _MICROSECONDS


class Buckets(Repository):
    """Takes tokens, each time in one statement that locks the bucket's row."""

    def take(
        self, name: str, *, capacity: float, per_second: float, now: datetime, cost: float = 1.0
    ) -> bool:
        """True when `cost` tokens were there and are taken; else nothing is taken.

        An unknown bucket is full. Capacity and rate are the caller's each time.

        Raises:
            ValueError: cost, capacity and rate cannot work.
        """
        if not (0 < cost <= capacity and per_second >= 0):
            raise ValueError("a bucket needs 0 < cost <= capacity and a rate of 0 or more")
        new = self._insert(bucket).values(
            name=name,
            tokens=capacity - cost,
            filled_at=now,
            granted=True,
            full_at=now + timedelta(seconds=cost / per_second) if per_second else None,
        )
        then = type_coerce(bucket.c.filled_at, BigInteger)
        # In the conflict clause a column is what the row holds, `excluded` what was offered.
        offered = type_coerce(new.excluded.filled_at, BigInteger)
        elapsed = offered - then
        out_of_order = and_(elapsed <= 0, elapsed >= -_OUT_OF_ORDER)
        gained = case((elapsed > 0, elapsed * (per_second / _MICROSECONDS)), else_=0.0)
        total = bucket.c.tokens + gained
        filled = case((total < capacity, total), else_=capacity)
        enough = filled >= cost
        left = case((enough, filled - cost), else_=filled)
        filled_at = case((out_of_order, then), else_=offered)
        missing = (capacity - left) * (_MICROSECONDS / per_second) if per_second else null()
        granted = self._connection.scalar(
            new.on_conflict_do_update(
                index_elements=[bucket.c.name],
                set_={
                    "tokens": left,
                    "filled_at": filled_at,
                    "granted": enough,
                    "full_at": cast(filled_at + missing, BigInteger),
                },
            ).returning(bucket.c.granted)
        )
        return bool(granted)

    def refund(self, name: str, *, capacity: float, cost: float = 1.0) -> None:
        """Gives back what was taken, where what it was taken for turned out well."""
        total = bucket.c.tokens + cost
        self._connection.execute(
            update(bucket)
            .where(bucket.c.name == name)
            .values(tokens=case((total < capacity, total), else_=capacity))
        )

    def forget(self, now: datetime, *, limit: int = 1000) -> int:
        """Drops some buckets that are full again: an unknown one is full too. Gives their number.

        One that somebody is taking from at this moment is left alone.
        """
        full = select(bucket.c.name).where(bucket.c.full_at <= now).limit(limit)
        dropped = self._connection.execute(
            delete(bucket).where(bucket.c.name.in_(full.with_for_update(skip_locked=True)))
        )
        return dropped.rowcount
