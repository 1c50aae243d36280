"""Attacks in processes that can be killed: with a budget, progress, and a Cancel that works.

A child is one of `rsa_core.children`, and calls `child.serve`. FLINT cannot be interrupted and
counts no memory, so the budget is kept from outside: the operating system caps memory and
processor time (RLIMIT_AS, RLIMIT_CPU, where there are such), and a thread here kills the child when
the time is over.

    to the child      attack's name on the command line; then the target, as u32 length | message
    from the child    messages of `attacks.messages`, each as u32 length | message; the last one
                      is the outcome

A `Run` is for any thread: Streamlit's scripts start one, keep it in the session, and look at its
`state` at each tick. A `Turn` says when it may work, and whether anybody still wants it; without
one, at most `SLOTS` children work at the same time, and further runs wait.
"""

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from rsa_core import children
from rsa_core.attacks import messages
from rsa_core.attacks.attack import budget_text
from rsa_core.attacks.catalogue import ATTACKS
from rsa_core.attacks.child import GRACE
from rsa_core.attacks.course import time_over
from rsa_core.attacks.health import KEY_HEALTH
from rsa_core.attacks.values import Budget, Outcome, Pixels, Target
from rsa_core.errors import CancelledError, EnvelopeFormatError

SLOTS = 2

Phase = Literal["waiting", "running", "done", "cancelled", "failed"]

_START = "import sys; from rsa_core.attacks.child import serve; serve(sys.argv[1])"
_POLL = 0.05
_slots = threading.BoundedSemaphore(SLOTS)


class Turn(Protocol):
    """A place in somebody's queue. Every method comes back soon."""

    def wait(self, seconds: float) -> bool:
        """Waits so long at most; whether the place is there."""

    def leave(self) -> None:
        """Gives up the place, or the waiting for it."""

    @property
    def gone(self) -> bool:
        """Whether the run has to end, since nobody wants it any more."""

    @property
    def words(self) -> str:
        """How it stands, for people."""


class _Slot:
    """One of `SLOTS` places, in the order of coming."""

    gone = False
    words = "Waiting for its turn"

    def __init__(self) -> None:
        self._mine = False

    def wait(self, seconds: float) -> bool:
        self._mine = _slots.acquire(timeout=seconds)
        return self._mine

    def leave(self) -> None:
        if self._mine:
            self._mine = False
            _slots.release()


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """A run at one moment.

    Attributes:
        phase: "waiting" for a slot, "running", "done", "cancelled", or "failed" where the capture
            is no envelope.
        part: how far it is, 0 to 1.
        words: what it does.
        picture: the latest picture in the making, at most 512 on a side; None before the first.
        pictures: how many there have been.
        outcome: in phase "done" what came of it.
        seconds: since the child was started.
    """

    phase: Phase
    part: float
    words: str
    picture: Pixels | None = field(repr=False)
    pictures: int
    outcome: Outcome | None
    seconds: float


