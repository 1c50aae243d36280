"""Cleaning up: images whose time has come are removed, and no others.

It runs when a channel is created, when the server starts, and from the ticks of open pages, at
most once a minute, a few images in each transaction. What was removed, and by which rule, is an
event of its channel. The store believes its clock only when it makes no leaps (`store.retention`),
so after a long pause cleaning starts some minutes late; an expired channel is closed all the same,
since every act looks at the time itself.
"""

import threading
from collections import Counter
from datetime import datetime, timedelta

from exchange.desk import Desk, in_words

EVERY = timedelta(minutes=1)
_BATCHES_OF_A_TICK = 4


class Cleaning(Desk):
    """Removes what is over."""

    _last_cleaned: datetime | None = None
    _cleaning = threading.Lock()

    def purge(self, *, batches: int | None = None) -> int:
        """Removes images by rule: channel over, opened often enough, opened by all.

        Args:
            batches: at most so many transactions; None goes on until nothing is left.

        Returns:
            The number of images removed.
        """
        removed, done = 0, 0
        while batches is None or done < batches:
            count = self._purge_some()
            if not count:
                break
            removed += count
            done += 1
        if removed:
            with in_words():
                self._store.compact()
        return removed

    def clean_now_and_then(self) -> None:
        """A little cleaning, from a tick; does nothing when the last one is fresh enough."""
        now = self._clock()
        last = self._last_cleaned
        if last is not None and timedelta(0) <= now - last < EVERY:
            return
        if not self._cleaning.acquire(blocking=False):
            return
        try:
            self._last_cleaned = now
            self.purge(batches=_BATCHES_OF_A_TICK)
        finally:
            self._cleaning.release()

    def _purge_some(self) -> int:
        now = self._clock()
        with self._writing() as unit:
            removals = unit.retention.sweep(now)
            whole: Counter[tuple[int, str]] = Counter()
            for removal in removals:
                if removal.rule in {"expired", "closed"}:
                    whole[removal.channel_id, removal.rule] += 1
                else:
                    unit.events.add(
                        removal.channel_id,
                        "removed image",
                        now,
                        image_id=removal.public_id,
                        detail=removal.rule,
                    )
            for (channel_id, rule), count in whole.items():
                unit.events.add(channel_id, "purged", now, detail=f"{rule}, {count}")
        return len(removals)
