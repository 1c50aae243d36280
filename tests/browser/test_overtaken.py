"""A tick that overtakes a drawing of the page leaves the page whole.

When a fragment runs before the messages of the page's own run have left the server, Streamlit
(`ForwardMsgQueue.clear`) takes back what that run drew for the fragment, and the fragment draws it
after the run's end. That happens under load only; here a route between the browser and the server
puts every drawing into that order.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from exchange import Exchange
from tests.browser.conftest import PATIENCE
from tests.browser.test_laboratory import Lesson
from tests.conftest import encoded, photograph

pytestmark = pytest.mark.browser


class Overtaking:
    """Moves what a page's run draws for its ticking fragment into a run of that fragment."""

    def __init__(self, page: Page) -> None:
        self.times = 0
        self._tick: dict[str, ForwardMsg] = {}  # how the last tick began and ended
        self._held: list[ForwardMsg] | None = None  # None while a tick runs
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        server.on_message(lambda data: self._pass(browser, ForwardMsg.FromString(data)))

    def _pass(self, browser: WebSocketRoute, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._held = None if message.metadata.run.fragment_ids else []
        if self._held is None and kind in ("new_session", "script_finished"):
            self._tick[kind] = message
        if self._held is not None and kind == "delta" and self._ticks(message.delta.fragment_id):
            self._held.append(message)
            return
        browser.send(message.SerializeToString())
        if self._held and kind == "script_finished":
            begin, end = self._tick["new_session"], self._tick["script_finished"]
            for late in (begin, *self._held, end):
                browser.send(late.SerializeToString())
            self.times += 1
            self._held = None

    @property
    def knows_a_tick(self) -> bool:
        return len(self._tick) == 2

    def _ticks(self, fragment: str) -> bool:
        known = self._tick["new_session"].metadata.run.fragment_ids if self.knows_a_tick else ()
        return fragment in known


def wait(page: Page, happened: Callable[[], bool]) -> None:
    for _ in range(PATIENCE // 100):
        if happened():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen")


@pytest.mark.parametrize(
    ("name", "below_the_feed"),
    [("Ada", "Owner's controls"), ("Bob", "Your key"), ("Eve", "Capture")],
)
def test_what_stands_below_the_feed_stays(visitor, server, name, below_the_feed):
    exchange = Exchange.at(f"sqlite:///{server.database}")
    room = exchange.lobby.create_channel(name="", kind="private", keep_for="24 hours")
    ada = exchange.lobby.take_seat(
        room.key, name="Ada", role="sender", owner_ticket=room.owner_ticket
    )
    bob = exchange.lobby.take_seat(room.key, name="Bob", role="receiver")
    eve = exchange.lobby.take_seat(room.key, name="Eve", role="interceptor")

    exchange.sender.send(
        ada,
        encoded(photograph(30, 20)),
        file_name="photo.png",
        scheme="hybrid",
        recipients=(bob.id,),
        submission="the first",
    )
    one = visitor()
    overtaking = Overtaking(one.page)
    Lesson(room.key, {"Ada": ada, "Bob": bob, "Eve": eve}).enter(one, name)
    part = one.page.get_by_text(below_the_feed, exact=True)
    expect(part).to_be_visible()
    for times in range(2):
        wait(one.page, lambda: overtaking.knows_a_tick)
        before = overtaking.times
        exchange.owner.set_rules(ada, locked=times == 0)  # draws the page
        wait(one.page, lambda before=before: overtaking.times > before)
        one.page.wait_for_timeout(600)  # until the browser has drawn what it was sent
        expect(part).to_be_visible(timeout=1_000)
    exchange.close()
