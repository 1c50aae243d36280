"""The first statement of every page: title, menu, who is here, and who may not be.

A deep link can run a page without `Home.py`, so each page brings the seat back by itself: from
this session, or from the browser's memory, checked against the store every time. Whoever has
no seat of this page's role in this channel gets one sentence and a way home.
"""

from contextlib import suppress
from typing import NoReturn

import streamlit as st

from exchange import ExchangeError, Role, Seat, SeatGone, Waiting
from ui import memory
from ui.feed import live_feed
from ui.owning import owner_panel
from ui.service import exchange
from ui.style import apply_style
from ui.widgets import labelled, labelled_code
from ui.words import tidy_key

PAGES: dict[Role, str] = {
    "sender": "pages/sender.py",
    "interceptor": "pages/interceptor.py",
    "receiver": "pages/receiver.py",
}


def start_page(title: str) -> None:
    """Title, style and browser memory; for the lobby, which needs no seat."""
    st.set_page_config(
        page_title=f"{title} · RSA images", page_icon=":material/lock:", layout="wide"
    )
    apply_style()
    memory.ask_browser()


def enter_page(title: str, *, role: Role) -> Seat:
    """Title, style, header, live feed, and the seat of this page; stops everybody else."""
    start_page(title)
    key = channel_in_url()
    seat = _seat(role, key)
    if seat is None:
        _turn_away(title)
    st.session_state.pop("seat_gone", None)
    _header(title, seat, key)
    if seat.waiting:
        st.info(str(Waiting()), icon=":material/hourglass_top:")
        live_feed(seat)
        st.stop()
    live_feed(seat)
    if seat.owner:
        owner_panel(seat)
    return seat


def channel_in_url() -> str:
    """The channel key in the page's address; "" without one."""
    return st.query_params.get("channel", "")


def keep_seat(seat: Seat, key: str) -> None:
    """Remembers a seat just taken and goes to its page."""
    memory.remember(memory.Remembered(key=key, role=seat.role, token=seat.token))
    st.switch_page(PAGES[seat.role], query_params={"channel": key})


def _seat(role: Role, key: str) -> Seat | None:
    """The newest remembered seat of this role that was taken with this channel key."""
    for entry in reversed(memory.remembered()):
        if entry.role != role or tidy_key(entry.key) != tidy_key(key):
            continue
        try:
            seat = exchange().resume(entry.token)
        except SeatGone:
            memory.forget(entry.token)
            st.session_state["seat_gone"] = tidy_key(key)
            continue
        except ExchangeError as error:
            st.error(str(error))
            continue
        if seat.role == role:
            return seat
    return None


def _turn_away(title: str) -> NoReturn:
    st.title(title)
    if memory.answered() or st.session_state.get("seat_gone"):
        if st.session_state.get("seat_gone") == tidy_key(channel_in_url()):
            st.warning("This channel has ended, or its owner removed your seat.")
        st.info("Join a channel first", icon=":material/meeting_room:")
        st.page_link("Home.py", label="Go to the lobby", icon=":material/home:")
    else:
        st.caption("One moment …")
    st.stop()


def _header(title: str, seat: Seat, key: str) -> None:
    """Channel, key, person and role, and the way out."""
    st.title(title)
    with st.container(border=True, key="channel_header"):
        name, code, you, leave = st.columns([3, 3, 3, 2])
    with name:
        labelled(f"{seat.channel.kind.capitalize()} channel", seat.channel.name)
    with code:
        fits = exchange().key_fits(seat, key)
        labelled_code("Channel key" if fits else "Old channel key, no longer good", tidy_key(key))
    with you:
        labelled(f"You are {_article(seat.role)}" + (" and own it" * seat.owner), seat.name)
    with leave:
        if st.button("Leave channel", icon=":material/logout:", width="stretch"):
            _leave(seat)


def _article(role: Role) -> str:
    return f"an {role}" if role == "interceptor" else f"a {role}"


def _leave(seat: Seat) -> None:
    with suppress(ExchangeError):  # a seat that is gone already is what was asked for
        exchange().leave(seat)
    memory.forget(seat.token)
    st.switch_page("Home.py")
