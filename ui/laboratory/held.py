"""What was worked out once stays in the session until something else takes its place."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

Made = TypeVar("Made")


def once(what: str, key: object, work: Callable[[], Made]) -> Made:
    """The result of `work` for this key; only the last key's result of each `what` is kept."""
    held: tuple[object, Made] | None = st.session_state.get(f"once_{what}")
    if held is None or held[0] != key:
        held = key, work()
        st.session_state[f"once_{what}"] = held
    return held[1]


def keep(what: str, key: object, made: object) -> None:
    """Keeps what a button press has worked out; `kept` gives it back for the same key."""
    st.session_state[f"kept_{what}"] = key, made


def kept(what: str, key: object) -> object | None:
    """What was kept for exactly this key; None for another one."""
    held = st.session_state.get(f"kept_{what}")
    return held[1] if held is not None and held[0] == key else None
