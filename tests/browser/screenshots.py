"""Pictures of every page: desktop, phone and projector, light and dark, empty and full.

    python -m tests.browser.screenshots FOLDER [SIZE-SHADE ...]

Not a test: for looking. README's picture is one of them.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import ARGS, CHROMIUM, Server, Visitor
from tests.browser.tour import tour

SIZES = {"desktop": (1280, 900), "phone": (390, 844), "projector": (1920, 1080)}
SHADES = ("light", "dark")


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


def walk(browser: Browser, server: Server, folder: Path, size: str, shade: str) -> None:
    width, height = SIZES[size]
    people: list[Visitor] = []

    def make() -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=shade, accept_downloads=True
        )
        people.append(Visitor(browser, server, context.new_page()))
        return people[-1]

    tour(make, lambda visitor, state: shoot(visitor, folder / f"{size}-{shade}-{state}.png"))
    for one in people:
        one.page.context.close()


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        server = Server(Path(temporary))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for looks in sys.argv[2:] or [f"{size}-{shade}" for size in SIZES for shade in SHADES]:
            walk(browser, server, folder, *looks.split("-"))
        browser.close()
        server.stop()


if __name__ == "__main__":
    main()
