"""The processor cores that we may use, and a process that keeps to one of them.

A Python process that draws pages runs best on one core. Its children inherit that, and its attacks
want all the others: they go back to what this process had when this module was imported.
"""

import os
from contextlib import suppress
from pathlib import Path


def _may_use() -> frozenset[int]:
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


ALL = _may_use()  # before anything keeps to a part of them


def keep_to(core: int) -> None:
    """All threads of this process, and those that it starts later, run on this core alone.

    Where the system knows no such thing, or has no such core, nothing changes.
    """
    for thread in _threads():
        _bind(thread, frozenset({core}))


def use_all() -> None:
    """This thread, and what it starts, runs on any core again."""
    _bind(0, ALL)


def _threads() -> list[int]:
    try:
        return [int(entry.name) for entry in Path("/proc/self/task").iterdir()]
    except OSError:
        return [0]


def _bind(thread: int, cores: frozenset[int]) -> None:
    with suppress(OSError, AttributeError):
        os.sched_setaffinity(thread, cores)
