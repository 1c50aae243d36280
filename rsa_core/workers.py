"""Long work spread over processes, with progress and a way to stop it.

Why not `multiprocessing`: a spawned child runs the parent's `__main__` again, which under
Streamlit is a page, and forking a process that has threads can hang. So a child here is
a fresh interpreter that imports this package and calls `serve`, nothing else:

    to the child      setup, then one piece after the other, each as length u32 | bytes
    from the child    for each piece: 1 | length u32 | result, or 0 when the piece failed

A JOB is "module:function"; the function takes the setup and gives the function that turns a
piece into its result. Keys travel through the pipe, never on the command line. A child whose
parent is gone reads the end of its input, and ends.
"""

import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

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

    def feed(child: "subprocess.Popen[bytes]") -> None:
        try:
            to_child, from_child = _pipes(child)
            _write(to_child, setup)
            while True:
                with lock:
                    number = next(waiting, None)
                if number is None:
                    return
                _write(to_child, pieces[number])
                results[number] = _read_result(from_child)
        except (OSError, PieceError):
            failed.set()

    children: list[subprocess.Popen[bytes]] = []
    threads: list[threading.Thread] = []
    try:
        for _ in range(count):
            children.append(_child(job))
            threads.append(threading.Thread(target=feed, args=(children[-1],), daemon=True))
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
        for child in children:
            child.kill()
        for thread in threads:
            thread.join()
        for child in children:
            _close(child)
    if failed.is_set():
        raise PieceError
    report(1)
    return [results[number] for number in range(len(pieces))]


def _child(job: str) -> "subprocess.Popen[bytes]":
    root = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(  # noqa: S603  (our own interpreter, our own module)
        [sys.executable, "-c", _START, job],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )


def _close(child: "subprocess.Popen[bytes]") -> None:
    for pipe in _pipes(child):
        with suppress(OSError):  # what was still to be written has no reader any more
            pipe.close()
    child.wait()


def _pipes(child: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    if child.stdin is None or child.stdout is None:
        raise OSError("a worker has no pipes")
    return child.stdin, child.stdout


def _write(out: IO[bytes], data: bytes) -> None:
    out.write(len(data).to_bytes(4, "big") + data)
    out.flush()


def _read(source: IO[bytes]) -> bytes | None:
    """One frame, or None at the end."""
    size = source.read(4)
    if len(size) < 4:
        return None
    data = source.read(int.from_bytes(size, "big"))
    return data if len(data) == int.from_bytes(size, "big") else None


def _read_result(source: IO[bytes]) -> bytes:
    if source.read(1) == b"\1" and (result := _read(source)) is not None:
        return result
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
    setup = _read(source)
    if setup is None:
        return
    work = _resolve(job)(setup)
    while (piece := _read(source)) is not None:
        try:
            result = work(piece)
        except ValueError:
            out.write(b"\0")
            out.flush()
        else:
            out.write(b"\1")
            _write(out, result)
