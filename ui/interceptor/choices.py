"""What was chosen in a tab is still chosen when its tab is opened again.

Streamlit forgets the value of a control that a run of the page does not draw, and only the open
tab is drawn; a value that is set by hand it keeps.
"""

from collections.abc import Callable

import streamlit as st

from exchange import Seat


def _of_seat(name: str) -> Callable[[Seat], str]:
    return lambda seat: f"{name}_{seat.id}"


# Keys of controls.
PLOT, NEIGHBOURS = "plot", "neighbours"
tab_key, attack_key = _of_seat("tab"), _of_seat("attack")
act_key, factor_key, region_key = map(_of_seat, ("tamper", "tamper_factor", "tamper_region"))


def keep_choices(seat: Seat) -> None:
    """Once in each run of the page, before the controls."""
    of_seat = (attack_key, act_key, factor_key, region_key)
    for key in (*(name(seat) for name in of_seat), PLOT, NEIGHBOURS):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]
