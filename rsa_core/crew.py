"""Children that share many pieces of work, as encrypting a folder or a large picture is."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

from rsa_core.processes import GRACE, TICK, Child


class PieceError(Exception):
    """A piece of work failed; callers turn this into an error in their own voice."""


class Crew:
    """Children that share pieces of work; used in a `with`, which leaves none running."""

    def __init__(
        self, count: int, make: Callable[..., Any], *setup: object, copied: bool = False
    ) -> None:
        """Starts `count` children as `Child` does; 1 and 0 work in this process."""
        self._make, self._setup = make, setup
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._children: list[Child] = []
        try:
            for _ in range(count if count > 1 else 0):
                self._children.append(Child(make, *setup, quiet=False, copied=copied))
        except BaseException:
            self.__exit__()
            raise

    def results(self, pieces: Sequence[Any]) -> Iterator[tuple[int, Any] | None]:
        """Yields (number, result) in the order of completion, and None several times a second.

        Raises:
            PieceError: a piece raised ValueError, or a child ended.
        """
        yield None
        if not self._children:
            work = self._make(*self._setup)
            for number, piece in enumerate(pieces):
                try:
                    result = work(piece)
                except ValueError as error:
                    raise PieceError from error
                yield number, result
            return
        waiting: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        came: queue.SimpleQueue[tuple[int, Any] | Exception | None] = queue.SimpleQueue()
        for numbered in enumerate(pieces):
            waiting.put(numbered)
        for child in self._children:
            feeder = threading.Thread(target=self._feed, args=(child, waiting, came), daemon=True)
            self._threads.append(feeder)
            feeder.start()
        feeding = len(self._threads)
        while feeding:
            try:
                one = came.get(timeout=TICK)
            except queue.Empty:
                yield None
                continue
            if isinstance(one, Exception):
                raise PieceError from one
            if one is None:
                feeding -= 1
            else:
                yield one

    def stop(self) -> None:
        """Hands out no more pieces and sends SIGTERM; what is finished still comes."""
        if not self._stopped.is_set():
            self._stopped.set()
            for child in self._children:
                child.terminate()

    def _feed(self, child: Child, waiting: Any, came: Any) -> None:  # noqa: ANN401  (see `results`)
        try:
            while not self._stopped.is_set():
                number, piece = waiting.get_nowait()
                came.put((number, child.call(piece)))
        except queue.Empty:
            pass
        except Exception as error:  # raised again in the thread that waits
            if not self._stopped.is_set():  # otherwise SIGTERM met a child that was still starting
                came.put(error)
        came.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        late = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, late - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            for child in self._children:
                child.process.kill()  # then their feeders see the end of the pipes
        for child in self._children:
            child.end()
