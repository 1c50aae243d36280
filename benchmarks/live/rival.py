"""The same crowd on this application and on `benchmarks.peer`, in turn on the same core.

First until the word comes: a message on `/live`, an event of Socket.IO. Then until the picture is
there: drawn as an element of the page here; there fetched by HTTP, decrypted by the server for a
receiver, as it is for an interceptor. Both clocks start when the picture is saved.
"""

import asyncio
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from picows import WSMsgType

from benchmarks.live.measure import EVERY, Crowd, Plan, crowded, percentile, spent
from benchmarks.live.page import PATIENCE, Socket
from benchmarks.live.room import PICTURE
from benchmarks.live.servers import Program, place, running
from benchmarks.reports import Row

_BOUNDARY = "picture"


class Client:
    """One browser of the peer: Engine.IO 4 over a WebSocket, and a request for each picture."""

    def __init__(self, port: int, address: str, key: str, role: str) -> None:
        """Nothing is opened yet."""
        self.port, self.address, self.key, self.role = port, address, key, role
        self.told: dict[int, float] = {}
        self.seen: dict[int, float] = {}
        self._socket = Socket(self._hear, lambda: None)
        self._joined = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def enter(self) -> None:
        """Connects, and joins the channel's room."""
        await self._socket.open(self.port, "/socket.io/?EIO=4&transport=websocket", self.address)
        await asyncio.wait_for(self._joined.wait(), PATIENCE)

    def close(self) -> None:
        """The tab is closed."""
        self._socket.transport.disconnect()

    def _say(self, text: str) -> None:
        self._socket.transport.send(WSMsgType.TEXT, text.encode())

    def _hear(self, data: bytes) -> None:
        if data == b"2":
            self._say("3")
        elif data[:1] == b"0":
            self._say("40")
        elif data[:2] == b"40":
            who = {"channel": self.key, "name": self.address}
            self._say("42" + json.dumps(["join", who]))
        elif data[:2] == b"42":
            self._event(*json.loads(data[2:]))

    def _event(self, name: str, news: dict[str, int]) -> None:
        if name == "user_joined":
            self._joined.set()
        elif name == "new_image":
            self.told[news["number"]] = time.monotonic()
            fetching = asyncio.create_task(self._fetch(news["number"]))
            self._tasks.add(fetching)
            fetching.add_done_callback(self._tasks.discard)

    async def _fetch(self, number: int) -> None:
        path = f"/{self.role}/{self.key}/{number}"
        body = await request(self.port, "GET", path)
        if self.role == "interceptor" or body == PICTURE:
            self.seen[number] = time.monotonic()


async def request(port: int, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
    """One HTTP request on a connection of its own; the answer's body, or where it leads to."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    headers, _, content = answer.partition(b"\r\n\r\n")
    for line in headers.split(b"\r\n"):
        if line.lower().startswith(b"location: "):
            return line[10:]
    return content


class Theirs:
    """The peer, with its clients."""

    def __init__(self, server: Program) -> None:
        """It has no clients yet."""
        self.server = server
        self.clients: list[Client] = []
        self.key = ""

    async def enter(self, count: int) -> None:
        """So many join, half of them receivers."""
        where = await request(self.server.port, "GET", "/create_channel")
        self.key = where.decode().rpartition("/")[2]
        for number in range(count):
            role = ("receiver", "interceptor")[number % 2]
            address = f"127.2.0.{number // 20 + 1}"
            self.clients.append(Client(self.server.port, address, self.key, role))
            await self.clients[-1].enter()

    async def send(self) -> tuple[int, float]:
        """Uploads a picture; gives its number and when it was saved."""
        head = 'Content-Disposition: form-data; name="picture"; filename="a.png"'
        body = f"--{_BOUNDARY}\r\n{head}\r\n\r\n".encode() + PICTURE
        body += f"\r\n--{_BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        said = json.loads(
            await request(self.server.port, "POST", f"/sender/{self.key}", body, kind)
        )
        return said["number"], said["saved"]


async def rows(counts: Sequence[int], plan: Plan) -> list[Row]:
    """A line for each application and each number of pages."""
    found: list[Row] = []
    for count in counts:
        async with crowded("sqlite", 1, count) as (crowd, memory):
            await crowd.switch("push")
            with place("sqlite") as (folder, _):
                peer = _peer(folder)
                with running(peer):
                    found += await _in_turn(crowd, memory, Theirs(peer), count, plan)
    return found


def _peer(folder: Path) -> Program:
    command = [sys.executable, "-m", "benchmarks.peer.app", "PORT", str(folder)]
    return Program(command, folder, {}, health="/", core=0)


async def _in_turn(
    crowd: Crowd, memory: float, theirs: Theirs, count: int, plan: Plan
) -> list[Row]:
    empty = theirs.server.memory()
    await theirs.enter(count)
    their_memory = (theirs.server.memory() - empty) / count
    told: list[list[float]] = [[], []]
    seen: list[list[float]] = [[], []]
    idle: list[list[float]] = [[], []]
    cost = [0.0, 0.0]
    for _ in range(plan.rounds):
        for which, server in enumerate((crowd.servers[0], theirs.server)):
            idle[which].append((await spent([server], asyncio.sleep(plan.idle)))[0])
            before = server.cpu()
            for _ in range(plan.sends):
                one = _ours(crowd) if which == 0 else _theirs(theirs)
                word, picture = await one
                told[which] += word
                seen[which] += picture
            cost[which] += server.cpu() - before
    for client in theirs.clients:
        client.close()
    names = ("this application", "Flask-SocketIO")
    pictures = plan.rounds * plan.sends * count
    return [
        {
            "application": names[which],
            "pages": count,
            "saved to word: p50, s": percentile(told[which], 50),
            "word p95, s": percentile(told[which], 95),
            "saved to picture: p50, s": percentile(seen[which], 50),
            "picture p95, s": percentile(seen[which], 95),
            "missed": sum(wait == math.inf for wait in seen[which]),
            "idle, % of a core": 100 * sum(idle[which]) / len(idle[which]),
            "ms of a core per page and picture": 1000 * cost[which] / pictures,
            "MB per page": (memory, their_memory)[which] / 2**20,
        }
        for which in (0, 1)
    ]


async def _ours(crowd: Crowd) -> tuple[list[float], list[float]]:
    next_at = time.monotonic() + EVERY
    room, number = await crowd.send()
    await _until(lambda: math.inf not in crowd.waits([(room, number)]), next_at)
    saved = room.sent[number]
    told = [
        min((at for at in page.told if at >= saved), default=math.inf) - saved
        for _, page in crowd.pages
    ]
    return told, crowd.waits([(room, number)])


async def _theirs(peer: Theirs) -> tuple[list[float], list[float]]:
    next_at = time.monotonic() + EVERY
    number, saved = await peer.send()
    await _until(lambda: all(number in client.seen for client in peer.clients), next_at)
    return (
        [client.told.get(number, math.inf) - saved for client in peer.clients],
        [client.seen.get(number, math.inf) - saved for client in peer.clients],
    )


async def _until(done: Callable[[], bool], next_at: float) -> None:
    """Until everybody has it, and the next picture is due."""
    last = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < last:
        await asyncio.sleep(0.05)
    await asyncio.sleep(max(0.0, next_at - time.monotonic()))
