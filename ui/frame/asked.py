"""What a press asks for, read from the session's state and checked.

Callbacks run before Streamlit checks that a control offers the value that it holds. A browser can
send any value of any type there, so whatever a callback takes goes through here; what is not
offered raises `InputRefused`.
"""

from collections.abc import Iterable
from typing import TypeVar

import streamlit as st

from exchange import InputRefused

T = TypeVar("T")


def one_of(key: str, choices: Iterable[T], default: T | None = None) -> T:
    """The choice that the control with this key holds; `default` while there is no such control."""
    return _among(st.session_state.get(key, default), choices)


def some_of(key: str, choices: Iterable[T]) -> tuple[T, ...]:
    """The choices that the control with this key holds, each once, in the order of `choices`."""
    held, offered = st.session_state.get(key), tuple(choices)
    if not isinstance(held, list | tuple):
        raise _refused()
    taken = [_among(one, offered) for one in held]
    return tuple(one for one in offered if one in taken)


def text(key: str) -> str:
    """What was typed into the field with this key; "" while there is no such field."""
    held = st.session_state.get(key, "")
    if not isinstance(held, str):
        raise _refused()
    return held


def switched(key: str) -> bool:
    """Whether the switch with this key is on."""
    return one_of(key, (True, False))


def _among(held: object, choices: Iterable[T]) -> T:
    for choice in choices:
        if type(held) is type(choice) and held == choice:
            return choice
    raise _refused()


def _refused() -> InputRefused:
    return InputRefused("This page does not offer that. Load it again, and choose from its lists.")
