"""What was computed once is not computed again: in one session, or for all of them."""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from exchange import Seat

Made = TypeVar("Made")


def key_of(seat: Seat, name: str) -> str:
    """The session's key for a control or a value of this seat's page."""
    return f"{name}_{seat.id}"


def state_of(kind: type[Made], seat: Seat) -> Made:
    """What this seat's page keeps from run to run, made on first use."""
    state: Made = st.session_state.setdefault(key_of(seat, kind.__name__), kind())
    return state


def remember(scope: str, key: object, work: Callable[[], Made], *, most: int = 1) -> Made:
    """The result of `work` for this key in this session; a scope keeps its `most` latest keys."""
    held: dict[object, Made] = st.session_state.setdefault(f"held_{scope}", {})
    held[key] = held.pop(key) if key in held else work()
    while len(held) > most:
        del held[next(iter(held))]
    return held[key]


def keep(scope: str, key: object, made: object) -> None:
    """Keeps the result of a press, for `kept` to give back under the same key."""
    st.session_state[f"held_{scope}"] = {key: made}


def kept(scope: str, key: object) -> object | None:
    """What was kept under exactly this key; None for another one."""
    held: dict[object, object] = st.session_state.get(f"held_{scope}", {})
    return held.get(key)


def shared(scope: str, key: object, work: Callable[[], Made]) -> Made:
    """The result of `work` for this key, for all sessions; others who ask meanwhile wait.

    For what depends on a ciphertext alone: a class looks at the same captures. Where the work
    fails, each session does its own: the fault may be the first one's alone.
    """
    made: Made = _shared(scope, key, work)
    return made


@st.cache_resource(max_entries=48, show_spinner=False)
def _shared(scope: str, key: object, _work: Callable[[], object]) -> Any:  # noqa: ANN401
    return _work()
