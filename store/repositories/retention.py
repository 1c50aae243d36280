"""Retention: what goes now, in small pieces, and whether the clock can be believed.

A picture goes when its channel is over (expired or closed), when it was opened as often as its
sender allowed, or when every recipient who still has a seat has opened it, if its sender chose
that. A channel that is over goes as a whole, its pictures first, its own row last.

A wrong clock must not delete pictures. The store remembers the time of the last sweep. When the
next one comes more than an hour later, either the server was off or the clock has jumped; nothing
expires until two more sweeps, each between half a minute and an hour after the one before, agree
with the new time. A clock that goes back makes pictures stay; it settles no doubt. Rules that do
not ask the clock need not wait for it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, delete, exists, select

from store.limits import MIB
from store.repositories.base import Repository
from store.schema import (
    CLOSED,
    HELD,
    MAYBE_BY_ALL,
    USED_UP,
    alarm,
    channel,
    event,
    key_swap,
    picture,
    picture_recipient,
    seat,
    store_fact,
)
from store.tables import UtcDateTime
from store.values import Removal, Swept

_CLOCK = "clock of the last sweep"  # microseconds since 1970; how many sweeps must still agree
_LONGEST_PAUSE = timedelta(hours=1)
_SHORTEST_CONFIRMATION = timedelta(seconds=30)
_CONFIRMATIONS = 2
_BATCH_BYTES = 32 * MIB
_CHANNELS = 50  # looked at in one sweep
_ROWS = 1000  # that one sweep deletes, pictures apart

# What can be long in one channel, and how many rows one of its rows may take along. Seats come
# last: what is left of the others would go with them at once.
_LONG: tuple[tuple[Table, int], ...] = ((event, 1), (alarm, 1), (key_swap, 10), (seat, 20))


class Retention(Repository):
    """Removes pictures and channels by rule; the caller writes the events."""

    def sweep(self, now: datetime, *, limit: int = 50) -> Swept:
        """Removes some of what is due; call it in a separate unit until it gives nothing.

        One sweep removes at most `limit` pictures and, unless one picture alone is larger, 32 MB:
        what is deleted is overwritten, which takes as much room in the log and as long under the
        lock. When no picture is due, it deletes about a thousand rows of channels that are over.
        It waits for nobody; what others hold at this moment is left to the next sweep.
        """
        over = self._over(now)
        removals = self._due(over, limit)
        if not removals:
            return Swept((), self._forget(over))
        names = [removal.public_id for removal in removals]
        self._connection.execute(delete(picture).where(picture.c.public_id.in_(names)))
        return Swept(tuple(removals), 0)

    def _over(self, now: datetime) -> dict[int, str]:
        """Some channels that are over, by id, with the rule; nobody else can act in them now."""
        # One question for each rule, since each has its own index.
        rules: dict[str, ColumnElement[bool]] = {"closed": CLOSED}
        if self._clock_is_believed(now):
            rules["expired"] = channel.c.expires_at <= now
        found: dict[int, str] = {}
        for rule, condition in rules.items():
            rows = select(channel.c.id).where(condition).limit(_CHANNELS)
            for number in self._connection.scalars(rows.with_for_update(skip_locked=True)):
                found.setdefault(number, rule)
        return found

    def _due(self, over: dict[int, str], limit: int) -> list[Removal]:
        unopened = exists().where(
            picture_recipient.c.picture_id == picture.c.id,
            picture_recipient.c.opened_at.is_(None),
            seat.c.id == picture_recipient.c.seat_id,
            HELD,
        )
        rules = [("openings", USED_UP), ("all opened", and_(MAYBE_BY_ALL, ~unopened))]
        if over:
            rules.insert(0, ("", picture.c.channel_id.in_(over)))
        batch: dict[str, Removal] = {}
        room = _BATCH_BYTES
        for rule, condition in rules:
            # In any order: for one by id, the whole table may be read. Whoever acts in a channel
            # holds it first and its pictures second, and so must we.
            rows = self._connection.execute(
                select(picture.c.channel_id, picture.c.public_id, picture.c.size)
                .join(channel, channel.c.id == picture.c.channel_id)
                .where(condition)
                .limit(limit)
                .with_for_update(of=channel, key_share=True, skip_locked=True)
            )
            for channel_id, public_id, size in rows:
                if public_id in batch:
                    continue
                room -= size
                if batch and (room < 0 or len(batch) == limit):
                    return list(batch.values())
                batch[public_id] = Removal(channel_id, public_id, rule or over[channel_id])
        return list(batch.values())

    def _forget(self, channel_ids: Collection[int]) -> int:
        """Deletes some rows of channels without pictures, the channels' rows among them."""
        deleted, room = 0, _ROWS
        for channel_id in channel_ids:
            for table, takes_along in _LONG:
                count = self._some(table, channel_id, room // takes_along)
                deleted += count
                room -= count * takes_along
                if room < _LONG[-1][1]:
                    return deleted
            # Whatever else refers to the channel is little, and goes with it.
            self._connection.execute(delete(channel).where(channel.c.id == channel_id))
            deleted, room = deleted + 1, room - 1
        return deleted

    def _some(self, table: Table, channel_id: int, limit: int) -> int:
        number = table.c.seq if table is event else table.c.id
        some = select(number).where(table.c.channel_id == channel_id).order_by(number)
        deleted = self._connection.execute(
            delete(table).where(table.c.channel_id == channel_id, number.in_(some.limit(limit)))
        )
        return deleted.rowcount

    def _clock_is_believed(self, now: datetime) -> bool:
        state = self._connection.scalar(
            select(store_fact.c.value).where(store_fact.c.name == _CLOCK).with_for_update()
        )
        last, doubts = map(int, state.split()) if state else (UtcDateTime.to_number(now), 0)
        pause = now - UtcDateTime.from_number(last)
        if pause > _LONGEST_PAUSE or (doubts and pause < timedelta(0)):
            doubts = _CONFIRMATIONS
        elif doubts and pause < _SHORTEST_CONFIRMATION:
            return False  # too soon to tell; the sweep that raised the doubt is still the last
        elif doubts:
            doubts -= 1
        value = f"{UtcDateTime.to_number(now)} {doubts}".encode()
        self._put(store_fact, {"name": _CLOCK}, value=value)
        return doubts == 0
