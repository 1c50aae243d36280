"""A sender's pictures: who opened them, and sharing them with receivers who came later."""

import streamlit as st

from exchange import Seat, SentPicture
from ui.frame.service import exchange
from ui.parts.held import key_of
from ui.parts.said import said, show
from ui.parts.widgets import name_and_caption, named_choice
from ui.parts.words import clock_time, file_size


def sent_list(seat: Seat) -> None:
    """The sender's pictures, the newest first, with who opened them and when."""
    st.subheader("Sent")
    pictures = exchange().sender.sent(seat)
    if not pictures:
        st.caption("Nothing sent yet.")
    _offer_sharing(seat, pictures)
    for picture in pictures:
        with st.container(border=True):
            _sent_picture(picture)


def _offer_sharing(seat: Seat, pictures: tuple[SentPicture, ...]) -> None:
    """For receivers who came later: pictures that were sent go to one more of them."""
    people = {one: name for picture in pictures for one, name in picture.lacking.items()}
    place = key_of(seat, "share")
    if people:
        with st.expander("Share earlier pictures"):
            to = named_choice("Share with", people, key=f"{place}_with")
            names = {one.id: one.file_name for one in pictures if to in one.lacking}
            picked = st.multiselect(
                "Pictures to share", list(names), list(names), format_func=lambda one: names[one]
            )
            if st.button("Share", icon=":material/share:", disabled=not picked):
                with st.spinner("Wrapping the keys …"), said(place, rerun=True):
                    for picture_id in picked:
                        exchange().sender.share(seat, picture_id, to)
    show(place)


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
