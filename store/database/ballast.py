"""Ballast: a file that reserves room on the disk, deleted when the disk is full.

On a full disk SQLite in WAL mode can neither delete nor checkpoint, and a process that starts
cannot even read. With a few megabytes given back it can, and a purge then frees room for good.
Overwriting what is deleted takes as much room in the log: the ballast is as large as the database,
in powers of two, from 1 MB up to a limit.
"""

import os
import shutil
from pathlib import Path

_SMALLEST = 1024 * 1024


class Ballast:
    """The file beside one database."""

    def __init__(self, path: Path, limit: int) -> None:
        """Takes the file's path, and its largest size in bytes; 0 means that there is none."""
        self._path = path
        self._limit = limit

    def keep(self, database_bytes: int, free_after: int) -> None:
        """Brings the file to its size, unless less than `free_after` bytes would stay free."""
        wanted = min(self._limit, max(_SMALLEST, 1 << (database_bytes - 1).bit_length()))
        missing = wanted - (self._path.stat().st_size if self._path.exists() else 0)
        if missing <= 0 or shutil.disk_usage(self._path.parent).free - missing < free_after:
            return
        descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, wanted)
            else:
                os.write(descriptor, bytes(wanted))
        except OSError:
            self._path.unlink(missing_ok=True)  # another program took the room meanwhile
        finally:
            os.close(descriptor)

    def drop(self) -> None:
        """Gives the room back."""
        self._path.unlink(missing_ok=True)
