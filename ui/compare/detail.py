"""One case in full: attacks, statistics with critical values, and plots against the original."""

import altair as alt
import streamlit as st

from lab import ATTACK_TITLES, Case, Entry, Shape, shape_of, tables
from ui.compare.job import Job
from ui.parts.files import small_picture

_WIDTH = 190


def show_case(job: Job, case: Case) -> None:
    """Five tabs about one case."""
    entry = job.entries[case]
    plain = shape_of(job.subject.pixels)
    attacks, statistics, originals, values, neighbours = st.tabs(
        ["Attacks", "Statistics", "Against the original", "Histogram", "Neighbours"]
    )
    with attacks:
        _attacks(job, case)
    with statistics:
        st.caption(f"Measured on {entry.measured_on}.")
        st.dataframe(
            tables.measures(entry.statistics),
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
        with st.container(border=True, horizontal=True):
            if one.picture is not None:
                title = ATTACK_TITLES[one.attack]
                small_picture(one.picture, alt=f"What {title} found", width=_WIDTH)
            with st.container(width="stretch", gap="xxsmall"):
                st.text(f"{ATTACK_TITLES[one.attack]}: {one.verdict}")
                st.caption(f"{tables.seconds(one.seconds)} of computing")
                st.text(one.words)
                if one.estimate:
                    st.text(f"Estimated, not done: {one.estimate}")


def _originals(entry: Entry) -> None:
    back = "the same samples" if entry.exact else "other samples"
    st.caption(
        f"{entry.plain_bytes} bytes became {len(entry.envelope)}. Opening gave {back} back. The "
        "ciphertext is laid over the picture, one byte for each sample."
    )
    st.dataframe(
        tables.likenesses(entry.originals),
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
        alt.Chart(alt.InlineData(values=rows))
        .transform_fold(["original", "ciphertext"], as_=["of", "count"])
        .mark_line(interpolate="step-after")
        .encode(
            x=alt.X("value:Q", title="sample value", scale=alt.Scale(domain=[0, 255])),
            y=alt.Y("count:Q", title="how often"),
            color=alt.Color("of:N", title=None, legend=alt.Legend(orient="top")),
            tooltip=["of:N", "value:Q", "count:Q"],
        )
    )
    st.altair_chart(chart, width="stretch", alt="Histograms of the original and of the ciphertext")
    with st.expander("The numbers behind the histograms"):
        st.dataframe(rows, hide_index=True, alt="How often each value occurs")


def _neighbours(plain: Shape, cipher: Shape) -> None:
    direction = st.radio("Direction", list(plain.dots), horizontal=True, key="compare_direction")
    for words, shape, column in zip(
        ("The original", "The ciphertext"), (plain, cipher), st.columns(2), strict=True
    ):
        rows = [{"sample": int(a), "neighbour": int(b)} for a, b in shape.dots[direction]]
        chart = (
            alt.Chart(alt.InlineData(values=rows))
            .mark_circle(size=12, opacity=0.6)
            .encode(
                x=alt.X("sample:Q", scale=alt.Scale(domain=[0, 255])),
                y=alt.Y("neighbour:Q", scale=alt.Scale(domain=[0, 255])),
            )
        )
        with column:
            st.caption(words)
            st.altair_chart(
                chart, width="stretch", alt=f"{words}: samples and their {direction} neighbours"
            )
            with st.expander("The pairs behind the plot"):
                st.dataframe(rows, hide_index=True, alt=f"{words}: pairs of neighbours")
    st.caption("At most 500 pairs, drawn at random. Their correlation is among the statistics.")
