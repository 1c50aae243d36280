"""The result: overview, pictures, statistics and attacks side by side, and the two downloads."""

import hashlib
from datetime import UTC, datetime

import altair as alt
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from lab import BROKEN_MEANS, Case, lab_report, tables
from rsa_core.analysis import CANNOT_SHOW
from ui.compare.detail import show_case
from ui.compare.job import Job
from ui.parts.files import save_button, small_picture
from ui.parts.words import csv_of

_WIDTH = 160  # two side by side on a telephone


def show(job: Job) -> None:
    """Everything that was found, whether or not all of it was."""
    for refused, problem in job.problems.items():
        st.warning(f"{refused.name}: {problem}")
    if not job.measured:
        st.info("Nothing was measured. Choose schemes and keys, and press Compare.")
        return
    left = len(job.steps) - len(job.done)
    if left:
        st.warning(f"Cancelled: {left} of {len(job.steps)} steps were not done.")
    _downloads(job)
    _overview(job)
    _pictures(job)
    st.subheader("Statistics side by side")
    st.dataframe(
        tables.statistics(job.original, job.measured),
        hide_index=True,
        height="content",
        column_config=_pinned("Test"),
        alt="Each test on the original and on each ciphertext",
    )
    st.caption("✓ consistent with random at 5 %, ✗ far from random (Holm-corrected).")
    st.caption(CANNOT_SHOW)
    if job.tried:
        st.subheader("Attacks side by side")
        cases = [entry.case for entry in job.measured]
        st.dataframe(
            tables.side_by_side(cases, job.tried),
            hide_index=True,
            column_config=_pinned("Attack"),
            alt="Each attack on each scheme and key",
        )
        st.caption(f"Each attack had {job.budget} seconds. {BROKEN_MEANS}")
    st.subheader("Look closer")
    case: Case = st.selectbox(
        "Scheme and key",
        [entry.case for entry in job.measured],
        format_func=lambda case: case.name,
        key="compare_closer",
    )
    show_case(job, case)


def _pinned(column: str) -> dict[str, ColumnConfig]:
    """Keeps the first column in sight while a wide table is moved sideways."""
    return {column: st.column_config.Column(pinned=True)}


def _downloads(job: Job) -> None:
    if job.files is None:
        rows = tables.everything(job.original, job.measured, job.tried)
        report = lab_report(
            job.subject,
            job.original,
            job.measured,
            job.tried,
            budget=job.budget,
            at=datetime.now(UTC),
        )
        job.files = csv_of(rows), report
    table, report = job.files
    with st.container(horizontal=True):
        for label, data, suffix, mime in (
            ("Download CSV", table, "csv", "text/csv"),
            ("Download report", report, "html", "text/html"),
        ):
            digest = hashlib.sha256(data).hexdigest()[:12]
            with st.container(width="content"):
                save_button(
                    label,
                    data,
                    file_name=f"comparison-{digest}.{suffix}",
                    mime=mime,
                    key=f"compare_save_{suffix}",
                )


def _overview(job: Job) -> None:
    st.subheader("Overview")
    st.dataframe(
        tables.overview(job.measured, job.tried),
        hide_index=True,
        height="content",
        alt="Time, expansion, tests and attacks for each scheme and key",
    )
    rows = [
        {"case": entry.case.name, "step": step, "ms": 1000 * taken}
        for entry in job.measured
        for step, taken in (("sealing", entry.seal_seconds), ("opening", entry.open_seconds))
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_circle(size=90, opacity=1)
        .encode(
            x=alt.X("ms:Q", title="milliseconds", scale=alt.Scale(type="log")),
            y=alt.Y("case:N", title=None, sort=None, axis=alt.Axis(labelLimit=200, grid=True)),
            color=alt.Color("step:N", title=None, legend=alt.Legend(orient="top")),
            tooltip=["case:N", "step:N", "ms:Q"],
        )
    )
    st.altair_chart(
        chart, width="stretch", alt="Milliseconds for sealing and opening; also in the table above"
    )
    st.caption("Time on this machine, which others may be using; the scale is logarithmic.")


def _pictures(job: Job) -> None:
    st.subheader("What an interceptor sees")
    with st.container(horizontal=True):
        with st.container(width=_WIDTH, gap="xxsmall"):
            small_picture(job.subject.png, alt="The original picture", width=_WIDTH)
            st.caption(f"The original, {job.subject.size}")
        for entry in job.measured:
            with st.container(width=_WIDTH, gap="xxsmall"):
                name = entry.case.name
                small_picture(entry.view, alt=f"Ciphertext, {name}", width=_WIDTH)
                st.caption(name + " (insecure)" * entry.case.insecure)
