"""Attacks in children: with a budget, progress, and a Cancel that works.

FLINT cannot be interrupted and counts no memory, so the budget is kept from outside: the operating
system caps memory and processor time, and the child is ended when its time is over.

A `Run` is for any thread: Streamlit's scripts start one, keep it in the session, and look at its
`state` at each tick. Its `Turn` says when it may work, and whether anybody still wants it.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from rsa_core.attacks.attack import budget_text
from rsa_core.attacks.catalogue import ATTACKS
from rsa_core.attacks.course import time_over
from rsa_core.attacks.values import Budget, Outcome, Pixels, Target
from rsa_core.errors import CancelledError, EnvelopeFormatError
from rsa_core.processes import EndedError, in_child, tell
from rsa_core.turns import LONG, Turn

GRACE = 2.0  # seconds that a child has beyond the budget to start and to say that it gave up

Phase = Literal["waiting", "running", "done", "cancelled", "failed"]

_POLL = 0.05
_PER_SECOND = 10  # progress messages
_BURST = 40


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """A run at one moment.

    Attributes:
        phase: "waiting" for a place, "running", "done" with an outcome, "cancelled", or "failed"
            where the capture is not an envelope.
        part: how far it is, 0 to 1.
        picture: the latest in the making, at most 512 on a side; None before the first.
        pictures: how many there have been.
        seconds: since the child was started.
    """

    phase: Phase = "waiting"
    part: float = 0.0
    words: str = ""
    picture: Pixels | None = field(default=None, repr=False)
    pictures: int = 0
    outcome: Outcome | None = None
    seconds: float = 0.0


class Run:
    """One attack under way. Made by `start`."""

    def __init__(
        self, attack: str, target: Target | Callable[[], Target], budget: Budget, turn: Turn
    ) -> None:
        self.attack = attack
        self.budget = budget
        self.state = State(words=turn.words)
        self._cancel = threading.Event()
        self._ended = threading.Event()
        self._started: float | None = None
        self._turn = turn
        threading.Thread(target=self._drive, args=(target,), daemon=True).start()

    def cancel(self) -> None:
        """Ends the child, or gives up the place in the queue. Returns immediately."""
        self._cancel.set()

    def wait(self, seconds: float | None = None) -> Outcome:
        """Waits for the end.

        Raises:
            TimeoutError: it goes on.
            CancelledError: it was cancelled.
            EnvelopeFormatError: the capture is not an envelope.
        """
        if not self._ended.wait(seconds):
            raise TimeoutError("the attack goes on")
        if self.state.outcome is not None:
            return self.state.outcome
        if self.state.phase == "failed":
            raise EnvelopeFormatError(self.state.words)
        raise CancelledError

    def _drive(self, target: Target | Callable[[], Target]) -> None:
        words = "The attack could not be run."  # a fault of ours: nobody waits for ever
        try:
            while not self._turn.wait(_POLL):
                if self._over():
                    raise CancelledError
                self._change(words=self._turn.words)
            now = target if isinstance(target, Target) else target()
            self._started = time.monotonic()
            self._change(phase="running", words="Starting")
            outcome: Outcome = in_child(
                run_here,
                self.attack,
                now,
                self.budget,
                memory=self.budget.memory,
                seconds=self.budget.seconds + GRACE,
                hear=self._hear,
                stop=self._over,
            )
            self._change(phase="done", part=1.0, words=outcome.words, outcome=outcome)
        except EnvelopeFormatError as error:
            self._change(phase="failed", words=str(error))
        except CancelledError:
            self._say_cancelled()
        except EndedError as error:
            if error.why == "stopped":
                self._say_cancelled()
            elif error.why == "too slow":
                words = time_over(self.budget, self.state.words)
            else:
                words = (
                    "The process ended without an answer; most likely "
                    f"{budget_text(self.budget)} do not suffice."
                )
        except OSError:
            words = "The process for the attack could not be started."
        finally:
            self._turn.leave()
            if self.state.phase in ("waiting", "running"):
                self._give_up(words)
            self._ended.set()

    def _over(self) -> bool:
        return self._cancel.is_set() or self._turn.gone

    def _hear(self, told: Any) -> None:  # noqa: ANN401  (what `run_here` tells)
        if isinstance(told, tuple):
            self._change(part=told[0], words=told[1])
        else:
            self._change(picture=told, pictures=self.state.pictures + 1)

    def _say_cancelled(self) -> None:
        words = "Cancelled" if self._cancel.is_set() else self._turn.words
        self._change(phase="cancelled", words=words)

    def _give_up(self, words: str) -> None:
        self._change(phase="done", words=words)
        failed = Outcome(
            self.attack, "not broken within the budget", words, seconds=self.state.seconds
        )
        self._change(outcome=failed)

    def _change(self, **parts: Any) -> None:  # noqa: ANN401  (fields of `State`)
        """Only the run's own thread changes the state."""
        if self._started is not None:
            parts["seconds"] = time.monotonic() - self._started
        self.state = replace(self.state, **parts)


def start(
    name: str,
    target: Target | Callable[[], Target],
    budget: Budget | None = None,
    turn: Turn | None = None,
) -> Run:
    """Starts an attack in a child and returns immediately (ValueError: no attack has this name).

    A target may be large and the queue long: a function may give it when its turn has come, or
    raise CancelledError. `turn` is a place in a queue, left when the run has ended; None asks for
    one of `LONG`.
    """
    if name not in ATTACKS:
        raise ValueError(f"no such attack; there are {', '.join(ATTACKS)}")
    return Run(name, target, budget or Budget(), turn or LONG.ask())


def run_here(name: str, target: Target, budget: Budget) -> Outcome:
    """In a child: runs an attack and tells (part, words) of progress and pictures in the making."""
    with suppress(OSError, AttributeError):
        os.nice(10)
    return ATTACKS[name].run(target, budget, progress=_Throttle(), show=tell)


class _Throttle:
    """Passes progress on ten times a second in the long run.

    A burst goes through, so that what is said before FLINT falls silent is never held back.
    """

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._left = float(_BURST)

    def __call__(self, part: float, words: str) -> None:
        now = time.monotonic()
        self._left = min(_BURST, self._left + _PER_SECOND * (now - self._last))
        self._last = now
        if self._left >= 1:
            self._left -= 1
            tell((part, words))
