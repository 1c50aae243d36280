"""Small pieces that several pages draw alike."""

import streamlit as st


def labelled(label: str, text: str) -> None:
    """A caption with plain text under it; `text` may be what a user typed."""
    with st.container(gap="xxsmall"):
        st.caption(label)
        st.text(text)


def labelled_code(label: str, code: str, *, key: str | None = None) -> None:
    """A caption with something to copy under it."""
    with st.container(gap="xxsmall", key=key):
        st.caption(label)
        st.code(code, language=None, wrap_lines=True)
