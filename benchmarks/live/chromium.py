"""A Chromium whose tabs are really hidden when another is in front; over its DevTools socket.

Playwright keeps every page visible, so that its timers are never held back.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from websockets.sync.client import connect

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
PATIENCE = 30.0  # seconds
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


class Chromium:
    """One browser, for a `with`."""

    def __init__(self) -> None:
        """Starts it with an empty profile."""
        self._profile = Path(tempfile.mkdtemp(prefix="chromium-"))
        self._process = subprocess.Popen(  # noqa: S603  (our own command)
            [
                CHROMIUM, "--headless=new", "--remote-debugging-port=0",
                f"--user-data-dir={self._profile}", *_FLAGS, "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        said = self._profile / "DevToolsActivePort"
        until = time.monotonic() + PATIENCE
        while not said.exists() or said.read_text().count("\n") < 1:
            if time.monotonic() > until:
                raise RuntimeError("Chromium does not start")
            time.sleep(0.05)
        port, path = said.read_text().split("\n")[:2]
        self._socket = connect(f"ws://127.0.0.1:{port}{path}", max_size=None)
        self._number = 0

    def __enter__(self) -> "Chromium":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(PATIENCE)
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, session: str = "", **parameters: object) -> Any:  # noqa: ANN401  (JSON)
        """One command of the DevTools protocol; its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(PATIENCE))
            if answer.get("id") == self._number:
                return answer["result"]

    def tab(self, address: str = "about:blank") -> "Tab":
        """A new one, in front of the others."""
        found = self.call("Target.createTarget", url=address)
        made = Tab(self, found["targetId"])
        self.call("Target.activateTarget", targetId=found["targetId"])
        return made


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

    def value(self, expression: str) -> Any:  # noqa: ANN401  (JSON)
        """What a piece of JavaScript gives."""
        found = self._browser.call(
            "Runtime.evaluate", self._session, expression=expression, returnByValue=True
        )
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        """Waits until it is true."""
        last = time.monotonic() + PATIENCE
        while not self.value(expression):
            if time.monotonic() > last:
                raise RuntimeError(f"never true: {expression}")
            time.sleep(0.1)
