"""What the strangers of an audit do, each for as long as another story takes.

Each is a coroutine that does its harm once, from its own addresses; it expects to be refused.
`attacking` repeats one of them in a thread.
"""

import asyncio
import functools
import io
import random
import socket
import threading
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from streamlit.proto.Components_pb2 import ArrowTable
from websockets.exceptions import WebSocketException

from tests.door.conftest import Guarded, new_address, opened
from tests.door.test_excess import HALVES, many_entries, many_files, many_hashes
from tests.door.test_messages import forged
from tests.door.test_requests import knock
from tests.raw_page import RawPage, form, put, xsrf
from tests.rsa_core.test_apart import jpeg_of_scans

MB = 1 << 20
REFUSED = (WebSocketException, OSError, TimeoutError, asyncio.IncompleteReadError)
Stranger = Callable[[Guarded], Awaitable[None]]


@contextmanager
def attacking(server: Guarded, stranger: Stranger) -> Iterator[list[str]]:
    """The stranger at work, again and again; gives how each round ended."""
    rounds: list[str] = []
    end = threading.Event()

    async def one_round() -> None:
        begun = len(opened)
        try:
            await asyncio.wait_for(stranger(server), 60)
        finally:
            for connection in opened[begun:]:
                connection.transport.abort()
            del opened[begun:]

    def work() -> None:
        while not end.is_set():
            try:
                asyncio.run(one_round())
                rounds.append("done")
            except REFUSED as error:
                rounds.append(type(error).__name__)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield rounds
    finally:
        end.set()
        thread.join(90)
    assert rounds, "the stranger came to nothing"


async def sends_arrow_values(server: Guarded) -> None:
    page = await server.page("sender", address=new_address())
    tick = next(i for (kind, _), i in page.ids.items() if kind == "component_instance")
    table = ArrowTable.FromString((Path(__file__).parent / "arrow.bin").read_bytes())
    page.widgets[tick] = ("arrow_value", table)
    await page.send(page.message())
    await page.drawn()


async def sends_forgeries(server: Guarded) -> None:
    dice = random.Random(9)
    for role in ("sender", "receiver", "interceptor", ""):
        page = await server.page(role, address=new_address())
        for _ in range(10):
            await page.send(forged(dice, page))


async def sends_long_lists(server: Guarded) -> None:
    for fill in (many_entries, many_files, many_hashes):
        page = await server.page("compare", address=new_address())
        message = page.message()
        fill(message, page)
        await page.send(message)


async def fills_the_browser_memory(server: Guarded) -> None:
    for size in (900_000, 24_000_000):
        page = await server.page(address=new_address())
        page.widgets[page.memory] = ("json_value", '{"seats": "' + "A" * size + '"}')
        await page.send(page.message())
        await page.drawn()


async def says_half_of_everything(server: Guarded) -> None:
    address = new_address()
    for _ in range(30):
        for half in HALVES.values():
            page = RawPage(server.port, address=address)
            await page.open()
            opened.append(page.socket)
            page.socket.transport.write(half)
    await asyncio.sleep(2)


async def uploads_under_invented_names(server: Guarded) -> None:
    page = await server.page(address=new_address())
    folder = (await page.places("a.png"))[0].upload_url.rpartition("/")[0]
    for number in range(3):
        await asyncio.to_thread(put, server.port, f"{folder}/{number}", bytes(49 * MB))


async def fills_the_quota(server: Guarded) -> None:
    for _ in range(2):
        page = await server.page(address=new_address())
        for _ in range(4):
            place = (await page.places("a.png"))[0].upload_url
            await asyncio.to_thread(put, server.port, place, bytes(49 * MB))


async def uploads_and_falls_silent(server: Guarded) -> None:
    body, kind = form(bytes(5 * MB))
    with ExitStack() as stack:
        for _ in range(8):
            page = await server.page(address=new_address())
            head = {"Host": f"127.0.0.1:{server.port}", "Content-Type": kind, **xsrf(server.port)}
            head["Content-Length"] = str(len(body))
            lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
            path = (await page.places("a.png"))[0].upload_url
            line = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            sent = f"PUT {path} HTTP/1.1\r\n{lines}\r\n".encode() + body[:-100]
            await asyncio.to_thread(line.sendall, sent)
        await asyncio.sleep(3)


async def opens_silent_connections(server: Guarded) -> None:
    addresses = [new_address() for _ in range(3)]
    with ExitStack() as stack:
        for number in range(1100):
            line = stack.enter_context(socket.socket())
            line.bind((addresses[number % 3], 0))
            line.connect(("127.0.0.1", server.port))
        await asyncio.sleep(3)


async def knocks_from_foreign_pages(server: Guarded) -> None:
    own = f"127.0.0.1:{server.port}"
    for _ in range(20):
        await asyncio.gather(
            *(asyncio.to_thread(knock, server.port, "http://evil.example", own) for _ in range(4))
        )


async def creates_channels_under_many_names(server: Guarded) -> None:
    address = new_address()
    for number in range(25):
        page = RawPage(
            server.port, address=address, headers={"X-Forwarded-For": f"198.51.100.{number}"}
        )
        async with page:
            await page.run()
            await page.press("Create channel")


async def sends_zips_that_swell(server: Guarded) -> None:
    page = await server.page("sender", address=new_address())
    for number in range(3):
        await page.upload("Images", f"{number}.zip", swelling())
    await page.run()
    await page.press("Encrypt and send")


async def shows_slow_pictures(server: Guarded) -> None:
    for _ in range(2):
        page = await server.page("compare", address=new_address())
        await page.upload("Picture", "holiday.jpg", jpeg_of_scans(16_384, 1525, 900))
        await page.send(page.message())
    await asyncio.sleep(4)


async def compares_and_leaves(server: Guarded) -> None:
    for budget in (("string_value", "60"), ("double_value", 86400.0)):
        page = await server.page("compare", address=new_address())
        await page.run()
        page.widgets[page.ids["radio", "Seconds for each attack"]] = budget
        await page.send(page.message(press=page.ids["button", "Compare"]))
        await asyncio.sleep(1)


STRANGERS: list[Stranger] = [
    sends_arrow_values,
    sends_forgeries,
    sends_long_lists,
    fills_the_browser_memory,
    says_half_of_everything,
    uploads_under_invented_names,
    fills_the_quota,
    uploads_and_falls_silent,
    opens_silent_connections,
    knocks_from_foreign_pages,
    creates_channels_under_many_names,
    sends_zips_that_swell,
    shows_slow_pictures,
    compares_and_leaves,
]


@functools.cache
def swelling() -> bytes:
    """A zip of one megabyte whose five members have 49 MB each and are not pictures."""
    dice, out = random.Random(4), io.BytesIO()
    member = b"".join(dice.randbytes(240) + bytes(49_000) for _ in range(1000))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(5):
            archive.writestr(f"{number}.png", member)
    return out.getvalue()
