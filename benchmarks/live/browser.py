"""Two pages of a real Chromium on an otherwise idle machine: sent to shown, visible and hidden.

A sender's page and a receiver's; pictures are committed from this process, and the receiver's page
notes by its own clock when the name of each is in the document.
"""

import os
import shutil
import time

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.live.measure import percentile
from benchmarks.live.room import Room, furnished
from benchmarks.live.servers import PEPPER, app, place, running
from benchmarks.reports import Row
from exchange import Exchange, Seat

MOST = 0.15  # seconds, of the median
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
_EVERY = 1.5  # seconds between two pictures
_LAST = 20.0  # seconds that one may take
_HIDDEN_FOR = 65.0  # seconds; after a minute Chromium holds the timers of a hidden tab back
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_NOTE = """() => {
    window.shownAt = {};
    const look = () => {
        for (const [name] of document.body.innerText.matchAll(/\\d+\\.png/g))
            window.shownAt[name] ??= Date.now() / 1000;
    };
    new MutationObserver(look).observe(document.body, {
        subtree: true, childList: true, characterData: true });
}"""
_KEEP = "seat => localStorage.setItem('rsa-images.seats', seat)"


def rows(pictures: int) -> list[Row]:
    """One line with the receiver's tab in front, one with another tab in front of it."""
    with place("sqlite") as (folder, url), sync_playwright() as playwright:
        server = app(folder, url)
        with running(server):
            exchange = Exchange.at(url, pepper=PEPPER.encode())
            [room] = furnished(exchange, 1)
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
            address = f"http://127.0.0.1:{server.port}"
            _opened(browser, address, room, room.sender)
            page = _opened(browser, address, room, room.seats[0])
            page.evaluate(_NOTE)
            _waits(page, room, 2)  # everything is imported now
            found = [_line(page, _waits(page, room, pictures))]
            _hide(page.context)
            page.wait_for_timeout(_HIDDEN_FOR * 1000)
            found.append(_line(page, _waits(page, room, pictures)))
            browser.close()
            exchange.close()
    return found


def _opened(browser: Browser, address: str, room: Room, seat: Seat) -> Page:
    """A page in a browser of its own that remembers this seat."""
    page = browser.new_context().new_page()
    page.goto(address)
    entry = f'[{{"key": "{room.key}", "role": "{seat.role}", "token": "{seat.token}"}}]'
    page.evaluate(_KEEP, entry)
    with page.expect_websocket(lambda socket: socket.url.endswith("/live")):
        page.goto(f"{address}/{seat.role}?channel={room.key}")
    page.get_by_role("button", name="Leave channel").wait_for()
    page.wait_for_timeout(2000)
    return page


def _hide(context: BrowserContext) -> None:
    context.new_page().bring_to_front()


def _waits(page: Page, room: Room, pictures: int) -> list[float]:
    found = []
    for _ in range(pictures):
        room.send()
        sent = time.time()
        name = f"{len(room.sent)}.png"
        until = time.monotonic() + _LAST
        while not (shown := page.evaluate("name => window.shownAt[name] ?? 0", name)):
            if time.monotonic() > until:
                shown = float("inf")
                break
            page.wait_for_timeout(50)
        found.append(shown - sent)
        page.wait_for_timeout(_EVERY * 1000)
    return found


def _line(page: Page, waits: list[float]) -> Row:
    p50 = percentile(waits, 50)
    return {
        "tab": page.evaluate("document.visibilityState"),
        "pictures": len(waits),
        "sent to shown: p50, s": p50,
        "p95, s": percentile(waits, 95),
        "promise": f"p50 ≤ {MOST:g}",
        "kept": p50 <= MOST,
    }
