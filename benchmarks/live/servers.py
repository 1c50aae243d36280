"""The app as README starts it, or pinned to a core; a store for it; what processes use."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.measuring import ROOT
from tests.store.servers import Server as PostgreSQL
from tests.store.servers import programs

PEPPER = "0123456789abcdef" * 4


class Program:
    """One server on 127.0.0.1; `core` is the only one that it runs on, None leaves it free."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        *,
        health: str,
        core: int | None = None,
    ) -> None:
        """Returns once it answers; in `command`, PORT stands for its port."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = folder / f"{self.port}.log"
        self.core = core
        words = [word.replace("PORT", str(self.port)) for word in command]
        with self.log.open("w") as log, _only_on(core):
            self._process = subprocess.Popen(  # noqa: S603  (our own commands)
                words,
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._usage = psutil.Process(self._process.pid)
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}{health}", timeout=1).read()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(self.log.read_text())

    def cpu(self) -> float:
        """Seconds of a core, so far."""
        return cpu_of(self._usage)

    def memory(self) -> int:
        """Bytes, resident."""
        return int(self._usage.memory_info().rss)

    def failures(self) -> int:
        """Tracebacks in its log."""
        return self.log.read_text().count("Traceback")

    def stop(self) -> None:
        """As Ctrl+C does."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def app(folder: Path, url: str, core: int | None = None) -> Program:
    """`streamlit run Home.py`."""
    command = [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", "PORT"]
    environment = {"DATABASE_URL": url, "STORE_PEPPER": PEPPER, "TMPDIR": str(folder)}
    return Program(command, folder, environment, health="/_stcore/health", core=core)


@contextmanager
def place(store: str) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL of an empty database of this kind."""
    folder = Path(tempfile.mkdtemp(prefix="live-"))
    try:
        if store == "sqlite":
            yield folder, f"sqlite:///{folder}/channels.db"
            return
        found = programs()
        if found is None:
            raise SystemExit("PostgreSQL is not installed; --store sqlite leaves it out.")
        database = PostgreSQL(found, durable=True)
        try:
            yield folder, database.new_place("live")
        finally:
            database.remove()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(*programs_: Program) -> Iterator[None]:
    """Stops them at the end."""
    try:
        yield
    finally:
        for one in programs_:
            one.stop()


def cpu_of(process: psutil.Process) -> float:
    """Seconds of a core that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def _only_on(core: int | None) -> Iterator[None]:
    """Children that are started inside run on one core; all their threads inherit it."""
    if core is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[core % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
