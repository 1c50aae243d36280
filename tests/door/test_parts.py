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
        self.part_of: dict[str, str] = {}  # id of the part that draws a button again, by its key

    def read(self, message: ForwardMsg) -> bool:
        button = message.delta.new_element.button
        if message.WhichOneof("type") == "delta" and button.id:
            self.part_of[button.id.rpartition("-")[2]] = message.delta.fragment_id
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
    assert runs["receiver"] == [1, 3]  # who asks; then the picture, what counts it, and the feed
    assert "picture 1.png" in all_of["receiver"].texts()
    assert runs["sender"] == [1, 3]  # what was sent, what can be shared, and the feed
    assert "picture 1.png" in all_of["sender"].texts()
    # The first capture brings its tabs: the list finds that out when it is drawn.
    assert runs["interceptor"][:2] == [1, 2]
    assert 0 not in runs["interceptor"]


def test_a_picture_draws_nothing_of_those_before_it(server, room, apart):
    """Until the places that wait for one are used up; then the inbox is drawn as a whole."""
    pictures = 12

    async def story():
        page = (await pages(server))["receiver"]
        lists, newest = [], []
        for number in range(101, 101 + pictures):
            await asyncio.to_thread(send, server, room, number)
            await page.tick()
            names = {f"picture {n}.png" for n in range(101, number + 1)}
            lists.append(sorted(names & set(page.texts())))
            newest.append(f"picture {number}.png" in page.texts())
        return lists, newest

    lists, newest = apart(story())
    assert all(newest)
    assert sum(len(names) > 1 for names in lists) == pictures // 11


def test_a_press_on_a_card_is_heard_after_the_inbox_was_drawn_again(server, room, apart):
    """It may have been on its way meanwhile, and names the part that it was drawn by."""

    async def story():
        page = (await pages(server))["receiver"]
        picture = await asyncio.to_thread(send, server, room, 301)
        await page.tick()
        before = page.part_of.copy()
        await page.run()
        button = f"open_{picture}"
        return before[button], page.part_of[button], before[button] == page.fragment

    before, after, of_the_feed = apart(story())
    assert before == after
    assert before
    assert not of_the_feed


def test_a_picture_that_came_while_the_page_was_drawn_is_there_once(server, room, apart):
    async def story():
        all_of = await pages(server)
        page = all_of["receiver"]
        await asyncio.to_thread(send, server, room, 201)
        await page.run()
        before = page.texts().count("picture 201.png")
        await page.tick()
        return before, page.texts().count("picture 201.png")

    assert apart(story()) == (1, 0)


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
    assert runs["receiver"] in ([1, 1], [1, 2])


def test_where_nothing_happened_only_the_feed_is_drawn(server, apart):
    async def story():
        return {role: await page.tick() for role, page in (await pages(server)).items()}

    assert apart(story()) == {role: [1] for role in server.seats}
