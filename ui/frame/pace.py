"""How much a server that is full of pages does at once.

A tick costs some 6 ms of one core, most of it Streamlit's own: with a hundred pages ticking once
a second nothing would be left for drawing what is new, so pages then ask less often. And an event
makes a hundred pages want to be drawn at the same moment. Python runs one thread at a time;
where a hundred share it, each drawing takes the work of three, and the first page is there when
the last one is. So they take turns: first what people wait for, then the pages that ask what is
new, last what counts and lists.
"""

import heapq
import itertools
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ui.frame.service import visitor

TICK_MS = 1000
PAGES_A_SECOND = 50
ASKING, LATER = 1.0, 2.0  # seconds for which others are let go first
_OPEN_FOR = 5.0  # seconds since its last tick, beyond the usual pace, that a page counts as open

_ticks: dict[str, float] = {}
_lock = threading.Lock()


def tick_ms() -> int:
    """Notes that this page ticks, and says after how many milliseconds it should again."""
    now = time.monotonic()
    with _lock:
        _ticks[visitor().session] = now
        for session, at in list(_ticks.items()):
            if now - at > _OPEN_FOR + _pace():
                del _ticks[session]
        return TICK_MS * _pace()


def tick_every(milliseconds: int, *, key: str) -> None:
    """Runs this fragment, or this page, again and again."""
    # It registers its files with the running server when it is imported. Home.py is imported
    # before there is one, so an import at the top of a module would leave them out (404).
    from streamlit_autorefresh import st_autorefresh  # noqa: PLC0415

    st_autorefresh(interval=milliseconds, debounce=False, key=key)


def _pace() -> int:
    """Seconds between two ticks of a page, one at least: the page that asks is open."""
    return math.ceil(len(_ticks) / PAGES_A_SECOND)


class Turns:
    """A few places for drawing; a place is not kept for long work.

    First come, first served, but for those who let others go first for a while.
    """

    def __init__(self, places: int, lease: float) -> None:
        """Takes how many may draw at once, and for how many seconds a place is kept."""
        self._places = places
        self._lease = lease
        self._lock = threading.Lock()
        self._since: dict[threading.Event, float] = {}
        self._waiting: list[tuple[float, int, threading.Event]] = []  # a heap, by when it is due
        self._count = itertools.count()
        self._mine = threading.local()

    @contextmanager
    def taken(self, after: float = 0.0) -> Iterator[None]:
        """Waits for a place, and has it inside, or until its lease is over.

        Whoever is inside already goes on at once. Those who come in the next `after` seconds and
        let nobody go first are served before.
        """
        if getattr(self._mine, "inside", False):
            yield
            return
        me = threading.Event()
        self._wait(me, time.monotonic() + after)
        self._mine.inside = True
        try:
            yield
        finally:
            self._mine.inside = False
            with self._lock:
                self._since.pop(me, None)
                self._call_next()

    def _wait(self, me: threading.Event, due: float) -> None:
        with self._lock:
            heapq.heappush(self._waiting, (due, next(self._count), me))
            self._call_next()
        while not me.wait(self._lease):
            with self._lock:  # a page that has drawn for so long is doing something else
                self._call_next()

    def _call_next(self) -> None:
        now = time.monotonic()
        for event, since in list(self._since.items()):
            if now - since > self._lease:
                del self._since[event]
        while self._waiting and len(self._since) < self._places:
            *_, event = heapq.heappop(self._waiting)
            self._since[event] = now
            event.set()


drawing = Turns(places=1, lease=0.2)
