"""The sender's controls: upload, scheme, recipients, sending with progress, and receipts."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from exchange import (
    REMOVE_AFTER,
    ExchangeError,
    InputRefused,
    Person,
    Seat,
    SentPicture,
    schemes_for,
    tells_place,
)
from rsa_core import archives
from rsa_core.errors import ArchiveError
from ui.frame import asked
from ui.frame.guard import role_page
from ui.frame.service import exchange
from ui.parts.files import save_button
from ui.parts.words import clock_time, counted, csv_of, file_size
from ui.safety import compare_panel, show_alarms

_TYPES = [
    "png",
    "jpg",
    "jpeg",
    "gif",
    "bmp",
    "webp",
    "tif",
    "tiff",
    "ppm",
    "pgm",
    "pbm",
    "mpo",
    "zip",
]


_ON_ITS_WAY = 2.0  # seconds in which a page that was drawn may not be in the browser yet


@dataclass(frozen=True, slots=True)
class Order:
    """How the pictures are to be sent, as it was on the screen.

    Attributes:
        scheme: name of the scheme.
        recipients: public ids of the chosen receivers.
        caption: goes with each picture.
        remove_after: one of `exchange.REMOVE_AFTER`.
    """

    scheme: str
    recipients: tuple[str, ...]
    caption: str = field(repr=False)
    remove_after: str


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to send; out of a zip, or by itself. Its bytes are fetched when it is its turn."""

    name: str = field(repr=False)
    submission: str
    read: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: a line of the manifest; `problem` is "" when it was sent."""

    name: str = field(repr=False)
    size: int
    scheme: str
    seconds: float
    sha256: str
    problem: str


def page() -> None:
    """Choose pictures and recipients, encrypt, send, and see who opened them."""
    with role_page("Sender", role="sender") as seat:
        show_alarms(seat)
        files = _picture_upload(seat)
        _scheme_choice(seat)
        _recipients_choice(seat)
        _caption_input(seat)
        _removal_choice(seat)
        _send_button(seat, files)
        _send_report(seat)
        compare_panel(seat)
        _sent_list(seat)


def _picture_upload(seat: Seat) -> list[UploadedFile]:
    """The uploader; emptied after each sending by a new key."""
    folder = st.toggle("Choose a whole folder", key=f"folder_{seat.id}")
    files: list[UploadedFile] | None = st.file_uploader(
        "Images",
        type=_TYPES,
        accept_multiple_files="directory" if folder else True,
        key=f"pictures_{seat.id}_{folder}_{st.session_state.get('upload_round', 0)}",
    )
    return files or []


def _scheme_choice(seat: Seat) -> None:
    """The schemes that this kind of channel offers."""
    choices = {choice.name: choice for choice in schemes_for(seat.channel.kind)}
    st.radio(
        "Scheme",
        list(choices),
        format_func=lambda name: f"{name} (insecure)" if choices[name].insecure else name,
        captions=[choice.summary for choice in choices.values()],
        key=f"scheme_{seat.id}",
    )


def _recipients_choice(seat: Seat) -> None:
    """The receivers of the channel, all ticked by default, newcomers included.

    What is kept is whom the sender unticked. The ticks follow from that in every run, so that a
    run that ends before it comes to this list leaves nothing wrong behind.
    """
    people = {
        person.id: person for person in exchange().member.present(seat) if _can_receive(person)
    }
    state, chosen, offered = st.session_state, f"recipients_{seat.id}", f"receivers_{seat.id}"
    if offered not in state and not state.get(f"fresh_{seat.id}"):
        state[f"reopened_{seat.id}"] = True
    unticked = state.setdefault(f"unticked_{seat.id}", frozenset())
    since = state.get(f"offered_since_{seat.id}", {})
    now = time.monotonic()
    state[f"offered_since_{seat.id}"] = {one: since.get(one, now) for one in people}
    state[offered] = frozenset(people)
    state[chosen] = [person_id for person_id in people if person_id not in unticked]
    st.multiselect(
        "Recipients",
        list(people),
        format_func=lambda person_id: people[person_id].name,
        key=chosen,
        placeholder="Nobody has joined as receiver yet" if not people else "Choose recipients",
        on_change=_note_unticked,
        args=(seat,),
    )
    if state.get(f"reopened_{seat.id}") and len(people) > 1:
        st.info("This page was opened anew: all receivers are ticked again. Check them.")


def _note_unticked(seat: Seat) -> None:
    """Notes whom the sender unticked, who can only be somebody that was on the screen.

    A tick of the page that set out before a newcomer was drawn there says nothing of the newcomer.
    """
    state = st.session_state
    offered = state[f"receivers_{seat.id}"]
    since, now = state[f"offered_since_{seat.id}"], time.monotonic()
    drawn = {one for one in offered if now - since[one] > _ON_ITS_WAY}
    with suppress(ExchangeError):  # then the ticks stay as they were
        ticked = asked.some_of(f"recipients_{seat.id}", offered)
        before = state[f"unticked_{seat.id}"]
        state[f"unticked_{seat.id}"] = (before | drawn) - frozenset(ticked)


def _caption_input(seat: Seat) -> None:
    """One line that travels with each picture."""
    st.text_input("Caption", placeholder="optional, encrypted too", key=f"caption_{seat.id}")


def _removal_choice(seat: Seat) -> None:
    """When the pictures are removed, if not at the channel's end."""
    rule = st.selectbox("Remove when", list(REMOVE_AFTER), key=f"removal_{seat.id}")
    if REMOVE_AFTER[rule] != (None, False):
        st.caption(
            "Preview, name and caption stay hidden from each receiver who has not opened it."
        )


