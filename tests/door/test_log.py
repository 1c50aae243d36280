"""What strangers type is not in the log, and does not fill it."""

from tests.door.conftest import new_address
from tests.raw_page import RawPage

WORD = "a-word-that-was-typed"


def test_fragments_that_do_not_exist_are_a_few_lines_without_their_names(server, apart):
    async def story():
        page = await server.page(address=new_address())
        for number in range(50):
            message = page.message()
            message.rerun_script.fragment_id = f"{WORD}-{number}\n{WORD}" * 20
            await page.send(message)
        await page.run()  # a client that has sent that many is served after them

    before = len(server.log.read_bytes())
    apart(story())
    log = server.log.read_bytes()[before:]
    assert WORD.encode() not in log
    assert len(log) < 1000


def test_a_value_that_comes_before_its_widget_leaves_no_traceback(server, apart):
    """The first message of a page is older than its widgets, so the door cannot know their kind."""

    async def story():
        known = await server.page(address=new_address())
        for _ in range(20):
            async with RawPage(server.port, address=new_address()) as page:
                for label in ("Channel name", "Channel key"):
                    page.widgets[known.ids["text_input", label]] = ("double_value", 1.5)
                page.widgets[known.ids["radio", "Keep for"]] = ("string_array_value", [WORD])
                await page.send(page.message())
                await page.drawn()

    before = len(server.log.read_bytes())
    apart(story())
    log = server.log.read_bytes()[before:]
    assert WORD.encode() not in log
    assert b"Traceback" not in log
    assert len(log) < 2000
