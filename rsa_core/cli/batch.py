"""Many jobs over several processes, each result handed on as soon as it is there.

One file fails by itself. Ctrl-C, like SIGTERM and a terminal that is closed, stops all processes
between two pieces of their files, lets them clean up, and what was finished still counts. It is a
flag that is looked at, not an exception: one that is raised anywhere may be swallowed there, such
as in a destructor. A second Ctrl-C is one.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from rsa_core import CancelledError
from rsa_core.cli.console import ENDINGS, CommandError
from rsa_core.cli.jobs import Job, Opener, Progress, Sealer, size_of
from rsa_core.cli.manifest import Row
from rsa_core.crew import Crew, PieceError
from rsa_core.processes import die_with_parent

Work = Sealer | Opener
Done = Callable[[Row], None]

_TOGETHER = 8  # files
_TOGETHER_BYTES = 16 << 20


def run(
    work: Work, jobs: Sequence[Job], processes: int, done: Done, progress: Progress | None = None
) -> None:
    """Does independent jobs, in this process alone where `processes` is 1.

    `done` is called in this process with each row, in the order of completion; `progress` with the
    part done of a file, 0 to 1, where only this process works.

    Raises:
        KeyboardInterrupt: one of `ENDINGS` came; everything has ended tidily.
        CommandError: a process was killed.
        OSError: the manifest cannot be written.
    """
    with _flagged() as asked:
        if processes == 1:
            _keep_memory()
            with suppress(CancelledError):
                for job in jobs:
                    done(work(job, asked, progress))
                    if asked():
                        break
        else:
            _run_in_children(work, jobs, processes, done, asked)
        if asked():
            raise KeyboardInterrupt


def _run_in_children(
    work: Work, jobs: Sequence[Job], processes: int, done: Done, asked: Callable[[], bool]
) -> None:
    try:
        with Crew(processes, _worker, work, copied=True) as crew:
            for one in crew.results([*_portions(jobs, processes)]):
                for row in () if one is None else one[1]:
                    done(row)
                if asked():
                    crew.stop()
    except PieceError as error:
        if asked():
            return
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from None
        raise CommandError("a process was killed; run the same again to go on") from None


def _portions(jobs: Sequence[Job], processes: int) -> Iterator[list[Job]]:
    """What a process is handed at once: small files together, for each handing over takes time."""
    most = min(_TOGETHER, max(1, len(jobs) // (4 * processes)))
    portion: list[Job] = []
    size = 0
    for job in jobs:
        portion.append(job)
        size += size_of(job.source)
        if len(portion) == most or size > _TOGETHER_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


@contextmanager
def _flagged() -> Iterator[Callable[[], bool]]:
    """Turns the first of `ENDINGS` into a flag, and gives the way to look at it."""
    came: list[int] = []

    def note(number: int, _frame: object) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)

    before = {}
    if threading.current_thread() is threading.main_thread():  # only it may ask for signals
        for one in ENDINGS:
            if signal.getsignal(one) != signal.SIG_IGN:  # `nohup` says so
                before[one] = signal.signal(one, note)
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _worker(work: Work) -> Callable[[Sequence[Job]], list[Row]]:
    """In a child: does some jobs; those only that SIGTERM, from or for the parent, leaves time for.

    What is half done by then goes.
    """
    came: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: came.append(number))
    die_with_parent(signal.SIGTERM)
    _keep_memory()

    def do(jobs: Sequence[Job]) -> list[Row]:
        rows: list[Row] = []
        with suppress(CancelledError):
            for job in jobs:
                rows.append(work(job, lambda: bool(came)))
                if came:
                    break
        return rows

    return do


def _keep_memory() -> None:
    """Makes glibc keep freed pieces of a megabyte instead of handing them back to the system.

    It does so from the largest piece that was ever freed (mallopt(3), M_MMAP_THRESHOLD); pages
    that come back empty for every piece cost a tenth of the time. These bytes are never touched.
    """
    bytes(24 << 20)
