"""One writer at a time: over all threads of this process and all processes of this machine.

SQLite has its own write lock. This one stands in front of it for three reasons. Waiting happens
here, before a connection is taken, so that writers never starve readers. SQLite's waiting is not
fair and starves checkpoints, until the log has grown to gigabytes. And SQLite before 3.51.3 can
corrupt a file when two connections write and reset the log at the same instant
(https://sqlite.org/wal.html#walresetbug); with one writer at a time that instant cannot come.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.database.failures import files_translated
from store.errors import StoreBusy

_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.02  # seconds between two tries for the file lock

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int, *, shared: bool = False) -> bool:
        if shared:
            return True  # Windows itself refuses to replace an open file
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int, *, shared: bool = False) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = _open(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)  # releases the lock, as the end of the process does


def _open(path: Path) -> int:
    with files_translated():
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


class WriterLock:
    """The lock of one database file, held by at most one thread of one process."""

    def __init__(self, path: Path, wait: float) -> None:
        """Takes the lock file's path, and how many seconds to wait before giving up."""
        self._path = path
        self._wait = wait
        self._threads = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def held(self) -> Iterator[float]:
        """Holds the lock inside; gives the seconds of patience that are left.

        Raises:
            StoreBusy: others held it for too long.
            RuntimeError: this thread holds it already; waiting would never end.
        """
        if self._holder == threading.get_ident():
            raise RuntimeError("a write inside a write")
        deadline = time.monotonic() + self._wait
        if not self._threads.acquire(timeout=self._wait):
            raise StoreBusy
        try:
            self._holder = threading.get_ident()
            # Opened each time: a descriptor that a fork shares would share its lock too.
            with _opened(self._path) as descriptor:
                pause = _FIRST_PAUSE
                while not _try_lock(descriptor):
                    if time.monotonic() + pause > deadline:
                        raise StoreBusy
                    time.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
                yield max(0.0, deadline - time.monotonic())
        finally:
            self._holder = None
            self._threads.release()


class Presence:
    """Shows that a process has the store open, so that nobody swaps the file under it."""

    def __init__(self, path: Path) -> None:
        """Takes the lock file's path."""
        self._path = path
        self._descriptor: int | None = None

    def enter(self) -> None:
        """From here on until `leave` or the end of the process.

        Raises:
            StoreBusy: the file is being swapped.
        """
        descriptor = _open(self._path)
        if not _try_lock(descriptor, shared=True):
            os.close(descriptor)
            raise StoreBusy
        self._descriptor = descriptor

    def leave(self) -> None:
        """May be called more than once."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def nobody_else(self) -> Iterator[None]:
        """Keeps everyone else out inside.

        Raises:
            StoreBusy: someone has it open.
        """
        with _opened(self._path) as descriptor:
            if not _try_lock(descriptor):
                raise StoreBusy("the store is in use, stop the app first")
            yield
