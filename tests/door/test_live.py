"""The socket that tells pages of news: who may have one, and what it takes."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from exchange import Exchange
from tests.door.conftest import PEPPER, new_address

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
