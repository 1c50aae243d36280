"""Places for heavy work that all processes of one machine share: locked files in a folder.

A lock goes with its process, however that ends. Each taken file names the shares that it counts
for, as hashes, so that one channel or one address cannot have all places over several processes.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where one process serves
    fcntl = None  # type: ignore[assignment]

_HASH = 16  # bytes


class Places:
    """So many places; threads may share it."""

    def __init__(self, folder: Path, number: int) -> None:
        """All who share the folder give the same number."""
        self._folder, self._number = folder, number

    def take(self, asking: Sequence[Iterable[str]], most: int) -> tuple[int, int] | None:
        """A place for the first of those who ask that may have one; None while there is none.

        Each is given by the shares that it counts for; a share that has `most` places already, in
        whatever process, gets no more.

        Returns:
            The number of the one that got it, and the place, to be given to `leave`.
        """
        with self._alone():
            free, held = self._look()
            if free is None:
                return None
            for number, shares in enumerate(asking):
                wanted = [_hash(share) for share in shares]
                if all(held[share] < most for share in wanted):
                    os.ftruncate(free, 0)
                    os.pwrite(free, b"".join(wanted), 0)
                    return number, free
            os.close(free)
            return None

    def leave(self, place: int) -> None:
        """Gives a place back."""
        with suppress(OSError):
            os.ftruncate(place, 0)
        os.close(place)

    def _look(self) -> tuple[int | None, Counter[bytes]]:
        """A free place, locked, and how many places each share has."""
        free, held = None, Counter[bytes]()
        for number in range(self._number):
            place = self._open(str(number))
            if not _lock(place, wait=False):
                shares = os.pread(place, 1024, 0)
                held.update(shares[at : at + _HASH] for at in range(0, len(shares), _HASH))
            elif free is None:
                free = place
                continue
            os.close(place)
        return free, held

    @contextmanager
    def _alone(self) -> Iterator[None]:
        gate = self._open("gate")
        try:
            _lock(gate, wait=True)
            yield
        finally:
            os.close(gate)

    def _open(self, name: str) -> int:
        return os.open(self._folder / name, os.O_CREAT | os.O_RDWR, 0o600)


def _hash(share: str) -> bytes:
    return hashlib.sha256(share.encode()).digest()[:_HASH]


def _lock(file: int, *, wait: bool) -> bool:
    """Whether it is ours now."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
