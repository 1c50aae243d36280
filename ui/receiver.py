"""The inbox: what has arrived, what each picture is, and opening it."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from exchange import Details, ExchangeError, InboxItem, OpenedPicture, Seat
from ui.frame.feed import mark_read, unread
from ui.frame.guard import role_page
from ui.frame.service import exchange
from ui.opened import offer_ciphertext, show_opened
from ui.own_keys import own_key_panel
from ui.parts.files import small_picture
from ui.parts.words import clock_time, file_size
from ui.safety import compare_panel, show_alarms
from ui.selection import selection

_SHOWN = 20  # pictures at first, and more by each press: a page is drawn at every new picture
_OPEN_AT_ONCE = 6  # pictures held open in one session; each may be 50 MB


def page() -> None:
    """The inbox, and the pictures that this seat's key opens."""
    with role_page("Receiver", role="receiver") as seat:
        show_alarms(seat)
        own_key_panel(seat)
        compare_panel(seat)
        _inbox_list(seat)


def _inbox_list(seat: Seat) -> None:
    """Every picture of the channel; opened ones stay open until they are closed.

    Also those that are gone from the channel by now: opening may have been what removed them.
    """
    items = exchange().receiver.inbox(seat)
    st.session_state[f"counts_openings_{seat.id}"] = any(item.removal for item in items)
    new = unread(seat, "sent")
    st.subheader("Inbox")
    if new:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(f"{new} new", icon=":material/mail:")
            st.button("Mark as read", type="tertiary", on_click=mark_read, args=(seat,))
    if not items:
        st.caption("Nothing has arrived yet. New pictures appear here by themselves.")
    selection(seat, [item for item in items if not item.obstacle])
    _gone(seat, items)
    shown = st.session_state.setdefault(f"shown_{seat.id}", _SHOWN)
    for item in items[:shown]:
        with st.container(border=True, key=f"inbox_{item.id}"):
            _inbox_item(seat, item)
    if len(items) > shown:
        st.caption(f"{len(items) - shown} older pictures are not shown.")
        st.button("Show older pictures", on_click=_show_more, args=(seat,))


def _show_more(seat: Seat) -> None:
    st.session_state[f"shown_{seat.id}"] += _SHOWN


def _gone(seat: Seat, items: list[InboxItem] | tuple[InboxItem, ...]) -> None:
    """Pictures that are still open here, and no longer in the channel."""
    here = {item.id for item in items}
    for item, picture in list(_opened(seat).values()):
        if item.id not in here:
            with st.container(border=True, key=f"gone_{item.id}"):
                _headline(replace(item, removal=""), picture.details)
                st.info(
                    "This picture has gone from your inbox. Only this page still has it: save it "
                    "if you want to keep it.",
                    icon=":material/save:",
                )
                _close_button(seat, item)
                show_opened(seat, item, picture)


def _opened(seat: Seat) -> dict[str, tuple[InboxItem, OpenedPicture]]:
    """What is open on this page, by picture, with the line of the inbox that it had."""
    opened: dict[str, tuple[InboxItem, OpenedPicture]] = st.session_state.setdefault(
        f"opened_{seat.id}", {}
    )
    return opened


def _close_button(seat: Seat, item: InboxItem) -> None:
    if st.button("Close", key=f"close_{item.id}"):
        del _opened(seat)[item.id]
        st.rerun()


def _inbox_item(seat: Seat, item: InboxItem) -> None:
    opened = _opened(seat)
    if item.id in opened:
        opened[item.id] = (item, opened[item.id][1])  # by now it says when it was opened
    if item.obstacle:
        picture = opened[item.id][1] if item.id in opened else None
        _headline(item, None if picture is None else picture.details)
        st.info(item.obstacle, icon=":material/key_off:")
        if picture is not None:
            _close_button(seat, item)
            show_opened(seat, item, picture)
        offer_ciphertext(seat, item)
        return
    if item.hidden:
        _headline(item)
        st.caption("Preview, name and caption stay hidden until you open it: openings are counted.")
        _open_button(seat, item)
        return
    try:
        details = _details(seat, item)
    except ExchangeError as error:
        _headline(item)
        st.error(str(error), icon=":material/gpp_bad:")
        return
    preview, words = st.columns([1, 4])
    with preview:
        small_picture(details.thumbnail, alt="Preview of the picture", mime=_mime(details))
    with words:
        _headline(item, details)
        if item.id in opened:
            _close_button(seat, item)
        else:
            _open_button(seat, item)
    if item.id in opened:
        show_opened(seat, item, opened[item.id][1])
        offer_ciphertext(seat, item)


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


def _open_button(seat: Seat, item: InboxItem) -> None:
    """The button, and why the last press came to nothing."""
    if st.button("Open", key=f"open_{item.id}", icon=":material/lock_open:"):
        _open(seat, item)
    problem = st.session_state.get(_problem_of(item))
    if problem:
        st.error(problem, icon=":material/gpp_bad:")


def _open(seat: Seat, item: InboxItem) -> None:
    """Decrypts, then shows the page anew; the words of a failure are kept for that page."""
    try:
        with st.spinner("Verifying and decrypting …"):
            bar = st.empty()
            picture = exchange().receiver.open(
                seat, item.id, progress=lambda part: _fill(bar, part)
            )
    except ExchangeError as error:
        st.session_state[_problem_of(item)] = str(error)
    else:
        st.session_state.pop(_problem_of(item), None)
        opened = _opened(seat)
        opened[item.id] = (item, picture)
        while len(opened) > _OPEN_AT_ONCE:
            del opened[next(iter(opened))]
    st.rerun()


def _fill(bar: DeltaGenerator, part: float) -> None:
    bar.progress(part, text="Decrypting …")


def _problem_of(item: InboxItem) -> str:
    """Another place for whatever else arrives under the same id."""
    return f"problem_{item.id}_{item.delivery}"


def _details(seat: Seat, item: InboxItem) -> Details:
    """The sealed record, opened once in a session: opening costs a private-key operation.

    What arrives under an id may become another thing; its record is opened anew then. A refusal
    is not kept: comparing, or the owner, may take its cause away.
    """
    cache: dict[tuple[str, str], Details] = st.session_state.setdefault(f"details_{seat.id}", {})
    arrived = (item.id, item.delivery)
    if arrived not in cache:
        cache[arrived] = exchange().receiver.details(seat, item.id)
    return cache[arrived]


def _mime(details: Details) -> str:
    return "image/png" if details.thumbnail.startswith(b"\x89PNG") else "image/jpeg"
