"""A sender's pictures: who opened them, and sharing them with receivers who came later."""

from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from exchange import NotFound, Seat, SentPicture
from ui.frame.feed import Feed
from ui.frame.parts import SENT, SHARING, part
from ui.frame.service import exchange
from ui.parts.held import key_of, state_of
from ui.parts.said import said, show
from ui.parts.widgets import name_and_caption, named_choice
from ui.parts.words import clock_time, file_size, told_apart

_SHOWN = 20  # pictures at first, and more by each press: the list is drawn at every opening


@dataclass(slots=True)
class Sent:
    """What the page keeps from run to run."""

    shown: int = _SHOWN


def sent_panel(seat: Seat) -> None:
    """The sender's pictures, the newest first, with who opened them and when."""
    st.subheader("Sent")
    _sharing(seat)
    _list(seat)


@part(SHARING)
def _sharing(seat: Seat) -> None:
    """For receivers who came later: pictures that were sent go to one more of them."""
    people = exchange().sender.lacking(seat)
    place = key_of(seat, "share")
    if people:
        with st.expander("Share earlier pictures", key=f"{place}_panel"):
            to = named_choice("Share with", people, key=f"{place}_with")
            names: dict[str, str] = {}
            with suppress(NotFound):  # they may have left a moment ago
                names = told_apart(exchange().sender.shareable(seat, to))
            picked = st.multiselect(
                "Pictures to share",
                list(names),
                list(names),
                format_func=lambda one: names[one],
                key=f"{place}_what_{to}",
            )
            if st.button("Share", icon=":material/share:", disabled=not picked):
                with st.spinner("Wrapping the keys …"), said(place, rerun=True):
                    for picture_id in picked:
                        exchange().sender.share(seat, picture_id, to)
    show(place)


@part(SENT)
def _list(seat: Seat) -> None:
    state = state_of(Sent, seat)
    pictures = exchange().sender.sent(seat, newest=state.shown + 1)
    shown = pictures[: state.shown]
    state_of(Feed, seat).counted = frozenset(one.id for one in shown)
    if not pictures:
        st.caption("Nothing sent yet.")
    for picture in shown:
        with st.container(border=True):
            _sent_picture(picture)
    if len(pictures) > len(shown):
        st.button("Show older pictures", on_click=_show_more, args=(seat,))


def _show_more(seat: Seat) -> None:
    state_of(Sent, seat).shown += _SHOWN


def _sent_picture(picture: SentPicture) -> None:
    what, who = st.columns([3, 2])
    with what, st.container(gap="xsmall"):
        name_and_caption(picture.file_name, picture.caption)
        size = file_size(picture.size)
        st.caption(
            f"{clock_time(picture.sent_at)} · {picture.scheme} · ciphertext {size}"
            + (f" · {picture.removal}" if picture.removal else "")
        )
    with who:
        lines = [
            f"{r.name}: opened {clock_time(r.opened_at)}" if r.opened_at else f"{r.name}: waiting"
            for r in picture.receipts
        ]
        st.text("\n".join(lines))
