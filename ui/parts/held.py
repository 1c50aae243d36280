"""What was worked out once is not worked out again: in one session, or for all of them."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import streamlit as st

from exchange import Seat

_SHARED_MOST = 48

_shared: OrderedDict[tuple[str, object], Future[Any]] = OrderedDict()
_shared_lock = threading.Lock()

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


once = remember


def keep(scope: str, key: object, made: object) -> None:
    """Keeps what a press has worked out, for `kept` to give back under the same key."""
    st.session_state[f"held_{scope}"] = {key: made}


def kept(scope: str, key: object) -> object | None:
    """What was kept under exactly this key; None for another one."""
    held: dict[object, object] = st.session_state.get(f"held_{scope}", {})
    return held.get(key)


def shared(scope: str, key: object, work: Callable[[], Made]) -> Made:
    """The result of `work` for this key, for all sessions; those that ask meanwhile wait.

    For what depends on a ciphertext alone: a class looks at the same captures. Where the work
    fails, each session does its own: the fault may be the first one's alone.
    """
    with _shared_lock:
        future: Future[Made] | None = _shared.get((scope, key))
        mine = future is None
        if future is None:
            future = _shared[scope, key] = Future()
        _shared.move_to_end((scope, key))
        while len(_shared) > _SHARED_MOST:
            _shared.popitem(last=False)
    if mine:
        try:
            future.set_result(work())
        except BaseException as error:
            with _shared_lock:
                _shared.pop((scope, key), None)
            future.set_exception(error)
    try:
        return future.result()
    except BaseException:
        if mine:
            raise
    return shared(scope, key, work)
