"""Cleaning up: what is over goes, and nothing else.

A thread of the process does it once a minute, whether or not a page is open; and it is done when
a channel is created. It goes in small pieces, with pauses in which others write. That a picture
was removed by its own rule is an event of its channel; a channel that is over goes as a whole,
its events too, and limits on tries go when they are full again. The store trusts its clock only
while it does not leap (`store.retention`), so after a long pause what has expired goes some minutes
late; for people it is closed at once, since every act looks at the time itself.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from store.errors import StoreError
from store.opening import Store

EVERY = 60.0  # seconds
_PAUSE = 0.02  # seconds between two pieces
_PATIENCE = 10.0  # seconds for a piece to end when the cleaning is closed

_log = logging.getLogger(__name__)


class Cleaning:
    """Removes what is over from one store."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._stops = threading.Event()

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
            self._store.compact()
        return removed

    def keep_clean(self) -> None:
        """Cleans now and once a minute from now on, in a thread, until it is closed."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._go_on, name="cleaning", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Ends the thread."""
        self._stops.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def _go_on(self) -> None:
        while not self._stops.is_set():
            try:
                while self._purge_some() is not None and not self._stops.wait(_PAUSE):
                    pass
                self._store.compact()  # also what people themselves have deleted since
            except StoreError:
                pass  # busy or out of reach; a minute later it may not be
            except Exception:  # nothing may end the cleaning
                _log.exception("cleaning failed")
            self._stops.wait(EVERY)

    def _purge_some(self) -> int | None:
        """One piece: the number of pictures it removed; None when nothing at all was left."""
        now = self._clock()
        with self._store.write() as unit:
            swept = unit.retention.sweep(now)
            unit.ledger.add_up()
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
