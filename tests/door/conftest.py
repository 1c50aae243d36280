"""A server behind its door, someone in a seat there, and a bystander who wants to go on."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from itertools import count

import psutil
import pytest
from websockets.asyncio.client import ClientConnection

from exchange import Exchange, KeyChoice
from rsa_core import KeyPair
from tests.browser.conftest import Server
from tests.raw_page import RawPage, entry

PEPPER = b"pepper" * 8
_addresses = count(1)
opened: list[ClientConnection] = []  # what a test has opened


class Guarded(Server):
    """A server, what it uses, and a channel with one person of each role in it."""

    def memory(self) -> float:
        """Megabytes of the process and its children."""
        process = psutil.Process(self.process.pid)
        used = 0
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                used += one.memory_info().rss
        return used / 2**20

    def alive(self) -> bool:
        return self.process.poll() is None

    def furnish(self) -> None:
        exchange = Exchange.at(self.database_url, pepper=PEPPER)
        self.key = exchange.lobby.create_channel(name="", kind="classroom", keep_for="1 hour").key
        keys = KeyChoice("private", pem=KeyPair.generate(2048).pem())
        self.seats = {
            role: exchange.lobby.take_seat(self.key, name=name, role=role, keys=keys)
            for name, role in (("Rita", "receiver"), ("Sam", "sender"), ("Ivan", "interceptor"))
        }
        exchange.close()

    async def page(self, role: str = "", kind: type[RawPage] = RawPage, **options) -> RawPage:
        """An open page: of someone in a seat, or the lobby."""
        page = kind(self.port, role, self.key if role in self.seats else "", **options)
        await page.open()
        opened.append(page.socket)
        await page.run()
        if role in self.seats:
            page.remember(entry(self.key, self.seats[role]))
            await page.run()
        return page

    @asynccontextmanager
    async def bystander(self, patience: float = 1.0):
        """Someone in the lobby who presses all the time, and waits no longer than usual."""
        page, waits, end = await self.page(), [], asyncio.Event()

        async def go_on():
            while not end.is_set():
                start = time.monotonic()
                await page.run()
                waits.append(time.monotonic() - start)
                await asyncio.sleep(0.15)

        going = asyncio.create_task(go_on())
        try:
            yield waits
        finally:
            end.set()
            await going
            await page.socket.close()
        assert max(waits) < patience, f"the bystander waited {max(waits):.2f} s"


def new_address() -> str:
    """A stranger's address that nobody has used yet."""
    number = next(_addresses)
    return f"127.{3 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"


def start(folder, database_url: str = "", **environment: str) -> Guarded:
    patch = pytest.MonkeyPatch()
    for name, value in environment.items():
        patch.setenv(f"RSA_IMAGES_{name}", value)
    patch.setenv("STORE_PEPPER", PEPPER.decode())
    try:
        running = Guarded(folder, database_url)
    finally:
        patch.undo()
    running.furnish()
    return running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = start(tmp_path_factory.mktemp("server"))
    yield running
    assert running.alive()
    running.stop()


@pytest.fixture
def apart():
    """Runs a coroutine in another thread: a browser's test may have left a loop in this one.

    The pages that it opened are closed then.
    """

    async def story(coroutine):
        try:
            return await coroutine
        finally:
            for connection in opened:
                await connection.close()
            opened.clear()

    def run(coroutine):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, story(coroutine)).result()

    return run
