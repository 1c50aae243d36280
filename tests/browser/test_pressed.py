"""Nothing that is pressed is lost because the page is drawn again at that moment."""

from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from exchange import Exchange
from tests.browser.conftest import Visitor
from tests.browser.test_laboratory import Lesson
from tests.browser.test_overtaken import wait
from tests.conftest import encoded, photograph

pytestmark = pytest.mark.browser

PICTURE = encoded(photograph(300, 200))

# Notes at each frame how far below the top of its card the button stands.
WATCH_PLACES = """() => {
  globalThis.places = [];
  const look = () => {
    for (const one of document.querySelectorAll("[data-testid^=stBidiComponent]")) {
      const button = one.shadowRoot?.querySelector("img ~ button");
      const card = one.closest("[class*=st-key-inbox_]");
      if (button && card)
        places.push(button.getBoundingClientRect().top - card.getBoundingClientRect().top);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


class Runs:
    """Counts runs: those of the whole page that the browser asked for, and all that ended."""

    def __init__(self, page: Page) -> None:
        self.asked = self.ended = 0
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def from_browser(data: bytes) -> None:
            message = BackMsg.FromString(data)
            if message.WhichOneof("type") == "rerun_script":
                self.asked += not message.rerun_script.fragment_id
            server.send(data)

        def from_server(data: bytes) -> None:
            browser.send(data)
            self.ended += ForwardMsg.FromString(data).WhichOneof("type") == "script_finished"

        browser.on_message(from_browser)
        server.on_message(from_server)


@pytest.fixture
def scene(server, visitor):
    """Ada's sending, and Bob's page, which a deep link opens in a browser that has his seat."""
    exchange = Exchange.at(f"sqlite:///{server.database}")
    room = exchange.lobby.create_channel(name="", kind="classroom", keep_for="24 hours")
    ada = exchange.lobby.take_seat(room.key, name="Ada", role="sender")
    bob = exchange.lobby.take_seat(room.key, name="Bob", role="receiver")

    def send(name: str, picture: bytes = PICTURE, scheme: str = "hybrid") -> None:
        exchange.sender.send(
            ada,
            picture,
            file_name=f"{name}.png",
            scheme=scheme,
            recipients=(bob.id,),
            submission=name,
        )

    def enter() -> tuple[Visitor, Runs]:
        one = visitor()
        runs = Runs(one.page)
        return Lesson(room.key, {"Bob": bob}).enter(one, "Bob"), runs

    yield send, enter
    exchange.close()


def test_the_first_press_after_a_deep_link_is_followed_by_no_run_of_the_page(scene):
    """The browser once confirmed the seat's tab after the first press, which started the page
    again in the middle of its work: the picture was opened and not shown."""
    send, enter = scene
    send("photo")
    for _ in range(3):
        bob, runs = enter()
        expect(bob.button("Open")).to_be_visible()
        bob.page.wait_for_timeout(500)
        asked = runs.asked
        bob.button("Open").click()
        expect(bob.button("Download original")).to_be_visible()
        bob.page.wait_for_timeout(2500)  # two ticks
        expect(bob.button("Download original")).to_be_visible()
        expect(bob.button("Open")).to_have_count(0)
        assert runs.asked == asked  # a press draws its part


def test_a_press_on_download_is_not_lost_when_new_pictures_arrive(scene):
    """Each press begins before a redraw and ends after it, so the button must stay the same one."""
    send, enter = scene
    send("0")
    bob, runs = enter()
    bob.button("Open").click()
    save = bob.button("Download original")
    expect(save).to_be_visible()
    saved = []

    def note(download: Download) -> None:
        saved.append(download)

    bob.page.on("download", note)
    presses = 15
    for number in range(1, presses + 1):
        save.scroll_into_view_if_needed()
        save.evaluate("button => { button.kept = true; }")
        save.hover()
        bob.page.mouse.down()
        ended = runs.ended
        send(str(number))
        wait(bob.page, lambda ended=ended: runs.ended > ended)
        expect(bob.page.get_by_text(f"{number}.png", exact=True)).to_be_visible()
        save.hover()
        bob.page.mouse.up()
        assert save.evaluate("button => button.kept === true")
        wait(bob.page, lambda number=number: len(saved) == number)
    assert [Path(one.path()).read_bytes() for one in saved] == [PICTURE] * presses


@pytest.mark.parametrize(
    ("scheme", "size"),
    [("hybrid", (96, 72)), ("hybrid", (3000, 2000)), ("oaep-blocks", (160, 120))],
)
def test_the_download_button_stays_where_it_appears(scene, scheme, size):
    """It once moved down when the picture above it had loaded, and up when the spinner or the bar
    went; a press that began before and ended after was lost."""
    send, enter = scene
    for number in range(15):  # which are drawn after the picture, and the run ends later
        send(str(number))
    send("photo", encoded(photograph(*size)), scheme)
    bob, _ = enter()
    expect(bob.button("Open", 15)).to_be_visible()
    bob.page.evaluate(WATCH_PLACES)
    bob.button("Open").click()
    expect(bob.button("Download original")).to_be_visible()
    bob.page.wait_for_timeout(1500)
    places = bob.page.evaluate("() => places")
    assert len(places) > 10
    assert set(places) == {places[-1]}