def _send_button(seat: Seat, files: list[UploadedFile]) -> None:
    """The button, and the sending that it starts.

    A press is kept until all is sent: whatever else happens on the page starts it anew and ends
    the work in the middle, and then it goes on from there. What was sent is not sent twice. The
    order is the one that was on the screen at the press: a receiver who joined since is not in it.
    """
    if files:
        size = sum(file.size for file in files)
        st.caption(f"Ready to send: {counted(len(files), 'file')}, {file_size(size)}")
        _warn_of_places(files)
    st.button(
        "Encrypt and send",
        type="primary",
        icon=":material/lock:",
        disabled=not files,
        on_click=_begin,
        args=(seat,),
    )
    refused = st.session_state.pop(f"send_refused_{seat.id}", None)
    if refused:
        st.error(refused)
    wanted: Order | None = st.session_state.get(f"sending_{seat.id}")
    if wanted is None or not files:
        return
    if not wanted.recipients:
        _end(seat)
        st.error("Choose at least one recipient. Receivers join with the channel key.")
        return
    _send_all(seat, files, wanted)


def _warn_of_places(files: list[UploadedFile]) -> None:
    """The file travels as it is: receivers read where it was taken, if its camera wrote that."""
    known: dict[str, bool] = st.session_state.setdefault("tells_place", {})
    for file in files:
        if file.file_id not in known:
            known[file.file_id] = tells_place(file.getvalue())
    telling = sum(known[file.file_id] for file in files)
    if telling and len(files) == 1:
        st.warning("This picture says where it was taken. Its receivers can read that.")
    elif telling:
        st.warning(
            f"Pictures that say where they were taken: {telling} of {len(files)}. Their receivers "
            "can read that."
        )


def _begin(seat: Seat) -> None:
    """Runs at the press, before the page: the state holds what is on the screen, and only that."""
    state = st.session_state
    try:
        state[f"sending_{seat.id}"] = Order(
            scheme=asked.one_of(
                f"scheme_{seat.id}", (choice.name for choice in schemes_for(seat.channel.kind))
            ),
            recipients=asked.some_of(
                f"recipients_{seat.id}", state.get(f"receivers_{seat.id}", ())
            ),
            caption=asked.text(f"caption_{seat.id}"),
            remove_after=asked.one_of(f"removal_{seat.id}", REMOVE_AFTER),
        )
    except ExchangeError as error:
        state[f"send_refused_{seat.id}"] = str(error)
        return
    state[f"report_{seat.id}"] = {}
    state.pop(f"reopened_{seat.id}", None)


def _end(seat: Seat) -> None:
    st.session_state.pop(f"sending_{seat.id}", None)


