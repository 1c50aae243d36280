"""The first statement of every page: title, menu, who is here, and who may not be.

A deep link can run a page without `Home.py`, so each page brings the seat back by itself: from
this session, or from the browser's memory, checked against the store every time. Whoever has
no seat of this page's role in this channel gets one sentence and a way home.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import streamlit as st

from exchange import ExchangeError, Role, Seat, SeatGone, Waiting
from lab.errors import LabError
from ui.frame import memory, pace
from ui.frame.feed import live_feed, times_happened
from ui.frame.service import exchange
from ui.frame.style import ICON, apply_style
from ui.owner import owner_panel
from ui.parts.widgets import labelled, labelled_code
from ui.parts.words import tidy_key

PAGES: dict[Role, str] = {
    "sender": "pages/sender.py",
    "interceptor": "pages/interceptor.py",
    "receiver": "pages/receiver.py",
}
_RETRY_MS = 3000


@contextmanager
def lobby_page(title: str) -> Iterator[None]:
    """Title, style and browser memory; for the lobby, which needs no seat."""
    _start(title)
    with _faults_in_words():
        exchange()
        yield


@contextmanager
def role_page(title: str, *, role: Role) -> Iterator[Seat]:
    """Title, style, header, live feed, and the seat of this page; stops everybody else."""
    with pace.drawing.taken(), _faults_in_words():
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
        if seat.owner:
            owner_panel(seat)
        yield seat


def channel_in_url() -> str:
    """The channel key in the page's address; "" without one."""
    return st.query_params.get("channel", "")


def go_to_seat(seat: Seat, key: str) -> None:
    """Goes to a seat's page, and ties this tab to that seat."""
    memory.pin(_place(seat.role, key), seat.token)
    st.switch_page(PAGES[seat.role], query_params={"channel": key})


def _start(title: str) -> None:
    st.set_page_config(page_title=f"{title} · RSA images", page_icon=ICON, layout="wide")
    apply_style()
    memory.ask_browser()


@contextmanager
def _faults_in_words() -> Iterator[None]:
    """Whatever went wrong in the page is said in words; a lost seat starts the page anew."""
    try:
        yield
    except SeatGone:
        st.rerun()
    except (ExchangeError, LabError) as error:
        st.error(str(error))
        pace.tick_every(_RETRY_MS, key="retry")
        st.stop()


def _place(role: Role, key: str) -> str:
    """Names a page of this tab."""
    return f"{role} {tidy_key(key)}"


def _seat(role: Role, key: str) -> Seat | None:
    """The seat of this tab; else the newest of this role that was taken with this key."""
    place = _place(role, key)
    pinned = memory.pinned(place)
    entries = [e for e in memory.remembered() if _place_of(e) == place]
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


def _place_of(entry: memory.Remembered) -> str:
    return f"{entry.role} {tidy_key(entry.key)}"


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
        fits = _key_fits(seat, key)
        labelled_code("Channel key" if fits else "Old channel key, no longer good", tidy_key(key))
    with you:
        labelled(f"You are {_article(seat.role)}" + (" and own it" * seat.owner), seat.name)
    with leave:
        if st.button("Leave channel", icon=":material/logout:", width="stretch"):
            _leave(seat)


def _key_fits(seat: Seat, key: str) -> bool:
    """Asked anew when the key in the address is another one, or the channel has a new key."""
    asked = (key, times_happened(seat, "new key"))
    held: tuple[tuple[str, int], bool] | None = st.session_state.get(f"key_fits_{seat.id}")
    if held is None or held[0] != asked:
        held = (asked, exchange().lobby.key_fits(seat, key))
        st.session_state[f"key_fits_{seat.id}"] = held
    return held[1]


def _article(role: Role) -> str:
    return f"an {role}" if role == "interceptor" else f"a {role}"


def _leave(seat: Seat) -> None:
    with suppress(SeatGone):  # a seat that is gone already is what was asked for
        exchange().lobby.leave(seat)
    memory.forget(seat.token)
    st.session_state.pop("lobby_key", None)
    st.switch_page("Home.py")
