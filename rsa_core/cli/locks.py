"""Locks on files, which end with their process: flock(2) where there is one."""

import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":

    def lock(handle: int) -> None:
        """Takes nothing: Windows neither removes nor replaces what another process has open."""

    def remove_unlocked(path: Path) -> None:
        """Removes a file, unless a process has it open."""
        with suppress(OSError):
            path.unlink()

else:
    import fcntl

    def lock(handle: int) -> None:
        """Waits for the lock of an open file; a disk without locks gives none."""
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)

    def remove_unlocked(path: Path) -> None:
        """Removes a file, unless a process holds its lock."""
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(handle)
