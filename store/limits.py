"""How much a store may take: patience, bytes, disk."""

from collections.abc import Callable
from dataclasses import dataclass

from store.errors import QuotaReached, StoreFull

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator may set.

    Attributes:
        wait: seconds that a writer waits for the others before `StoreBusy`.
        max_bytes: length of all envelopes and findings together, over all channels.
        reserve: bytes that must stay free on the disk of a SQLite file.
        ballast: largest number of bytes kept back to get out of a full disk, more than the
            largest picture has; 0 for none.
        connections: to a PostgreSQL server, that of the listener included; 4 or more.
    """

    wait: float = 10.0
    max_bytes: int = 10 * 1024 * MIB
    reserve: int = 200 * MIB
    ballast: int = 64 * MIB
    connections: int = 29


DEFAULT_LIMITS = Limits()


class Room:
    """Refuses a picture early, with a clear answer, while there is still room to work in."""

    def __init__(self, limits: Limits, free_bytes: Callable[[], int | None]) -> None:
        """Takes what gives the free bytes of the disk; None where only the server knows."""
        self._limits = limits
        self._free_bytes = free_bytes

    def require(self, size: int, used: int) -> None:
        """Asks for room for `size` more bytes beside the `used` ones.

        Raises:
            QuotaReached, StoreFull: the quota or the disk lacks that much.
        """
        if used + size > self._limits.max_bytes:
            raise QuotaReached(self._limits.max_bytes)
        free = self._free_bytes()
        # A picture is written to the log, then to the file, and the log may be as long again.
        if free is not None and free < 3 * size + self._limits.reserve:
            raise StoreFull("the disk is nearly full")
