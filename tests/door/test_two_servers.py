"""Two servers on one PostgreSQL: limits and races are the database's, not a process's."""

import asyncio
from itertools import count

import numpy as np
import pytest

from exchange import Exchange, ExchangeError
from rsa_core import png_of
from tests.door.conftest import PEPPER, start
from tests.door.test_messages import closed
from tests.raw_page import RawPage, entry
from tests.store.conftest import postgres

__all__ = ["postgres"]  # a fixture

_numbers = count(1)


@pytest.fixture(scope="module")
def servers(tmp_path_factory, postgres):
    place = postgres.new_place(f"door_{next(_numbers)}")
    running = [start(tmp_path_factory.mktemp("server"), place) for _ in range(2)]
    yield running
    for server in running:
        server.stop()


@pytest.fixture
def exchange(servers):
    opened = Exchange.at(servers[0].database_url, pepper=PEPPER)
    yield opened
    opened.close()


async def tries(servers, button: str, number: int, **options) -> int:
    """How many of this many presses on the lobby's button, in turns, were allowed."""
    taken = 0
    for turn in range(number):
        async with RawPage(servers[turn % 2].port, **options) as page:
            await page.run()
            if button == "Join channel":
                page.set("text_input", "Channel key", f"{turn:05}-AAAAA")
            await page.press(button)
            taken += "Too many tries" not in " ".join(page.texts())
    return taken


def test_an_address_has_its_limits_once_and_not_once_for_each_server(servers, apart):
    forged = {"X-Forwarded-For": "198.51.100.1"}

    async def story():
        return (
            await tries(servers, "Create channel", 24),
            await tries(servers, "Create channel", 2, headers=forged),
            await tries(servers, "Create channel", 2, address="127.50.0.2"),
            await tries(servers, "Join channel", 40, address="127.50.0.3"),
        )

    created, again, another, joined = apart(story())
    assert (created, again, another) == (20, 0, 2)
    assert 30 <= joined < 40  # a try comes back every two seconds


def test_the_first_opening_is_one_over_both_servers(servers, exchange, apart):
    """Twelve pages of one seat press "Open" at the same moment."""
    server = servers[0]
    sender, receiver = server.seats["sender"], server.seats["receiver"]

    async def page(number: int) -> RawPage:
        made = await servers[number % 2].page()
        made.page, made.key = "receiver", server.key
        await made.run()
        made.remember(entry(server.key, receiver))
        await made.run()
        return made

    async def opens(number: int) -> int:
        sent = exchange.sender.send(
            sender,
            png_of(np.full((8, 8, 3), number, np.uint8)),
            file_name="once.png",
            scheme="hybrid",
            recipients=(receiver.id,),
            submission=f"once {number}",
            remove_after="the first opening",
        )
        pages = [await page(n) for n in range(12)]
        await asyncio.gather(*(one.press("Open") for one in pages))
        with pytest.raises(ExchangeError):
            exchange.receiver.open(receiver, sent)
        return sum("The original file" in " ".join(one.texts()) for one in pages)

    async def story():
        return [await opens(number) for number in range(3)]

    assert apart(story()) == [1, 1, 1]


def test_what_strangers_send_ends_their_connection_here_too(servers, apart):
    async def story():
        for server in servers:
            async with server.bystander(patience=2.0):
                for kind, value in (("bytes_value", b"x"), ("double_value", 1.5)):
                    page = await server.page(address="127.50.1.1")
                    page.widgets[page.ids["text_input", "Channel key"]] = (kind, value)
                    await page.send(page.message())
                    assert await closed(page) == 1008

    apart(story())
