"""In the lobby: which RSA key a new receiver wants."""

import streamlit as st

from exchange import KEY_SIZES, KeyChoice, KeyWay
from ui.frame import asked

_KEY_WAYS: dict[KeyWay, tuple[str, str]] = {
    "new": ("Make a new one", "the server keeps it locked under this browser's secret"),
    "private": ("Import a private key", "a PEM file of yours"),
    "public": ("Only a public key", "you open pictures elsewhere, with OpenSSL"),
}


def key_choice() -> None:
    """The choice; `chosen_key` reads it."""
    with st.expander("Your RSA key"):
        way = st.radio(
            "Where your key comes from",
            list(_KEY_WAYS),
            format_func=lambda way: _KEY_WAYS[way][0],
            captions=[words for _, words in _KEY_WAYS.values()],
            key="key_way",
        )
        if way == "new":
            st.radio("Key size", KEY_SIZES, index=1, horizontal=True, key="key_bits")
        else:
            st.text_area("Key in PEM form", height=150, key="key_pem")
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
