"""A page that lost its line ticks each second at once, whatever the server has noticed."""

from benchmarks.live.measure import crowded
from tests.loops import run_apart


async def story() -> list[set[float]]:
    async with crowded("sqlite", 0, 12) as (crowd, _memory):
        paces = []
        for mode in ("push", "ticks", "push"):
            await crowd.switch(mode)
            paces.append({page.interval for _, page in crowd.pages})
        assert crowd.faults() == 0
    return paces


def test_beside_an_open_line_pages_hardly_tick_and_without_it_each_second():
    assert run_apart(story()) == [{15.0}, {1.0}, {15.0}]
