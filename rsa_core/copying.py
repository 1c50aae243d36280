"""A copy of this process that goes on with other work, by fork(2).

It starts at once, with everything that is imported already. It knows all that this process knows,
so it is for our own work, and never for a stranger's file. A fresh interpreter suits everywhere,
and takes a tenth of a second.
"""

import gc
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

_LOOK = 0.002  # seconds between two looks whether a copy has ended


def can_copy() -> bool:
    """Whether this process has one thread: a copy has no other, but all the locks they held.

    Only Linux says so; elsewhere the system's own libraries may not survive a copy either.
    """
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


class Copy:
    """As much of `subprocess.Popen` as a `processes.Child` needs."""

    def __init__(self, work: Callable[[], object]) -> None:
        """Calls `work` in the copy, with pipes for its standard input and output."""
        (read, self_write), (self_read, write) = os.pipe(), os.pipe()
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()  # or both would write what waits there
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            _be_the_copy(read, write, work)
        os.close(read)
        os.close(write)
        self.stdin, self.stdout = os.fdopen(self_write, "wb"), os.fdopen(self_read, "rb")

    def terminate(self) -> None:
        """Sends SIGTERM, unless it is gone."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Sends SIGKILL, unless it is gone."""
        self._send(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, as soon as it is gone (subprocess.TimeoutExpired: after `timeout`)."""
        late = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
            elif late is not None and time.monotonic() >= late:
                raise subprocess.TimeoutExpired("a copy of this process", timeout or 0)
            else:
                time.sleep(_LOOK)
        return self.returncode

    def _send(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _be_the_copy(read: int, write: int, work: Callable[[], object]) -> NoReturn:
    status = 1
    try:
        gc.freeze()  # the collector would touch, and so copy, every page
        os.dup2(read, 0)
        os.dup2(write, 1)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # others wait for the end of these files
        sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False))  # noqa: SIM115
        sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False))  # noqa: SIM115
        work()
        status = 0
    finally:
        os._exit(status)
