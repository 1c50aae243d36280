"""What to compare: a picture, schemes and keys, attacks; and the button that begins."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from exchange import ExchangeError
from lab.comparing import ATTACK_TITLES, BUDGETS, DEFAULT_BUDGET
from lab.errors import LabError
from lab.subject import (
    CASES,
    DEFAULT_CASES,
    DEFAULT_SIDE,
    SAMPLES,
    SIDES,
    Subject,
    sample,
    uploaded,
)
from rsa_core.pictures import SUFFIXES
from ui.compare.working import Job, current_job, keep_job
from ui.frame import asked
from ui.parts.files import small_picture
from ui.parts.held import remember

_PROBLEM = "compare_refused"


def choices() -> None:
    """Picture, schemes, attacks, and the button "Compare"."""
    controls, shown = st.columns([3, 1], gap="large")
    with controls:
        file = st.file_uploader("Picture", type=sorted(SUFFIXES), key="compare_file")
        name = st.radio(
            "Sample",
            list(SAMPLES),
            horizontal=True,
            key="compare_sample",
            disabled=file is not None,
            help="Used when no picture is uploaded.",
        )
        side = st.radio(
            "Longest side, in pixels",
            SIDES,
            index=SIDES.index(DEFAULT_SIDE),
            horizontal=True,
            key="compare_side",
        )
        _more_choices()
    chosen = (file.file_id if file else name, side)
    subject = remember("compare_subject", chosen, lambda: _subject(file, name, side))
    with shown:
        if isinstance(subject, Subject):
            small_picture(subject.png, alt="The picture to be compared")
            st.caption(f"Compared as {subject.size}")
        else:
            st.error(subject)
    job = current_job()
    st.button(
        "Compare",
        type="primary",
        icon=":material/compare:",
        disabled=not isinstance(subject, Subject) or (job is not None and job.working),
        on_click=_begin,
        args=(subject,),
    )
    problem = st.session_state.pop(_PROBLEM, None)
    if problem:
        st.error(problem)


def _more_choices() -> None:
    with st.expander("Schemes, keys and attacks"):
        st.multiselect(
            "Schemes and keys",
            CASES,
            default=DEFAULT_CASES,
            format_func=lambda case: case.name,
            key="compare_cases",
        )
        st.multiselect(
            "Attacks",
            list(ATTACK_TITLES),
            default=list(ATTACK_TITLES),
            format_func=lambda name: ATTACK_TITLES[name],
            key="compare_attacks",
        )
        st.radio(
            "Seconds for each attack",
            BUDGETS,
            index=BUDGETS.index(DEFAULT_BUDGET),
            horizontal=True,
            key="compare_budget",
        )


def _subject(file: UploadedFile | None, name: str, side: int) -> Subject | str:
    """The picture, or why there is none."""
    try:
        return uploaded(file.getvalue(), side) if file else sample(name, side)
    except LabError as error:
        return str(error)


def _begin(subject: Subject | str) -> None:
    """Runs at the press, before the page; the picture is the one that was on the screen."""
    if not isinstance(subject, Subject):
        return
    try:
        job = Job(
            subject=subject,
            cases=asked.some_of("compare_cases", CASES),
            attacks=asked.some_of("compare_attacks", ATTACK_TITLES),
            budget=asked.one_of("compare_budget", BUDGETS),
        )
    except ExchangeError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        keep_job(job)
