"""One run of an attack: its clock, its callbacks, and the two ways in which it may fail."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rsa_core.attacks.values import Budget, Pixels
from rsa_core.classroom import ClassroomKeyPair
from rsa_core.errors import CancelledError
from rsa_core.views import thinned

Progress = Callable[[float, str], None]
Show = Callable[[Pixels], None]
Cancelled = Callable[[], bool]

SHOWN_SIDE = 512


class FailedError(Exception):
    """Base class, never raised itself; `pixels` is the part that could still be redrawn, if any."""

    def __init__(self, words: str, pixels: Pixels | None = None) -> None:
        super().__init__(words)
        self.pixels = pixels


class NotMetError(FailedError):
    """The attack does not apply; the message names the assumption that stopped it."""


class GaveUpError(FailedError):
    """Time or memory is used up, or would be; the message says how much was wanted."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Success; the fields are those of `Outcome`."""

    words: str
    pixels: Pixels | None = field(default=None, repr=False)
    exact: bool = False
    file: bytes | None = field(default=None, repr=False)
    envelope: bytes | None = field(default=None, repr=False)
    key: ClassroomKeyPair | None = field(default=None, repr=False)
    candidates: tuple[Pixels, ...] = field(default=(), repr=False)


class Course:
    """What an attack holds on to while it works; `evidence` is the lines noted so far."""

    def __init__(
        self,
        budget: Budget,
        progress: Progress | None = None,
        show: Show | None = None,
        cancelled: Cancelled | None = None,
    ) -> None:
        self.budget = budget
        self.evidence: list[str] = []
        self._progress = progress
        self._show = show
        self._cancelled = cancelled
        self._start = time.monotonic()
        self._doing = ""

    @property
    def seconds(self) -> float:
        """Wall clock since the start."""
        return time.monotonic() - self._start

    @property
    def left(self) -> float:
        """Seconds of the budget that are left, never below 0."""
        return max(0.0, self.budget.seconds - self.seconds)

    def check(self) -> None:
        """To be called several times a second.

        Raises CancelledError when the caller asked to stop, GaveUpError when the time is over.
        """
        if self._cancelled is not None and self._cancelled():
            raise CancelledError
        if self.seconds > self.budget.seconds:
            raise GaveUpError(time_over(self.budget, self._doing))

    def report(self, part: float, words: str) -> None:
        """Tells how far the attack is, 0 to 1, and what it does; raises as `check` does."""
        self.check()
        self._doing = words
        if self._progress is not None:
            self._progress(min(1.0, part), words)

    def note(self, line: str) -> None:
        """Adds a line of evidence."""
        self.evidence.append(line)

    def show(self, pixels: Pixels) -> None:
        """Shows a picture in the making, for eyes: thinned to `SHOWN_SIDE`."""
        if self._show is not None:
            self._show(thinned(pixels, SHOWN_SIDE))


def time_over(budget: Budget, doing: str) -> str:
    """What is said when the time is over."""
    words = f"The {budget.seconds:g} seconds of the budget are over"
    return f"{words}. The last step was: {doing}." if doing else f"{words}."
