"""Plots of a capture's statistics, each with words for those who do not see it, and its numbers."""

import altair as alt
import streamlit as st

from lab import Duplicates, Statistics
from ui.interceptor.choices import NEIGHBOURS
from ui.parts.files import small_picture

_NUMBERS = "The numbers behind the plot"


def histogram(found: Statistics) -> None:
    """How often each byte value occurs."""
    rows = [{"byte": value, "count": count} for value, count in enumerate(found.counts)]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("byte:Q", title="byte value", scale=alt.Scale(domain=[0, 255])),
            y=alt.Y("count:Q", title="how often"),
            tooltip=["byte:Q", "count:Q"],
        )
    )
    used = sum(count > 0 for count in found.counts)
    words = (
        f"Histogram of {found.size} samples: {used} of 256 byte values occur, "
        f"the rarest {min(found.counts)} times, the most frequent {max(found.counts)} times"
    )
    st.altair_chart(chart, width="stretch", alt=words)
    st.caption(f"{words}. Noise is level.")
    _numbers(rows)


def neighbours(found: Statistics) -> None:
    """Pairs of neighbouring samples."""
    direction = st.radio("Neighbours", list(found.neighbours), horizontal=True, key=NEIGHBOURS)
    pairs = found.neighbours[direction]
    rows = [{"sample": x, "neighbour": y} for x, y in pairs]
    scale = alt.Scale(domain=[0, 255])
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(size=8, filled=True, opacity=0.6)
        .encode(
            x=alt.X("sample:Q", scale=scale),
            y=alt.Y("neighbour:Q", title=f"{direction} neighbour", scale=scale),
            tooltip=["sample:Q", "neighbour:Q"],
        )
        .properties(height=360)
    )
    words = f"Scatter plot of {len(pairs)} pairs of {direction} neighbours"
    st.altair_chart(chart, width="stretch", alt=words)
    st.caption(f"{words}. Noise fills the square; a photograph lies on its diagonal.")
    _numbers(rows)


def equal_blocks(found: Duplicates | None) -> None:
    """Where blocks of ciphertext occur more than once."""
    if found is None:
        st.caption("Too little ciphertext for a single block.")
        return
    top = max(max(row) for row in found.heat)
    rows = [
        {"row": y, "column": x, "times": max(1, times)}
        for y, row in enumerate(found.heat)
        for x, times in enumerate(row)
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_rect()
        .encode(
            x=alt.X("column:O", axis=None),
            y=alt.Y("row:O", axis=None),
            color=alt.Color(
                "times:Q",
                title="times",
                scale=alt.Scale(type="log", domain=[1, max(2, top)], scheme="viridis"),
            ),
            tooltip=["row:O", "column:O", "times:Q"],
        )
        .properties(height=360)
    )
    words = (
        f"Heat map of equal blocks: {found.repeated} of {found.blocks} blocks of {found.width} "
        f"bytes have a twin, and {found.distinct} are different"
    )
    st.altair_chart(chart, width="stretch", alt=words)
    st.caption(f"{words}. In noise no block has one.")
    _numbers(rows)


def bit_planes(found: Statistics) -> None:
    """One picture for each bit of the samples."""
    shares = [
        100
        * sum(count for value, count in enumerate(found.counts) if value >> bit & 1)
        / found.size
        for bit in range(7, -1, -1)
    ]
    with st.container(horizontal=True):
        for at, (plane, share) in enumerate(zip(found.planes, shares, strict=True)):
            with st.container(width=160, gap="xxsmall"):
                words = f"Bit {7 - at}: {share:.2f} % ones"
                small_picture(plane, alt=f"Bit plane. {words}", width=160)
                st.caption(words)
    _numbers(
        [{"bit": 7 - at, "ones in percent": round(share, 3)} for at, share in enumerate(shares)]
    )


def _numbers(rows: list[dict[str, int]] | list[dict[str, float]]) -> None:
    with st.expander(_NUMBERS):
        st.dataframe(rows, hide_index=True, alt=_NUMBERS)
