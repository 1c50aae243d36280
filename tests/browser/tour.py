"""A walk through every page in every state that people bring it into.

For those who look at pages: `screenshots.py` takes pictures on the way, and
`test_own_address.py` writes down whom the pages call.
"""

import re
from collections.abc import Callable

import numpy as np
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, Visitor
from tests.conftest import encoded, exif, photograph

Make = Callable[[], Visitor]
Look = Callable[[Visitor, str], None]  # called in each state, with a name for it

LONG = 240_000  # milliseconds that a comparison may take on a busy machine


def landscape(width: int, height: int) -> np.ndarray:
    """A sunset over hills: flat enough for its outline to show through textbook RSA."""
    y, x = np.mgrid[0:height, 0:width]
    sky = (1 - y / height)[..., None] * (90, 120, 200) + (y / height)[..., None] * (250, 150, 80)
    sun = (x - 0.7 * width) ** 2 + (y - 0.42 * height) ** 2 < (0.13 * height) ** 2
    sky[sun] = (255, 235, 150)
    for share, colour in ((0.55, (110, 90, 120)), (0.68, (70, 70, 90)), (0.82, (30, 45, 50))):
        edge = height * (share + 0.07 * np.sin(x / width * 9 + share * 20))
        sky[y > edge] = colour
    return (sky // 8 * 8).astype(np.uint8)


def tour(make: Make, look: Look) -> None:
    """Ada sends, Bob receives, Eve intercepts, and a guest has no seat."""
    ada, bob, eve, guest = (make() for _ in range(4))
    outside(guest, look)
    key = ada.create_channel("Physics 9b", "Classroom")
    look(ada, "lobby-channel")
    ada.take_seat("Ada", "Sender")
    look(ada, "sender-empty")
    for one, who, role in ((bob, "Bob", "Receiver"), (eve, "Eve", "Interceptor")):
        one.go(f"/?channel={key}")
        one.take_seat(who, role)
        look(one, f"{role.lower()}-empty")
    expect(ada.page.get_by_text("People here: 3")).to_be_visible()
    pictures(ada, bob, look)
    sharing(ada, bob, guest, key, look)
    laboratory(eve, look)
    tampering(ada, bob, eve, look)
    comparing(guest, look)
    goodbye(ada, guest, key, look)


def outside(guest: Visitor, look: Look) -> None:
    """What somebody without a key sees."""
    guest.go("/")
    look(guest, "lobby-empty")
    for role in ("sender", "receiver", "interceptor"):
        guest.go(f"/{role}?channel=AAAAA-AAAAA")
        expect(guest.page.get_by_text("Join a channel first")).to_be_visible()
        look(guest, f"no-seat-{role}")
    guest.go("/?channel=AAAAA-AAAAA")
    expect(guest.page.get_by_text("No open channel has this key")).to_be_visible()
    look(guest, "lobby-wrong-key")
    guest.go("/nowhere")
    look(guest, "no-page")
    guest.page.keyboard.press("Escape")


def pictures(ada: Visitor, bob: Visitor, look: Look) -> None:
    """Two pictures go from Ada to Bob, who opens both."""
    files = {
        "harbour.jpg": encoded(photograph(900, 600, 2), "JPEG", quality=92, exif=exif()),
        "sunset.png": encoded(landscape(480, 320)),
    }
    for scheme, (file, data) in zip(("hybrid", "textbook-pixels"), files.items(), strict=True):
        ada.upload([{"name": file, "mimeType": "image/png", "buffer": data}])
        uploader = ada.page.get_by_test_id("stFileUploader")
        expect(uploader.get_by_text(file)).to_be_visible()
        ada.page.get_by_label("Caption").fill("At the lake")
        ada.page.get_by_role("radiogroup", name="Scheme").get_by_text(scheme).first.click()
        ada.button("Encrypt and send").click()
        expect(ada.page.get_by_text(file, exact=True)).to_be_visible()
        expect(bob.page.get_by_text(file, exact=True)).to_be_visible()
    for _ in files:
        bob.button("Open").click()
        bob.page.wait_for_timeout(1500)
    bob.page.get_by_text("Your key", exact=True).click()
    look(bob, "receiver-full")
    look(ada, "sender-full")


def sharing(ada: Visitor, bob: Visitor, late: Visitor, key: str, look: Look) -> None:
    """A receiver who comes later is given a picture, and leaves again."""
    late.go(f"/?channel={key}")
    late.take_seat("Lee", "Receiver")
    expect(bob.button("Share")).to_be_visible()
    look(bob, "receiver-share")
    ada.page.get_by_text("Share earlier pictures", exact=True).click()
    look(ada, "sender-share")
    ada.button("Share").click()
    expect(late.button("Open")).to_be_visible()
    look(late, "receiver-late")
    late.button("Leave channel").click()
    expect(bob.page.get_by_text("People here: 3")).to_be_visible()


def open_tab(eve: Visitor, name: str) -> None:
    """Opens a tab; a click while the page draws itself anew can be lost, and is made again."""
    tab = eve.page.get_by_role("tab", name=name)
    for patience in (3_000, 3_000, PATIENCE):
        tab.click()
        try:
            expect(tab).to_have_attribute("aria-selected", "true", timeout=patience)
        except AssertionError:
            continue
        return
    raise AssertionError(f"the tab {name} does not open")


def take_capture(eve: Visitor, number: int, scheme: str) -> None:
    """Chooses a capture in the quickest tab, and waits until it is drawn."""
    open_tab(eve, "Ciphertext")
    eve.select("Capture", f"{number} · {scheme}")
    expect(eve.page.get_by_text(f"Envelope of capture {number}:")).to_be_attached()


def laboratory(eve: Visitor, look: Look) -> None:
    """All tabs, with plots and their numbers, an attack that succeeds and one's experiments."""
    for number, scheme in ((2, "textbook-pixels"), (1, "hybrid")):
        take_capture(eve, number, scheme)
        look(eve, f"interceptor-{scheme}")
    open_tab(eve, "Statistics")
    expect(eve.page.locator("canvas, svg.marks").first).to_be_visible()
    eve.page.get_by_text("The numbers behind the plot").first.click()
    look(eve, "interceptor-statistics")
    tables = eve.page.get_by_test_id("stDataFrame")
    before = tables.count()
    eve.button("Seal twice and compare").click()
    expect(tables).to_have_count(before + 1)
    eve.button("Encrypt, test and break").click()
    expect(eve.page.get_by_role("img", name="What the attack gave back")).to_be_visible()
    look(eve, "interceptor-experiments")
    take_capture(eve, 2, "textbook-pixels")
    open_tab(eve, "Attacks")
    eve.button("Run attack").click()
    expect(eve.page.get_by_text("The recovered picture, exact")).to_be_visible()
    look(eve, "interceptor-attacks")
    eve.page.get_by_text("Key health", exact=True).click()
    eve.button("Check this key").click()
    expect(eve.page.get_by_text(re.compile("^This key (is|resists)"))).to_be_visible(timeout=LONG)
    eve.page.get_by_text("Show the arithmetic", exact=True).click()
    look(eve, "interceptor-keys")
    take_capture(eve, 1, "hybrid")


def tampering(ada: Visitor, bob: Visitor, eve: Visitor, look: Look) -> None:
    """The owner's switch, the Tamper tab, a weak key's choice, comparing, and the alarm."""
    open_tab(eve, "Tamper")
    look(eve, "tamper-forbidden")
    ada.page.get_by_text("Owner's controls", exact=True).click()
    ada.page.get_by_text("Interceptors may tamper", exact=True).click()
    expect(eve.button("Interfere")).to_be_visible()
    look(ada, "owner")
    ada.page.get_by_text("Owner's controls", exact=True).click()
    eve.button("Interfere").click()
    expect(eve.page.get_by_text("by you")).to_be_visible()
    eve.button("Swap key").click()
    expect(eve.page.get_by_text("senders are shown your key")).to_be_visible()
    file = encoded(landscape(300, 200))
    ada.upload([{"name": "evening.png", "mimeType": "image/png", "buffer": file}])
    expect(ada.page.get_by_test_id("stFileUploader").get_by_text("evening.png")).to_be_visible()
    ada.choose("Scheme", "hybrid")
    ada.button("Encrypt and send").click()
    expect(bob.page.get_by_text("evening.png", exact=True)).to_be_visible()
    expect(eve.page.get_by_role("img", name="The picture that was read")).to_be_visible()
    look(eve, "tamper")
    bob.button("Open").first.click()
    bob.select("Classroom key", "Weak on purpose")
    bob.page.get_by_text("Compare safety numbers", exact=True).click()
    look(bob, "receiver-compare")
    ada.page.get_by_text("Compare safety numbers", exact=True).click()
    look(ada, "sender-compare")
    ada.button("The numbers differ").click()
    for one, who in ((ada, "sender"), (bob, "receiver")):
        expect(one.page.get_by_text("Alarm: somebody stood")).to_be_visible()
        look(one, f"{who}-alarm")
    expect(eve.page.get_by_text("Found out at")).to_be_visible()
    look(eve, "tamper-found-out")


def comparing(guest: Visitor, look: Look) -> None:
    """The compare page, before and after."""
    guest.go("/compare")
    guest.choose("Longest side, in pixels", "128")
    guest.page.get_by_text("Schemes, keys and attacks").click()
    guest.choose("Seconds for each attack", "2")
    for _ in range(3):  # two attacks show the page; the others would double its minute
        guest.page.get_by_role("combobox", name="Attacks").press("Backspace")
    look(guest, "compare-empty")
    guest.button("Compare").click()
    expect(guest.button("Download CSV")).to_be_visible(timeout=LONG)
    look(guest, "compare-full")


def goodbye(ada: Visitor, guest: Visitor, key: str, look: Look) -> None:
    """A receiver who has to wait, the lobby of somebody with a seat, and a channel that ended."""
    ada.page.get_by_text("Owner's controls", exact=True).click()
    ada.page.get_by_text("New receivers wait until I let them in", exact=True).click()
    guest.go(f"/?channel={key}")
    guest.take_seat("Gus", "Receiver")
    expect(ada.button("Let in")).to_be_visible()
    look(guest, "receiver-waiting")
    guest.go("/")
    expect(guest.button("Go to the receiver page")).to_be_visible()
    look(guest, "lobby-seats")
    guest.go(f"/receiver?channel={key}")
    ada.page.get_by_text("I want to end this channel for everybody", exact=True).click()
    ada.button("End the channel").click()
    for one, who in ((ada, "sender"), (guest, "receiver")):
        expect(one.page.get_by_text("This channel has ended")).to_be_visible()
        look(one, f"{who}-ended")
