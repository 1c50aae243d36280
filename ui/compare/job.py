"""One comparison of one person: what was asked for, and what has been found so far.

It lives in the session. Any rerun of the page ends the work in the middle; then it goes on from
here, with the attack that is under way in its own process.
"""

from dataclasses import dataclass, field

import streamlit as st

from lab import ATTACK_TITLES, Attempt, Case, Entry, Subject
from rsa_core.analysis import Measurement
from rsa_core.attacks import Run

Step = tuple[Case, str]  # an attack's name, or "" for measuring

_JOB = "comparison"


@dataclass(slots=True, eq=False)
class Job:
    """A comparison, under way or done.

    Attributes:
        subject: the picture.
        original: its own statistics.
        cases: what is set side by side.
        attacks: names of the attacks on each.
        budget: seconds for each attack.
        working: whether there is a wish to go on.
        done: steps that need no more work.
        entries: what was measured.
        attempts: what came of the attacks.
        problems: why a case could not be measured, in words.
        run: the attack under way.
        files: CSV and report, as far as they were made from all that is there.
    """

    subject: Subject
    original: tuple[Measurement, ...]
    cases: tuple[Case, ...]
    attacks: tuple[str, ...]
    budget: int
    working: bool = True
    done: set[Step] = field(default_factory=set)
    entries: dict[Case, Entry] = field(default_factory=dict)
    attempts: dict[Step, Attempt] = field(default_factory=dict)
    problems: dict[Case, str] = field(default_factory=dict)
    run: Run | None = None
    files: tuple[bytes, bytes] | None = None

    @property
    def steps(self) -> list[Step]:
        """Everything that is to be done, in order."""
        attacks = [name for name in ATTACK_TITLES if name in self.attacks]
        return [(case, what) for case in self.cases for what in ("", *attacks)]

    @property
    def measured(self) -> list[Entry]:
        """What was measured, in the cases' order."""
        return [self.entries[case] for case in self.cases if case in self.entries]

    @property
    def tried(self) -> list[Attempt]:
        """The attacks that came to an end, in the cases' order."""
        return [self.attempts[step] for step in self.steps if step in self.attempts]

    def stop(self) -> None:
        """Gives up what is not done; an attack under way is killed."""
        self.working = False
        if self.run is not None:
            self.run.cancel()
            self.run = None


def current_job() -> Job | None:
    """This session's comparison."""
    job: Job | None = st.session_state.get(_JOB)
    return job


def keep_job(job: Job) -> None:
    """Makes it this session's comparison, in the place of the one before."""
    before = current_job()
    if before is not None:
        before.stop()
    st.session_state[_JOB] = job
