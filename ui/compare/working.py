"""The work: one case after the other, each measured and then attacked, with progress and Cancel.

Attacks run in children that can be killed; nothing here waits for them longer than a moment, so
that Cancel ends the work, and so does a tab that was closed. The table of what is known grows
meanwhile.
"""

import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lab import ATTACK_TITLES, LabError, attempt_of, begin, measure, tables
from ui.compare.job import Job, Step
from ui.frame.service import visitor

_LOOK = 0.15  # seconds between two looks at an attack under way


def work_on(job: Job) -> None:
    """Does what is left to do, then starts the page anew without the progress bar."""
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    stop.button("Cancel", key="compare_cancel", width="stretch", on_click=job.stop)
    shown = bar.progress(0.0, text="Beginning")
    table = st.empty()
    steps = job.steps
    for number, step in enumerate(steps):
        if step not in job.done:
            _do(job, step, _Progress(shown, number, len(steps), step))
            _grow(table, job)
    job.working = False
    st.rerun()


class _Progress:
    """Shows how far one step of many is."""

    def __init__(self, bar: DeltaGenerator, number: int, steps: int, step: Step) -> None:
        self._bar, self._number, self._steps, self._name = bar, number, steps, step[0].name

    def __call__(self, part: float, words: str) -> None:
        whole = min(1.0, (self._number + part) / self._steps)
        self._bar.progress(whole, text=f"{self._name}: {words}")


def _do(job: Job, step: Step, progress: _Progress) -> None:
    case, attack = step
    try:
        if not attack:
            job.entries[case] = measure(job.subject, case, progress, visitor())
        elif case in job.entries:
            _attack(job, step, progress)
    except LabError as error:
        job.problems[case] = str(error)
    job.done.add(step)
    job.files = None


def _attack(job: Job, step: Step, progress: _Progress) -> None:
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


def _grow(table: DeltaGenerator, job: Job) -> None:
    rows = tables.overview(job.measured, job.tried)
    if rows:
        table.dataframe(rows, hide_index=True, height="content", alt="What is known so far")
