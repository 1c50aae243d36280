"""What was worked out once is not worked out again.

`once` and `keep` hold a result in the session, until something else takes its place. `shared`
holds what depends on a ciphertext alone for all sessions: a class looks at the same captures.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import streamlit as st

_SHARED_MOST = 48

_shared: OrderedDict[tuple[str, object], Future[Any]] = OrderedDict()
_shared_lock = threading.Lock()

Made = TypeVar("Made")


def shared(what: str, key: object, work: Callable[[], Made]) -> Made:
    """The result of `work` for this key, for every session; those that ask meanwhile wait.

    Where it fails, each of them does its own work: the fault may be the first one's alone.
    """
    with _shared_lock:
        future: Future[Made] | None = _shared.get((what, key))
        mine = future is None
        if future is None:
            future = _shared[what, key] = Future()
        _shared.move_to_end((what, key))
        while len(_shared) > _SHARED_MOST:
            _shared.popitem(last=False)
    if mine:
        try:
            future.set_result(work())
        except BaseException as error:
            with _shared_lock:
                _shared.pop((what, key), None)
            future.set_exception(error)
    try:
        return future.result()
    except BaseException:
        if mine:
            raise
    return shared(what, key, work)


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
