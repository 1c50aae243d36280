"""Several pictures of an inbox at once, opened into one zip file."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from exchange import ExchangeError, InboxItem, Seat
from rsa_core import archives
from ui.frame.service import exchange
from ui.parts.files import save_button
from ui.parts.held import key_of, state_of
from ui.parts.pressed import press_of
from ui.parts.words import clock_time

_SELECT_FROM = 2  # pictures from which on a zip makes sense
_BAD = ":material/gpp_bad:"
_ZIP_BYTES = 150_000_000  # what one message to the browser carries without trouble


@dataclass(slots=True)
class Zip:
    """What the page keeps of one zip file from run to run; pictures by their ids.

    Attributes:
        names: what the list calls them.
        files: name and bytes of each picture that was opened.
        missing: why others were not.
        data: the zip file; b"" when nothing could be opened, None before it is made.
    """

    names: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict, repr=False)
    missing: dict[str, str] = field(default_factory=dict)
    data: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Numbers:
    """A picture keeps its number when others go: what was picked is known by its words."""

    given: dict[str, int] = field(default_factory=dict)  # by the picture's id


def zip_panel(seat: Seat, items: Sequence[InboxItem]) -> None:
    """Several pictures at once, opened into one zip, which stays until another one is made."""
    made = state_of(Zip, seat)
    # Opening may have used the pictures up; what was made of them stays.
    if len(items) < _SELECT_FROM and not made.names:
        return
    with st.expander("Open several into one zip file"):
        numbers = state_of(Numbers, seat).given
        names = {
            item.id: f"{numbers.setdefault(item.id, len(numbers) + 1)} · "
            f"{clock_time(item.sent_at)} · from {item.sender}"
            for item in reversed(items)
        }
        picked = st.multiselect(
            "Selection",
            list(names),
            format_func=lambda i: names.get(i, ""),
            key=key_of(seat, "zip_selection"),
        )
        press = press_of(key_of(seat, "zip"))
        if st.button("Prepare zip file", disabled=not picked):
            made = st.session_state[key_of(seat, "Zip")] = Zip({i: names[i] for i in picked})
            press.begin()
        bar = st.empty()
        press.do(lambda: _fill(seat, made, bar))
        _offer_zip(made)


def _fill(seat: Seat, made: Zip, bar: DeltaGenerator) -> None:
    """Opens one picture after the other; goes on where an overtaken run stopped."""
    for done, picture_id in enumerate(made.names):
        bar.progress(done / len(made.names), text=f"Decrypted {done} of {len(made.names)}")
        if picture_id in made.files or picture_id in made.missing:
            continue
        if sum(len(data) for _, data in made.files.values()) > _ZIP_BYTES:
            made.missing[picture_id] = (
                "The selection is larger than 150 MB. Take the rest separately."
            )
            continue
        try:
            opened = exchange().receiver.open(seat, picture_id)
        except ExchangeError as error:
            made.missing[picture_id] = str(error)
        else:
            made.files[picture_id] = opened.file_name, opened.file
    bar.empty()
    made.data = archives.pack(made.files.values()) if made.files else b""
    made.files.clear()


def _offer_zip(made: Zip) -> None:
    for picture_id, problem in made.missing.items():
        st.error(problem, icon=_BAD)
        st.text(f"Left out: {made.names[picture_id]}")
    if made.data:
        save_button(
            "Download zip file",
            made.data,
            file_name=f"pictures-{hashlib.sha256(made.data).hexdigest()[:12]}.zip",
            mime="application/zip",
            key="save_zip",
        )
