"""The sender's page: upload, scheme, recipients, and sending with progress."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from exchange import (
    REMOVE_AFTER,
    ExchangeError,
    Seat,
    left_out,
    schemes_for,
    tells_place,
)
from rsa_core import SCHEMES, archives
from rsa_core.errors import ArchiveError
from rsa_core.pictures import SUFFIXES
from ui.frame import asked
from ui.frame.guard import role_page
from ui.frame.parts import RECIPIENTS, part
from ui.frame.service import exchange, receivers
from ui.owner import owner_panel
from ui.parts.drawing import draw_page_again
from ui.parts.files import save_button
from ui.parts.held import key_of, remember, state_of
from ui.parts.said import said, say, show
from ui.parts.widgets import explained_radio
from ui.parts.words import counted, csv_of, file_size
from ui.safety import show_alarms, verify_panel
from ui.sent import sent_panel

_TYPES = [*sorted(SUFFIXES), ".zip"]
_ON_ITS_WAY = 2.0  # seconds in which a page that was drawn may not be in the browser yet
_FILES_LOOKED_AT = 10_000
_FILES_DECODED = 10  # before the press; afterwards the report tells of each

Line = dict[str, str | int | float]  # what became of one file: a line of the manifest


@dataclass(frozen=True, slots=True)
class Order:
    """How the pictures are to be sent, as it was on the screen."""

    scheme: str
    recipients: tuple[str, ...]  # public ids
    caption: str = field(repr=False)
    remove_after: str  # one of `REMOVE_AFTER`


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to send, plain or out of a zip; `read` fetches its bytes when it is its turn."""

    name: str = field(repr=False)
    submission: str
    read: Callable[[], bytes] = field(repr=False)


@dataclass(slots=True)
class Sending:
    """What the page keeps from run to run."""

    offered: dict[str, float] | None = None  # receivers, each with its first monotonic time here
    unticked: frozenset[str] = frozenset()  # receivers whom the sender does not want
    reloaded: bool = False  # the list was made again, and nothing has been sent since
    order: Order | None = None  # what is being sent
    report: dict[str, Line] = field(default_factory=dict, repr=False)  # by submission
    round: int = 0  # how many orders are done; a new number empties the uploader


def page() -> None:
    """Choose pictures and recipients, encrypt, send, and see who opened them."""
    with role_page("Sender", role="sender") as seat:
        owner_panel(seat)
        show_alarms(seat)
        files = _picture_upload(seat)
        choices = {
            one.name: (f"{one.name} (insecure)" if one.insecure else one.name, one.summary)
            for one in schemes_for(seat.channel.kind)
        }
        explained_radio("Scheme", choices, key=key_of(seat, "scheme"))
        _recipients_choice(seat)
        st.text_input("Caption", placeholder="optional, encrypted too", key=key_of(seat, "caption"))
        _removal_choice(seat)
        _send_button(seat, files)
        _send_report(list(state_of(Sending, seat).report.values()))
        verify_panel(seat)
        sent_panel(seat)


def _picture_upload(seat: Seat) -> list[UploadedFile]:
    folder = st.toggle("Choose a whole folder", key=key_of(seat, "folder"))
    files: list[UploadedFile] | None = st.file_uploader(
        "Images",
        type=_TYPES,
        accept_multiple_files="directory" if folder else True,
        key=key_of(seat, f"pictures_{folder}_{state_of(Sending, seat).round}"),
    )
    return files or []


@part(RECIPIENTS)
def _recipients_choice(seat: Seat) -> None:
    """The receivers of the channel, all ticked by default, newcomers included.

    What is kept is whom the sender unticked. The ticks follow from that in every run, so that a
    run that ends before it reaches this list does no harm.
    """
    state, chosen = state_of(Sending, seat), key_of(seat, "recipients")
    people = receivers(seat)
    if state.offered is None and not st.session_state.get(key_of(seat, "fresh")):
        state.reloaded = True
    now, before = time.monotonic(), state.offered or {}
    state.offered = {one: before.get(one, now) for one in people}
    st.session_state[chosen] = [one for one in people if one not in state.unticked]
    st.multiselect(
        "Recipients",
        list(people),
        format_func=lambda person_id: people[person_id].name,
        key=chosen,
        placeholder="Choose recipients" if people else "Nobody has joined as receiver yet",
        on_change=_note_unticked,
        args=(seat,),
    )
    if state.reloaded and len(people) > 1:
        st.info(
            "The page was reloaded and all receivers are selected again. Please check the list."
        )


