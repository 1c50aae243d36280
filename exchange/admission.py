"""How often somebody may try: channel keys and new channels, counted in the store.

Fifty random bits keep guessers out; the buckets only keep them quiet. Tokens are taken before a
key is looked up and come back when it was right, so only wrong keys cost anything. A session or
an address that has used its tokens waits some seconds for the next one. When everybody together
tries too much, nobody is refused, but every try takes two seconds longer: a limit that locks
people out would be a lever for whoever wants them out.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import store
from exchange.errors import TooManyTries
from rsa_core.turns import Visitor

SLOW_DOWN = 2.0  # seconds

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _Bucket:
    """One limit: `capacity` at once, `per_second` in the long run."""

    name: str
    capacity: float
    per_second: float

    def take(self, unit: store.Unit, now: datetime) -> bool:
        return unit.buckets.take(
            self.name, capacity=self.capacity, per_second=self.per_second, now=now
        )

    def refund(self, unit: store.Unit) -> None:
        unit.buckets.refund(self.name, capacity=self.capacity)


class Admission:
    """The limits of one store."""

    def __init__(self, backend: store.Store, sleep: Sleep = time.sleep) -> None:
        self._store = backend
        self._sleep = sleep

    def before_key(self, unit: store.Unit, visitor: Visitor, now: datetime) -> bool:
        """Pays for one try at a channel key.

        Returns:
            Whether the try has to be slowed down; do that outside the transaction.

        Raises:
            TooManyTries: this session or this address has to wait. Nothing was looked up.
        """
        self._pay(unit, self._own("key", visitor, session=(5, 1 / 15), address=(30, 0.5)), now)
        return not _EVERYBODYS_KEYS.take(unit, now)

    def after_right_key(self, unit: store.Unit, visitor: Visitor) -> None:
        """Gives back what a right key had cost."""
        for bucket in self._own("key", visitor, session=(5, 1 / 15), address=(30, 0.5)):
            bucket.refund(unit)
        _EVERYBODYS_KEYS.refund(unit)

    def before_channel(self, unit: store.Unit, visitor: Visitor, now: datetime) -> bool:
        """Pays for one new channel; returns and raises like `before_key`."""
        self._pay(unit, self._own("channel", visitor, address=(20, 20 / 3600)), now)
        return not _EVERYBODYS_CHANNELS.take(unit, now)

    def slow_down(self) -> None:
        """Makes one try take longer."""
        self._sleep(SLOW_DOWN)

    def _own(self, what: str, visitor: Visitor, **limits: tuple[float, float]) -> list[_Bucket]:
        """The buckets of this session and address; their names tell nothing without the pepper."""
        return [
            _Bucket(self._store.pseudonym(f"{what} {who}", value), *limits[who])
            for who in limits
            if (value := getattr(visitor, who))
        ]

    def _pay(self, unit: store.Unit, buckets: list[_Bucket], now: datetime) -> None:
        if not all(bucket.take(unit, now) for bucket in buckets):
            raise TooManyTries


_EVERYBODYS_KEYS = _Bucket("everybody's keys", 120, 2)
_EVERYBODYS_CHANNELS = _Bucket("everybody's channels", 100, 100 / 3600)
