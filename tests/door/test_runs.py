"""A page is drawn to its end, even when its feed ticks at that moment."""

import asyncio
import random
import time

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.raw_page import RawPage, xsrf

PAGES, SECONDS = 10, 20


class Heard(RawPage):
    """A page that notes which runs ended: True for the whole page's, False for a tick's."""

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        self.ended: list[bool] = []

    def read(self, message: ForwardMsg) -> bool:
        ends = super().read(message)
        if ends:
            self.ended.append(not message.metadata.run.fragment_ids)
        return ends


async def tick_at_the_end(page: Heard, dice: random.Random) -> list[list[bool]]:
    """Draws the page again and again, and ticks about when it is drawn."""
    found, took, until = [], 0.1, time.monotonic() + SECONDS

    async def tick() -> None:
        await asyncio.sleep(dice.uniform(0.3, 1.3) * took)
        await page.send(page.message(fragment=page.fragment))

    while time.monotonic() < until:
        page.ended, start = [], time.monotonic()
        ticking = asyncio.create_task(tick())
        await page.run()
        if page.ended == [True]:
            took = 0.8 * took + 0.2 * (time.monotonic() - start)
            await page.drawn()
        await ticking
        found.append(page.ended)
    return found


def test_a_tick_cuts_no_drawing_short(server, apart, capsys):
    async def story():
        pages = [await server.page("interceptor", kind=Heard) for _ in range(PAGES)]
        dice = random.Random(7)
        return await asyncio.gather(*(tick_at_the_end(page, dice) for page in pages))

    found = [ended for page in apart(story()) for ended in page]
    with capsys.disabled():
        print(f"\n{len(found)} drawings, {found.count([False])} cut short")
    assert len(found) > PAGES
    assert all(ended == [True, False] for ended in found)


def test_a_page_whose_process_died_is_drawn_as_a_whole_by_the_next_one(server, apart):
    """It asks for the part that ticks, which the new session does not have."""

    async def story():
        page = await server.page("interceptor", kind=Heard)
        another = Heard(server.port, "interceptor", server.key)
        another.widgets, another._hash = page.widgets, page._hash
        async with another:
            await another.run(fragment=page.fragment)
            drawn = another.ended, " ".join(another.texts())
            another.ended = []
            await another.run(fragment=another.fragment)
            return drawn, another.ended

    (ended, words), then = apart(story())
    assert ended[0] is True
    assert "People here" in words
    assert then == [False]


def test_a_page_that_comes_back_to_its_session_is_not_drawn_as_a_whole(server, apart):
    async def story():
        page = await server.page("interceptor", kind=Heard, headers=xsrf(server.port))
        await page.socket.close(3000)  # cut off, not closed by its browser
        page.ended = []
        await page.open("x", page.session)
        await page.run(fragment=page.fragment)
        await page.socket.close()
        return page.ended

    assert apart(story()) == [False]
