"""No page, in any state, calls an address but its own server's."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.tour import tour

pytestmark = pytest.mark.browser


def test_no_page_in_any_state_calls_anybody_but_its_server(calls, watched):
    seen: list[str] = []

    def settle(visitor: Visitor, state: str) -> None:
        """In the dark and in the light; what a state asks for is asked for soon."""
        for shade in ("dark", "light"):
            visitor.page.emulate_media(color_scheme=shade)
            visitor.page.wait_for_timeout(400)
        calls.look_at(visitor.page)
        seen.append(state)

    tour(watched, settle)
    assert len(seen) == len(set(seen)) > 25
    assert calls.foreign() == []
    assert calls.hosts == {calls.own}
    assert calls.proxy.wanted == []
    assert calls.stopped == []
    # The witnesses were awake: pages, their sockets and the frame of the tick were seen.
    assert {"http", "ws"} <= {urlsplit(url).scheme for url in calls.urls}
    assert any("/component/" in url for url in calls.urls)


def test_the_witnesses_see_what_is_called(calls):
    """The same two see a page that calls others: by image, fetch, socket, frame, icon and hint."""
    page = calls.new_page()
    plain = f"http://{calls.own}/plain"
    page.route(plain, lambda route: route.fulfill(body="<p>Plain", content_type="text/html"))
    page.goto(plain)
    page.evaluate("""() => {
        new Image().src = "http://picture.invalid/";
        fetch("https://fetch.invalid/").catch(() => {});
        new WebSocket("ws://socket.invalid/").onerror = () => {};
        const frame = document.createElement("iframe");
        frame.src = "http://frame.invalid/";
        const icon = document.createElement("link");
        icon.rel = "icon"; icon.href = "http://icon.invalid/icon.png";
        const early = document.createElement("link");
        early.rel = "preconnect"; early.href = "https://early.invalid/";
        document.head.append(icon, early); document.body.append(frame);
    }""")
    calls.look_at(page)
    wanted = {"picture.invalid", "fetch.invalid", "socket.invalid", "frame.invalid", "icon.invalid"}
    assert calls.hosts == {calls.own, "early.invalid"} | wanted
    for _ in range(50):
        if all(host in " ".join(calls.proxy.wanted) for host in wanted):
            return
        page.wait_for_timeout(100)
    raise AssertionError(calls.proxy.wanted)


def test_every_page_has_an_icon_of_its_own_and_shows_it(calls, watched):
    anybody = watched()
    for path in ("/", "/compare", "/sender", "/receiver", "/interceptor"):
        anybody.go(path)
        icon = anybody.page.locator("link[rel='shortcut icon']")
        expect(icon).to_have_attribute("href", re.compile(r"^data:image/"))
        shown = """async (link) => { const picture = new Image(); picture.src = link.href;
            await picture.decode(); return picture.naturalWidth; }"""
        assert icon.evaluate(shown) > 0


@pytest.mark.parametrize("path", ["/", "/compare", "/receiver"])
def test_a_link_cannot_make_a_page_call_others(calls, path):
    """Streamlit's pages would load a foreign app of this name, and show it as ours."""
    page = calls.new_page()
    page.goto(f"http://{calls.own}{path}?staticAppId=somebody-elses")
    page.wait_for_timeout(3_000)
    assert calls.hosts == {calls.own}
    assert calls.proxy.wanted == []
