"""The inbox: what has arrived, what each picture is, and opening it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from exchange import Details, ExchangeError, InboxItem, OpenedPicture, Seat, Tampered
from ui.browser_files import small_picture
from ui.feed import mark_read, unread
from ui.receiving.opened import offer_ciphertext, show_opened
from ui.receiving.selection import selection
from ui.service import exchange
from ui.words import clock_time, file_size

_SHOWN = 20  # images at first, and more by each press: a page is drawn at every new image
_OPEN_AT_ONCE = 6  # pictures held open in one session; each may be 50 MB


def inbox_list(seat: Seat) -> None:
    """Every picture of the channel; opened ones stay open until they are closed."""
    items = exchange().inbox(seat)
    new = unread(seat, "sent")
    st.subheader("Inbox")
    if new:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(f"{new} new", icon=":material/mail:")
            st.button("Mark as read", type="tertiary", on_click=mark_read, args=(seat,))
    if not items:
        st.caption("Nothing has arrived yet. New images appear here by themselves.")
    selection(seat, [item for item in items if not item.obstacle])
    shown = st.session_state.setdefault(f"shown_{seat.id}", _SHOWN)
    for item in items[:shown]:
        with st.container(border=True, key=f"inbox_{item.id}"):
            _inbox_item(seat, item)
    if len(items) > shown:
        st.caption(f"{len(items) - shown} older images are not shown.")
        st.button("Show older images", on_click=_show_more, args=(seat,))


def _show_more(seat: Seat) -> None:
    st.session_state[f"shown_{seat.id}"] += _SHOWN


def _inbox_item(seat: Seat, item: InboxItem) -> None:
    if item.obstacle:
        _headline(item)
        st.info(item.obstacle, icon=":material/key_off:")
        offer_ciphertext(seat, item)
        return
    opened: dict[str, OpenedPicture] = st.session_state.setdefault(f"opened_{seat.id}", {})
    try:
        details = _details(seat, item)
    except ExchangeError as error:
        _headline(item)
        st.error(str(error), icon=":material/gpp_bad:")
        return
    picture, words = st.columns([1, 4])
    with picture:
        small_picture(details.thumbnail, alt="Preview of the image", mime=_mime(details))
    with words:
        _headline(item, details)
        if item.id in opened:
            if st.button("Close", key=f"close_{item.id}"):
                del opened[item.id]
                st.rerun()
        elif st.button("Open", key=f"open_{item.id}", icon=":material/lock_open:"):
            _open(seat, item, opened)
        _problem(item)
    if item.id in opened:
        show_opened(seat, item, opened[item.id])


def _headline(item: InboxItem, details: Details | None = None) -> None:
    """All that is known of a picture before it is opened, in few elements: there may be many."""
    facts = [
        clock_time(item.sent_at),
        item.scheme,
        f"ciphertext {file_size(item.size)}",
        f"opened {clock_time(item.opened_at)}" if item.opened_at else "not opened yet",
    ]
    if item.removal:
        facts.append(item.removal)
    if details is not None:
        st.text(details.file_name)
        if details.caption:
            st.text(details.caption)
        facts.insert(0, f"{details.width} × {details.height}, {file_size(details.size)}")
    st.text(f"From {item.sender}")
    st.caption(" · ".join(facts))


def _open(seat: Seat, item: InboxItem, opened: dict[str, OpenedPicture]) -> None:
    """Decrypts, then shows the page anew; the words of a failure are kept for that page."""
    try:
        with st.spinner("Verifying and decrypting …"):
            bar = st.empty()
            picture = exchange().open(seat, item.id, progress=lambda part: _fill(bar, part))
    except ExchangeError as error:
        st.session_state[_problem_of(item)] = str(error)
    else:
        st.session_state.pop(_problem_of(item), None)
        opened[item.id] = picture
        while len(opened) > _OPEN_AT_ONCE:
            del opened[next(iter(opened))]
    st.rerun()


def _fill(bar: DeltaGenerator, part: float) -> None:
    bar.progress(part, text="Decrypting …")


def _problem(item: InboxItem) -> None:
    problem = st.session_state.get(_problem_of(item))
    if problem:
        st.error(problem, icon=":material/gpp_bad:")


def _problem_of(item: InboxItem) -> str:
    """Another place for whatever else arrives under the same id."""
    return f"problem_{item.id}_{item.delivery}"


def _details(seat: Seat, item: InboxItem) -> Details:
    """The sealed record, opened once in a session: opening costs a private-key operation.

    What arrives under an id may become another thing; its record is opened anew then.
    """
    cache: dict[tuple[str, str], Details | Tampered] = st.session_state.setdefault(
        f"details_{seat.id}", {}
    )
    arrived = (item.id, item.delivery)
    if arrived not in cache:
        try:
            cache[arrived] = exchange().details(seat, item.id)
        except Tampered as refused:
            cache[arrived] = refused
    found = cache[arrived]
    if isinstance(found, Tampered):
        raise found
    return found


def _mime(details: Details) -> str:
    return "image/png" if details.thumbnail.startswith(b"\x89PNG") else "image/jpeg"
