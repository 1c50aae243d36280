"""How fast somebody may speak: who says more than people do is heard later, not refused.

Each run of a page takes some ten milliseconds of the one core that Python has. A page ticks once
a second and a person presses a few times; a class behind one address does that thirty times.
"""

import asyncio
import time

from ui.door import settings


class Credit:
    """So many messages at once, so many a second in the long run."""

    def __init__(self, at_once: float, per_second: float) -> None:
        """Starts full."""
        self._most, self._rate = at_once, per_second
        self._left, self._at = at_once, time.monotonic()

    def spend(self) -> float:
        """Takes one; gives the seconds to wait before it is there."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._rate) - 1
        self._at = now
        return max(0.0, -self._left / self._rate)

    @property
    def full(self) -> bool:
        """Whether nothing is owed: then a new one is as good."""
        return self._left + (time.monotonic() - self._at) * self._rate >= self._most


class Paces:
    """The credit of every address that has spoken lately."""

    def __init__(self) -> None:
        """Knows nobody yet."""
        self._of: dict[str, Credit] = {}

    def line(self) -> Credit:
        """The credit of one new connection."""
        return Credit(settings.MESSAGES_AT_ONCE, settings.MESSAGES_A_SECOND)

    async def take(self, address: str, line: Credit) -> None:
        """Waits until both the connection and its address may say something."""
        if address not in self._of:
            for name in [name for name, credit in self._of.items() if credit.full]:
                del self._of[name]
            self._of[address] = Credit(settings.ADDRESS_AT_ONCE, settings.ADDRESS_A_SECOND)
        wait = max(line.spend(), self._of[address].spend())
        if wait:
            await asyncio.sleep(wait)
