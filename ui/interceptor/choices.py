"""What was chosen in a tab is still chosen when its tab is opened again.

Streamlit forgets the value of a control that a run of the page does not draw, and only the open
tab is drawn; a value that is set by hand it keeps.
"""

import streamlit as st

from exchange import Seat

PLOT, NEIGHBOURS = "plot", "neighbours"


def tab_key(seat: Seat) -> str:
    """Names the tab that is open."""
    return f"tab_{seat.id}"


def attack_key(seat: Seat) -> str:
    """Names the choice of an attack."""
    return f"attack_{seat.id}"


def act_key(seat: Seat) -> str:
    """Names the choice of what to do with a capture on its way."""
    return f"tamper_{seat.id}"


def factor_key(seat: Seat) -> str:
    """Names the choice of a factor to multiply by."""
    return f"tamper_factor_{seat.id}"


def region_key(seat: Seat) -> str:
    """Names the choice of a region to flip."""
    return f"tamper_region_{seat.id}"


def keep_choices(seat: Seat) -> None:
    """Once in each run of the page, before the controls."""
    of_seat = (attack_key, act_key, factor_key, region_key)
    for key in (*(name(seat) for name in of_seat), PLOT, NEIGHBOURS):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]
