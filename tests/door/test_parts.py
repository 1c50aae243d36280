"""What happens draws the parts of a page that it concerns, and never the page."""

import asyncio
from contextlib import closing

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from exchange import Exchange, KeyChoice
from rsa_core import KeyPair
from tests.conftest import encoded, photograph
from tests.door.conftest import PEPPER
from tests.raw_page import RawPage

QUIET = 1.0  # seconds without a message: nothing more is drawn


class Watched(RawPage):
    """A page that notes how many parts each run drew; 0 stands for the whole page."""

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        self.runs: list[int] = []

    def read(self, message: ForwardMsg) -> bool:
        if message.WhichOneof("type") == "new_session":
            self.runs.append(len(message.metadata.run.fragment_ids))
        return super().read(message)

    async def tick(self) -> list[int]:
        """Ticks, and reads all that comes of it: how many parts each run drew."""
        self.runs, self.elements = [], []
        await self.send(self.message(fragment=self.fragment))
        try:
            while True:
                self.read(ForwardMsg.FromString(await asyncio.wait_for(self.recv(), QUIET)))
        except TimeoutError:
            return self.runs

    async def recv(self) -> bytes:
        return await self.socket.recv()


@pytest.fixture
def room(server):
    exchange = Exchange.at(server.database_url, pepper=PEPPER)
    with closing(exchange):
        yield exchange


async def pages(server) -> dict[str, Watched]:
    opened = {role: await server.page(role, kind=Watched) for role in server.seats}
    for page in opened.values():
        await page.tick()
    return opened


def send(server, exchange, seed: int) -> str:
    return exchange.sender.send(
        server.seats["sender"],
        encoded(photograph(32, 24, seed)),
        file_name=f"picture {seed}.png",
        scheme="hybrid",
        recipients=(server.seats["receiver"].id,),
        submission=str(seed),
    )


def test_a_picture_draws_one_list_on_each_page(server, room, apart):
    async def story():
        all_of = await pages(server)
        await asyncio.to_thread(send, server, room, 1)
        return all_of, {role: await page.tick() for role, page in all_of.items()}

    all_of, runs = apart(story())
    assert runs["receiver"] == [1, 1]  # the feed, then the inbox
    assert "picture 1.png" in all_of["receiver"].texts()
    assert runs["sender"] == [1, 2]  # what was sent, and what can be shared
    assert "picture 1.png" in all_of["sender"].texts()
    # The first capture brings its tabs: the list finds that out when it is drawn.
    assert runs["interceptor"][:2] == [1, 1]
    assert 0 not in runs["interceptor"]


def test_another_receiver_draws_the_senders_choice_alone(server, room, apart):
    keys = KeyChoice("private", pem=KeyPair.generate(2048).pem())

    def join():
        room.lobby.take_seat(server.key, name="Nora", role="receiver", keys=keys)

    async def story():
        all_of = await pages(server)
        await asyncio.to_thread(join)
        return {role: await page.tick() for role, page in all_of.items()}

    runs = apart(story())
    assert all(0 not in drawn for drawn in runs.values())
    assert len(runs["sender"]) == 2
    assert runs["receiver"] in ([1], [1, 1])


def test_where_nothing_happened_only_the_feed_is_drawn(server, apart):
    async def story():
        return {role: await page.tick() for role, page in (await pages(server)).items()}

    assert apart(story()) == {role: [1] for role in server.seats}
