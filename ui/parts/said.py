"""Refusals, shown where they belong until the next press there.

A press often ends in another run of the page; the words wait for it in the session.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from exchange import ExchangeError
from ui.parts.drawing import draw_page_again


@contextmanager
def said(place: str, *, rerun: bool = False) -> Iterator[None]:
    """Keeps the words of an `ExchangeError` for `show`; `rerun` draws the page again afterwards."""
    say(place, "")
    try:
        yield
    except ExchangeError as error:
        say(place, str(error))
    if rerun:
        st.rerun()


def attempt(place: str, act: Callable[[], object]) -> None:
    """For `on_click`: `act` runs before the page is drawn, so that no rerun can lose the press."""
    with said(place):
        act()
    draw_page_again()


def say(place: str, words: str) -> bool:
    """Puts these words there, "" for none; whether there were any before."""
    before = st.session_state.get(f"said_{place}")
    st.session_state[f"said_{place}"] = words
    return bool(before)


def show(place: str, *, warning: bool = False, icon: str | None = None) -> None:
    """Draws the words of this place, if any."""
    words = st.session_state.get(f"said_{place}")
    if words:
        (st.warning if warning else st.error)(words, icon=icon)
