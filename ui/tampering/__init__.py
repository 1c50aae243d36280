"""The interceptor's Tamper tab: what is done to a capture on its way, and to receivers' keys."""

import streamlit as st

from exchange import CapturedImage, Seat
from ui.tampering.acts import show_acts
from ui.tampering.keys import show_keys, show_readings

__all__ = ["show_tampering"]


def show_tampering(seat: Seat, capture: CapturedImage) -> None:
    """All of the tab; without the owner's permission what was done before, which rests."""
    if not seat.channel.tampering:
        st.info(
            "Interceptors may only look in this channel. Its owner can allow them to tamper, in "
            "the owner's controls.",
            icon=":material/visibility:",
        )
    show_acts(seat, capture)
    show_keys(seat)
    show_readings(seat)
