"""WebSocket frames: what has arrived and is not yet a message, or has not been read yet.

The guard is asked about whole messages only. Before that the server below (uvicorn) keeps what
has come, and answers pings, without a limit for a whole process; and a frame of two bytes costs
it a hundred times as many, and more time than it takes to send it. No browser sends frames like
that: a page's messages are whole, and large ones come in pieces of many kilobytes.

Uvicorn makes its own protocol objects and offers no hook, so `watch` wraps two methods of
their class, as `connections` does.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ui.door import journal, settings
from ui.door.addresses import counted
from ui.door.pacing import Credit


@dataclass(slots=True, eq=False)
class _Line:
    """One WebSocket.

    Attributes:
        peer: the address at its other end.
        credit: frames that it may still send.
        unread: bytes of a message that was begun.
        since: when it was begun, on the monotonic clock.
    """

    peer: str
    credit: Credit = field(
        default_factory=lambda: Credit(settings.FRAMES_AT_ONCE, settings.FRAMES_A_SECOND)
    )
    unread: int = 0
    since: float = 0.0


class Frames:
    """The WebSockets of this process."""

    def __init__(self, *, in_all: int) -> None:
        """Takes how many bytes of messages that were begun may wait here."""
        self._in_all = in_all
        self._unread = 0  # bytes, of all lines
        self._lines: dict[Any, _Line] = {}

    def watch(self, protocol_class: type[Any]) -> None:
        """Notices all frames that come over this class of protocols."""
        handle, lost = protocol_class.handle_events, protocol_class.connection_lost

        def handle_events(protocol: Any) -> None:  # noqa: ANN401
            if self.may_come(protocol, len(protocol.conn.events)):
                handle(protocol)
                self.note(protocol)

        def connection_lost(protocol: Any, error: Exception | None) -> None:  # noqa: ANN401
            self._forget(protocol)
            lost(protocol, error)

        protocol_class.handle_events = handle_events
        protocol_class.connection_lost = connection_lost

    def may_come(self, protocol: Any, count: int) -> bool:  # noqa: ANN401
        """Whether the protocol may go on with this many frames; else its connection is closed."""
        if protocol.transport.is_closing():
            return False
        if protocol not in self._lines:
            name = protocol.transport.get_extra_info("peername")
            self._lines[protocol] = _Line(counted(str(name[0]) if name else ""))
            protocol.transport.max_size = settings.READ_BYTES  # of asyncio: bytes read at once
        credit = self._lines[protocol].credit
        if count and credit.spend(count) > 0:
            self._close(protocol, "a WebSocket with too many small frames")
            return False
        return True

    def note(self, protocol: Any) -> None:  # noqa: ANN401
        """Counts what is begun and not ended; the largest holder gives way."""
        line = self._lines.get(protocol)
        if line is None:
            return
        kept = len(protocol.conn.reader.buffer) + sum(map(len, protocol.frames))
        if not line.unread:
            line.since = time.monotonic()
        self._unread -= line.unread
        line.unread = 0 if protocol.read_paused else kept  # paused: the rest was not asked for
        self._unread += line.unread
        if self._unread > self._in_all:
            self._make_room()

    def look(self) -> None:
        """Closes those that began a message and do not go on."""
        now = time.monotonic()
        for protocol, line in list(self._lines.items()):
            if line.unread and now - line.since > settings.HEAD_WITHIN:
                self._close(protocol, "half a message")

    def _make_room(self) -> None:
        by_peer: Counter[str] = Counter()
        for one in self._lines.values():
            by_peer[one.peer] += one.unread
        peer = by_peer.most_common(1)[0][0]
        theirs = (found for found, one in self._lines.items() if one.peer == peer)
        most = max(theirs, key=lambda found: self._lines[found].unread)
        self._close(most, "half a message, because too many are begun")

    def _close(self, protocol: Any, reason: str) -> None:  # noqa: ANN401
        journal.refused(reason)
        self._forget(protocol)
        protocol.conn.events.clear()
        protocol.conn.reader.buffer.clear()  # it lives on until the collector comes
        protocol.frames = []
        protocol.transport.abort()

    def _forget(self, protocol: Any) -> None:  # noqa: ANN401
        line = self._lines.pop(protocol, None)
        if line is not None:
            self._unread -= line.unread