def _note_unticked(seat: Seat) -> None:
    """Notes whom the sender unticked: only people who were on the screen.

    A message sent before a newcomer was drawn says nothing about the newcomer.
    """
    state, now = state_of(Sending, seat), time.monotonic()
    offered = state.offered or {}
    drawn = {one for one, since in offered.items() if now - since > _ON_ITS_WAY}
    with suppress(ExchangeError):  # then the ticks stay as they were
        ticked = asked.some_of(key_of(seat, "recipients"), offered)
        state.unticked = (state.unticked | drawn) - frozenset(ticked)
    if say(key_of(seat, "send"), ""):
        draw_page_again()  # the words stand in another part of it


def _removal_choice(seat: Seat) -> None:
    rule = st.selectbox("Remove when", list(REMOVE_AFTER), key=key_of(seat, "removal"))
    if REMOVE_AFTER[rule] != (None, False):
        st.caption("Preview, name and caption stay hidden from each receiver until they open it.")


def _send_button(seat: Seat, files: list[UploadedFile]) -> None:
    """The button, and the sending that it starts.

    A press is kept until all is sent: whatever else happens on the page starts it again and ends
    the work in the middle, and then it goes on from there. What was sent is not sent twice. The
    order is the one that was on the screen at the press: a receiver who joined since is not in it.
    """
    if files:
        size = sum(file.size for file in files)
        st.caption(f"Ready to send: {counted(len(files), 'file')}, {file_size(size)}")
        _warn_of_places(files)
        _warn_of_losses(seat, files)
    st.button(
        "Encrypt and send",
        type="primary",
        icon=":material/lock:",
        disabled=not files,
        on_click=_begin,
        args=(seat,),
    )
    order, place = state_of(Sending, seat).order, key_of(seat, "send")
    if order is not None and files:
        if order.recipients:
            _send_all(seat, files, order)
        _end(seat)
        say(place, "Choose at least one recipient. Receivers join with the channel key.")
    show(place)


def _warn_of_places(files: list[UploadedFile]) -> None:
    """The file travels as it is: receivers can read where it was taken, if the camera wrote it."""
    telling = sum(map(_tells_place, files))
    if telling and len(files) == 1:
        st.warning("This picture says where it was taken. Its receivers can read that.")
    elif telling:
        st.warning(
            f"Pictures that say where they were taken: {telling} of {len(files)}. Their receivers "
            "can read that."
        )


def _tells_place(file: UploadedFile) -> bool:
    return remember(
        "tells place", file.file_id, lambda: tells_place(file.getvalue()), most=_FILES_LOOKED_AT
    )


def _warn_of_losses(seat: Seat, files: list[UploadedFile]) -> None:
    """Schemes that keep pixels do not keep all: said before the press, where it is quickly seen."""
    scheme = st.session_state.get(key_of(seat, "scheme"), "")
    if scheme not in SCHEMES:
        return
    lost = {words for file in files[:_FILES_DECODED] for words in _left_out(file, scheme)}
    if lost:
        st.warning(f"{scheme} leaves out: {'; '.join(sorted(lost))}.")


def _left_out(file: UploadedFile, scheme: str) -> tuple[str, ...]:
    return remember(
        "left out",
        (file.file_id, SCHEMES[scheme].keeps),
        lambda: left_out(file.getvalue(), scheme),
        most=_FILES_LOOKED_AT,
    )


