"""The receiver's page: the inbox, and opening a picture."""

from contextlib import suppress
from dataclasses import dataclass, field, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from exchange import Details, ExchangeError, InboxItem, OpenedPicture, Seat
from ui.frame.feed import Feed, mark_read, unread
from ui.frame.guard import role_page
from ui.frame.parts import INBOX, part
from ui.frame.service import exchange
from ui.own_keys import own_key_panel
from ui.owner import owner_panel
from ui.parts.drawing import start_again
from ui.parts.files import fetch_button, picture_with_save_button, small_picture
from ui.parts.held import key_of, remember, state_of
from ui.parts.pressed import press_of
from ui.parts.said import said, show
from ui.parts.widgets import labelled, labelled_code, name_and_caption, named_choice
from ui.parts.words import clock_time, file_size
from ui.safety import has_verified, number_buttons, show_alarms, verify_panel
from ui.zips import zip_panel

_SHOWN = 20  # pictures at first, and more by each press: the inbox is drawn at every new one
_ROOM = 50  # containers above the newest picture, at most; 25 µs each
_OPEN_AT_ONCE = 6  # pictures held open in one session; each may be 50 MB
_DETAILS = 1000  # records held in one session
_WARNING, _BAD = ":material/warning:", ":material/gpp_bad:"
_WITHOUT = ":material/content_cut:"


@dataclass(slots=True)
class Inbox:
    """What the page keeps from run to run; `opened` by picture, each with its line of the inbox."""

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
    picture fills an empty one; once in `_ROOM` pictures, all of them move.
    """
    items, inbox = exchange().receiver.inbox(seat), state_of(Inbox, seat)
    feed = state_of(Feed, seat)
    feed.counted = frozenset(item.id for item in items if item.removal)
    feed.shares = bool(inbox.opened)
    with st.container():
        _heading(seat, empty=not items)
    with st.container():
        zip_panel(seat, [item for item in items if not item.obstacle])
    here = {item.id for item in items}
    with st.container():
        for item, picture in list(inbox.opened.values()):
            if item.id not in here:
                _gone(seat, item, picture)
    for _ in range(-len(items) % _ROOM):
        st.container()
    shown = max([inbox.shown, *(n for n, one in enumerate(items, 1) if one.id in inbox.opened)])
    for item in items[:shown]:
        with st.container(border=True, key=f"inbox_{item.id}"):
            _item(seat, item)
    if len(items) > shown:
        st.caption(f"{len(items) - shown} older pictures are not shown.")
        st.button("Show older pictures", on_click=_show_more, args=(seat,))


def _heading(seat: Seat, *, empty: bool) -> None:
    new = unread(seat, "sent")
    st.subheader("Inbox")
    if new:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(f"{new} new", icon=":material/mail:")
            st.button("Mark as read", type="tertiary", on_click=mark_read, args=(seat,))
    if empty:
        st.caption("Nothing has arrived yet. New pictures appear here automatically.")


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
        _show_opened(seat, item, picture)


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
            _show_opened(seat, item, picture)
        _offer_ciphertext(seat, item)
        return
    if item.hidden:
        _headline(item)
        st.caption("Preview, name and caption stay hidden until you open it: openings are counted.")
        _open_button(seat, item)
        return
    # Opened once in a session, since it costs a private-key operation; a refusal is not kept.
    arrived = seat.id, item.id, item.delivery
    try:
        details = remember(
            "details", arrived, lambda: exchange().receiver.details(seat, item.id), most=_DETAILS
        )
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
        _show_opened(seat, item, picture)
        _offer_sharing(seat, item)
        _offer_ciphertext(seat, item)


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


def _show_opened(seat: Seat, item: InboxItem, opened: OpenedPicture) -> None:
    """The picture, what it is worth, and who signed it."""
    if opened.authenticated:
        st.success(
            "The original file, byte for byte; its signature holds.", icon=":material/verified:"
        )
    elif opened.exact == "file":
        st.warning(
            f"{opened.scheme} keeps a file secret, but does not protect it from being changed: "
            "blocks can be cut and swapped on the way, and nobody would notice.",
            icon=_WARNING,
        )
    else:
        st.warning(
            f"{opened.scheme} is insecure: anyone on the way could read this picture, or change it "
            "unnoticed. It is decrypted fully, but the scheme cannot show whether it was changed.",
            icon=_WARNING,
        )
    if opened.left_out:
        st.info(f"Not sent with this picture: {'; '.join(opened.left_out)}.", icon=_WITHOUT)
    picture_with_save_button(
        "Download original",
        opened.file,
        opened.view,
        file_name=opened.file_name,
        mime=opened.mime,
        view_mime=opened.view_mime,
        alt="The opened picture",
        key=f"picture_{item.id}",
    )
    labelled_code("SHA-256 of the file", opened.sha256.hex())
    proof = opened.proof
    if opened.shared_by:
        labelled("Shared with you by", opened.shared_by)
    labelled("Signed by", f"{proof.name}, safety number {proof.safety_number}")
    if has_verified(seat, item.sender_id, proof.safety_number):
        st.caption("Verified: you have checked this number.")
        return
    if proof.doubt:
        st.warning("Do not rely on the sender's name.", icon=_WARNING)
        st.text(f"{proof.name}: {proof.doubt}")
    st.caption("Not yet verified. Ask the sender to read this number aloud.")
    number_buttons(seat, item.sender_id, proof.safety_number, key=item.id)


def _offer_sharing(seat: Seat, item: InboxItem) -> None:
    """For receivers who came later: the picture goes to one more of them."""
    others: dict[str, str] = {}
    with suppress(ExchangeError):  # it may have been removed a moment ago
        others = {one.id: one.name for one in exchange().receiver.shareable(seat, item.id)}
    if not others:
        return
    place = key_of(seat, f"share_{item.id}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        to = named_choice("Share with", others, key=f"{place}_with")
        if st.button("Share", icon=":material/share:", key=f"{place}_button", disabled=not to):
            with st.spinner("Wrapping the key for one more receiver …"), said(place, rerun=True):
                exchange().receiver.share(seat, item.id, to)
    show(place)


def _offer_ciphertext(seat: Seat, item: InboxItem) -> None:
    """The exact envelope, on demand: few want it, and taking it may count as an opening."""
    if not st.toggle("Offer the ciphertext", key=f"cipher_{item.id}"):
        return
    if item.counted:
        st.caption("Downloading the ciphertext counts as an opening.")

    def fetch() -> tuple[str, bytes]:
        envelope = exchange().receiver.envelope(seat, item.id)
        return envelope.file_name, envelope.data

    fetch_button(
        "Download ciphertext", fetch, mime="application/octet-stream", key=f"save_cipher_{item.id}"
    )
    if item.openssl:
        st.caption("Opens with OpenSSL; check its exit status before you trust the output:")
        st.code(
            "openssl cms -decrypt -binary -inform DER -in FILE.p7m -inkey KEY.pem -out PICTURE",
            language="bash",
            wrap_lines=True,
        )
