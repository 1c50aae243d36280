"""News comes at once: over a socket beside the page, and by ticks where there is none."""

import json
import time
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from benchmarks.live.chromium import Tab
from benchmarks.live.chromium import chromium as real_chromium
from tests.browser.cable import Cable
from tests.browser.conftest import Visitor
from tests.browser.test_story import send
from tests.conftest import encoded, photograph

pytestmark = pytest.mark.browser

HIDDEN_FOR = 10  # seconds; `benchmarks.live --browser` hides it for more than a minute
ASLEEP_FOR = 5  # seconds
CUT_FOR = 20  # seconds
SOON = 3.0  # seconds on a busy machine; a tick beside an open socket comes after 15


@pytest.fixture
def pair(visitor):
    """Ada sends to Bob; both pages have their socket."""
    ada, bob = visitor(), visitor()
    key = ada.create_channel()
    ada.take_seat("Ada", "Sender")
    with bob.page.expect_websocket(lambda socket: socket.url.endswith("/live")):
        bob.go(f"/?channel={key}")
        bob.take_seat("Bob", "Receiver")
    expect(ada.page.get_by_text("People here: 2")).to_be_visible()
    return ada, bob


@pytest.fixture
def tab(pair, chromium, server):
    """Bob's page in a Chromium whose tabs can be hidden, and which can be put to sleep."""
    _, bob = pair
    [seat] = json.loads(bob.page.evaluate("localStorage.getItem('rsa-images.seats')"))
    bob.page.goto("about:blank")
    with real_chromium() as browser:
        page = browser.seated(server.url, seat["key"], seat["role"], seat["token"])
        yield browser, page


def arrives(ada: Visitor, bob: Visitor, name: str) -> float:
    """Seconds from the word "sent" on one page to the picture's name on the other."""
    send(ada, {name: encoded(photograph(40, 30, len(name)))})
    sent = time.monotonic()
    expect(bob.page.get_by_text(name, exact=True)).to_be_visible()
    return time.monotonic() - sent


def seen(tab: Tab, name: str) -> bool:
    return tab.value(f"document.body.textContent.includes({json.dumps(name)})")


def test_a_picture_is_seen_at_once_and_in_a_hidden_tab_too(pair, tab, capsys):
    ada, (browser, page) = pair[0], tab

    def waits(letter: str) -> list[float]:
        found = []
        for n in range(1, 4):
            send(ada, {f"{letter * n}.png": encoded(photograph(40, 30, n))})
            sent = time.monotonic()
            while not seen(page, f"{letter * n}.png"):
                assert time.monotonic() < sent + 30
                time.sleep(0.05)
            found.append(time.monotonic() - sent)
        return sorted(found)

    visible = waits("a")
    browser.tab()
    assert page.value("document.visibilityState") == "hidden"
    time.sleep(HIDDEN_FOR)
    hidden = waits("b")
    assert page.value("document.visibilityState") == "hidden"
    with capsys.disabled():
        print(f"\nvisible {visible[1]:.2f} s, hidden {hidden[1]:.2f} s")
    assert visible[1] < SOON
    assert hidden[1] < SOON


@pytest.mark.parametrize("how", ["asleep", "frozen"])
def test_a_page_that_slept_has_missed_nothing(pair, tab, how):
    """Asleep: no process of the browser runs. Frozen: a hidden tab runs nothing."""
    ada, (browser, page) = pair[0], tab
    every = [browser.process, *browser.process.children(recursive=True)]
    try:
        if how == "asleep":
            for one in every:
                one.suspend()
        else:
            page.value("document.addEventListener('freeze', () => { window.froze = true })")
            browser.tab()
            page.freeze(frozen=True)
        send(ada, {f"{how}{n}.png": encoded(photograph(40, 30, n)) for n in range(3)})
        time.sleep(ASLEEP_FOR)
    finally:
        for one in every:
            one.resume()
    if how == "frozen":
        page.freeze(frozen=False)
        assert page.value("window.froze") is True
    for n in range(3):
        page.until(f"document.body.textContent.includes('{how}{n}.png')")
    send(ada, {"awake.png": encoded(photograph(40, 31))})
    page.until("document.body.textContent.includes('awake.png')")


