"""How much may wait here: files that were uploaded and not sent yet.

A file goes to a place that its own page was given, within the quotas of its page, its address
and the process. When the process's quota is used up, the address that holds most gives way, so
nobody can lock the others out by filling it.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Message, Receive, Scope

from ui.door import settings
from ui.door.addresses import header
from ui.door.sessions import Arriving, Page, Sessions
from ui.door.settings import Settings

_PATH = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)")


class UploadRefused(Exception):  # noqa: N818  (an answer, not a fault)
    """The upload is not taken.

    Attributes:
        status: HTTP status.
        reason: constant words, for the journal and the browser.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Uploads:
    """The quotas of one process."""

    def __init__(self, sessions: Sessions, limits: Settings) -> None:
        """Counts what the sessions hold against the limits."""
        self._sessions = sessions
        self._limits = limits

    @contextmanager
    def place(self, scope: Scope, root: str) -> Iterator[Arriving]:
        """Keeps room for one upload while it arrives; then Streamlit's own store counts.

        Raises:
            UploadRefused: it has no place here, or there is no room.
        """
        session, file = _place_in(scope["path"].removeprefix(root))
        page = self._sessions.get(session)
        if page is None or file not in page.places:
            raise UploadRefused(400, "an upload without a place")
        size = _size_of(scope)
        if len(page.arriving) >= settings.UPLOADS_OPEN:
            raise UploadRefused(429, "too many uploads at once")
        self._make_room(session, page, size)
        arriving = Arriving(size)
        page.arriving.append(arriving)
        try:
            yield arriving
        finally:
            page.arriving.remove(arriving)

    def _make_room(self, session: str, page: Page, size: int) -> None:
        held = self._sessions.held()
        if held[session] + size > self._limits.uploads_per_session:
            raise UploadRefused(413, "more uploads than one page may hold")
        by_address = self._by_address(held)
        own = by_address[page.address] + size
        if own > self._limits.uploads_per_address:
            raise UploadRefused(413, "more uploads than one address may hold")
        while held.total() + size > self._limits.uploads:
            most, bytes_held = self._by_address(held).most_common(1)[0]
            if bytes_held <= own:
                raise UploadRefused(413, "more uploads than the server may hold")
            theirs = [name for name in held if self._address(name) == most]
            victim = max(theirs, key=lambda name: held[name])
            self._sessions.drop_uploads(victim)
            held[victim] = 0

    def _by_address(self, held: Counter[str]) -> Counter[str]:
        found: Counter[str] = Counter()
        for session, size in held.items():
            found[self._address(session)] += size
        return found

    def _address(self, session: str) -> str:
        page = self._sessions.get(session)
        return "" if page is None else page.address


def is_upload(path: str, root: str) -> bool:
    """Whether a request's path is one of Streamlit's places for uploads."""
    return _PATH.fullmatch(path.removeprefix(root)) is not None


def in_time(receive: Receive, dropped: asyncio.Event | None = None) -> Receive:
    """Ends a body that falls silent, takes too long or was dropped.

    To the application its sender is gone then.
    """
    end = time.monotonic() + settings.ANSWER_WITHIN

    async def next_part() -> Message:
        patience = min(settings.BODY_SILENCE, end - time.monotonic())
        part = asyncio.ensure_future(receive())
        ends = [part] if dropped is None else [part, asyncio.ensure_future(dropped.wait())]
        try:
            await asyncio.wait(
                ends, timeout=max(0.0, patience), return_when=asyncio.FIRST_COMPLETED
            )
            if part.done() and not (dropped and dropped.is_set()):
                return part.result()
            return {"type": "http.disconnect"}
        finally:
            for one in ends:
                one.cancel()

    return next_part


async def thrown_away(receive: Receive) -> None:
    """Reads a refused body to its end, or to that of patience: else browsers miss the answer."""
    left = settings.THROWN_AWAY
    while left > 0:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return
        left -= len(message.get("body", b""))


def _place_in(path: str) -> tuple[str, str]:
    found = _PATH.fullmatch(path)
    if found is None:
        raise UploadRefused(400, "an upload without a place")
    return found[1], found[2]


def _size_of(scope: Scope) -> int:
    text = header(scope["headers"], b"content-length")
    if text is None or not (text.isascii() and text.isdigit()):
        raise UploadRefused(411, "an upload that does not say how long it is")
    return int(text)
