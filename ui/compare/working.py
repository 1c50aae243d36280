"""One comparison of one person: each case measured and then attacked, with progress and Cancel.

The job lives in the session. Any rerun of the page ends the work in the middle; then it goes on
from here, with the attack that is under way in its own process. Nothing waits for an attack for
longer than a moment, so Cancel ends the work, and so does closing the tab.
"""

import time
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lab import tables
from lab.comparing import ATTACK_TITLES, Attempt, Entry, Progress, attempt_of, begin, measure
from lab.errors import LabError
from lab.subject import Case, Subject
from rsa_core.analysis import Measurement, report
from rsa_core.attacks import Run
from ui.frame.service import visitor

Step = tuple[Case, str]  # an attack's name, or "" for measuring

_JOB = "comparison"
_LOOK = 0.15  # seconds between two looks at an attack under way


@dataclass(slots=True, eq=False)
class Job:
    """A comparison, under way or done.

    Attributes:
        subject: the picture.
        cases: what is set side by side.
        attacks: names of the attacks on each.
        budget: seconds for each attack.
        working: whether to go on.
        done: steps that need no more work.
        entries: what was measured.
        attempts: outcomes of the attacks.
        problems: why a case could not be measured, in words.
        run: the attack under way.
        original: statistics of the picture itself.
    """

    subject: Subject
    cases: tuple[Case, ...]
    attacks: tuple[str, ...]
    budget: int
    working: bool = True
    done: set[Step] = field(default_factory=set)
    entries: dict[Case, Entry] = field(default_factory=dict)
    attempts: dict[Step, Attempt] = field(default_factory=dict)
    problems: dict[Case, str] = field(default_factory=dict)
    run: Run | None = None
    original: tuple[Measurement, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.original = report(self.subject.pixels)

    @property
    def steps(self) -> list[Step]:
        """Everything to do, in order."""
        attacks = [name for name in ATTACK_TITLES if name in self.attacks]
        return [(case, what) for case in self.cases for what in ("", *attacks)]

    @property
    def measured(self) -> list[Entry]:
        """What was measured, in the cases' order."""
        return [self.entries[case] for case in self.cases if case in self.entries]

    @property
    def tried(self) -> list[Attempt]:
        """The attacks that ended, in the cases' order."""
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
    """Makes it this session's comparison; the one before is stopped."""
    before = current_job()
    if before is not None:
        before.stop()
    st.session_state[_JOB] = job


def work_on(job: Job) -> None:
    """Does what is left to do, then draws the page again without the progress bar."""
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    stop.button("Cancel", key="compare_cancel", width="stretch", on_click=job.stop)
    shown = bar.progress(0.0, text="Beginning")
    table = st.empty()
    steps = job.steps
    for number, step in enumerate(steps):
        if step in job.done:
            continue
        _do(job, step, _progress(shown, number, len(steps), step[0]))
        rows = tables.overview(job.measured, job.tried)
        if rows:
            table.dataframe(rows, hide_index=True, height="content", alt="What is known so far")
    job.working = False
    st.rerun()


def _progress(bar: DeltaGenerator, number: int, steps: int, case: Case) -> Progress:
    """Shows how far one step of many is."""

    def show(part: float, words: str) -> None:
        bar.progress(min(1.0, (number + part) / steps), text=f"{case.name}: {words}")

    return show


def _do(job: Job, step: Step, progress: Progress) -> None:
    case, attack = step
    try:
        if not attack:
            job.entries[case] = measure(job.subject, case, progress, visitor())
        elif case in job.entries:
            _attack(job, step, progress)
    except LabError as error:
        job.problems[case] = str(error)
    job.done.add(step)


def _attack(job: Job, step: Step, progress: Progress) -> None:
    entry = job.entries[step[0]]
    run = job.run
    if run is None or run.state.phase == "cancelled":  # while the connection was lost
        run = job.run = begin(entry, step[1], job.budget, visitor())
    while (state := run.state).phase in ("waiting", "running"):
        progress(state.part, f"{ATTACK_TITLES[step[1]]}, {state.seconds:.0f} s. {state.words}")
        time.sleep(_LOOK)
    job.run = None
    if state.outcome is None:
        raise LabError(state.words)
    job.attempts[step] = attempt_of(entry, state.outcome)