def test_beside_an_open_socket_the_page_hardly_ticks(pair):
    _, bob = pair
    bob.page.wait_for_timeout(2_000)
    sent = []
    bob.page.on(
        "websocket", lambda socket: socket.on("framesent", lambda data: sent.append(len(data)))
    )
    bob.page.reload()
    bob.in_seat("Receiver")
    bob.page.wait_for_timeout(3_000)
    before = len(sent)
    bob.page.wait_for_timeout(8_000)
    assert len(sent) - before <= 1


def test_where_no_socket_comes_through_ticks_do_it(visitor):
    ada, bob = visitor(), visitor().without_live_line()
    key = ada.create_channel()
    ada.take_seat("Ada", "Sender")
    bob.go(f"/?channel={key}")
    bob.take_seat("Bob", "Receiver")
    expect(ada.page.get_by_text("People here: 2")).to_be_visible()
    assert arrives(ada, bob, "one.png") < SOON
    assert arrives(ada, bob, "two.png") < SOON


@pytest.fixture
def elsewhere(chromium):
    """A visitor's seat in more browsers, in which no page may throw an error."""
    made: list[Visitor] = []

    def opened(visitor: Visitor, url: str) -> Visitor:
        seats = visitor.page.evaluate("localStorage.getItem('rsa-images.seats')")
        made.append(Visitor(chromium, SimpleNamespace(url=url)))
        made[-1].page.add_init_script(
            f"localStorage.setItem('rsa-images.seats', {json.dumps(seats)})"
        )
        made[-1].go(visitor.page.url.removeprefix(visitor.server.url))
        made[-1].in_seat("Receiver")
        return made[-1]

    yield opened
    for one in made:
        one.page.context.close()
    assert [error for one in made for error in one.errors] == []


def test_pages_come_back_by_themselves_after_a_killed_server(pair, server, elsewhere):
    ada, bob = pair
    pages = [bob, *(elsewhere(bob, server.url) for _ in range(2))]
    server.kill()
    server.start()
    ada.back()
    send(ada, {"killed.png": encoded(photograph(40, 30))})
    for one in pages:
        expect(one.page.get_by_text("killed.png", exact=True)).to_be_visible(timeout=60_000)


def test_pages_come_back_by_themselves_after_a_cut_network(pair, server, elsewhere):
    """Some connections last, and bring what was sent meanwhile; others have broken."""
    ada, bob = pair
    cables = {True: Cable(server.port), False: Cable(server.port)}
    pages = [elsewhere(bob, cable.url) for cable in cables.values() for _ in range(2)]
    for cable in cables.values():
        cable.cut()
    cut = time.monotonic()
    send(ada, {"cut.png": encoded(photograph(40, 30))})
    expect(bob.page.get_by_text("cut.png", exact=True)).to_be_visible()
    bob.page.wait_for_timeout(1_000 * max(0, CUT_FOR - time.monotonic() + cut))
    for one in pages:
        expect(one.page.get_by_text("cut.png", exact=True)).to_be_hidden()
    for lost, cable in cables.items():
        cable.mend(lost=lost)
    mended = time.monotonic()
    for one in pages:
        expect(one.page.get_by_text("cut.png", exact=True)).to_be_visible(timeout=60_000)
        print(f"{time.monotonic() - mended:.1f} s after the cut")
    send(ada, {"mended.png": encoded(photograph(40, 31))})
    for one in pages:
        expect(one.page.get_by_text("mended.png", exact=True)).to_be_visible(timeout=60_000)
    for cable in cables.values():
        cable.close()
