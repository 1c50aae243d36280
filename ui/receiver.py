"""The receiver's page: the inbox, and opening a picture."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from exchange import Details, ExchangeError, InboxItem, NotFound, OpenedPicture, Seat
from ui.frame.feed import Feed, mark_read, unread
from ui.frame.guard import role_page
from ui.frame.pace import LATER
from ui.frame.parts import ARRIVED, HEADING, INBOX, PLACES, part
from ui.frame.service import exchange
from ui.opened import offer_ciphertext, offer_sharing, show_opened
from ui.own_keys import own_key_panel
from ui.owner import owner_panel
from ui.parts.drawing import start_again
from ui.parts.files import small_picture
from ui.parts.held import remember, state_of
from ui.parts.pressed import press_of
from ui.parts.said import said, show
from ui.parts.widgets import name_and_caption
from ui.parts.words import clock_time, file_size
from ui.safety import show_alarms, verify_panel
from ui.zips import zip_panel

_SHOWN = 20  # pictures at first, and more by each press
_AHEAD = 10  # empty cards above the newest picture
_OPEN_AT_ONCE = 6  # pictures held open in one session; each may be 50 MB
_DETAILS = 1000  # records held in one session
_BAD = ":material/gpp_bad:"


@dataclass(slots=True)
class Inbox:
    """What the page keeps from run to run.

    Attributes:
        items: by picture, the oldest first.
        fresh: those that were read a moment ago, for their cards.
        opened: by picture, each with its line of the inbox.
        shown: how many, at least.
    """

    items: dict[str, InboxItem] = field(default_factory=dict)
    fresh: dict[str, InboxItem] = field(default_factory=dict)
    opened: dict[str, tuple[InboxItem, OpenedPicture]] = field(default_factory=dict)
    shown: int = _SHOWN


def page() -> None:
    """The inbox, and the pictures that this seat's key opens."""
    with role_page("Receiver", role="receiver") as seat:
        for panel in (owner_panel, show_alarms, own_key_panel, verify_panel, _inbox):
            with st.container():
                panel(seat)


@part(INBOX)
def _inbox(seat: Seat) -> None:
    """Every picture of the channel; opened ones stay open until they are closed.

    Even after they are gone from the channel: opening may have been what removed them.

    When a container gets another place among its neighbours, the browser replaces what is in it,
    and a press on a button that is replaced is lost. So each part has a container, and a new
    picture fills an empty one; once in `PLACES` pictures, all of them move. Each card is a part: a
    new one, or one whose button is pressed, is drawn alone.
    """
    items, inbox = exchange().receiver.inbox(seat), state_of(Inbox, seat)
    feed = state_of(Feed, seat)
    feed.counted = frozenset(item.id for item in items if item.removal)
    feed.shares = bool(inbox.opened)
    feed.listed = tuple(item.id for item in reversed(items))
    feed.arrived.clear()
    room = PLACES - len(items) % PLACES
    feed.room = min(_AHEAD, room)
    inbox.items = {item.id: item for item in reversed(items)}
    inbox.fresh = inbox.items.copy()
    _heading(seat)
    with st.container():
        for item, picture in list(inbox.opened.values()):
            if item.id not in inbox.items:
                _gone(seat, item, picture)
    for _ in range(room - feed.room):
        st.container()
    shown = max([inbox.shown, *(n for n, one in enumerate(items, 1) if one.id in inbox.opened)])
    for number in reversed(range(max(0, len(items) - shown), len(items) + feed.room)):
        _CARDS[number % PLACES](seat, number)
    if len(items) > shown:
        st.caption(f"{len(items) - shown} older pictures are not shown.")
        st.button("Show older pictures", on_click=_show_more, args=(seat,))


def _card_at(place: int) -> Callable[[Seat, int], None]:
    """What draws the cards at one place.

    All come from here and not from a definition each: Streamlit then knows a part by where it is,
    so that a press on it is heard after the inbox was drawn again.
    """

    @part(f"{ARRIVED} {place}")
    def draw(seat: Seat, number: int) -> None:
        """The card of a picture, counted from the oldest; nothing before it has arrived."""
        feed, inbox = state_of(Feed, seat), state_of(Inbox, seat)
        line = [*feed.listed, *feed.arrived]
        if number >= len(line):
            return
        picture_id = line[number]
        item = inbox.fresh.pop(picture_id, None)
        if item is None:
            try:
                item, details = exchange().receiver.arrived(seat, picture_id)
            except NotFound:
                if picture_id in inbox.opened:
                    _gone(seat, *inbox.opened[picture_id])
                return
            if details is not None:
                _remember_details(seat, item, lambda: details)
            if item.removal:
                feed.counted |= {picture_id}
            inbox.items[picture_id] = item
        with st.container(border=True, key=f"inbox_{picture_id}"):
            _item(seat, item)
        feed.shares = bool(inbox.opened)

    return draw


