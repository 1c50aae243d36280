"""Who says too much waits; nobody else does."""

import asyncio
import time

import pytest

from ui.door import pacing, settings
from ui.door.pacing import Credit, Paces


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(pacing, "time", made)
    return made


def test_some_at_once_then_in_step(clock):
    credit = Credit(at_once=3, per_second=2)
    assert [credit.spend() for _ in range(5)] == [0, 0, 0, 0.5, 1.0]
    assert not credit.full
    clock.now += 10
    assert credit.full
    assert [credit.spend() for _ in range(4)] == [0, 0, 0, 0.5]


def test_a_class_behind_one_address_does_not_wait(clock):
    """Thirty pages that tick once a second and press something every other second."""
    paces = Paces()
    pupils = [paces.line() for _ in range(30)]

    async def minute():
        for _ in range(60):
            for number, pupil in enumerate(pupils):
                await paces.take("school", pupil)
                if number % 2:
                    await paces.take("school", pupil)
            clock.now += 1

    start = time.perf_counter()
    asyncio.run(minute())
    assert time.perf_counter() - start < 5  # a wait would be a real one


def test_a_flood_from_many_connections_waits_and_others_do_not(clock, monkeypatch):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr(pacing.asyncio, "sleep", sleep)
    paces = Paces()

    async def flood():
        for _ in range(settings.ADDRESS_AT_ONCE + 100):
            await paces.take("stranger", paces.line())
        loud = max(waits)
        waits.clear()
        await paces.take("pupil", paces.line())
        return loud

    assert asyncio.run(flood()) == pytest.approx(100 / settings.ADDRESS_A_SECOND)
    assert waits == []