def _send_all(seat: Seat, files: list[UploadedFile], order: Order) -> None:
    """Sends every file; one that cannot be sent does not stop the others."""
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    # Pressing it starts the page anew, and that ends the work at its next sign of progress.
    stop.button("Cancel", key=f"cancel_{seat.id}", width="stretch", on_click=_end, args=(seat,))
    shown = bar.progress(0.0, text="Reading …")
    allowance = archives.Allowance()
    uploads = [upload for file in files for upload in _uploads(file, allowance)]
    outcomes: dict[str, Outcome] = st.session_state[f"report_{seat.id}"]
    for done, upload in enumerate(uploads):
        words = f"Encrypting {done + 1} of {len(uploads)}"

        def show(part: float, done: int = done, words: str = words) -> None:
            shown.progress((done + part) / len(uploads), text=words)

        show(0)
        if upload.submission not in outcomes:
            outcomes[upload.submission] = _send(seat, upload, order, show)
    _end(seat)
    st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1
    st.rerun()


def _send_report(seat: Seat) -> None:
    """What became of the files that were sent last; stays until the next sending."""
    report: dict[str, Outcome] = st.session_state.get(f"report_{seat.id}", {})
    outcomes = list(report.values())
    sent = [outcome for outcome in outcomes if not outcome.problem]
    if sent:
        st.success(f"{counted(len(sent), 'picture')} sent.")
    for outcome in outcomes:
        if outcome.problem:
            st.error(outcome.problem)
            st.text(f"Not sent: {outcome.name}")
    if len(outcomes) > 1:
        with st.expander("Result for each file"):
            rows = [_manifest_line(outcome) for outcome in outcomes]
            st.dataframe(rows, hide_index=True, alt="Result for each file")
            manifest = csv_of(rows)
            digest = hashlib.sha256(manifest).hexdigest()[:12]
            save_button(
                "Download manifest",
                manifest,
                file_name=f"manifest-{digest}.csv",
                mime="text/csv",
                key="save_manifest",
            )


def _sent_list(seat: Seat) -> None:
    """The sender's own pictures, the newest first, with who opened them and when."""
    st.subheader("Sent")
    pictures = exchange().sender.sent(seat)
    if not pictures:
        st.caption("Nothing sent yet.")
    for picture in pictures:
        with st.container(border=True):
            _sent_picture(picture)


def _uploads(file: UploadedFile, allowance: archives.Allowance) -> Iterator[Upload]:
    """The file itself, or what is in it when it is a zip."""
    if not file.name.lower().endswith(".zip"):
        yield Upload(file.name, file.file_id, file.getvalue)
        return
    try:
        members = archives.unpack(file.getvalue(), allowance)
    except ArchiveError as error:
        yield Upload(file.name, file.file_id, partial(_refuse, str(error)))
        return
    for number, member in enumerate(members):
        yield Upload(member.name, f"{file.file_id}:{number}", member.read)


def _refuse(problem: str) -> bytes:
    raise InputRefused(problem)


def _send(seat: Seat, upload: Upload, order: Order, progress: Callable[[float], None]) -> Outcome:
    start, problem, data = time.perf_counter(), "", b""
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
    except (ArchiveError, ExchangeError) as error:
        problem = str(error)
    return Outcome(
        name=upload.name,
        size=len(data),
        scheme=order.scheme,
        seconds=round(time.perf_counter() - start, 3),
        sha256=hashlib.sha256(data).hexdigest(),
        problem=problem,
    )


def _manifest_line(outcome: Outcome) -> dict[str, str | int | float]:
    return {
        "name": outcome.name,
        "bytes": outcome.size,
        "scheme": outcome.scheme,
        "seconds": outcome.seconds,
        "SHA-256": outcome.sha256,
        "outcome": outcome.problem or "sent",
    }


def _sent_picture(picture: SentPicture) -> None:
    what, who = st.columns([3, 2])
    with what, st.container(gap="xsmall"):
        st.text(picture.file_name)
        if picture.caption:
            st.text(picture.caption)
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


def _can_receive(person: Person) -> bool:
    receiver = person.role == "receiver" and person.fingerprint is not None
    return receiver and not person.waiting
