"""A receiver's keys: the first one, what to read aloud and take home, and weak ones."""

import streamlit as st

from exchange import (
    CLASSROOM_KEY_SIZES,
    KEY_SIZES,
    WEAKNESSES,
    KeyChoice,
    KeyWay,
    OwnKeys,
    RecordLost,
    Seat,
    SeatChanged,
)
from ui.frame import asked
from ui.frame.parts import OWN_KEY, part
from ui.frame.service import exchange, visitor
from ui.parts.files import save_button
from ui.parts.held import keep, kept, key_of
from ui.parts.said import said, show
from ui.parts.widgets import explained_radio, labelled_code

_KEY_WAYS: dict[KeyWay, tuple[str, str]] = {
    "new": ("Make a new one", "the server keeps it locked under this browser's secret"),
    "private": ("Import a private key", "yours, from a PEM, OpenSSH or JWK file"),
    "public": ("Only a public key", "you open pictures elsewhere, with OpenSSL"),
}
_SEED = "Seed preset: n = 3233 (p = 61, q = 53, e = 7)"


def key_choice() -> None:
    """In the lobby: which RSA key a new receiver wants; `chosen_key` reads it."""
    with st.expander("Your RSA key"):
        way = explained_radio("Where your key comes from", _KEY_WAYS, key="key_way")
        if way == "new":
            st.radio("Key size", KEY_SIZES, index=1, horizontal=True, key="key_bits")
        else:
            st.text_area("Text of the key file", height=150, key="key_pem")
        if way == "private":
            st.text_input("Passphrase", type="password", key="key_passphrase")


def chosen_key() -> KeyChoice:
    """What `key_choice` has on the screen at this moment.

    Raises:
        InputRefused: it holds what is not offered.
    """
    way = asked.one_of("key_way", _KEY_WAYS, "new")
    if way == "new":
        return KeyChoice(bits=asked.one_of("key_bits", KEY_SIZES, KeyChoice().bits))
    passphrase = asked.text("key_passphrase") if way == "private" else ""
    return KeyChoice(way, pem=asked.text("key_pem"), passphrase=passphrase)


@part(OWN_KEY)
def own_key_panel(seat: Seat) -> None:
    """On the receiver's page: what to read aloud, what to take home, and a key for lessons."""
    panel = st.expander("Your key", key=key_of(seat, "own_keys"), on_change="rerun")
    if not panel.open:
        return
    try:
        keys = exchange().receiver.keys.own(seat)
    except (RecordLost, SeatChanged):  # the page says so above
        return
    with panel:
        labelled_code(
            f"Safety number of your {keys.bits}-bit key. Read it aloud to have it verified.",
            keys.safety_number,
        )
        labelled_code("Fingerprint: SHA-256 of the public key", keys.fingerprint.hex())
        _save_pem("public", keys, keys.public_pem)
        if keys.private_here:
            _private_key(seat, keys)
        else:
            st.caption("Your private key is not on this server.")
        if keys.classroom_key is not None:
            _classroom_key(seat, keys.classroom_key)


def _private_key(seat: Seat, keys: OwnKeys) -> None:
    passphrase = st.text_input(
        "Passphrase for the download", type="password", placeholder="empty: not protected"
    )
    if st.button("Prepare private key"):
        with said("private key"):
            keep("private key", seat.id, exchange().receiver.keys.export(seat, passphrase))
    show("private key")
    pem = kept("private key", seat.id)
    if isinstance(pem, str):
        _save_pem("private", keys, pem)


def _save_pem(kind: str, keys: OwnKeys, pem: str) -> None:
    save_button(
        f"Download {kind} key",
        pem.encode(),
        file_name=f"{kind}-key-{keys.fingerprint.hex()[:12]}.pem",
        mime="application/x-pem-file",
        key=f"save_{kind}",
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
                "It takes two: the next receiver to choose the same gets the partner of your key."
            )
    if st.button("Use this classroom key"):
        with said("classroom key", rerun=True):
            exchange().receiver.keys.new_classroom_key(seat, choice, visitor())
    show("classroom key")


def _classroom_choice(choice: int | str | None) -> str:
    if choice is None:
        return _SEED
    if isinstance(choice, int):
        return f"a new key of {choice} bits"
    return f"Weak on purpose: {WEAKNESSES[choice].title}"
