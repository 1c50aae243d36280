"""How many messages a second are taken: more than people send are delayed, not refused.

Each run of a page takes some ten milliseconds of the one core that Python has. A page ticks once
a second and a person presses a few times; a class behind one address does that thirty times.
"""

import asyncio
import time

from ui.door import settings


class Credit:
    """A number of messages at once, and a number a second in the long run."""

    def __init__(self, at_once: float, per_second: float) -> None:
        """Starts full."""
        self._most, self._rate = at_once, per_second
        self._left, self._at = at_once, time.monotonic()

    def spend(self, count: int = 1) -> float:
        """Takes some; gives the seconds to wait before they are there."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._rate) - count
        self._left = max(self._left, -self._most)  # a debt is forgiven in bounded time
        self._at = now
        return max(0.0, -self._left / self._rate)

    @property
    def full(self) -> bool:
        """Whether nothing is owed: then a new one is as good."""
        return self._left + (time.monotonic() - self._at) * self._rate >= self._most


class Speaker:
    """One connection: its usual credit, and a small one for when its address sends too much."""

    def __init__(self) -> None:
        """Starts full."""
        self.usual = Credit(settings.MESSAGES_AT_ONCE, settings.MESSAGES_A_SECOND)
        self.sparing = Credit(settings.SPARING_AT_ONCE, settings.SPARING_A_SECOND)


class _Address:
    """What all connections of one address have together."""

    def __init__(self) -> None:
        self.messages = Credit(settings.ADDRESS_AT_ONCE, settings.ADDRESS_A_SECOND)
        self.connections = Credit(settings.CONNECTIONS_AT_ONCE, settings.CONNECTIONS_A_SECOND)


class Paces:
    """Every address that has sent something lately."""

    def __init__(self) -> None:
        """Empty at first."""
        self._of: dict[str, _Address] = {}

    async def connect(self, address: str) -> Speaker:
        """Waits until the address may open one more connection."""
        await _wait(self._address(address).connections.spend())
        return Speaker()

    async def take(self, address: str, speaker: Speaker) -> None:
        """Waits until the connection may send one more message.

        When an address sends too much, only its busy connections wait: a pupil whose page ticks
        once a second is answered at once, whatever a neighbour behind the same address does.
        """
        crowded = self._address(address).messages.spend() > 0
        usual, sparing = speaker.usual.spend(), speaker.sparing.spend()
        await _wait(max(usual, sparing) if crowded else usual)

    def _address(self, address: str) -> _Address:
        if address not in self._of:
            for name, known in list(self._of.items()):
                if known.messages.full and known.connections.full:
                    del self._of[name]
            self._of[address] = _Address()
        return self._of[address]


async def _wait(seconds: float) -> None:
    if seconds:
        await asyncio.sleep(seconds)
