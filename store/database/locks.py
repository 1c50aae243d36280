"""One writer at a time: over all threads of this process and all processes of this machine.

SQLite has a write lock of its own. This one stands in front of it for three reasons. Waiting
happens here, before a connection is taken, so that writers never starve readers. SQLite's waiting
is not fair and starves checkpoints, until the log has grown to gigabytes. And SQLite before
3.51.3 can corrupt a file when two connections write and reset the log at the same instant
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

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _try_share(_descriptor: int) -> bool:
        return True  # Windows refuses to replace an open file by itself
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _try_share(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


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
            # Opened anew each time: a descriptor that a fork shares would share its lock too.
            descriptor = _open(self._path)
            try:
                self._lock_file(descriptor, deadline)
                yield max(0.0, deadline - time.monotonic())
            finally:
                os.close(descriptor)  # releases it, as the end of the process does
        finally:
            self._holder = None
            self._threads.release()

    @staticmethod
    def _lock_file(descriptor: int, deadline: float) -> None:
        pause = _FIRST_PAUSE
        while not _try_lock(descriptor):
            if time.monotonic() + pause > deadline:
                raise StoreBusy
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


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
        if not _try_share(descriptor):
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
        """Keeps everybody out inside.

        Raises:
            StoreBusy: somebody is there.
        """
        descriptor = _open(self._path)
        try:
            if not _try_lock(descriptor):
                raise StoreBusy("the store is in use, stop the app first")
            yield
        finally:
            os.close(descriptor)
