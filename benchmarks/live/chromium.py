"""A Chromium whose tabs are really hidden when another is in front; over its DevTools socket.

Playwright keeps every page visible, so that its timers are never held back.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from websockets.sync.client import ClientConnection, connect

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
PATIENCE = 30.0  # seconds
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@contextmanager
def chromium() -> Iterator["Chromium"]:
    """Starts one with an empty profile."""
    profile = Path(tempfile.mkdtemp(prefix="chromium-"))
    process = subprocess.Popen(  # noqa: S603  (our own command)
        [
            CHROMIUM, "--headless=new", "--remote-debugging-port=0",
            f"--user-data-dir={profile}", *_FLAGS, "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with connect(_address(profile / "DevToolsActivePort"), max_size=None) as socket:
            yield Chromium(socket, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(PATIENCE)
        shutil.rmtree(profile, ignore_errors=True)


def _address(said: Path) -> str:
    """Where the browser says that it listens."""
    until = time.monotonic() + PATIENCE
    while not said.exists() or "\n" not in said.read_text():
        if time.monotonic() > until:
            raise RuntimeError("Chromium does not start")
        time.sleep(0.05)
    port, path = said.read_text().split("\n")[:2]
    return f"ws://127.0.0.1:{port}{path}"


class Chromium:
    """One browser.

    Attributes:
        process: the first of its processes.
    """

    def __init__(self, socket: ClientConnection, process: psutil.Process) -> None:
        """Of which this is the DevTools socket."""
        self.process = process
        self._socket = socket
        self._number = 0

    def call(self, method: str, session: str = "", **parameters: object) -> Any:  # noqa: ANN401  (JSON)
        """One command of the DevTools protocol; its result.

        Raises:
            RuntimeError: the browser cannot do it, or not at this moment.
        """
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(PATIENCE))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]

    def tab(self, address: str = "about:blank") -> "Tab":
        """A new one, in front of the others."""
        found = self.call("Target.createTarget", url=address)
        made = Tab(self, found["targetId"])
        self.call("Target.activateTarget", targetId=found["targetId"])
        return made

    def seated(self, address: str, key: str, role: str, token: str) -> "Tab":
        """This seat's page, in a browser that remembers it."""
        tab = self.tab(f"{address}/_stcore/health")
        tab.until(f"location.href.startsWith({json.dumps(address)})")
        entry = json.dumps([{"key": key, "role": role, "token": token}])
        tab.value(f"localStorage.setItem('rsa-images.seats', {json.dumps(entry)})")
        tab.go(f"{address}/{role}?channel={key}")
        tab.until("document.body.textContent.includes('Leave channel')")
        return tab


class Tab:
    """One tab."""

    def __init__(self, browser: Chromium, target: str) -> None:
        """Of a target that is there."""
        self._browser = browser
        found = browser.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = found["sessionId"]

    def go(self, address: str) -> None:
        """Loads a page."""
        self._browser.call("Page.navigate", self._session, url=address)

    def freeze(self, *, frozen: bool) -> None:
        """Stops all of its timers and tasks, as Chromium does with tabs that nobody looks at."""
        state = "frozen" if frozen else "active"
        self._browser.call("Page.setWebLifecycleState", self._session, state=state)

    def value(self, expression: str) -> Any:  # noqa: ANN401  (JSON)
        """What a piece of JavaScript gives."""
        found = self._browser.call(
            "Runtime.evaluate", self._session, expression=expression, returnByValue=True
        )
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        """Waits until it is true."""
        last = time.monotonic() + PATIENCE
        while time.monotonic() < last:
            with suppress(RuntimeError):  # one page has gone, and the next is not there yet
                if self.value(expression):
                    return
            time.sleep(0.1)
        raise RuntimeError(f"never true: {expression}")