_CARDS = [_card_at(place) for place in range(PLACES)]


@part(HEADING, after=LATER)
def _heading(seat: Seat) -> None:
    items, new = list(state_of(Inbox, seat).items.values()), unread(seat, "sent")
    with st.container():
        st.subheader("Inbox")
        if new:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.badge(f"{new} new", icon=":material/mail:")
                st.button("Mark as read", type="tertiary", on_click=mark_read, args=(seat,))
        if not items:
            st.caption("Nothing has arrived yet. New pictures appear here automatically.")
    with st.container():
        zip_panel(seat, [item for item in reversed(items) if not item.obstacle])


def _show_more(seat: Seat) -> None:
    state_of(Inbox, seat).shown += _SHOWN


def _gone(seat: Seat, item: InboxItem, picture: OpenedPicture) -> None:
    """A picture that is still open here, and no longer in the channel."""
    with st.container(border=True, key=f"gone_{item.id}"):
        _headline(replace(item, removal=""), picture.details)
        st.info(
            "This picture was removed from the channel. Only this page still holds a copy: save "
            "it if you want to keep it.",
            icon=":material/save:",
        )
        _close_button(seat, item)
        show_opened(seat, item, picture)


def _item(seat: Seat, item: InboxItem) -> None:
    """One line of the inbox: why it cannot be opened, or the way to open it, or the picture."""
    opened = state_of(Inbox, seat).opened
    picture = None
    if item.id in opened:
        picture = opened[item.id][1]
        opened[item.id] = item, picture  # the item now says when it was opened
    if item.obstacle:
        _headline(item, picture.details if picture else None)
        st.info(item.obstacle, icon=":material/key_off:")
        if picture:
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
        details = _remember_details(seat, item, lambda: exchange().receiver.details(seat, item.id))
    except ExchangeError as error:
        _headline(item)
        st.error(str(error), icon=_BAD)
        return
    preview, words = st.columns([1, 4])
    with preview:
        small_picture(details.thumbnail, alt="Preview of the picture")
    with words:
        _headline(item, details)
        (_close_button if picture else _open_button)(seat, item)
    if picture:
        show_opened(seat, item, picture)
        offer_sharing(seat, item)
        offer_ciphertext(seat, item)


def _remember_details(seat: Seat, item: InboxItem, read: Callable[[], Details]) -> Details:
    """Read once in a session, since it costs a private-key operation; a refusal is not kept."""
    return remember("details", (seat.id, item.id, item.delivery), read, most=_DETAILS)


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
        name_and_caption(details.file_name, details.caption)
        facts.insert(0, file_size(details.size))
        if details.width and details.height:
            facts.insert(0, f"{details.width} × {details.height}")
    st.text(f"From {item.sender}")
    st.caption(" · ".join(facts))


def _button_row() -> DeltaGenerator:
    """Where "Open" and "Close" take turns.

    The browser keeps the old one beside the new one until the run has ended. Below one another they
    would move what follows, and a press there would be lost.
    """
    return st.container(horizontal=True)


def _close_button(seat: Seat, item: InboxItem) -> None:
    if _button_row().button("Close", key=f"close_{item.id}"):
        del state_of(Inbox, seat).opened[item.id]
        start_again()


def _open_button(seat: Seat, item: InboxItem) -> None:
    """The button, and why the last press on what arrived under this id failed."""
    place, key = f"open_{item.id}_{item.delivery}", f"open_{item.id}"
    press = press_of(key)
    _button_row().button(
        "Open", key=key, icon=":material/lock_open:", on_click=_begin, args=(seat, item.id)
    )
    if press.waiting:
        inbox = state_of(Inbox, seat)
        with st.spinner("Verifying and decrypting …"):
            bar = st.empty()
            with said(place):
                press.do(lambda: _open(seat, item, inbox, bar))
            bar.empty()
        press.end()
        start_again()
    show(place, icon=_BAD)


def _begin(seat: Seat, picture_id: str) -> None:
    """A second press may come when the picture is open already."""
    if picture_id not in state_of(Inbox, seat).opened:
        press_of(f"open_{picture_id}").begin()


def _open(seat: Seat, item: InboxItem, inbox: Inbox, bar: DeltaGenerator) -> None:
    """Does not call Streamlit once it is open."""

    def progress(part: float) -> None:
        bar.progress(part, text="Decrypting …")

    picture = exchange().receiver.open(seat, item.id, progress=progress)
    inbox.opened[item.id] = item, picture
    while len(inbox.opened) > _OPEN_AT_ONCE:
        del inbox.opened[next(iter(inbox.opened))]
