"""Push: a WebSocket beside the page, over which it is told to ask what is new.

Auto-refresh goes on as a safety net: every `SLOW_MS` while the socket is open, at the usual pace
where none comes through. What is told is a counter and nothing else; a seat that has left is told
no more. One thread of the process listens to the database for all of them.
"""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from exchange import ExchangeError, Seat, SeatGone, Unavailable
from ui.frame import pace
from ui.frame.service import exchange_of_process, visitor

SLOW_MS = 15_000
FIRST_WORD_WITHIN = 5.0  # seconds after the socket was opened
LINES = 2_000  # sockets of one process
_LONGEST_WORD = 512  # characters of what a page says first
_MERGE = 0.02  # seconds after a change is told in which others are told as one
_LEAVING = 0.5  # seconds in which a page that leaves by itself is gone: nothing interrupts it
_TRY_AGAIN_AFTER = 1.0  # seconds after the store could not be asked
_CLOSED = "closed"  # the page's word for a line that ended
_POLICY, _TRY_LATER = 1008, 1013  # RFC 6455, 7.4.1, and IANA's registry

_listener = st.components.v2.component(
    "live_line", js=Path(__file__).with_suffix(".js").read_text("utf-8")
)


@dataclass(eq=False, slots=True)
class Line:
    """One page's socket."""

    token: str = field(repr=False)
    tab: str
    seq: int  # of the newest event that it was told of
    words: asyncio.Queue[bool] = field(default_factory=asyncio.Queue)  # False is the last


class Hub:
    """The open lines of this process."""

    def __init__(self) -> None:
        """Listens as soon as there is a line."""
        self._lines: set[Line] = set()
        self._tabs: Counter[str] = Counter()  # how many of them each tab has
        self._lock = threading.Lock()
        self._listening = False

    def __len__(self) -> int:
        return len(self._lines)

    def open_in(self, tab: str) -> bool:
        """Whether this tab has a line."""
        with self._lock:
            return self._tabs[tab] > 0

    def enter(self, line: Line) -> None:
        """From now on the line is told of news."""
        with self._lock:
            self._lines.add(line)
            self._tabs[line.tab] += 1
            if not self._listening:
                self._listening = True
                listen = (asyncio.get_running_loop(),)
                threading.Thread(target=self._listen, args=listen, daemon=True).start()

    def leave(self, line: Line) -> None:
        """It is told no more."""
        with self._lock:
            self._drop(line)

    def lose(self, tab: str) -> None:
        """No line of this tab is told any more: the page says that it has none."""
        with self._lock:
            if self._tabs[tab]:
                for line in [line for line in self._lines if line.tab == tab]:
                    self._drop(line)

    def _drop(self, line: Line) -> None:
        if line in self._lines:
            self._lines.remove(line)
            self._tabs[line.tab] -= 1
            if not self._tabs[line.tab]:
                del self._tabs[line.tab]

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            try:
                for _ in exchange_of_process().member.changes(threading.Event()):
                    self._tell(loop)
                    time.sleep(_MERGE)
            except ExchangeError:
                time.sleep(_TRY_AGAIN_AFTER)

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            lines = list(self._lines)
        found = exchange_of_process().member.heard((line.token, line.seq) for line in lines)
        for line in lines:
            heard = found.get((line.token, line.seq))
            if heard is None:
                continue
            line.seq = heard.seq
            if heard.gone:
                self.leave(line)
            if heard.concerned:
                loop.call_soon_threadsafe(line.words.put_nowait, not heard.gone)


hub = Hub()


def route() -> WebSocketRoute:
    """For `st.App`."""
    return WebSocketRoute("/live", _serve)


async def _serve(socket: WebSocket) -> None:
    """One socket: a word from the page that says whose it is, then words to the page alone."""
    await socket.accept()
    try:
        line = await asyncio.wait_for(_introduced(socket), FIRST_WORD_WITHIN)
    except (TimeoutError, ValueError, SeatGone):
        await _close(socket, _POLICY)
        return
    except ExchangeError:
        await _close(socket, _TRY_LATER)
        return
    hub.enter(line)
    telling = asyncio.create_task(_tell(socket, line))
    try:
        await socket.receive()  # it closes, or it speaks out of turn
    finally:
        hub.leave(line)
        telling.cancel()
    await _close(socket, _POLICY)


async def _close(socket: WebSocket, code: int) -> None:
    """Ends the socket, from whichever side it has ended already."""
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code)


async def _introduced(socket: WebSocket) -> Line:
    """The line of whoever says its token; ValueError for anything else."""
    if len(hub) >= LINES:
        raise Unavailable
    said = (await socket.receive()).get("text") or ""
    if len(said) > _LONGEST_WORD:
        raise ValueError("too long")
    match json.loads(said):
        case {"token": str(token), "tab": str(tab)}:
            seq = await asyncio.to_thread(exchange_of_process().member.newest, token)
            return Line(token, tab, seq)
    raise ValueError("not whose line it is")


async def _tell(socket: WebSocket, line: Line) -> None:
    """The first word makes the page ask for what came before the line was open."""
    number, more = 0, True
    with suppress(WebSocketDisconnect, RuntimeError):
        while more:
            number += 1
            await socket.send_text(str(number))
            more = await line.words.get()
        await asyncio.sleep(_LEAVING)
        await socket.send_text("gone")
        await _close(socket, _POLICY)


def tick_ms() -> int:
    """Milliseconds to this page's next tick."""
    return SLOW_MS if hub.open_in(visitor().session) else pace.tick_ms()


def listen(seat: Seat) -> None:
    """Opens this page's line; inside the fragment that is to run when it is told something."""
    data = {"token": seat.token, "tab": visitor().session}
    _listener(key="live_line", data=data, on_news_change=_told)


def _told() -> None:
    """A page knows that its line is lost before the server does: at once where the net was cut."""
    said = st.session_state.get("live_line")
    if isinstance(said, Mapping) and said.get("news") == _CLOSED:
        hub.lose(visitor().session)
