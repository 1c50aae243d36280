"""The interceptor's page: every ciphertext of the channel, and nothing else."""

import streamlit as st

from exchange import CapturedPicture, Seat
from ui.frame.guard import role_page
from ui.interceptor.arithmetic import show_arithmetic
from ui.interceptor.attacks import show_attacks
from ui.interceptor.captures import capture_choice, show_ciphertext
from ui.interceptor.choices import keep_choices, tab_key
from ui.interceptor.experiments import show_experiments
from ui.interceptor.false_keys import show_false_keys, show_readings
from ui.interceptor.keys import show_keys
from ui.interceptor.statistics import show_statistics
from ui.interceptor.tamper import show_acts
from ui.parts.widgets import open_tab


def page() -> None:
    """A capture, and the tab that is open."""
    with role_page("Interceptor", role="interceptor") as seat:
        capture = capture_choice(seat)
        keep_choices(seat)
        if capture is None:
            return
        shows = {"Ciphertext": _ciphertext, "Statistics": _statistics, "Attacks": _attacks}
        if seat.channel.kind == "classroom":
            shows["Tamper"] = _tampering
        with open_tab(tab_key(seat), list(shows)) as name:
            shows[name](seat, capture)


def _ciphertext(_seat: Seat, capture: CapturedPicture) -> None:
    """What travelled."""
    show_ciphertext(capture)


def _statistics(seat: Seat, capture: CapturedPicture) -> None:
    """What can be measured without a key."""
    show_statistics(seat, capture)
    show_experiments(seat, capture)


def _attacks(seat: Seat, capture: CapturedPicture) -> None:
    """What breaks it."""
    show_attacks(seat, capture)
    show_arithmetic(seat, capture)
    show_keys(seat)


def _tampering(seat: Seat, capture: CapturedPicture) -> None:
    """What is done to it on its way; without the owner's permission what was done before."""
    if not seat.channel.tampering:
        st.info(
            "Interceptors may only look in this channel. Its owner can allow them to tamper, in "
            "the owner's controls.",
            icon=":material/visibility:",
        )
    show_acts(seat, capture)
    show_false_keys(seat)
    show_readings(seat)
