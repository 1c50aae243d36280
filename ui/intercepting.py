"""The interceptor's view of one capture: ciphertext, public facts, histogram, entropy."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import altair as alt
import streamlit as st

from exchange import (
    CapturedImage,
    CaptureItem,
    ExchangeError,
    Seat,
    byte_statistics,
    hex_dump,
    noise_picture,
)
from ui.browser_files import small_picture
from ui.service import exchange
from ui.words import clock_time, file_size

_HEX_BYTES = 512

Found = TypeVar("Found")


def capture_choice(seat: Seat) -> CapturedImage | None:
    """The captures of the channel, the newest first; the chosen one, whole."""
    items = {item.id: item for item in exchange().captures(seat)}
    if not items:
        st.caption("Nothing captured yet. Every image sent in this channel appears here.")
        return None
    chosen = st.selectbox(
        "Capture", list(items), format_func=lambda i: _label(items[i]), key=f"capture_{seat.id}"
    )
    held: CapturedImage | None = st.session_state.get(f"captured_{seat.id}")
    if held is not None and held.item.id == chosen:
        return replace(
            held, item=items[chosen]
        )  # reading a large one again at every event would cost a tenth of a second
    try:
        captured = exchange().capture(seat, chosen)
    except ExchangeError as error:
        st.error(str(error))
        return None
    st.session_state[f"captured_{seat.id}"] = captured
    return captured


def show_ciphertext(capture: CapturedImage) -> None:
    """What travelled: facts, a picture of the noise, and bytes."""
    picture, facts = st.columns([1, 2])
    with picture:
        small_picture(_once("noise", capture, noise_picture), alt="The ciphertext drawn as pixels")
        st.caption("The ciphertext, drawn as pixels")
    with facts:
        size = len(capture.envelope)
        lines = [
            f"Envelope of capture {capture.item.number}: {file_size(size)} ({size} bytes)",
            f"Scheme: {capture.item.scheme}",
            *(f"{name}: {value}" for name, value in capture.facts.parameters),
        ]
        st.text("\n".join(lines))
        st.download_button(
            "Download ciphertext",
            capture.envelope,
            file_name=capture.file_name,
            mime="application/octet-stream",
            on_click="ignore",
            icon=":material/download:",
        )
    st.caption("Recipients, and the fingerprints of their public keys")
    for receipt in capture.item.recipients:
        with st.container(gap="xxsmall"):
            st.text(receipt.name)
            st.code(receipt.fingerprint.hex(), language=None, wrap_lines=True)
    st.caption(f"The first {_HEX_BYTES} bytes of the ciphertext")
    st.code(hex_dump(capture, _HEX_BYTES), language=None)


def show_statistics(capture: CapturedImage) -> None:
    """How the ciphertext's bytes are distributed."""
    numbers = _once("statistics", capture, byte_statistics)
    st.metric("Shannon entropy", f"{numbers.entropy:.4f} bits per byte")
    st.caption(f"8 is the most there can be; measured over {numbers.total} bytes of ciphertext.")
    rows = [{"byte": value, "count": count} for value, count in enumerate(numbers.counts)]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("byte:Q", title="byte value", scale=alt.Scale(domain=[0, 255])),
            y=alt.Y("count:Q", title="how often"),
            tooltip=["byte:Q", "count:Q"],
        )
    )
    st.altair_chart(chart, width="stretch", alt="Histogram of the ciphertext's byte values")
    with st.expander("The numbers behind the histogram"):
        st.dataframe(rows, hide_index=True)


def _label(item: CaptureItem) -> str:
    return f"{item.number} · {item.scheme} · {clock_time(item.sent_at)} · from {item.sender}"


def _once(what: str, capture: CapturedImage, work: Callable[[CapturedImage], Found]) -> Found:
    """What is worked out from a capture, once for the capture that is on the screen."""
    key = f"{what} of {capture.file_name}"
    held: tuple[str, Found] | None = st.session_state.get(f"once_{what}")
    if held is None or held[0] != key:
        held = key, work(capture)
        st.session_state[f"once_{what}"] = held
    return held[1]
