"""Plots of samples, each with words for anyone who cannot see it, and its numbers."""

from collections.abc import Mapping, Sequence

import altair as alt
import streamlit as st

from lab.statistics import Samples, Statistics
from ui.interceptor.choices import NEIGHBOURS
from ui.parts.files import small_picture

Rows = Sequence[Mapping[str, object]]

_NUMBERS = "The numbers behind the plot"
BYTE = alt.Scale(domain=[0, 255])


def chart_of(rows: Rows) -> alt.Chart:
    """A chart of these rows, which stay in the page."""
    return alt.Chart(alt.InlineData(values=[dict(row) for row in rows]))


def show(chart: alt.Chart, rows: Rows, words: str, remark: str = "") -> None:
    """The chart, and its rows for anyone who cannot see it.

    Args:
        chart: of the rows.
        rows: the numbers behind it.
        words: what it is.
        remark: shown below, after the words; they are left out without it.
    """
    st.altair_chart(chart, width="stretch", alt=words)
    if remark:
        st.caption(f"{words}. {remark}")
    numbers(rows)


def numbers(rows: Rows) -> None:
    """The numbers behind a plot, to be opened."""
    with st.expander(_NUMBERS):
        st.dataframe(rows, hide_index=True, alt=_NUMBERS)


def scatter(pairs: Samples, words: str, remark: str = "") -> None:
    """Each sample against its neighbour."""
    rows = [{"sample": x, "neighbour": y} for x, y in pairs.tolist()]
    chart = (
        chart_of(rows)
        .mark_circle(size=12, opacity=0.6)
        .encode(
            x=alt.X("sample:Q", scale=BYTE),
            y=alt.Y("neighbour:Q", scale=BYTE),
            tooltip=["sample:Q", "neighbour:Q"],
        )
    )
    show(chart, rows, words, remark)


def histogram(found: Statistics) -> None:
    """How often each byte value occurs."""
    counts = found.shape.counts
    rows = [{"byte": value, "count": count} for value, count in enumerate(counts)]
    chart = (
        chart_of(rows)
        .mark_bar()
        .encode(
            x=alt.X("byte:Q", title="byte value", scale=BYTE),
            y=alt.Y("count:Q", title="how often"),
            tooltip=["byte:Q", "count:Q"],
        )
    )
    words = (
        f"Histogram of {found.size} samples: {sum(map(bool, counts))} of 256 byte values occur, "
        f"the rarest {min(counts)} times, the most frequent {max(counts)} times"
    )
    show(chart, rows, words, "Random noise is flat.")


def neighbours(found: Statistics) -> None:
    """Pairs of neighbouring samples."""
    direction = st.radio("Neighbours", list(found.shape.pairs), horizontal=True, key=NEIGHBOURS)
    pairs = found.shape.pairs[direction]
    words = f"Scatter plot of {len(pairs)} pairs of {direction} neighbours"
    scatter(pairs, words, "Noise fills the square; a photograph lies on its diagonal.")


def equal_blocks(found: Statistics) -> None:
    """Where blocks of ciphertext occur more than once."""
    blocks = found.duplicates
    if blocks is None:
        st.caption("Too little ciphertext for a single block.")
        return
    rows = [
        {"row": y, "column": x, "times": max(1, times)}
        for y, row in enumerate(blocks.heat)
        for x, times in enumerate(row)
    ]
    top = max(2, *map(max, blocks.heat))
    colours = alt.Scale(type="log", domain=[1, top], scheme="viridis")
    chart = (
        chart_of(rows)
        .mark_rect()
        .encode(
            x=alt.X("column:O", axis=None),
            y=alt.Y("row:O", axis=None),
            color=alt.Color("times:Q", title="times", scale=colours),
            tooltip=["row:O", "column:O", "times:Q"],
        )
        .properties(height=360)
    )
    words = (
        f"Heat map of equal blocks: {blocks.repeated} of {blocks.blocks} blocks of {blocks.width} "
        f"bytes have a twin, and {blocks.distinct} are different"
    )
    show(chart, rows, words, "In random data no block repeats.")


def bit_planes(found: Statistics) -> None:
    """One picture for each bit of the samples, the highest first."""
    counts = list(enumerate(found.shape.counts))
    rows = []
    with st.container(horizontal=True):
        for bit, plane in zip(range(7, -1, -1), found.planes, strict=True):
            share = 100 * sum(count for value, count in counts if value >> bit & 1) / found.size
            rows.append({"bit": bit, "ones in percent": round(share, 3)})
            with st.container(width=160, gap="xxsmall"):
                words = f"Bit {bit}: {share:.2f} % ones"
                small_picture(plane, alt=f"Bit plane. {words}", width=160)
                st.caption(words)
    numbers(rows)
