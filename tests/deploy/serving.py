"""`python -m ui.serve` as a server that tests can open in browsers."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil

from tests.browser.conftest import ROOT, Server, Visitor

PEPPER = "pepper" * 8
COOKIE = "rsa_images_node"
PATIENCE = 60  # seconds


class Served(Server):
    """Two processes behind a proxy, on a database of their own or another's."""

    def __init__(self, folder: Path, proxy: str, database_url: str = "", *options: str) -> None:
        self.proxy, self.options = proxy, options
        self.base = next((o.partition("=")[2] for o in options if o.startswith("--base")), "")
        super().__init__(folder, database_url)

    def start(self) -> None:
        command = [sys.executable, "-m", "ui.serve", "--proxy", self.proxy, "--processes", "2"]
        place = ["--address", "127.0.0.1", "--port", str(self.port)]
        environment = {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "STORE_PEPPER": PEPPER,
            "TMPDIR": str(self.temp),
        }
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*command, *place, *self.options],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_for(lambda: "Open http" in self.log.read_text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    def processes(self) -> list[psutil.Process]:
        """Those of the application, in the proxy's order."""
        return sorted(
            (one for one in self._children() if "ui.serve.pinned" in _command(one)),
            key=lambda one: _command(one)[4],
        )

    def the_proxy(self) -> psutil.Process:
        """As soon as it runs."""

        def found():
            children = self._children()
            return [one for one in children if self.proxy in " ".join(_command(one)[:1])]

        return wait_for(found)[0]

    def pages(self) -> list[int]:
        """How many connections each process has now."""
        return [
            sum(one.status == psutil.CONN_ESTABLISHED for one in process.net_connections("tcp4"))
            for process in self.processes()
        ]

    def well(self) -> bool:
        with suppress(OSError):
            return urllib.request.urlopen(f"{self.url}{self.base}/health").status == 200  # noqa: S310
        return False

    def ask_to_end(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()

    def _children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()


def on(visitor: Visitor, node: str) -> Visitor:
    """Leads this browser to a process; HAProxy's and nginx's cookie holds its name."""
    place = {"name": COOKIE, "value": node, "url": visitor.server.url}
    visitor.page.context.add_cookies([place])
    return visitor


def node_of(visitor: Visitor) -> str:
    """Where the proxy leads this browser."""
    found = (one["value"] for one in visitor.page.context.cookies() if one["name"] == COOKIE)
    return next(found, "")


def wait_for(what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
    return found


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
