"""Cleaning up: what is over goes, and nothing else.

A thread of the process does it once a minute, whether or not a page is open; and it is done when
a channel is created. It goes in small pieces, with pauses in which others write. That a picture
was removed by its own rule is an event of its channel; a channel that is over goes as a whole,
its events too, and limits on tries go when they are full again. The store believes its clock only
when it makes no leaps (`store.retention`), so after a long pause what has expired goes some
minutes late; for people it is closed all the same, since every act looks at the time itself.
"""

import logging
import threading
import time

from exchange.desk import Desk, in_words
from exchange.errors import ExchangeError

EVERY = 60.0  # seconds
_PAUSE = 0.02  # seconds between two pieces
_PATIENCE = 10.0  # seconds for a piece to end when the exchange is closed

_log = logging.getLogger(__name__)


class Cleaning(Desk):
    """Removes what is over."""

    _cleaner: threading.Thread | None = None
    _cleaner_stops: threading.Event | None = None

    def purge(self, *, seconds: float | None = None) -> int:
        """Removes what is over: channels as a whole, and pictures by their own rules.

        Args:
            seconds: about how long it may take; None goes on until nothing is left.

        Returns:
            The number of pictures removed.
        """
        end = None if seconds is None else time.monotonic() + seconds
        removed, anything = 0, False
        while (pictures := self._purge_some()) is not None:
            removed, anything = removed + pictures, True
            if end is not None and time.monotonic() > end:
                break
            time.sleep(_PAUSE)
        if anything:
            self._wipe()
        return removed

    def keep_clean(self) -> None:
        """Cleans now and once a minute from now on, in a thread, until the exchange is closed."""
        if self._cleaner is None:
            self._cleaner_stops = threading.Event()
            self._cleaner = threading.Thread(
                target=self._clean_until, args=(self._cleaner_stops,), name="cleaning", daemon=True
            )
            self._cleaner.start()

    def _end_cleaning(self) -> None:
        if self._cleaner is not None and self._cleaner_stops is not None:
            self._cleaner_stops.set()
            self._cleaner.join(_PATIENCE)

    def _clean_until(self, stops: threading.Event) -> None:
        while not stops.is_set():
            try:
                while self._purge_some() is not None and not stops.wait(_PAUSE):
                    pass
                # Also what people themselves have deleted since.
                self._wipe()
            except ExchangeError:
                pass  # busy or out of reach; a minute later it may not be
            except Exception:  # whatever it is must not end the cleaning
                _log.exception("cleaning failed")
            stops.wait(EVERY)

    def _wipe(self) -> None:
        with in_words():
            self._store.compact()

    def _purge_some(self) -> int | None:
        """One piece: the number of pictures it removed; None when nothing at all was left."""
        now = self._clock()
        with self._writing() as unit:
            swept = unit.retention.sweep(now)
            for removal in swept.pictures:
                if removal.rule not in {"expired", "closed"}:
                    unit.events.add(
                        removal.channel_id,
                        "removed picture",
                        now,
                        picture_id=removal.public_id,
                        detail=removal.rule,
                    )
            anything = bool(swept) or unit.buckets.forget(now) > 0
        return len(swept.pictures) if anything else None
