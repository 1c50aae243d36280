"""Many pages for many minutes, a picture every three seconds: does the server's memory grow?"""

import asyncio
import math
import time

from benchmarks.live.measure import EVERY, Crowd, crowded, percentile
from benchmarks.live.room import Room
from benchmarks.reports import Row

GROWTH = 50.0  # MB, at most
_WARM = 20  # pictures before the first look: by then lists are as long as a page shows them


async def soaked(minutes: float, pages: int) -> list[Row]:
    """One process as README starts it, on SQLite, news by push."""
    async with crowded("sqlite", 0, pages) as (crowd, _memory):
        await crowd.switch("push")
        warm = min(_WARM * EVERY, 60 * minutes)
        await crowd.all_seen(await _pictures(crowd, time.monotonic() + warm))
        before = crowd.memory()
        sent = await _pictures(crowd, time.monotonic() + 60 * minutes)
        await crowd.all_seen(sent)
        grown = (crowd.memory() - before) / 2**20
        waits = crowd.waits(sent)
        missed = sum(wait == math.inf for wait in waits) + crowd.faults()
    return [
        {
            "minutes": minutes,
            "pages": pages,
            "pictures": len(sent),
            "p50, s": percentile(waits, 50),
            "p95, s": percentile(waits, 95),
            "missed": missed,
            "memory before, MB": before / 2**20,
            "growth, MB": grown,
            "promise": f"under {GROWTH:g} MB, none missed",
            "kept": grown < GROWTH and not missed,
        }
    ]


async def _pictures(crowd: Crowd, until: float) -> list[tuple[Room, int]]:
    sent = []
    while time.monotonic() < until:
        next_at = time.monotonic() + EVERY
        sent.append(await crowd.send())
        await asyncio.sleep(max(0.0, next_at - time.monotonic()))
    return sent
