"""What is done once, when the server starts."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

# Streamlit imports it with the first component. Altair, in another page's thread, would use what is
# there by then.
import pandas  # type: ignore[import-untyped]  # noqa: F401
from starlette.formparsers import MultiPartParser
from streamlit import config
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from exchange import share_places
from ui.door import draining, runs, sessions, settings
from ui.door.connections import Connections
from ui.door.frames import Frames
from ui.door.journal import keep_logs_brief
from ui.door.settings import MB, Settings

_SPARE = 256  # files for the database, children and libraries
LOOK_EVERY = 1.0  # seconds
SWEEP_EVERY = 5.0


@asynccontextmanager
async def opened(_app: object) -> AsyncIterator[None]:
    """For `st.App(lifespan=…)`: limits of the process, and the tasks that watch."""
    limits = Settings.of_environment()
    keep_logs_brief()
    draining.hear()
    runs.hear_runs_out()
    gc.freeze()  # modules stay for good: the collector need not walk them with every few pages
    _take_pictures_up_to(limits.limits.picture)
    _limit_memory(limits.memory)
    if limits.places:
        share_places(Path(limits.places))
    connections = Connections(
        per_address=limits.connections,
        in_all=_raise_file_limit() - _SPARE,
        proxies=limits.proxies,
    )
    frames = Frames(in_all=settings.UNREAD_BYTES)
    connections.watch(AutoHTTPProtocol)
    frames.watch(WebSocketsSansIOProtocol)
    tasks = [
        asyncio.create_task(
            _again(LOOK_EVERY, connections.look, frames.look, draining.draining.look)
        ),
        asyncio.create_task(_again(SWEEP_EVERY, sessions.sweep)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _again(seconds: float, *works: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        for work in works:
            work()


def _take_pictures_up_to(size: int) -> None:
    """Streamlit's uploaders name this limit, and its server holds to it.

    Starlette spools a part of a form to a file from 1 MB on; it stays in memory instead.
    """
    most = min(size // MB, int(config.get_option("server.maxUploadSize")))
    config.set_option("server.maxUploadSize", most)
    MultiPartParser.spool_max_size = (most + 2) * MB


def _raise_file_limit() -> int:
    """As many files as the system allows; gives how many that is."""
    if sys.platform == "win32":
        return 8192
    import resource  # noqa: PLC0415  (not on Windows)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 1 << 16
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _limit_memory(limit: int) -> None:
    """Lets an allocation fail in Python, before the system ends the whole process."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415

    limit = limit or _three_quarters()
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    with suppress(OSError, ValueError):  # nor does a crash leave pictures and keys on the disk
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _three_quarters() -> int:
    """Three quarters of what this machine, or the container, has."""
    import os  # noqa: PLC0415

    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError), open(name) as file:  # noqa: PTH123
            there = min(there, int(file.read()))
    return there * 3 // 4
