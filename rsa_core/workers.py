"""Long work spread over processes, with progress and a way to stop it.

A child is one of `children`, and calls `serve`:

    to the child      setup, then one piece after the other, each a frame
    from the child    for each piece: 1 and a frame with the result, or 0 when the piece failed

A JOB is "module:function"; the function takes the setup and gives the function that turns a
piece into its result.
"""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import IO

from rsa_core import children
from rsa_core.children import Child
from rsa_core.errors import CancelledError

Progress = Callable[[float], None]
Cancelled = Callable[[], bool]
Work = Callable[[bytes], bytes]

_TICK = 0.1  # seconds between two looks at progress and cancellation
_JOBS = "rsa_core.schemes."
_START = "import sys; from rsa_core.workers import serve; serve(sys.argv[1])"


class PieceError(Exception):
    """A piece failed; schemes turn this into an error of their own voice."""


def run(
    job: str,
    setup: bytes,
    pieces: Sequence[bytes],
    *,
    processes: int | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> list[bytes]:
    """Does the job for every piece, and gives the results in the pieces' order.

    Args:
        job: "module:function" below `rsa_core.schemes`.
        setup: what every worker needs, such as a key.
        pieces: independent parts of the work; more of them make smoother progress.
        processes: how many at once; 1 works in this process; None takes one for each core.
        progress: called in this thread with the part done, 0 to 1, the last time with 1.
        cancelled: asked in this thread several times a second.

    Raises:
        CancelledError: `cancelled` said so; nothing keeps running.
        PieceError: a piece failed; nothing keeps running.
    """
    count = min(processes or os.cpu_count() or 1, len(pieces))
    report = progress or (lambda _: None)
    stop = cancelled or (lambda: False)
    if count > 1:
        return _run_in_children(job, setup, pieces, count=count, report=report, stop=stop)
    work = _resolve(job)(setup)
    results = []
    for number, piece in enumerate(pieces):
        if stop():
            raise CancelledError
        try:
            results.append(work(piece))
        except ValueError:
            raise PieceError from None
        report((number + 1) / len(pieces))
    return results


def _run_in_children(
    job: str,
    setup: bytes,
    pieces: Sequence[bytes],
    *,
    count: int,
    report: Progress,
    stop: Cancelled,
) -> list[bytes]:
    results: dict[int, bytes] = {}
    failed = threading.Event()
    waiting = iter(range(len(pieces)))
    lock = threading.Lock()

    def feed(child: Child) -> None:
        try:
            to_child, from_child = children.pipes(child)
            children.write_frame(to_child, setup)
            while True:
                with lock:
                    number = next(waiting, None)
                if number is None:
                    return
                children.write_frame(to_child, pieces[number])
                results[number] = _read_result(from_child)
        except (OSError, PieceError):
            failed.set()

    started: list[Child] = []
    threads: list[threading.Thread] = []
    try:
        for _ in range(count):
            started.append(children.start(_START, job))
            threads.append(threading.Thread(target=feed, args=(started[-1],), daemon=True))
            threads[-1].start()
        while any(thread.is_alive() for thread in threads):
            for thread in threads:
                thread.join(_TICK / count)
            if failed.is_set():
                break
            if stop():
                raise CancelledError
            if len(results) < len(pieces):
                report(len(results) / len(pieces))
    finally:
        # Whatever happened: a child may be in the middle of a piece, and its feeder waits for it.
        for child in started:
            child.kill()
        for thread in threads:
            thread.join()
        for child in started:
            children.end(child)
    if failed.is_set():
        raise PieceError
    report(1)
    return [results[number] for number in range(len(pieces))]


def _read_result(source: IO[bytes]) -> bytes:
    if source.read(1) == b"\1" and (result := children.read_frame(source)) is not None:
        return bytes(result)
    raise PieceError


def _resolve(job: str) -> Callable[[bytes], Work]:
    module, _, name = job.partition(":")
    if not module.startswith(_JOBS):
        raise ValueError(f"a job is a function below {_JOBS}")
    made: Callable[[bytes], Work] = getattr(importlib.import_module(module), name)
    return made


def serve(job: str) -> None:
    """The child's whole life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends us
    source, out = sys.stdin.buffer, sys.stdout.buffer
    setup = children.read_frame(source)
    if setup is None:
        return
    work = _resolve(job)(bytes(setup))
    while (piece := children.read_frame(source)) is not None:
        try:
            result = work(bytes(piece))
        except ValueError:
            out.write(b"\0")
            out.flush()
        else:
            out.write(b"\1")
            children.write_frame(out, result)
