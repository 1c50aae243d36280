"""Far more than a page of ours sends, where each piece alone would be allowed.

Messages that are begun and not ended, lists of a hundred thousand entries, uploads that hold
places from many addresses: memory stays where it is, and a bystander goes on.
"""

import asyncio
import socket
import struct
from contextlib import suppress

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed

from tests.door.conftest import new_address, start
from tests.door.test_messages import closed
from tests.raw_page import RawPage, form, xsrf

MB = 1 << 20
PAGES = 400


def frame(data: bytes, length: int | None = None, *, kind: int = 2, last: bool = True) -> bytes:
    """A WebSocket frame as a browser sends it (RFC 6455, 5.2), of which not all need follow."""
    first, size = (0x80 if last else 0) | kind, len(data) if length is None else length
    lengths = bytes([0x80 | size]) if size < 126 else b"\xff" + struct.pack(">Q", size)
    return bytes([first]) + lengths + bytes(4) + data


HALVES = {
    "one piece of a large message": frame(bytes(900_000), 1_000_000),
    "a message in countless pieces": frame(b"x", last=False)
    + frame(b"xx", kind=0, last=False) * 110_000,
    "countless messages at once": frame(b"\x90\x01\x01") * 90_000,
}


@pytest.mark.parametrize("what", HALVES)
def test_what_is_not_yet_read_takes_little_memory(tmp_path, apart, what):
    server = start(tmp_path)

    async def story():
        pages = [RawPage(server.port, address=f"127.41.0.{1 + n % 2}") for n in range(PAGES)]
        for page in pages:
            await page.open()
            await page.send(BackMsg(app_heartbeat=True))  # a first word that costs nothing
        async with server.bystander(patience=2.0):
            before, most = server.memory(), 0.0
            for page in pages:
                page.socket.transport.write(HALVES[what])
                await asyncio.sleep(0.005)
                most = max(most, server.memory())
            for _ in range(30):
                await asyncio.sleep(0.1)
                most = max(most, server.memory())
        for page in pages:
            page.socket.transport.abort()
        return most - before

    try:
        grown = apart(story())
        assert server.alive()
    finally:
        server.stop()
    print(f"{what}, {PAGES} times: +{grown:.0f} MB")
    assert grown < 250  # 360 where all of the first is kept


def test_half_a_message_is_not_waited_for(server, apart):
    async def story():
        page = await server.page(address=new_address())
        page.socket.transport.write(frame(b"half", 1000))
        async with asyncio.timeout(20):
            with suppress(ConnectionClosed):
                while True:
                    await page.socket.recv()

    apart(story())


def many_entries(message, page) -> None:
    picked = message.rerun_script.widget_states.widgets.add(id=page.ids["multiselect", "Attacks"])
    picked.string_array_value.data.extend(["x"] * 250_000)


def many_strangers_entries(message, _page) -> None:
    picked = message.rerun_script.widget_states.widgets.add(id="$$ID-0-None")
    picked.string_array_value.data.extend(["x"] * 250_000)


def many_files(message, page) -> None:
    uploader = page.ids["file_uploader", "Picture"]
    files = message.rerun_script.widget_states.widgets.add(id=uploader)
    for _ in range(150_000):
        files.file_uploader_state_value.uploaded_file_info.add(file_id="x")


def many_hashes(message, _page) -> None:
    message.rerun_script.cached_message_hashes.extend(["h"] * 250_000)


@pytest.mark.parametrize(
    "fill",
    [many_entries, many_strangers_entries, many_files, many_hashes],
    ids=lambda f: f.__name__,
)
def test_a_list_longer_than_any_of_ours_is_not_read(server, apart, fill):
    """Forty such messages held everyone up for 16 seconds."""

    async def story():
        async with server.bystander():
            for _ in range(8):
                page = await server.page("compare", address=new_address())
                message = page.message()
                fill(message, page)
                await page.send(message)
                assert await closed(page) == 1008

    apart(story())


def test_what_is_still_arriving_gives_way_too(tmp_path, apart):
    """Addresses that each hold a little less than the one before never end."""
    server = start(tmp_path, UPLOADS_MB="30", UPLOADS_MB_PER_SESSION="20")

    async def hold(address: str, size: int) -> socket.socket:
        page = await server.page(address=address)
        path = (await page.places("a.png"))[0].upload_url
        body, kind = form(bytes(size))
        head = {"Host": f"127.0.0.1:{server.port}", "Content-Type": kind, **xsrf(server.port)}
        head["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        line = socket.create_connection(("127.0.0.1", server.port))
        sent = f"PUT {path} HTTP/1.1\r\n{lines}\r\n".encode() + body[:-10]
        with suppress(OSError):
            await asyncio.to_thread(line.sendall, sent)
        return line

    async def story():
        lines = []
        for number in range(12):
            size = int((14 - number / 4) * MB)
            lines.append(await hold(f"127.42.0.{number + 1}", size))
        await asyncio.sleep(0.5)
        still = 0
        for line in lines:
            line.setblocking(False)
            try:
                line.recv(100)
            except BlockingIOError:
                still += 1
            except OSError:
                pass
            line.close()
        return still

    try:
        still = apart(story())
    finally:
        server.stop()
    assert 1 <= still <= 3  # of some 12 MB each
