"""Two pages of a real Chromium on an otherwise idle machine: sent to shown, visible and hidden.

A sender's page and a receiver's; pictures are committed from this process, and the receiver's page
notes by its own clock when the name of each is in the document.
"""

import json
import math
import time

from benchmarks.live.chromium import Chromium, Tab, chromium
from benchmarks.live.measure import percentile
from benchmarks.live.room import Room, furnished
from benchmarks.live.servers import PEPPER, app, place, running
from benchmarks.reports import Row
from exchange import Exchange, Seat

MOST = 0.15  # seconds, of the median
HIDDEN_FOR = 65.0  # seconds; after a minute Chromium holds the timers of a hidden tab back
_EVERY = 1.5  # seconds between two pictures
_LAST = 20.0  # seconds that one may take
_NOTE = """
    window.shownAt = {};
    new MutationObserver(() => {
        for (const [name] of document.body.textContent.matchAll(/\\d+\\.png/g))
            window.shownAt[name] ??= Date.now() / 1000;
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
    true"""


def rows(pictures: int, hidden_for: float = HIDDEN_FOR) -> list[Row]:
    """One line with the receiver's tab in front, one with another tab in front of it."""
    with place("sqlite") as (folder, url):
        server = app(folder, url)
        with running(server), chromium() as sending, chromium() as receiving:
            exchange = Exchange.at(url, pepper=PEPPER.encode())
            [room] = furnished(exchange, 1)
            address = f"http://127.0.0.1:{server.port}"
            _seated(sending, address, room, room.sender)
            tab = _seated(receiving, address, room, room.seats[0])
            tab.value(_NOTE)
            _waits(tab, room, 2)  # everything is imported now
            found = [_line(tab, _waits(tab, room, pictures))]
            receiving.tab()
            time.sleep(hidden_for)
            found.append(_line(tab, _waits(tab, room, pictures)))
            exchange.close()
    return found


def _seated(browser: Chromium, address: str, room: Room, seat: Seat) -> Tab:
    tab = browser.seated(address, room.key, seat.role, seat.token)
    time.sleep(3)
    return tab


def _waits(tab: Tab, room: Room, pictures: int) -> list[float]:
    found = []
    for _ in range(pictures):
        room.send()
        sent = time.time()
        name = json.dumps(f"{len(room.sent)}.png")
        until = time.monotonic() + _LAST
        time.sleep(_EVERY)  # asking meanwhile would keep the page busy
        while not (shown := tab.value(f"window.shownAt[{name}] ?? 0")):
            if time.monotonic() > until:
                break
            time.sleep(_EVERY)
        found.append((shown or math.inf) - sent)
    return found


def _line(tab: Tab, waits: list[float]) -> Row:
    p50 = percentile(waits, 50)
    return {
        "tab": tab.value("document.visibilityState"),
        "pictures": len(waits),
        "sent to shown: p50, s": p50,
        "p95, s": percentile(waits, 95),
        "promise": f"p50 ≤ {MOST:g}",
        "kept": p50 <= MOST,
    }
