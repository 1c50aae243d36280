"""How long the application takes to start, and how much memory it needs, against a hello-world app.

    python -m benchmarks.start            a minute; exit status 1 when a promise is missed
    python -m benchmarks.start --starts 1 --json FILE --markdown docs/performance.md

Both are started by `streamlit run` in turn, each time with a new database. The first page is usable
when a session, which speaks Streamlit's protocol without a browser, has got the page's HTML and a
button of it; what the browser then draws is Streamlit's own work for both. Most of what ours takes
longer is the import of NumPy and SQLAlchemy.
"""

import argparse
import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.measuring import ROOT, Line, printed, rows, seconds
from benchmarks.reports import arguments_of, told
from tests.raw_page import RawPage

HELLO = """
import streamlit as st

st.title("Hello")
st.button("Press")
"""
_IMPORT = """
import importlib, sys, time
begun = time.perf_counter()
for name in sys.argv[1:]:
    importlib.import_module(name)
print(time.perf_counter() - begun)
"""
_OPTIONS = {
    "server.headless": "true",
    "server.address": "127.0.0.1",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
}
_PATIENCE = 120.0  # seconds for a start


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds to the first usable page and for one more page; bytes then in memory."""

    first: float
    next: float
    memory: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures everything; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--starts", type=int, default=7, help="of each application")
    options = arguments_of(parser, arguments, lambda _: "start")
    starts = [(started(ROOT / "Home.py"), _hello()) for _ in range(options.starts)]
    imports = {
        name: statistics.median(printed(_IMPORT, name) for _ in range(options.starts))
        for name in ("ui.lobby", "streamlit")
    }
    ours, hello = (
        Start(*(statistics.median(column) for column in zip(*map(_values, some), strict=True)))
        for some in zip(*starts, strict=True)
    )
    lines = [
        _compared("start to the first usable page", ours.first, hello.first, most=4.0),
        _compared("one more page", ours.next, hello.next),
        _compared("importing what the first page needs", imports["ui.lobby"], imports["streamlit"]),
        Line(
            "memory after two pages",
            f"{ours.memory / 2**20:.0f} MB",
            f"hello world: {hello.memory / 2**20:.0f} MB",
            hello.memory / ours.memory,
            "at most 150 MB more",
            ours.memory - hello.memory <= 150 << 20,
        ),
    ]
    return told(options, rows(lines))


def started(script: Path) -> Start:
    """Starts an application, opens two pages of it, and ends it."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        options = {**_OPTIONS, "server.port": str(port)}
        words = [f"--{name}={value}" for name, value in options.items()]
        begun = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  (our own commands)
            [sys.executable, "-m", "streamlit", "run", script.name, *words],
            cwd=script.parent,
            env=os.environ | {"DATABASE_URL": f"sqlite:///{folder}/channels.db"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/", process)
            asyncio.run(_page(port))
            first = time.perf_counter() - begun
            begun = time.perf_counter()
            asyncio.run(_page(port))
            return Start(first, time.perf_counter() - begun, _memory(process.pid))
        finally:
            process.kill()
            process.wait()


def _hello() -> Start:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "hello.py")
        script.write_text(HELLO)
        return started(script)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
            answer.read()
            return
        time.sleep(0.01)
    raise RuntimeError("the application does not start")


async def _page(port: int) -> None:
    async with RawPage(port) as page:
        await page.run()
        if not any(kind == "button" for kind, _ in page.ids):
            raise RuntimeError("the page has no button")


def _memory(pid: int) -> int:
    process = psutil.Process(pid)
    used = 0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            used += one.memory_info().rss
    return used


def _values(start: Start) -> tuple[float, float, float]:
    return start.first, start.next, start.memory


def _compared(what: str, ours: float, hello: float, *, most: float | None = None) -> Line:
    """A line about two times; `most` is how many times as long as the other ours may take."""
    return Line(
        what,
        seconds(ours),
        f"hello world: {seconds(hello)}",
        hello / ours,
        "" if most is None else f"at most {most:g} times as long",
        None if most is None else ours <= most * hello,
    )


if __name__ == "__main__":
    sys.exit(main())
