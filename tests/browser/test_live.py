"""News comes at once: over a socket beside the page, and by ticks where there is none."""

import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_story import send
from tests.conftest import encoded, photograph

pytestmark = pytest.mark.browser

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


def arrives(ada: Visitor, bob: Visitor, name: str) -> float:
    """Seconds from the word "sent" on one page to the picture's name on the other."""
    send(ada, {name: encoded(photograph(40, 30, len(name)))})
    sent = time.monotonic()
    expect(bob.page.get_by_text(name, exact=True)).to_be_visible()
    return time.monotonic() - sent


def test_a_picture_is_seen_at_once_and_in_a_hidden_tab_too(pair, capsys):
    ada, bob = pair
    waits = [arrives(ada, bob, f"{'a' * n}.png") for n in range(1, 4)]
    other = bob.page.context.new_page()
    other.bring_to_front()
    hidden = [arrives(ada, bob, f"{'b' * n}.png") for n in range(1, 4)]
    with capsys.disabled():
        print(f"\nvisible {sorted(waits)[1]:.2f} s, hidden {sorted(hidden)[1]:.2f} s")
    assert sorted(waits)[1] < SOON
    assert sorted(hidden)[1] < SOON


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


def test_a_page_comes_back_by_itself_after_a_killed_server_and_a_cut_network(pair, server):
    ada, bob = pair
    server.kill()
    server.start()
    ada.page.reload()
    ada.in_seat("Sender")
    send(ada, {"killed.png": encoded(photograph(40, 30))})
    expect(bob.page.get_by_text("killed.png", exact=True)).to_be_visible(timeout=60_000)
    bob.page.context.set_offline(True)
    send(ada, {"cut.png": encoded(photograph(40, 31))})
    bob.page.wait_for_timeout(3_000)
    bob.page.context.set_offline(False)
    expect(bob.page.get_by_text("cut.png", exact=True)).to_be_visible(timeout=60_000)
