"""The first statement of every page: title, menu, who is here, and who may not be.

A deep link can run a page without `Home.py`, so each page restores the seat itself: from this
session, or from the browser's memory, checked against the store every time. Anyone without a seat
of this page's role in this channel gets one sentence and a way home.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import streamlit as st

from exchange import Role, Seat, SeatGone, Waiting
from ui.frame import memory, pace
from ui.frame.feed import live_feed, times_happened
from ui.frame.parts import PAGE, faults_in_words
from ui.frame.service import exchange
from ui.frame.style import ICON, apply_style
from ui.parts.held import remember
from ui.parts.widgets import labelled, labelled_code
from ui.parts.words import tidy_key


@contextmanager
def lobby_page(title: str) -> Iterator[None]:
    """Title, style and browser memory; for pages that need no seat."""
    _start(title)
    with faults_in_words(PAGE, stop=True):
        exchange()
        yield


@contextmanager
def role_page(title: str, *, role: Role) -> Iterator[Seat]:
    """Title, style, header, live feed, and the seat of this page; stops everyone else."""
    with pace.drawing.taken(), faults_in_words(PAGE, stop=True):
        _start(title)
        key = channel_in_url()
        seat = _seat(role, key)
        if seat is None:
            _turn_away(title, key)
        _header(title, seat, key)
        live_feed(seat)
        if seat.waiting:
            st.info(str(Waiting()), icon=":material/hourglass_top:")
            st.stop()
        yield seat


def channel_in_url() -> str:
    """The channel key in the page's address; "" without one."""
    return st.query_params.get("channel", "")


def go_to_seat(seat: Seat, key: str) -> None:
    """Goes to a seat's page, and ties this tab to that seat."""
    memory.pin(_place(seat.role, key), seat.token)
    st.switch_page(f"pages/{seat.role}.py", query_params={"channel": key})


def _start(title: str) -> None:
    st.set_page_config(page_title=f"{title} · RSA images", page_icon=ICON, layout="wide")
    apply_style()
    memory.ask_browser()


def _place(role: str, key: str) -> str:
    """Names a page of this tab."""
    return f"{role} {tidy_key(key)}"


def _seat(role: Role, key: str) -> Seat | None:
    """The seat of this tab; else the newest of this role that was taken with this key."""
    place = _place(role, key)
    pinned = memory.pinned(place)
    entries = [e for e in memory.remembered() if _place(e.role, e.key) == place]
    entries.sort(key=lambda entry: entry.token == pinned)
    for entry in reversed(entries):
        with suppress(SeatGone):
            seat = exchange().lobby.resume(entry.token)
            if seat.role == role:
                memory.pin(place, seat.token)
                return seat
    if entries:
        st.session_state["seat_gone"] = place
    return None


def _turn_away(title: str, key: str) -> NoReturn:
    st.title(title)
    if memory.answered():
        if str(st.session_state.get("seat_gone", "")).endswith(f" {tidy_key(key)}"):
            st.warning("This channel has ended, or your seat was removed.")
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
        asked = (seat.id, key, times_happened(seat, "new key"))
        fits = remember("key fits", asked, lambda: exchange().lobby.key_fits(seat, key))
        labelled_code("Channel key" if fits else "Old channel key (replaced)", tidy_key(key))
    with you:
        labelled(seat.role.capitalize() + " · owner" * seat.owner, seat.name)
    with leave:
        if st.button("Leave channel", icon=":material/logout:", width="stretch"):
            _leave(seat)


def _leave(seat: Seat) -> None:
    with suppress(SeatGone):  # a seat that is gone already is what was asked for
        exchange().lobby.leave(seat)
    memory.forget(seat.token)
    st.session_state.pop("lobby_key", None)
    st.switch_page("Home.py")
