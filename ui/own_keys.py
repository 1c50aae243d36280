"""The receiver's own keys: what to read aloud, what to take home, and keys for lessons."""

import streamlit as st

from exchange import (
    CLASSROOM_KEY_SIZES,
    WEAKNESSES,
    ExchangeError,
    OwnKeys,
    RecordLost,
    Seat,
    SeatChanged,
)
from ui.frame.service import exchange, visitor
from ui.parts.files import save_button
from ui.parts.widgets import labelled_code

_SEED = "Seed preset: n = 3233 (p = 61, q = 53, e = 7)"


def own_key_panel(seat: Seat) -> None:
    """The receiver's own keys: what to read aloud, and what to take home."""
    panel = st.expander("Your key", key=f"own_keys_{seat.id}", on_change="rerun")
    if not panel.open:
        return
    try:
        keys = exchange().receiver.keys.own(seat)
    except (RecordLost, SeatChanged):  # the page says so above
        return
    with panel:
        labelled_code(
            f"Safety number of your {keys.bits}-bit key. Read it aloud to compare.",
            keys.safety_number,
        )
        labelled_code("Fingerprint: SHA-256 of the public key", keys.fingerprint.hex())
        save_button(
            "Download public key",
            keys.public_pem.encode(),
            file_name=f"public-key-{keys.fingerprint.hex()[:12]}.pem",
            mime="application/x-pem-file",
            key="save_public",
        )
        if keys.private_here:
            _private_key(seat, keys)
        else:
            st.caption("Your private key is not on this server.")
        if keys.classroom_key is not None:
            _classroom_key(seat, keys.classroom_key)


def _private_key(seat: Seat, keys: OwnKeys) -> None:
    made = f"private_pem_{seat.id}"
    passphrase = st.text_input(
        "Passphrase for the download", type="password", placeholder="empty: not protected"
    )
    if st.button("Prepare private key"):
        try:
            st.session_state[made] = exchange().receiver.keys.export(seat, passphrase)
        except ExchangeError as error:
            st.error(str(error))
    if made in st.session_state:
        save_button(
            "Download private key",
            st.session_state[made].encode(),
            file_name=f"private-key-{keys.fingerprint.hex()[:12]}.pem",
            mime="application/x-pem-file",
            key="save_private",
        )


def _classroom_key(seat: Seat, key: tuple[int, int]) -> None:
    st.divider()
    n, e = key
    labelled_code(f"Your classroom key (insecure), {n.bit_length()} bits", f"n = {n}\ne = {e}")
    choices: list[int | str | None] = [None, *CLASSROOM_KEY_SIZES, *WEAKNESSES]
    choice = st.selectbox("Classroom key", choices, format_func=_classroom_choice)
    if isinstance(choice, str):
        st.caption(WEAKNESSES[choice].lesson)
        if WEAKNESSES[choice].keys > 1:
            st.caption(
                "It takes two: the next receiver who chooses the same gets the partner of your key."
            )
    if st.button("Use this classroom key"):
        try:
            exchange().receiver.keys.new_classroom_key(seat, choice, visitor())
        except ExchangeError as error:
            st.error(str(error))
        else:
            st.rerun()


def _classroom_choice(choice: int | str | None) -> str:
    if choice is None:
        return _SEED
    if isinstance(choice, int):
        return f"a new key of {choice} bits"
    return f"Weak on purpose: {WEAKNESSES[choice].title}"
