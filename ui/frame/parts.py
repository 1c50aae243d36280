"""The parts of a page: each is drawn alone when an event concerns it, the rest is not touched.

A part says itself what is wrong when it cannot be drawn, and tries again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec

import streamlit as st

from exchange import ExchangeError, Seat, SeatGone
from lab.errors import LabError
from ui.frame import pace
from ui.parts.widgets import fragment

P = ParamSpec("P")
Draw = Callable[Concatenate[Seat, P], None]

OWNER, ALARMS, NUMBERS, OWN_KEY = "owner", "alarms", "numbers", "own key"
RECIPIENTS, SHARING, SENT = "recipients", "sharing", "sent"
INBOX, ARRIVED, HEADING = "inbox", "arrived", "heading"
FEED = "feed"
PLACES = 50  # of pictures in the inbox; each is a part, named ARRIVED and its number
CAPTURES, CAPTURE, KEYS, TAMPERING = "captures", "capture", "keys", "tampering"
PAGE = "page"  # no part: what stands around them

_RETRY_MS = 3000


def part(name: str, *, after: float = 0.0) -> Callable[[Draw[P]], Draw[P]]:
    """Makes a part of what draws it; one call of each in a page.

    Args:
        name: of the part.
        after: seconds for which it lets others go first, see `pace.Turns`.
    """

    def decorate(draw: Draw[P]) -> Draw[P]:
        @fragment(key=name)
        @wraps(draw)
        def alone(seat: Seat, /, *args: P.args, **kwargs: P.kwargs) -> None:
            with pace.drawing.taken(after), faults_in_words(name):
                draw(seat, *args, **kwargs)

        return alone

    return decorate


@contextmanager
def faults_in_words(place: str, *, stop: bool = False) -> Iterator[None]:
    """Says what went wrong, and tries again; a lost seat starts the page again.

    Args:
        place: names the page or the part that is tried again.
        stop: nothing more of the page is drawn.
    """
    try:
        yield
    except SeatGone:
        st.rerun()
    except (ExchangeError, LabError) as error:
        st.error(str(error))
        pace.tick_every(_RETRY_MS, key=f"retry_{place}")
        if stop:
            st.stop()
