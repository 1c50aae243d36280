"""Draining: a server that is to end takes nobody new, and ends when its last page has closed.

SIGUSR1 begins it. Browsers that had a page open then may reload it, and open others.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from contextlib import suppress

WORDS = "The server is closing. Try again in a few minutes."
EMPTY_FOR = 5.0  # seconds; a page that is loaded again is away for less


class Draining:
    """The open pages of this process by browser, and whether newcomers are let in."""

    def __init__(self) -> None:
        """Everybody is let in until `begin`."""
        self._open: Counter[bytes] = Counter()
        self._may_come: frozenset[bytes] | None = None
        self._empty_since = time.monotonic()

    def begin(self) -> None:
        """From now on nobody new comes in."""
        if self._may_come is None:
            self._may_come = frozenset(self._open)
            self._empty_since = time.monotonic()

    def refuses(self, browser: bytes) -> bool:
        """Whether a browser has to go elsewhere."""
        return self._may_come is not None and (not browser or browser not in self._may_come)

    def enter(self, browser: bytes) -> None:
        """A page opens its connection."""
        self._open[browser] += 1

    def leave(self, browser: bytes) -> None:
        """A page's connection is closed."""
        self._open[browser] -= 1
        self._open += Counter()  # without those that have none
        if not self._open:
            self._empty_since = time.monotonic()

    def look(self) -> None:
        """Ends this process, as SIGTERM does, once no page is open."""
        drained = self._may_come is not None and not self._open
        if drained and time.monotonic() - self._empty_since > EMPTY_FOR:
            os.kill(os.getpid(), signal.SIGTERM)


draining = Draining()


def hear() -> None:
    """Begins at SIGUSR1; for the server's own thread."""
    with suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):  # Windows; tests
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, draining.begin)
