"""Several pictures at once, opened into one zip file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import streamlit as st

from exchange import ExchangeError, InboxItem, Seat
from rsa_core import archives
from ui.frame.service import exchange
from ui.parts.files import save_button
from ui.parts.words import clock_time

_SELECT_FROM = 2  # pictures from which on a zip makes sense
_ZIP_BYTES = 150_000_000  # what one message to the browser carries without trouble


def selection(seat: Seat, items: list[InboxItem]) -> None:
    """Several pictures at once, opened into one zip, which stays until another one is made."""
    made = f"zip_{seat.id}"
    # Opening may have used the pictures up; what was made of them stays.
    if len(items) < _SELECT_FROM and made not in st.session_state:
        return
    with st.expander("Open several into one zip file"):
        names = {
            item.id: f"{n} · {clock_time(item.sent_at)} · from {item.sender}"
            for n, item in enumerate(reversed(items), start=1)
        }
        picked = st.multiselect("Selection", list(names), format_func=lambda i: names.get(i, ""))
        if st.button("Prepare zip file", disabled=not picked):
            st.session_state[made] = _zip_of(seat, {i: names[i] for i in picked})
        if made in st.session_state:
            _offer_zip(st.session_state[made])


@dataclass(frozen=True, slots=True)
class _Zip:
    """An archive of opened pictures, and what is not in it, each with the reason."""

    data: bytes = field(repr=False)
    missing: tuple[tuple[str, str], ...]


def _zip_of(seat: Seat, names: dict[str, str]) -> _Zip:
    missing: list[tuple[str, str]] = []
    data = archives.pack(_opened(seat, names, missing))
    return _Zip(data if len(missing) < len(names) else b"", tuple(missing))


def _opened(
    seat: Seat, names: dict[str, str], missing: list[tuple[str, str]]
) -> Iterator[tuple[str, bytes]]:
    """Opens one picture after the other; notes those that cannot be had, with the reason."""
    bar, size = st.progress(0.0, text="Decrypting …"), 0
    for done, (picture_id, name) in enumerate(names.items(), start=1):
        if size > _ZIP_BYTES:
            missing.append((name, "The selection is larger than 150 MB. Take the rest by itself."))
            continue
        try:
            opened = exchange().receiver.open(seat, picture_id)
        except ExchangeError as error:
            missing.append((name, str(error)))
        else:
            size += len(opened.file)
            yield opened.file_name, opened.file
        bar.progress(done / len(names), text=f"Decrypted {done} of {len(names)}")
    bar.empty()


def _offer_zip(made: _Zip) -> None:
    for name, problem in made.missing:
        st.error(problem, icon=":material/gpp_bad:")
        st.text(f"Left out: {name}")
    if made.data:
        save_button(
            "Download zip file",
            made.data,
            file_name=f"pictures-{hashlib.sha256(made.data).hexdigest()[:12]}.zip",
            mime="application/zip",
            key="save_zip",
        )
