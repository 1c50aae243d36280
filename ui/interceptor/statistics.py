"""The statistics of one capture: table, verdicts, plots, and what they cannot show."""

import streamlit as st

from exchange import CapturedPicture, Seat
from lab.errors import turn
from lab.statistics import Statistics, statistics
from rsa_core.analysis import CANNOT_SHOW
from ui.frame.service import visitor
from ui.interceptor import plots
from ui.interceptor.choices import PLOT
from ui.interceptor.tables import statistics_table
from ui.parts.held import shared


def show_statistics(seat: Seat, capture: CapturedPicture) -> None:
    """Everything that can be measured without any key."""

    def measure() -> Statistics:
        with turn(visitor(), seat.channel.id):
            return statistics(capture.facts)

    found = shared("statistics", capture.file_name, measure)
    st.caption(f"Measured: {found.words}; {found.size} samples of 8 bits.")
    statistics_table(found.table, alt="Statistics of the ciphertext")
    st.info(CANNOT_SHOW, icon=":material/info:")
    with st.expander("What each statistic is"):
        st.text("\n\n".join(f"{one.name}. {one.explanation}" for one in found.table))
    shows = {
        "Histogram": plots.histogram,
        "Neighbouring samples": plots.neighbours,
        "Equal blocks": plots.equal_blocks,
        "Bit planes": plots.bit_planes,
    }
    shows[st.radio("Plot", list(shows), horizontal=True, key=PLOT)](found)
