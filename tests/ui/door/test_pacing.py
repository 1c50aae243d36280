"""Anyone who sends too much waits; nobody else does."""

import pytest

from tests.loops import run_apart
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


@pytest.fixture
def waits(monkeypatch):
    """Seconds that someone was made to wait, without waiting."""
    noted = []

    async def sleep(seconds):
        noted.append(seconds)

    monkeypatch.setattr(pacing.asyncio, "sleep", sleep)
    return noted


def test_a_class_behind_one_address_does_not_wait(clock, waits):
    """Thirty pages that tick once a second, half of which press something each second."""
    paces = Paces()

    async def minute():
        pupils = [await paces.connect("school") for _ in range(30)]
        for _ in range(60):
            for number, pupil in enumerate(pupils):
                await paces.take("school", pupil)
                if number % 2:
                    await paces.take("school", pupil)
            clock.now += 1

    run_apart(minute())
    assert waits == []


def test_a_flood_waits_and_a_quiet_neighbour_does_not(clock, waits):
    paces = Paces()

    async def story():
        quiet = await paces.connect("school")
        for _ in range(20):
            loud = [await paces.connect("school") for _ in range(5)]
            for one in loud:
                for _ in range(20):
                    await paces.take("school", one)
        flood = len(waits)
        await paces.take("school", quiet)
        return flood, len(waits) - flood

    flood, neighbour = run_apart(story())
    assert flood > 500
    assert neighbour == 0


def test_new_connections_of_one_address_wait_and_anothers_do_not(clock, waits):
    paces = Paces()

    async def story():
        for _ in range(settings.CONNECTIONS_AT_ONCE + 50):
            await paces.connect("stranger")
        await paces.connect("pupil")

    run_apart(story())
    assert len(waits) == 50
    assert waits[-1] == pytest.approx(50 / settings.CONNECTIONS_A_SECOND)


def test_a_debt_ends(clock, waits):
    paces = Paces()

    async def story():
        for _ in range(10_000):
            await paces.connect("stranger")

    run_apart(story())
    assert max(waits) <= settings.CONNECTIONS_AT_ONCE / settings.CONNECTIONS_A_SECOND