def _begin(seat: Seat) -> None:
    """Runs at the press, before the page: the state holds what is on the screen, and only that."""
    state = state_of(Sending, seat)
    with said(key_of(seat, "send")):
        state.order = Order(
            scheme=asked.one_of(
                key_of(seat, "scheme"), (one.name for one in schemes_for(seat.channel.kind))
            ),
            recipients=asked.some_of(key_of(seat, "recipients"), state.offered or ()),
            caption=asked.text(key_of(seat, "caption")),
            remove_after=asked.one_of(key_of(seat, "removal"), REMOVE_AFTER),
        )
        state.report, state.reloaded = {}, False


def _end(seat: Seat) -> None:
    state_of(Sending, seat).order = None


def _send_all(seat: Seat, files: list[UploadedFile], order: Order) -> NoReturn:
    """Sends every file; one that cannot be sent does not stop the others."""
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    # Pressing it starts the page again, and that ends the work at its next sign of progress.
    stop.button("Cancel", key=key_of(seat, "cancel"), width="stretch", on_click=_end, args=(seat,))
    shown = bar.progress(0.0, text="Reading …")
    allowance = archives.Allowance()
    uploads = [upload for file in files for upload in _uploads(file, allowance)]
    state = state_of(Sending, seat)
    for done, upload in enumerate(uploads):
        words = f"Encrypting {done + 1} of {len(uploads)}"

        def progress(part: float, done: int = done, words: str = words) -> None:
            shown.progress((done + part) / len(uploads), text=words)

        progress(0)
        if upload.submission not in state.report:
            state.report[upload.submission] = _send(seat, upload, order, progress)
    _end(seat)
    state.round += 1
    st.rerun()


def _uploads(file: UploadedFile, allowance: archives.Allowance) -> Iterator[Upload]:
    """The file itself, or what is in it when it is a zip."""
    if not file.name.lower().endswith(".zip"):
        yield Upload(file.name, file.file_id, file.getvalue)
        return
    try:
        members = archives.unpack(file.getvalue(), allowance)
    except ArchiveError as error:
        words = str(error)

        def refuse() -> bytes:
            raise ArchiveError(words)

        yield Upload(file.name, file.file_id, refuse)
        return
    for number, member in enumerate(members):
        yield Upload(member.name, f"{file.file_id}:{number}", member.read)


def _send(seat: Seat, upload: Upload, order: Order, progress: Callable[[float], None]) -> Line:
    start, outcome, data, lost = time.perf_counter(), "sent", b"", ""
    try:
        data = upload.read()
        exchange().sender.send(
            seat,
            data,
            file_name=upload.name,
            scheme=order.scheme,
            recipients=order.recipients,
            caption=order.caption,
            submission=upload.submission,
            remove_after=order.remove_after,
            progress=progress,
        )
        lost = "; ".join(left_out(data, order.scheme))
    except (ArchiveError, ExchangeError) as error:
        outcome = str(error)
    return {
        "name": upload.name,
        "bytes": len(data),
        "scheme": order.scheme,
        "seconds": round(time.perf_counter() - start, 3),
        "SHA-256": hashlib.sha256(data).hexdigest(),
        "outcome": outcome,
        "left out": lost,
    }


def _send_report(lines: list[Line]) -> None:
    """What became of the files that were sent last; stays until the next sending."""
    refused = [line for line in lines if line["outcome"] != "sent"]
    if len(refused) < len(lines):
        st.success(f"{counted(len(lines) - len(refused), 'picture')} sent.")
    for words in sorted({str(line["left out"]) for line in lines} - {""}):
        st.info(f"Left out: {words}.")
        st.text("\n".join(str(line["name"]) for line in lines if line["left out"] == words))
    for line in refused:
        st.error(str(line["outcome"]))
        st.text(f"Not sent: {line['name']}")
    if len(lines) > 1:
        with st.expander("Result for each file"):
            st.dataframe(lines, hide_index=True, alt="Result for each file")
            manifest = csv_of(lines)
            digest = hashlib.sha256(manifest).hexdigest()[:12]
            save_button(
                "Download manifest",
                manifest,
                file_name=f"manifest-{digest}.csv",
                mime="text/csv",
                key="save_manifest",
            )
