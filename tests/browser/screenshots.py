"""Pictures of every page: desktop and phone, light and dark, empty and full.

    python -m tests.browser.screenshots FOLDER

Not a test: for looking. README's picture is one of them.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.conftest import ARGS, CHROMIUM, Server, Visitor
from tests.conftest import encoded, exif, photograph

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SHADES = ("light", "dark")


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


def person(browser: Browser, server: Server, size: str, shade: str) -> Visitor:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=shade, accept_downloads=True
    )
    return Visitor(browser, server, context.new_page())


def shoot(visitor: Visitor, path: Path) -> None:
    """The whole page: the window is made as tall as its content for the picture."""
    page = visitor.page
    page.wait_for_timeout(1200)
    size = dict(page.viewport_size)
    content = page.locator('[data-testid="stMainBlockContainer"]').bounding_box()
    page.set_viewport_size({**size, "height": max(size["height"], int(content["height"]))})
    page.wait_for_timeout(600)
    page.screenshot(path=str(path))
    page.set_viewport_size(size)


def story(browser: Browser, server: Server, folder: Path, size: str, shade: str) -> None:
    name = f"{size}-{shade}"
    people = {role: person(browser, server, size, shade) for role in ("ada", "bob", "eve", "guest")}
    ada, bob, eve, guest = people.values()
    guest.go("/")
    shoot(guest, folder / f"{name}-lobby-empty.png")
    guest.go("/receiver")
    shoot(guest, folder / f"{name}-no-seat.png")
    key = ada.create_channel("Physics 9b", "Classroom")
    shoot(ada, folder / f"{name}-lobby-channel.png")
    ada.take_seat("Ada", "Sender")
    shoot(ada, folder / f"{name}-sender-empty.png")
    for one, who, role in ((bob, "Bob", "Receiver"), (eve, "Eve", "Interceptor")):
        one.go(f"/?channel={key}")
        one.take_seat(who, role)
        shoot(one, folder / f"{name}-{role.lower()}-empty.png")
    expect(ada.page.get_by_text("People here: 3")).to_be_visible()
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
    shoot(bob, folder / f"{name}-receiver-full.png")
    shoot(ada, folder / f"{name}-sender-full.png")
    for scheme in ("2 · textbook-pixels", "1 · hybrid"):
        eve.select("Capture", scheme)
        shoot(eve, folder / f"{name}-interceptor-{scheme.split()[-1]}.png")
    eve.page.get_by_role("tab", name="Statistics").click()
    shoot(eve, folder / f"{name}-interceptor-statistics.png")
    eve.select("Capture", "2 · textbook-pixels")
    eve.page.get_by_role("tab", name="Attacks").click()
    eve.button("Run attack").click()
    expect(eve.page.get_by_text("The recovered picture, exact")).to_be_visible()
    shoot(eve, folder / f"{name}-interceptor-attacks.png")
    eve.select("Capture", "1 · hybrid")
    tampering(ada, bob, eve, folder, name)
    comparing(guest, folder, name)
    for one in people.values():
        one.page.context.close()


def comparing(guest: Visitor, folder: Path, name: str) -> None:
    """The compare page, before and after."""
    guest.go("/compare")
    guest.choose("Longest side, in pixels", "128")
    guest.page.get_by_text("Schemes, keys and attacks").click()
    guest.choose("Seconds for each attack", "2")
    shoot(guest, folder / f"{name}-compare-empty.png")
    guest.button("Compare").click()
    expect(guest.button("Download CSV")).to_be_visible(timeout=120_000)
    shoot(guest, folder / f"{name}-compare-full.png")


def tampering(ada: Visitor, bob: Visitor, eve: Visitor, folder: Path, name: str) -> None:
    """The owner's switch, the Tamper tab, a weak key's choice, comparing, and the alarm."""
    eve.page.get_by_role("tab", name="Tamper").click()
    shoot(eve, folder / f"{name}-tamper-forbidden.png")
    ada.page.get_by_text("Owner's controls", exact=True).click()
    ada.page.get_by_text("Interceptors may tamper", exact=True).click()
    expect(eve.button("Interfere")).to_be_visible()
    shoot(ada, folder / f"{name}-owner.png")
    ada.page.get_by_text("Owner's controls", exact=True).click()
    eve.button("Interfere").click()
    expect(eve.page.get_by_text("by you")).to_be_visible()
    eve.button("Substitute key").click()
    expect(eve.page.get_by_text("senders are shown your key")).to_be_visible()
    file = encoded(landscape(300, 200))
    ada.upload([{"name": "evening.png", "mimeType": "image/png", "buffer": file}])
    expect(ada.page.get_by_test_id("stFileUploader").get_by_text("evening.png")).to_be_visible()
    ada.choose("Scheme", "hybrid")
    ada.button("Encrypt and send").click()
    expect(bob.page.get_by_text("evening.png", exact=True)).to_be_visible()
    expect(eve.page.get_by_role("img", name="The picture that was read")).to_be_visible()
    shoot(eve, folder / f"{name}-tamper.png")
    bob.button("Open").first.click()
    bob.select("Classroom key", "Weak on purpose")
    bob.page.get_by_text("Compare safety numbers", exact=True).click()
    shoot(bob, folder / f"{name}-receiver-compare.png")
    ada.page.get_by_text("Compare safety numbers", exact=True).click()
    shoot(ada, folder / f"{name}-sender-compare.png")
    ada.button("The numbers differ").click()
    for one, who in ((ada, "sender"), (bob, "receiver")):
        expect(one.page.get_by_text("Alarm: somebody stood")).to_be_visible()
        shoot(one, folder / f"{name}-{who}-alarm.png")
    expect(eve.page.get_by_text("Found out at")).to_be_visible()
    shoot(eve, folder / f"{name}-tamper-found-out.png")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        server = Server(Path(temporary))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for size in SIZES:
            for shade in SHADES:
                story(browser, server, folder, size, shade)
        browser.close()
        server.stop()


if __name__ == "__main__":
    main()
