"""The result: everything side by side, two downloads, and one case in full."""

import hashlib
from datetime import UTC, datetime

import altair as alt
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from lab import tables
from lab.comparing import ATTACK_TITLES, PAIRS, Entry
from lab.report import BROKEN_MEANS, lab_report
from lab.statistics import Shape, shape_of
from lab.subject import Case
from rsa_core.analysis import CANNOT_SHOW, rows_of
from ui.compare.working import Job
from ui.interceptor import plots
from ui.parts.files import save_button, small_picture
from ui.parts.held import remember
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
    cases = [entry.case for entry in job.measured]
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
        st.dataframe(
            tables.side_by_side(cases, job.tried),
            hide_index=True,
            column_config=_pinned("Attack"),
            alt="Each attack on each scheme and key",
        )
        st.caption(f"Each attack had {job.budget} seconds. {BROKEN_MEANS}")
    st.subheader("Look closer")
    case = st.selectbox(
        "Scheme and key", cases, format_func=lambda case: case.name, key="compare_closer"
    )
    _closer(job, case)


def _pinned(column: str) -> dict[str, ColumnConfig]:
    """Keeps the first column in sight while a wide table is moved sideways."""
    return {column: st.column_config.Column(pinned=True)}


def _downloads(job: Job) -> None:
    table, report = remember("compare_files", (job, len(job.done)), lambda: _files(job))
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


def _files(job: Job) -> tuple[bytes, bytes]:
    found = job.original, job.measured, job.tried
    report = lab_report(job.subject, *found, budget=job.budget, at=datetime.now(UTC))
    return csv_of(tables.everything(*found)), report


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
        plots.chart_of(rows)
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
    shown = [(job.subject.png, "The original picture", f"The original, {job.subject.size}")]
    for entry in job.measured:
        name = entry.case.name
        caption = name + " (insecure)" * entry.case.insecure
        shown.append((entry.view, f"Ciphertext, {name}", caption))
    with st.container(horizontal=True):
        for png, words, caption in shown:
            with st.container(width=_WIDTH, gap="xxsmall"):
                small_picture(png, alt=words, width=_WIDTH)
                st.caption(caption)


def _closer(job: Job, case: Case) -> None:
    """Five tabs about one case."""
    entry = job.entries[case]
    plain = shape_of(job.subject.pixels, PAIRS)
    attacks, statistics, originals, values, neighbours = st.tabs(
        ["Attacks", "Statistics", "Against the original", "Histogram", "Neighbours"]
    )
    with attacks:
        _attacks(job, case)
    with statistics:
        st.caption(f"Measured on {entry.measured_on}.")
        st.dataframe(
            rows_of(entry.statistics),
            hide_index=True,
            height="content",
            alt="Statistics of the ciphertext with critical values and verdicts",
        )
    with originals:
        _originals(entry)
    with values:
        _histograms(plain, entry.shape)
    with neighbours:
        _neighbours(plain, entry.shape)


def _attacks(job: Job, case: Case) -> None:
    tried = [one for one in job.tried if one.case == case]
    if not tried:
        st.caption("No attack was tried.")
    for one in tried:
        title = ATTACK_TITLES[one.attack]
        with st.container(border=True, horizontal=True):
            if one.picture is not None:
                small_picture(one.picture, alt=f"What {title} found", width=_WIDTH)
            with st.container(width="stretch", gap="xxsmall"):
                st.text(f"{title}: {one.verdict}")
                st.caption(f"{tables.seconds(one.seconds)} of computing")
                st.text(one.words)
                if one.estimate:
                    st.text(f"Estimated, not run: {one.estimate}")


def _originals(entry: Entry) -> None:
    back = "the same samples" if entry.exact else "other samples"
    st.caption(
        f"{entry.plain_bytes} bytes became {len(entry.envelope)}. Opening gave {back} back. The "
        "ciphertext is laid over the picture, one byte for each sample."
    )
    st.dataframe(
        rows_of(entry.originals, explained=True),
        hide_index=True,
        alt="Measures that need the original picture",
    )
    if entry.wrong is not None:
        small_picture(entry.wrong, alt="The picture under an almost right key", width=_WIDTH)
        st.caption("Under a private key that is wrong by 2; a smaller copy in 32 shades.")


def _histograms(plain: Shape, cipher: Shape) -> None:
    rows = [
        {"value": value, "original": a, "ciphertext": b}
        for value, (a, b) in enumerate(zip(plain.counts, cipher.counts, strict=True))
    ]
    chart = (
        plots.chart_of(rows)
        .transform_fold(["original", "ciphertext"], as_=["of", "count"])
        .mark_line(interpolate="step-after")
        .encode(
            x=alt.X("value:Q", title="sample value", scale=plots.BYTE),
            y=alt.Y("count:Q", title="how often"),
            color=alt.Color("of:N", title=None, legend=alt.Legend(orient="top")),
            tooltip=["of:N", "value:Q", "count:Q"],
        )
    )
    plots.show(chart, rows, "Histograms of the original and of the ciphertext")


def _neighbours(plain: Shape, cipher: Shape) -> None:
    direction = st.radio("Direction", list(plain.pairs), horizontal=True, key="compare_direction")
    for words, shape, column in zip(
        ("The original", "The ciphertext"), (plain, cipher), st.columns(2), strict=True
    ):
        with column:
            st.caption(words)
            pairs = shape.pairs[direction]
            plots.scatter(pairs, f"{words}: samples and their {direction} neighbours")
    st.caption("At most 500 pairs, drawn at random. Their correlation is among the statistics.")
