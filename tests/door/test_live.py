"""The socket that tells pages of news: who may have one, and what it takes."""

import asyncio
import json
import socket as sockets
import struct

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from exchange import Exchange
from tests.door.conftest import PEPPER, new_address, start

NOTHING_FOR = 1.5  # seconds, longer than any news takes


def line(server, *, origin: str | None = None):
    own = f"http://127.0.0.1:{server.port}"
    return connect(
        f"ws://127.0.0.1:{server.port}/live",
        origin=own if origin is None else origin,
        local_addr=(new_address(), 0),
    )


def whose(server, role="receiver") -> str:
    return json.dumps({"token": server.seats[role].token, "tab": "a" * 16})


async def told(socket, within=5.0) -> str:
    return await asyncio.wait_for(socket.recv(), within)


async def closed_with(socket) -> int:
    with pytest.raises(ConnectionClosed) as closing:
        await told(socket, 15)
    return closing.value.rcvd.code


def act(server, work) -> None:
    exchange = Exchange.at(server.database_url, pepper=PEPPER)
    try:
        work(exchange)
    finally:
        exchange.close()


def test_a_page_is_told_numbers_until_its_seat_is_gone(server, apart):
    seats = {}

    def come(exchange):
        seats["Zoe"] = exchange.lobby.take_seat(server.key, name="Zoe", role="interceptor")

    def go(exchange):
        exchange.lobby.leave(seats["Zoe"])

    async def story():
        async with line(server) as socket:
            await socket.send(whose(server))
            assert await told(socket) == "1"
            with pytest.raises(TimeoutError):
                await told(socket, NOTHING_FOR)
            await asyncio.to_thread(act, server, come)
            assert await told(socket) == "2"
            async with line(server) as other:
                await other.send(json.dumps({"token": seats["Zoe"].token, "tab": "b" * 16}))
                assert await told(other) == "1"
                await asyncio.to_thread(act, server, go)
                assert await told(other) == "gone"
                assert await closed_with(other) == 1008
            assert await told(socket) == "3"

    apart(story())


@pytest.mark.parametrize(
    "word",
    [
        json.dumps({"token": "A" * 22, "tab": "a"}),
        json.dumps({"token": 1, "tab": "a"}),
        json.dumps({"token": "A" * 22}),
        json.dumps(["token"]),
        "{",
        "[" * 500,
        "x" * 100_000,
        b"bytes",
    ],
    ids=range(8),
)
def test_whoever_does_not_say_whose_it_is_gets_none(server, apart, word):
    async def story():
        async with line(server) as socket:
            await socket.send(word)
            assert await closed_with(socket) == 1008

    said = len(server.log.read_text())
    apart(story())
    assert "Traceback" not in server.log.read_text()[said:]
    assert "Exception" not in server.log.read_text()[said:]


def test_silence_and_a_second_word_close_it(server, apart):
    async def story():
        async with line(server) as silent, line(server) as talking:
            await talking.send(whose(server))
            assert await told(talking) == "1"
            await talking.send("more")
            assert await closed_with(talking) == 1008
            assert await closed_with(silent) == 1008

    apart(story())


def test_a_foreign_page_gets_none(server, apart):
    async def story():
        with pytest.raises(InvalidStatus) as refusal:
            async with line(server, origin="http://evil.example"):
                pass
        assert refusal.value.response.status_code == 403

    apart(story())


def abort(socket) -> None:
    """As when the net is cut or the browser killed: no goodbye, and what is under way is lost."""
    raw = socket.transport.get_extra_info("socket")
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
    socket.transport.abort()


async def before_the_answer(server):
    """The upgrade is asked for, and nobody waits for it."""
    _, writer = await asyncio.open_connection(
        "127.0.0.1", server.port, local_addr=(new_address(), 0)
    )
    host = f"127.0.0.1:{server.port}"
    writer.write(
        f"GET /live HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    await writer.drain()
    writer.transport.abort()


async def before_a_word(server):
    async with line(server):
        pass


async def cut_before_a_word(server):
    abort(await line(server))


async def with_its_word(server):
    async with line(server) as socket:
        await socket.send(whose(server))


async def cut_with_its_word(server):
    socket = await line(server)
    await socket.send(whose(server))
    abort(socket)


async def cut_with_a_wrong_word(server):
    socket = await line(server)
    await socket.send("{")
    abort(socket)


async def cut_after_it_was_told(server):
    socket = await line(server)
    await socket.send(whose(server))
    await told(socket)
    abort(socket)


async def cut_with_a_second_word(server):
    socket = await line(server)
    await socket.send(whose(server))
    await told(socket)
    await socket.send("more")
    abort(socket)


ENDS = [
    before_the_answer,
    before_a_word,
    cut_before_a_word,
    with_its_word,
    cut_with_its_word,
    cut_with_a_wrong_word,
    cut_after_it_was_told,
    cut_with_a_second_word,
]


@pytest.mark.parametrize("end", ENDS, ids=[one.__name__ for one in ENDS])
def test_a_line_that_ends_at_any_point_is_no_news_in_the_log(server, apart, end):
    async def story():
        await asyncio.gather(*(end(server) for _ in range(10)))
        await asyncio.sleep(0.5)
        async with line(server) as socket:
            await socket.send(whose(server))
            assert await told(socket) == "1"

    said = len(server.log.read_text())
    apart(story())
    assert server.log.read_text()[said:] == ""


def test_a_server_that_ends_ends_its_lines_quietly(tmp_path, apart):
    server = start(tmp_path)

    async def story():
        async with line(server) as told_already, line(server) as silent:
            await told_already.send(whose(server))
            assert await told(told_already) == "1"
            server.process.terminate()
            for socket in (told_already, silent):
                with pytest.raises(ConnectionClosed):
                    await told(socket, 15)
        await asyncio.to_thread(server.process.wait, 15)

    apart(story())
    server.stop()
    assert "Traceback" not in server.log.read_text()
    assert "WebSocketDisconnect" not in server.log.read_text()
