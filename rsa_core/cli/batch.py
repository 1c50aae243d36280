"""Many jobs over several processes, each result handed on as soon as it is there.

One file fails by itself. Ctrl-C stops all processes between two pieces of their files, lets them
clean up, and what was finished still counts. It is a flag that is looked at, no exception: one
that is raised anywhere may be swallowed there, such as in a destructor. A second Ctrl-C is one.

`workers` serves the slow schemes from inside any program. A command line owns its process, and
may fork: that starts in milliseconds, where a fresh interpreter needs a part of a second.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from typing import NoReturn

from rsa_core import CancelledError
from rsa_core.cli.console import CommandError
from rsa_core.cli.jobs import Job, Opener, Progress, Sealer
from rsa_core.cli.manifest import Row

Work = Sealer | Opener
Done = Callable[[Row], None]

_CHUNK = 8  # jobs that a process takes at once
_TICK = 0.1  # seconds between two looks at the flag
_GRACE = 5  # seconds that a process has to clean up after its parent died


def cores() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def run(
    work: Work, jobs: Sequence[Job], processes: int, done: Done, progress: Progress | None = None
) -> None:
    """Does all jobs.

    Args:
        work: what is done to each.
        jobs: independent of each other.
        processes: how many work at once; 1 is this process.
        done: called in this process with each row, in the order of completion.
        progress: called with the part done of a file, 0 to 1, where only this process works.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM came; everything has ended tidily.
        CommandError: a process was killed.
    """
    with _flagged() as asked:
        if processes == 1:
            _run_here(work, jobs, done, progress, asked)
        else:
            _run_in_children(work, jobs, processes, done, asked)
        if asked():
            raise KeyboardInterrupt


def _run_here(
    work: Work,
    jobs: Sequence[Job],
    done: Done,
    progress: Progress | None,
    asked: Callable[[], bool],
) -> None:
    _keep_memory()
    for job in jobs:
        try:
            row = work(job, asked, progress)
        except CancelledError:
            return
        done(row)
        if asked():
            return


def _run_in_children(
    work: Work, jobs: Sequence[Job], processes: int, done: Done, asked: Callable[[], bool]
) -> None:
    chunk = max(1, min(_CHUNK, len(jobs) // (4 * processes)))
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    stop = context.Event()
    with ProcessPoolExecutor(processes, context, _begin, (work, stop)) as pool:
        pending: set[Future[list[Row]]] = set()
        try:
            for at in range(0, len(jobs), chunk):
                pending.add(pool.submit(_do, jobs[at : at + chunk]))
            while pending:
                finished, pending = wait(pending, _TICK, FIRST_COMPLETED)
                for future in finished:
                    for row in future.result():
                        done(row)
                if asked():
                    stop.set()
                    pending = {future for future in pending if not future.cancel()}
        except BrokenProcessPool:
            raise CommandError("a process was killed; run the same again to go on") from None
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def _flagged() -> Iterator[Callable[[], bool]]:
    """Turns the first Ctrl-C or SIGTERM into a flag, and gives the way to look at it."""
    came: list[int] = []

    def note(number: int, _frame: object) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)

    before = {}
    if threading.current_thread() is threading.main_thread():  # only it may ask for signals
        before = {one: signal.signal(one, note) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_work: Work | None = None
_stop: Event | None = None
_busy = threading.Lock()


def _begin(work: Work, stop: Event) -> None:
    """A process's first act. Ctrl-C is the parent's, which then asks us to stop."""
    global _work, _stop
    _work, _stop = work, stop
    _keep_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_outlive, args=(stop,), daemon=True).start()


def _keep_memory() -> None:
    """Makes glibc keep freed pieces of a megabyte instead of handing them back to the system.

    It does so from the largest piece that was ever freed (mallopt(3), M_MMAP_THRESHOLD); pages
    that come back empty for every piece cost a tenth of the time. These bytes are never touched.
    """
    bytes(24 << 20)


def _do(jobs: Sequence[Job]) -> list[Row]:
    if _work is None or _stop is None:
        raise RuntimeError("the process has not begun")
    rows: list[Row] = []
    with _busy:
        try:
            for job in jobs:
                if _stop.is_set():
                    break
                rows.append(_work(job, _stop.is_set))
        except CancelledError:
            pass  # what is half done is gone, what was done counts
    return rows


def _end(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(1)


def _outlive(stop: Event) -> None:
    """Ends this process soon after its parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    stop.set()
    _busy.acquire(timeout=_GRACE)
    os._exit(1)
