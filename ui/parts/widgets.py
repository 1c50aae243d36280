"""Small pieces that several pages draw alike."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

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


@contextmanager
def open_tab(key: str, names: Sequence[str]) -> Iterator[str]:
    """Tabs of which only the open one is drawn: gives its name, and what is shown goes into it.

    A page is drawn anew at every event that concerns it, and tabs that nobody looks at would be
    most of the work.
    """
    tabs = dict(zip(names, st.tabs(names, key=key, on_change="rerun"), strict=True))
    name = next((name for name, tab in tabs.items() if tab.open), names[0])
    with tabs[name]:
        yield name
