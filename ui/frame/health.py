"""The health route, `/health`: whether this process can serve, for proxies and for people.

It answers 200 when the store answers, 503 otherwise; Streamlit's own `/_stcore/health` says only
that the process is there. Anybody may ask, so the store is asked once a second at most.
"""

import asyncio
import time

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exchange import ExchangeError
from ui.frame.service import exchange_of_process

PATIENCE = 3.0  # seconds that the store has to answer
GOOD_FOR = 1.0


class _Health:
    """What the store said last; only the server's own thread touches it."""

    def __init__(self) -> None:
        self._asking: asyncio.Task[bool] | None = None
        self._asked = -GOOD_FOR

    async def good(self) -> bool:
        """Whether it answers; all who ask at the same time share one answer."""
        if self._asking is None or (
            self._asking.done() and time.monotonic() - self._asked > GOOD_FOR
        ):
            self._asked = time.monotonic()
            self._asking = asyncio.create_task(asyncio.to_thread(_answers))
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking), PATIENCE)
        except TimeoutError:
            return False


def _answers() -> bool:
    try:
        exchange_of_process().answers()
    except ExchangeError:
        return False
    return True


def route() -> Route:
    """For `st.App`."""
    health = _Health()

    async def answer(_request: Request) -> Response:
        if await health.good():
            return PlainTextResponse("ok\n")
        return PlainTextResponse("the store does not answer\n", 503)

    return Route("/health", answer)
