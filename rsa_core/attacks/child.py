"""The child's half of a run: takes a target, runs one attack or check, says how it goes, and ends.

What it speaks with its parent is in `running`.
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO

from rsa_core.attacks import messages
from rsa_core.attacks.catalogue import ATTACKS
from rsa_core.attacks.health import KEY_HEALTH, check
from rsa_core.attacks.values import Budget, Outcome
from rsa_core.errors import EnvelopeFormatError
from rsa_core.large import fmpz

GRACE = 2.0  # seconds that a child has beyond the budget to start and to say that it gave up

_PER_SECOND = 10  # progress messages
_BURST = 40
_PR_SET_PDEATHSIG = 1


def serve(name: str) -> None:
    """The child's whole life."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    message = next(messages.frames(source), None)
    if message is None:
        return
    target, budget = messages.parse_target(message)
    del message
    _be_modest(budget)
    threading.Thread(target=_leave_with_parent, args=(source,), daemon=True).start()
    try:
        work = check if name == KEY_HEALTH else ATTACKS[name].run
        outcome = work(
            target,
            budget,
            progress=_Throttle(out),
            show=lambda pixels: messages.write_frame(out, messages.pack_picture(pixels)),
        )
    except EnvelopeFormatError as error:
        outcome = Outcome("", "preconditions not met", str(error))  # no attack: it never began
    messages.write_frame(out, messages.pack_outcome(outcome))
    os._exit(0)  # an ordinary end would wait a second for the thread that reads our input


class _Throttle:
    """Passes progress on ten times a second in the long run.

    A burst goes through, so that what is said before FLINT falls silent is never held back.
    """

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._last = time.monotonic()
        self._left = float(_BURST)

    def __call__(self, part: float, words: str) -> None:
        now = time.monotonic()
        self._left = min(_BURST, self._left + _PER_SECOND * (now - self._last))
        self._last = now
        if self._left >= 1:
            self._left -= 1
            messages.write_frame(self._out, messages.pack_progress(part, words))


def _leave_with_parent(source: IO[bytes]) -> None:
    source.read(1)  # nothing more is ever sent; this is the end of the pipe
    os._exit(0)


def _be_modest(budget: Budget) -> None:
    """Caps memory and processor time as far as the operating system can, and steps back.

    PR_SET_PDEATHSIG (prctl(2)) and RLIMIT_CPU are for FLINT, during which `_leave_with_parent`
    gets no turn. The signal comes when the thread that started us ends, which waits for us.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    with contextlib.suppress(OSError, AttributeError, TypeError):  # Linux has it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        import resource  # noqa: PLC0415  (not on Windows)
    except ImportError:
        return
    seconds = int(budget.seconds + GRACE) + 1
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    fmpz()  # the library counts as such, not as the attack's memory
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + budget.memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
