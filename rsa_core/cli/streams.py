"""Files that are hashed while they are read and written, and that stop when asked to.

They have as much of a file as `envelopes.streaming` uses: `read`, or `write`.
"""

import hashlib
from collections.abc import Callable
from typing import BinaryIO

from rsa_core import CancelledError
from rsa_core.cli.files import write_all
from rsa_core.kinds import HEAD

Stop = Callable[[], bool]

_PIECE = 1 << 20


class Reader:
    """Hashes what is read, and looks between pieces whether to stop."""

    def __init__(self, file: BinaryIO, stop: Stop) -> None:
        self._file, self._stop = file, stop
        self.sha256 = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes (CancelledError: it is time to stop)."""
        if self._stop():
            raise CancelledError
        piece = self._file.read(size)
        self.sha256.update(piece)
        self.size += len(piece)
        return piece


class Writer:
    """Hashes what is written, keeps its first bytes, and looks whether to stop."""

    def __init__(self, file: BinaryIO, stop: Stop) -> None:
        self._file, self._stop = file, stop
        self.sha256 = hashlib.sha256()
        self.head = b""

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        """Writes all of the bytes; raises as `Reader.read` does."""
        if self._stop():
            raise CancelledError
        if len(self.head) < HEAD:
            self.head += bytes(data[:HEAD])
        self.sha256.update(data)
        write_all(self._file, data)
        return len(data)


def sha256_of(file: BinaryIO, stop: Stop) -> str:
    """SHA-256 of what is left of a file, hexadecimal."""
    reader = Reader(file, stop)
    while reader.read(_PIECE):
        pass
    return reader.sha256.hexdigest()