class Run:
    """One attack under way. Made by `start`."""

    def __init__(
        self, attack: str, target: Target | Callable[[], Target], budget: Budget, turn: Turn
    ) -> None:
        self.attack = attack
        self.budget = budget
        self._lock = threading.Lock()
        self._state = State("waiting", 0.0, turn.words, None, 0, None, 0.0)
        self._cancel = threading.Event()
        self._ended = threading.Event()
        self._started = 0.0
        self._turn = turn
        self._thread = threading.Thread(target=self._drive, args=(target,), daemon=True)
        self._thread.start()

    @property
    def state(self) -> State:
        """How the run stands; costs nothing."""
        with self._lock:
            return self._state

    def cancel(self) -> None:
        """Kills the child, or gives the place in the queue up. Comes back at once."""
        self._cancel.set()

    def wait(self, seconds: float | None = None) -> Outcome:
        """Waits for the end.

        Raises:
            TimeoutError: it goes on.
            CancelledError: it was cancelled.
            EnvelopeFormatError: the capture is no envelope.
        """
        if not self._ended.wait(seconds):
            raise TimeoutError("the attack goes on")
        state = self.state
        if state.outcome is not None:
            return state.outcome
        if state.phase == "failed":
            raise EnvelopeFormatError(state.words)
        raise CancelledError

    def _drive(self, target: Target | Callable[[], Target]) -> None:
        try:
            while not self._turn.wait(_POLL):
                if self._over:
                    raise CancelledError
                self._change(words=self._turn.words)
            now = target if isinstance(target, Target) else target()
            self._work(messages.pack_target(now, self.budget))
        except CancelledError:
            self._end("cancelled", "Cancelled" if self._cancel.is_set() else self._turn.words)
        except OSError:
            self._give_up("The process for the attack could not be started.")
        finally:
            self._turn.leave()
            if self.state.phase in ("waiting", "running"):  # a fault of ours: nobody waits for ever
                self._give_up("The attack could not be run.")
            self._ended.set()

    @property
    def _over(self) -> bool:
        return self._cancel.is_set() or self._turn.gone

    def _work(self, message: bytes) -> None:
        self._started = time.monotonic()
        self._change(phase="running", words="Starting")
        child = children.start(_START, self.attack, errors=subprocess.DEVNULL)
        pipes = [
            threading.Thread(target=_feed, args=(child, message), daemon=True),
            threading.Thread(target=self._listen, args=(child,), daemon=True),
        ]
        try:
            for pipe in pipes:
                pipe.start()
            overtime = self.budget.seconds + GRACE
            while pipes[1].is_alive() and not self._over:
                pipes[1].join(_POLL)
                if time.monotonic() - self._started > overtime:
                    break
        finally:
            child.kill()
            for pipe in pipes:
                pipe.join()
            child.wait()
            for end in (child.stdin, child.stdout):
                with contextlib.suppress(OSError, AttributeError):
                    end.close()  # type: ignore[union-attr]  # None is suppressed
        if self.state.phase != "running":
            return
        if self._over:
            raise CancelledError
        if time.monotonic() - self._started > overtime:
            self._give_up(time_over(self.budget, self.state.words))
        else:
            self._give_up(
                "The process ended without an answer; most likely "
                f"{budget_text(self.budget)} do not suffice."
            )

    def _listen(self, child: "subprocess.Popen[bytes]") -> None:
        if child.stdout is None:
            return
        with contextlib.suppress(EnvelopeFormatError):  # then as if the child had died
            for message in messages.frames(child.stdout):
                self._take(message)

    def _take(self, message: bytes) -> None:
        kind = messages.kind_of(message)
        if kind == messages.PROGRESS:
            part, words = messages.parse_progress(message)
            self._change(part=part, words=words)
        elif kind == messages.PICTURE:
            picture = messages.parse_picture(message)
            self._change(picture=picture, pictures=self.state.pictures + 1)
        else:
            outcome = messages.parse_outcome(message)
            if outcome.attack:
                self._change(phase="done", part=1.0, words=outcome.words, outcome=outcome)
            else:
                self._end("failed", outcome.words)

    def _give_up(self, words: str) -> None:
        self._change(
            phase="done",
            words=words,
            outcome=Outcome(
                self.attack,
                "not broken within the budget",
                words,
                seconds=time.monotonic() - self._started if self._started else 0.0,
            ),
        )

    def _end(self, phase: Phase, words: str) -> None:
        self._change(phase=phase, words=words)

    def _change(self, **parts: object) -> None:
        with self._lock:
            old = self._state
            values = {name: getattr(old, name) for name in State.__slots__} | parts
            if self._started:
                values["seconds"] = time.monotonic() - self._started
            self._state = State(**values)


def start(
    name: str,
    target: Target | Callable[[], Target],
    budget: Budget | None = None,
    turn: Turn | None = None,
) -> Run:
    """Starts an attack in a process of its own, and comes back at once.

    Args:
        name: one of `ATTACKS`, or `KEY_HEALTH`.
        target: what is attacked; or what gives it, when its turn has come: it may be large, and
            the queue long. It may raise CancelledError.
        budget: what it may spend.
        turn: its place in a queue; left when the run has ended.

    Raises:
        ValueError: no attack has this name.
    """
    if name not in ATTACKS and name != KEY_HEALTH:
        raise ValueError(f"no such attack; there are {', '.join(ATTACKS)}")
    return Run(name, target, budget or Budget(), turn or _Slot())


def _feed(child: "subprocess.Popen[bytes]", message: bytes) -> None:
    """Writes the target and keeps the pipe open: its end tells the child that we are gone."""
    if child.stdin is not None:
        with contextlib.suppress(OSError):
            messages.write_frame(child.stdin, message)
