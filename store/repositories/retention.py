"""Retention: what may be removed now, in small batches, and whether the clock can be believed.

An image goes when its channel is over (expired or closed), when it was opened as often as its
sender allowed, or when every recipient has opened it, if its sender chose that.

A wrong clock must not delete pictures. The store remembers the time of the last sweep. When the
next one comes more than an hour later, either the server was off or the clock has jumped; nothing
is removed until two more sweeps, each between half a minute and an hour after the one before,
agree with the new time. A clock that goes back makes images stay; it settles no doubt.
"""

import struct
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, delete, exists, or_, select, update

from store.limits import MIB
from store.repositories.base import Repository
from store.schema import UtcDateTime, channel, image, image_recipient, store_fact
from store.values import Removal

_CLOCK = "clock of the last sweep"
_STATE = struct.Struct(">qB")  # microseconds since 1970; how many sweeps must still agree
_LONGEST_PAUSE = timedelta(hours=1)
_SHORTEST_CONFIRMATION = timedelta(seconds=30)
_CONFIRMATIONS = 2
_BATCH_BYTES = 32 * MIB


class Retention(Repository):
    """Removes images by rule; the caller writes the events."""

    def sweep(self, now: datetime, *, limit: int = 50) -> list[Removal]:
        """Removes some images whose time has come; none while the clock is in doubt.

        A batch is at most `limit` images and, unless one image alone is larger, 32 MB: what is
        deleted is overwritten, which takes as much room in the log and as long under the lock.
        Call it in a unit of its own until it gives none. A channel that is over and has no
        images left is marked purged.
        """
        if not self._clock_is_believed(now):
            return []
        over = _over(now)
        removals = self._due(over, limit)
        names = [removal.public_id for removal in removals]
        self._connection.execute(delete(image).where(image.c.public_id.in_(names)))
        emptied = ~exists().where(image.c.channel_id == channel.c.id)
        self._connection.execute(
            update(channel)
            .where(or_(*over.values()), channel.c.purged_at.is_(None), emptied)
            .values(purged_at=now)
        )
        return removals

    def _due(self, over: dict[str, ColumnElement[bool]], limit: int) -> list[Removal]:
        unopened = exists().where(
            image_recipient.c.image_id == image.c.id, image_recipient.c.opened_at.is_(None)
        )
        rules = over | {
            "openings": image.c.openings >= image.c.max_openings,
            "all opened": and_(image.c.until_all_opened, image.c.openings > 0, ~unopened),
        }
        first_that_holds = case(*((condition, rule) for rule, condition in rules.items()))
        rows = self._connection.execute(
            select(image.c.channel_id, image.c.public_id, first_that_holds, image.c.size)
            .join(channel, channel.c.id == image.c.channel_id)
            .where(or_(*rules.values()))
            .order_by(image.c.id)
            .limit(limit)
        )
        batch: list[Removal] = []
        room = _BATCH_BYTES
        for *removal, size in rows:
            room -= size
            if batch and room < 0:
                break
            batch.append(Removal(*removal))
        return batch

    def _clock_is_believed(self, now: datetime) -> bool:
        state = self._connection.scalar(
            select(store_fact.c.value).where(store_fact.c.name == _CLOCK).with_for_update()
        )
        number = UtcDateTime.to_number(now)
        last, doubts = _STATE.unpack(state) if state else (number, 0)
        pause = now - UtcDateTime.from_number(last)
        if pause > _LONGEST_PAUSE or (doubts and pause < timedelta(0)):
            doubts = _CONFIRMATIONS
        elif doubts and pause < _SHORTEST_CONFIRMATION:
            return False  # too soon to tell; the sweep that raised the doubt is still the last
        elif doubts:
            doubts -= 1
        value = _STATE.pack(number, doubts)
        self._connection.execute(
            self._insert(store_fact)
            .values(name=_CLOCK, value=value)
            .on_conflict_do_update(index_elements=[store_fact.c.name], set_={"value": value})
        )
        return bool(doubts == 0)


def _over(now: datetime) -> dict[str, ColumnElement[bool]]:
    """The rules by which a whole channel is over."""
    return {
        "closed": channel.c.closed_at.is_not(None),
        "expired": channel.c.expires_at <= now,
    }
