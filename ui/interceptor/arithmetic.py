"""Show the arithmetic: one sample of a textbook capture with its real numbers."""

import streamlit as st

from exchange import CapturedPicture, Seat
from lab.arithmetic import Arithmetic, arithmetic
from lab.errors import LabError
from ui.interceptor.findings import exact_picture
from ui.parts.held import remember
from ui.parts.widgets import labelled_code

_LONG = 6  # lines of numbers that need a box with its own scroll bar
_MAX_SIDE = 16_384


def show_arithmetic(seat: Seat, capture: CapturedPicture) -> None:
    """For the textbook schemes: m, e, n, c, and the steps from m to c."""
    if not capture.facts.moduli:
        return
    with st.expander("Show the arithmetic"):
        x, y, channel = _place(capture.facts.shape)
        recovered = None if capture.facts.shape else exact_picture(seat, capture)
        try:
            found = remember(
                "arithmetic",
                (capture.file_name, x, y, channel, recovered is not None),
                lambda: arithmetic(capture.facts, x=x, y=y, channel=channel, recovered=recovered),
            )
        except LabError as refused:
            st.info(str(refused))
            return
        _show(found)


def _place(shape: tuple[int, ...] | None) -> tuple[int, int, int]:
    height, width, *channels = shape or (_MAX_SIDE, _MAX_SIDE, 4)
    columns = st.columns(3)
    with columns[0]:
        x = st.number_input("Column x", 0, width - 1, 0)
    with columns[1]:
        y = st.number_input("Row y", 0, height - 1, 0)
    with columns[2]:
        channel = st.number_input("Channel", 0, (channels[0] if channels else 1) - 1, 0)
    return int(x), int(y), int(channel)


def _show(found: Arithmetic) -> None:
    st.text(f"{found.place}. {found.words}")
    m = "unknown" if found.m is None else str(found.m)
    labelled_code(
        "Plaintext m, public key (e, n), ciphertext c = m^e mod n",
        f"m = {m}\ne = {found.e}\nn = {found.n}\nc = {found.c}",
    )
    if found.steps:
        st.caption(
            f"Square and multiply, for each bit of e = {found.e:b} (binary): square, and where the "
            "bit is 1, multiply by m"
        )
        lines = [f"bit {step.bit}: {step.words}" for step in found.steps]
        long = sum(len(line) for line in lines) > 80 * _LONG * 2
        st.code(
            "\n".join(lines),
            language=None,
            wrap_lines=True,
            height=320 if long else "content",
        )
