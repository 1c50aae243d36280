"""The processes and the proxy before them, from the first start to the last page."""

import argparse
import http.client
import itertools
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import FrameType

from rsa_core import cores
from ui.serve import proxies
from ui.serve.keeping import Kept
from ui.serve.proxies import PROXIES, Node
from ui.serve.telling import EVERY_ADDRESS, lan_address, say, say_where, url

ROOT = Path(__file__).parents[2]
CONNECTIONS = "RSA_IMAGES_DATABASE_CONNECTIONS"
ALL_CONNECTIONS = 80  # to PostgreSQL; its server gives 97 as it comes
_CONNECTIONS_OF_ONE = range(4, 30)
_HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
_READY_WITHIN = 120.0  # seconds
_LOOK = 0.1


class Server:
    """The processes and their proxy, until they are told to end."""

    def __init__(self, options: argparse.Namespace, proxy: tuple[str, str], folder: Path) -> None:
        """Starts the processes; `run` starts the proxy."""
        self._options, self._proxy, self._folder = options, proxy, folder
        ports = _free_ports(options.port, options.processes)
        self._nodes = [Node(f"n{number}", port) for number, port in enumerate(ports, start=1)]
        (folder / "places").mkdir()
        environment = {**os.environ, **_environment(options.processes, folder / "places")}
        every = sorted(cores.ALL)
        self._processes = [
            Kept(
                f"Process {number + 1}",
                _command(node.port, every[number % len(every)], options.base_path),
                say=say,
                folder=ROOT,
                environment=environment,
            )
            for number, node in enumerate(self._nodes)
        ]
        self._asked: list[int] = []  # signals, in the order of their coming
        for number in (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM)):
            signal.signal(number, self._ask)

    def run(self) -> int:
        """Serves until a signal comes; gives the exit status."""
        try:
            if not self._ready(self._nodes):
                return 0 if self._asked else 1
            self._processes.append(self._start_proxy())
            if not self._ready([Node("proxy", self._options.port)], self._own_address()):
                return 0 if self._asked else 1
            name = PROXIES[self._proxy[0]].title
            say(f"{len(self._nodes)} processes behind {name}")
            address = lan_address(self._options.address)
            say_where(url(address, self._options.port, self._options.base_path))
            while not self._asked:
                self._look_after(self._processes)
            if self._asked[0] == signal.SIGTERM:
                self._drain()
            return 0
        finally:
            for one in self._processes:
                one.tell(signal.SIGTERM)
            for one in self._processes:
                one.end()

    def _drain(self) -> None:
        """Waits until the last page has closed; nobody new is let in."""
        *processes, proxy = self._processes
        say(f"Ending when the last page has closed, in {self._options.drain:g} s at most")
        for one in processes:
            one.tell(getattr(signal, "SIGUSR1", signal.SIGTERM))
        end = time.monotonic() + self._options.drain
        while any(one.running for one in processes) and time.monotonic() < end:
            if len(self._asked) > 1:  # told again: now
                return
            self._look_after([proxy])

    def _look_after(self, kept: Sequence[Kept]) -> None:
        for one in kept:
            one.look()
        time.sleep(_LOOK)

    def _ready(self, nodes: Sequence[Node], address: str = "127.0.0.1") -> bool:
        """Waits until all answer; False where something ends first, or a signal comes."""
        end = time.monotonic() + _READY_WITHIN
        waiting, base = list(nodes), self._options.base_path
        while waiting and not self._asked:
            for one in self._processes:
                if not one.running:
                    say(f"{one.name} ended while it started; what it said stands above.")
                    return False
            if time.monotonic() > end:
                say(f"It did not start within {_READY_WITHIN:g} s.")
                return False
            waiting = [node for node in waiting if not _answers(address, node.port, base)]
            time.sleep(_LOOK)
        return not self._asked

    def _own_address(self) -> str:
        """Where this machine itself reaches the proxy."""
        address = str(self._options.address)
        return {EVERY_ADDRESS: "127.0.0.1", "::": "::1"}.get(address, address)

    def _start_proxy(self) -> Kept:
        name, program = self._proxy
        config = proxies.write(
            name,
            self._folder,
            self._nodes,
            address=self._options.address,
            port=self._options.port,
            base=self._options.base_path,
        )
        return Kept(
            PROXIES[name].title,
            PROXIES[name].command(program, config),
            say=say,
            folder=self._folder,
            # Caddy writes down what it does; it goes with the folder.
            environment={**os.environ, **dict.fromkeys(_HOMES, str(self._folder))},
        )

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self._asked.append(number)


def is_free(address: str, port: int) -> bool:
    """Whether a proxy can listen there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind((address, port))
        except OSError:
            return False
    return True


def _free_ports(near: int, number: int) -> list[int]:
    """Ports for the processes, always the same where nobody else has them.

    Below 32768: the system gives none of those to a connection while a process starts again.
    """
    first = 10_000 + near % 20_000
    free = (port for port in range(first, 1 << 15) if is_free("127.0.0.1", port))
    return list(itertools.islice(free, number))


def _answers(address: str, port: int, base: str) -> bool:
    with closing(http.client.HTTPConnection(address, port, timeout=5)) as line:
        try:
            line.request("GET", f"{base}/_stcore/health")
            return line.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False


def _command(port: int, core: int, base: str) -> list[str]:
    options = {
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "server.headless": "true",
        "server.baseUrlPath": base.strip("/"),
    }
    named = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "ui.serve.pinned", str(core), "run", "Home.py", *named]


def _environment(processes: int, places: Path) -> dict[str, str]:
    """What each process is told: only the proxy reaches it, and what it has in common with others.

    Streamlit would draw another secret for its cookies in each process.
    """
    text = os.environ.get(CONNECTIONS, "").strip() or str(ALL_CONNECTIONS)
    if text.isdecimal():  # else each process says what is wrong
        least, most = _CONNECTIONS_OF_ONE[0], _CONNECTIONS_OF_ONE[-1]
        text = str(max(least, min(most, int(text) // processes)))
    return {
        "RSA_IMAGES_PROXIES": "127.0.0.1",
        "RSA_IMAGES_PLACES": str(places),
        "STREAMLIT_SERVER_COOKIE_SECRET": secrets.token_hex(32),
        CONNECTIONS: text,
    }
