"""Ballast: a file that holds some room on the disk, to be thrown overboard when the disk is full.

On a full disk SQLite in WAL mode can neither delete nor checkpoint, and a process that starts
cannot even read. With a few megabytes given back it can do all of that, and what a purge deletes
then gives room for good.
"""

import os
import shutil
from pathlib import Path


class Ballast:
    """The file beside one database."""

    def __init__(self, path: Path, size: int) -> None:
        """Takes the file's path, and its size in bytes; 0 means that there is to be none."""
        self._path = path
        self._size = size

    def keep(self, free_after: int) -> None:
        """Makes the file unless it is there, or less than `free_after` bytes would stay free."""
        if self._size == 0 or self._path.exists():
            return
        if shutil.disk_usage(self._path.parent).free - self._size < free_after:
            return
        descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, self._size)
            else:
                os.write(descriptor, bytes(self._size))
        except OSError:
            self._path.unlink(missing_ok=True)  # somebody else took the room meanwhile
        finally:
            os.close(descriptor)

    def drop(self) -> bool:
        """Gives the room back; False when there was none to give."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True
