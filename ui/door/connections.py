"""TCP connections: a silent one is cut off, and nobody takes all of them.

The server below (uvicorn) waits for ever for the first request of a connection, and for the
rest of one that was begun. A thousand silent connections use up the process's files, and then
nobody comes in. Here each has some seconds for a whole request head; an address has a ceiling;
and where there is no place left, the one that has been silent longest gives way.

Uvicorn makes its own protocol objects and offers no hook, so `watch` wraps the one method
of their class that is called for each new connection.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ui.door import journal, settings
from ui.door.addresses import counted, is_proxy


@dataclass(slots=True, eq=False)
class _Line:
    """One connection.

    Attributes:
        protocol: uvicorn's object for it.
        transport: asyncio's.
        peer: the address at its other end.
        since: when `busy` last changed, on the monotonic clock.
        busy: whether a request is being answered.
    """

    protocol: Any
    transport: asyncio.Transport
    peer: str
    since: float
    busy: bool = False

    @property
    def upgraded(self) -> bool:
        """Whether it has become a WebSocket, which `guard` looks after."""
        return self.transport.get_protocol() is not self.protocol

    def look(self, now: float) -> None:
        """Notes whether a request is being answered."""
        cycle = self.protocol.cycle
        busy = self.upgraded or (cycle is not None and not cycle.response_complete)
        if busy != self.busy:
            self.busy, self.since = busy, now


class Connections:
    """All connections of this process."""

    def __init__(self, *, per_address: int, in_all: int, proxies: frozenset[str]) -> None:
        """Takes the ceilings; connections of a proxy that the operator names have none."""
        self._per_address = per_address
        self._in_all = in_all
        self._proxies = proxies
        self._lines: dict[asyncio.Transport, _Line] = {}
        self._by_peer: Counter[str] = Counter()

    def watch(self, protocol_class: type[Any]) -> None:
        """Notices each new connection of this class of protocols."""
        made = protocol_class.connection_made

        def connection_made(protocol: Any, transport: asyncio.Transport) -> None:  # noqa: ANN401
            made(protocol, transport)
            self.add(protocol, transport)

        protocol_class.connection_made = connection_made

    def add(self, protocol: Any, transport: asyncio.Transport) -> None:  # noqa: ANN401
        """Notes a new connection, and makes room for it or closes it."""
        name = transport.get_extra_info("peername")
        peer = str(name[0]) if isinstance(name, tuple) and name else ""
        # What uvicorn says of the peer may come from a header; requests carry this beside it.
        protocol.app_state = {**protocol.app_state, "peer": peer}
        protocol.config.ws_max_size = settings.MESSAGE_BYTES
        proxied, peer = is_proxy(peer, self._proxies), counted(peer)
        crowded = self._by_peer[peer] >= self._per_address and not proxied
        if crowded and not self._give_way(peer):
            journal.refused("a connection of an address that holds too many")
            transport.abort()
        elif len(self._lines) >= self._in_all and not self._give_way(None):
            journal.refused("a connection, because the server holds too many")
            transport.abort()
        else:
            self._lines[transport] = _Line(protocol, transport, peer, time.monotonic())
            self._by_peer[peer] += 1

    def look(self) -> None:
        """Forgets what was closed; closes what was silent or took too long."""
        now = time.monotonic()
        for line in list(self._lines.values()):
            line.look(now)
            if line.transport.is_closing():
                self._forget(line)
            elif not line.busy and now - line.since > settings.HEAD_WITHIN:
                self._close(line)  # browsers open some in advance too: nothing to tell
            elif line.busy and not line.upgraded and now - line.since > settings.ANSWER_WITHIN:
                journal.refused("a connection that took too long")
                self._close(line)

    def _give_way(self, peer: str | None) -> bool:
        """Closes the connection (of one address) that has been silent longest, if any is."""
        now = time.monotonic()
        for line in list(self._lines.values()):  # the oldest first
            if peer is not None and line.peer != peer:
                continue
            line.look(now)
            if not line.busy or line.transport.is_closing():
                self._close(line)
                return True
        return False

    def _close(self, line: _Line) -> None:
        line.transport.abort()
        self._forget(line)

    def _forget(self, line: _Line) -> None:
        del self._lines[line.transport]
        self._by_peer[line.peer] -= 1
        if not self._by_peer[line.peer]:
            del self._by_peer[line.peer]
