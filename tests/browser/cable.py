"""What lies between a browser and the server, and can be cut."""

import asyncio
import threading
from contextlib import suppress


class Cable:
    """Passes on all bytes of all connections; cut, none of them, in either direction.

    A browser's own "offline" lets a WebSocket that is open go on. Here the two ends notice nothing
    until they lose patience, as with a cable that is pulled out.
    """

    def __init__(self, port: int) -> None:
        """To a server on 127.0.0.1."""
        self._to = port
        self._open: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        threading.Thread(target=asyncio.run, args=(self._run(),), daemon=True).start()
        self._ready.wait(10)
        self.url = f"http://127.0.0.1:{self._port}"

    def cut(self) -> None:
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self, *, lost: bool) -> None:
        """What was sent meanwhile arrives, or, if `lost`, every connection has broken."""
        self._loop.call_soon_threadsafe(self._mend, lost)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._closed.set)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._whole, self._closed = asyncio.Event(), asyncio.Event()
        self._whole.set()
        serving = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._port = serving.sockets[0].getsockname()[1]
        self._ready.set()
        await self._closed.wait()
        serving.close()
        self._mend(lost=True)
        while self._open:
            await asyncio.sleep(0.01)

    def _mend(self, lost: bool) -> None:
        if lost:
            for one in self._open:
                one.transport.abort()
        self._whole.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
            await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
        writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
        self._open.discard(writer)
        writer.close()
