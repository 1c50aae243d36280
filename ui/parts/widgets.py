"""Small pieces that several pages draw alike."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st

P = ParamSpec("P")
T = TypeVar("T")


def fragment(
    *, key: str | None = None, run_every: float | None = None
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """`st.fragment` in a container that holds nothing else; `run_every` in seconds.

    In Streamlit a fragment that runs before the page's own drawing has left the server takes back
    what that drawing says of it (`ui/door/runs.py` prevents that). At the drawing's end the browser
    then removes the fragment as stale, everything below moves up by one, and the fragment
    overwrites its neighbour. Alone in a container it has no neighbour.
    """

    def decorate(draw: Callable[P, None]) -> Callable[P, None]:
        part = st.fragment(draw, key=key, run_every=run_every)  # noqa: TID251

        @wraps(draw)
        def alone(*args: P.args, **kwargs: P.kwargs) -> None:
            with st.container():
                part(*args, **kwargs)

        return alone

    return decorate


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


def name_and_caption(name: str, caption: str) -> None:
    """A picture's file name, and its caption if it has one."""
    st.text(name)
    if caption:
        st.text(caption)


def keep_choice(label: str, times: Iterable[str]) -> str:
    """For how long to keep a channel; the second time is chosen at first, where there is one."""
    choices = list(times)
    return str(st.radio(label, choices, index=min(1, len(choices) - 1), horizontal=True))


def explained_radio(label: str, choices: Mapping[T, Sequence[str]], *, key: str) -> T:
    """A choice of which each option has a title and a line under it."""
    chosen: T = st.radio(
        label,
        list(choices),
        format_func=lambda choice: choices[choice][0],
        captions=[choice[1] for choice in choices.values()],
        key=key,
    )
    return chosen


def named_choice(
    label: str,
    names: Mapping[str, str],
    *,
    key: str,
    index: int | None = 0,
    placeholder: str | None = None,
) -> str:
    """A choice among ids that are shown by name; "" while nothing is chosen."""
    chosen = st.selectbox(
        label,
        list(names),
        index=index,
        format_func=lambda one: names[one],
        key=key,
        placeholder=placeholder,
    )
    return chosen or ""


@contextmanager
def open_tab(key: str, names: Sequence[str]) -> Iterator[str]:
    """Tabs of which only the open one is drawn: gives its name, and what is shown goes into it.

    Tabs that nobody looks at would be most of the work of drawing them.
    """
    tabs = dict(zip(names, st.tabs(names, key=key, on_change="rerun"), strict=True))
    name = next((name for name, tab in tabs.items() if tab.open), names[0])
    with tabs[name]:
        yield name
