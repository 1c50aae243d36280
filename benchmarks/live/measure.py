"""Open pages on running servers, push and ticks in turn: how soon they see, what they cost."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psutil

from benchmarks.live.page import Page
from benchmarks.live.room import Room, furnished
from benchmarks.live.servers import PEPPER, Program, app, cpu_of, place, running
from exchange import Exchange

EVERY = 3.0  # seconds between two pictures
_SETTLE = 5.0  # seconds after the way of news was changed
_LAST = 30.0  # seconds that the last picture may take
_AT_ONCE = 10  # pages that enter at the same time
_PER_ADDRESS = 20  # pages of one address: the door limits what each address may do


@dataclass(frozen=True, slots=True)
class Plan:
    """What one setting is measured by.

    Attributes:
        rounds: how often push and ticks take turns.
        idle: seconds without news, for the cost of waiting.
        sends: pictures in each turn.
    """

    rounds: int = 2
    idle: float = 10.0
    sends: int = 5


@dataclass
class Figures:
    """One line: so many pages, told in one way. Times in seconds, CPU in cores, memory in bytes.

    Attributes:
        processes: 0 is one process as README starts it; others are pinned, one to a core.
        waits: sent to seen, of every picture on every page of its channel; infinite if never.
        idle: of all servers, while nothing happens.
        busy: the same while pictures come, per picture and page that shows it, in seconds.
        generator: of this process, meanwhile.
        memory: what one more page holds, measured once for both ways.
        faults: sessions that the server ended, and tracebacks in its log.
    """

    store: str
    processes: int
    pages: int
    mode: str
    waits: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    generator: list[float] = field(default_factory=list)
    memory: float = math.nan
    faults: int = 0

    def percentile(self, percent: float) -> float:
        """Of the waits."""
        return percentile(self.waits, percent)


@dataclass
class Crowd:
    """The servers, the rooms and their open pages."""

    servers: Sequence[Program]
    rooms: list[Room]
    pages: list[tuple[Room, Page]] = field(default_factory=list)
    turns: int = 0

    async def enter(self) -> float:
        """Everybody opens their page; gives what one page holds of memory, in bytes.

        The first pages of each server do not count: with them everything is imported.
        """
        seats = [(room, seat) for room in self.rooms for seat in room.seats]
        for number, (room, seat) in enumerate(seats):
            port = self.servers[number // 2 % len(self.servers)].port
            block = number // _PER_ADDRESS
            address = f"127.1.{block // 250}.{block % 250 + 1}"
            self.pages.append((room, Page(port, address, room.key, seat)))
        first = 2 * len(self.servers)  # a receiver and an interceptor for each
        for _, page in self.pages[:first]:
            await page.enter()
        before = self.memory()
        for start in range(first, len(seats), _AT_ONCE):
            few = self.pages[start : start + _AT_ONCE]
            await asyncio.gather(*(page.enter() for _, page in few))
        for number, (_, page) in enumerate(self.pages):
            page.tick_from(page.interval * number / len(seats))
        return (self.memory() - before) / max(1, len(seats) - first)

    async def switch(self, mode: str) -> None:
        """All pages are told of news in this way from now on."""
        for _, page in self.pages:
            if mode == "push":
                await page.by_push()
            else:
                page.by_ticks()
        await asyncio.sleep(_SETTLE)

    async def send(self) -> tuple[Room, int]:
        """A picture in the next channel; gives the channel and the picture's number."""
        room = self.rooms[self.turns % len(self.rooms)]
        self.turns += 1
        await asyncio.to_thread(room.send)
        return room, len(room.sent)

    def waits(self, sent: Sequence[tuple[Room, int]]) -> list[float]:
        """Seconds from each picture's commit to its element on each page; infinite if not yet."""
        return [
            page.seen.get(number, math.inf) - room.sent[number]
            for room, number in sent
            for where, page in self.pages
            if where is room
        ]

    async def all_seen(self, sent: Sequence[tuple[Room, int]]) -> None:
        """Returns when everybody has seen these, or has had the time to."""
        until = time.monotonic() + _LAST
        while math.inf in self.waits(sent) and time.monotonic() < until:
            await asyncio.sleep(0.1)

    def memory(self) -> int:
        """Bytes, of all servers."""
        return sum(server.memory() for server in self.servers)

    def faults(self) -> int:
        """Sessions that ended, and tracebacks."""
        closed = sum(page.closed for _, page in self.pages)
        return closed + sum(server.failures() for server in self.servers)

    def close(self) -> None:
        """Everybody closes their page."""
        for _, page in self.pages:
            page.close()


@asynccontextmanager
async def crowded(store: str, processes: int, pages: int) -> AsyncIterator[tuple[Crowd, float]]:
    """Servers with open pages, and what one page holds of memory."""
    with place(store) as (folder, url):
        cores = range(processes) if processes else [None]
        servers = [app(folder, url, core) for core in cores]
        with running(*servers):
            exchange = Exchange.at(url, pepper=PEPPER.encode())
            crowd = Crowd(servers, await asyncio.to_thread(furnished, exchange, pages))
            memory = await crowd.enter()
            yield crowd, memory
            crowd.close()
            exchange.close()


async def in_turn(
    store: str, processes: int, pages: int, modes: Sequence[str], plan: Plan
) -> list[Figures]:
    """One setting, each way in turn on the same pages."""
    found = [Figures(store, processes, pages, mode) for mode in modes]
    async with crowded(store, processes, pages) as (crowd, memory):
        for number in range(plan.rounds * len(found)):
            figures = found[number % len(found)]
            await crowd.switch(figures.mode)
            figures.memory = memory
            figures.idle.append((await spent(crowd.servers, asyncio.sleep(plan.idle)))[0])
            begun, before = time.monotonic(), len(figures.waits)
            servers, generator = await spent(crowd.servers, _pictures(crowd, plan, figures))
            drawn = len(figures.waits) - before
            figures.busy.append(servers * (time.monotonic() - begun) / drawn)
            figures.generator.append(generator)
            figures.faults = crowd.faults()
    return found


async def spent(servers: Sequence[Program], work: Awaitable[None]) -> tuple[float, float]:
    """Cores that the servers and this process use during the work."""
    mine, begun = psutil.Process(), time.monotonic()
    before = sum(server.cpu() for server in servers), cpu_of(mine)
    await work
    took = time.monotonic() - begun
    after = sum(server.cpu() for server in servers), cpu_of(mine)
    return (after[0] - before[0]) / took, (after[1] - before[1]) / took


async def _pictures(crowd: Crowd, plan: Plan, figures: Figures) -> None:
    begun = time.monotonic()
    sent = []
    for number in range(1, plan.sends + 1):
        sent.append(await crowd.send())
        await asyncio.sleep(max(0.0, begun + number * EVERY - time.monotonic()))
    await crowd.all_seen(sent)
    figures.waits += crowd.waits(sent)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of them do not exceed; NaN of nothing."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
