"""A real server and a real Chromium for whole stories.

Chromium is Debian's. Where it is missing the stories are skipped with that reason; under
`CI=true` its absence is a failure.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from tests.browser.calls import Calls

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CONNECTED = """() => {
    const app = document.querySelector(".stApp");
    return app.dataset.testConnectionState === "CONNECTED"
        && app.dataset.testScriptState === "notRunning";
}"""
PATIENCE = 30_000  # milliseconds; a busy machine makes a key slowly
expect.set_options(timeout=PATIENCE)


class Server:
    """`streamlit run Home.py` on 127.0.0.1 with a database of its own, or with another's."""

    health = "/_stcore/health"

    def __init__(self, folder: Path, database_url: str = "") -> None:
        self.folder = folder
        self.database = folder / "channels.db"
        self.database_url = database_url or f"sqlite:///{self.database}"
        self.log = folder / "server.log"
        self.temp = folder / "tmp"
        self.temp.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        environment = {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "TMPDIR": str(self.temp),
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", "streamlit", "run", "Home.py"]
        options = ["--server.address", "127.0.0.1", "--server.port", str(self.port)]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*command, *options, "--server.headless", "true"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}{self.health}", timeout=1).read()  # noqa: S310
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(self.log.read_text())

    def kill(self) -> None:
        """As a power cut would: no handler runs."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


class Visitor:
    """One person in one browser of their own: no cookies or storage shared."""

    def __init__(self, browser: Browser, server: Server, page: Page | None = None) -> None:
        self.server = server
        self.errors: list[str] = []
        self.page = page or browser.new_context(accept_downloads=True).new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def another_tab(self) -> "Visitor":
        """The same person, the same browser, one more tab."""
        return Visitor(None, self.server, self.page.context.new_page())

    def go(self, path: str) -> None:
        self.page.goto(self.server.url + path)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def without_live_line(self) -> "Visitor":
        """No socket tells the page of news: it asks once a second."""
        self.page.context.route_web_socket("**/live", lambda socket: socket.close())
        return self

    def button(self, name: str, nth: int = 0):
        return self.page.get_by_role("button", name=name, exact=True).nth(nth)

    def choose(self, group: str, option: str) -> None:
        self.page.get_by_role("radiogroup", name=group).get_by_text(option, exact=True).click()

    def select(self, box: str, option: str) -> None:
        """Picks the first option of a select box that contains these words.

        A list that was opened before the option came does not get it: it is opened again.
        """
        found = self.page.get_by_role("option").filter(has_text=option).first
        for patience in (2_000, 2_000, 5_000, PATIENCE):
            self.unfold(box)
            try:
                found.click(timeout=patience)
            except TimeoutError:
                self.page.keyboard.press("Escape")
            else:
                return
        raise AssertionError(f"no option {option!r} in {box!r}")

    def unfold(self, box: str) -> None:
        """Opens the list of a select box."""
        field = self.page.get_by_role("combobox", name=box)
        field.scroll_into_view_if_needed()
        self.page.wait_for_timeout(300)  # scrolling closes the list
        field.click()

    def until(self, expression: str) -> None:
        """Waits for a condition in the page, whose policy forbids it to evaluate strings."""
        for _ in range(PATIENCE // 50):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never true: {expression}")

    def create_channel(self, name: str = "", kind: str = "Private") -> str:
        """Creates a channel in the lobby and returns its key."""
        self.go("/")
        self.page.get_by_label("Channel name").fill(name)
        self.choose("Channel kind", kind)
        self.button("Create channel").click()
        key = self.page.locator(".st-key-big_key code")
        expect(key).to_be_visible()
        return key.inner_text().strip()

    def take_seat(self, name: str, role: str) -> None:
        """In the lobby, with a channel chosen: name, role, enter."""
        self.page.get_by_label("Your name").fill(name)
        self.choose("Role", role)
        self.until(CONNECTED)  # a receiver's choices move the button down
        self.button("Enter channel").click()
        self.in_seat(role)

    def in_seat(self, role: str) -> None:
        expect(self.page.get_by_role("heading", name=role, level=1)).to_be_visible()
        expect(self.button("Leave channel")).to_be_visible()

    def back(self) -> None:
        """Waits until the page has its connection and is drawn, without touching it."""
        good, end = 0, time.monotonic() + 90
        while good < 6:
            assert time.monotonic() < end, "the page did not come back"
            self.page.wait_for_timeout(500)
            good = good + 1 if self.page.evaluate(CONNECTED) else 0

    def upload(self, files: list) -> None:
        self.page.locator("input[type=file]").set_input_files(files)

    def download(self, button: str, nth: int = 0) -> tuple[str, bytes]:
        """Presses a download button when the page stands still; the file's name and bytes.

        What a run no longer draws stays until its end, and what is below moves up then.
        """
        expect(self.button(button, nth)).to_be_visible()
        self.until(CONNECTED)
        with self.page.expect_download() as caught:
            self.button(button, nth).click()
        return caught.value.suggested_filename, Path(caught.value.path()).read_bytes()


@pytest.fixture
def visitor(chromium, server):
    """Makes visitors; closes them and checks that no page threw an error."""
    made: list[Visitor] = []

    def make() -> Visitor:
        made.append(Visitor(chromium, server))
        return made[-1]

    yield make
    for one in made:
        one.page.context.close()
    assert [error for one in made for error in one.errors] == []


@pytest.fixture
def calls(chromium, server):
    """Whom the pages of `watched` visitors call."""
    made = Calls(chromium, f"127.0.0.1:{server.port}")
    yield made
    made.close()


@pytest.fixture
def watched(calls, server):
    """Makes visitors whose calls are written down."""
    made: list[Visitor] = []

    def make() -> Visitor:
        made.append(Visitor(calls.browser, server, calls.new_page()))
        return made[-1]

    yield make
    assert [error for one in made for error in one.errors] == []
