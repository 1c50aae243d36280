"""What the lobby shows besides its two forms: the seats that this browser still holds."""

import streamlit as st

from exchange import ExchangeError, Seat
from ui import memory
from ui.guard import PAGES
from ui.service import exchange


def own_seats() -> None:
    """Links back to the seats that this browser remembers and the store still knows."""
    seats: list[tuple[str, Seat]] = []
    for entry in memory.remembered():
        try:
            seats.append((entry.key, exchange().resume(entry.token)))
        except ExchangeError:
            memory.forget(entry.token)
    if not seats:
        return
    st.subheader("Your seats in this browser")
    for key, seat in seats:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                PAGES[seat.role],
                label=f"Go to the {seat.role} page",
                icon=":material/arrow_forward:",
                query_params={"channel": key},
            )
            st.text(f"{seat.channel.name}, as {seat.name}")
