"""The statistics of one capture: table, verdicts, plots, and what they cannot show."""

import streamlit as st

from exchange import CapturedPicture, Seat
from lab import CANNOT_SHOW, Statistics, statistics, turn
from ui.frame.service import visitor
from ui.interceptor import plots
from ui.interceptor.choices import PLOT
from ui.interceptor.tables import explanations, statistics_table
from ui.parts.held import shared


def show_statistics(seat: Seat, capture: CapturedPicture) -> None:
    """Everything that can be measured without any key."""

    def measure() -> Statistics:
        with turn(visitor(), seat.channel.id):
            return statistics(capture)

    found = shared("statistics", capture.file_name, measure)
    st.caption(f"Measured: {found.words}; {found.size} samples of 8 bits.")
    statistics_table(found.table, alt="Statistics of the ciphertext")
    st.info(CANNOT_SHOW, icon=":material/info:")
    with st.expander("What each statistic is"):
        explanations(found.table)
    kinds = ["Histogram", "Neighbouring samples", "Equal blocks", "Bit planes"]
    plot = st.radio("Plot", kinds, horizontal=True, key=PLOT)
    if plot == "Histogram":
        plots.histogram(found)
    elif plot == "Neighbouring samples":
        plots.neighbours(found)
    elif plot == "Equal blocks":
        plots.equal_blocks(found.duplicates)
    else:
        plots.bit_planes(found)
