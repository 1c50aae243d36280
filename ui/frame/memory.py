"""What this browser remembers: its seats, in `localStorage`.

A reload, a new tab or a restarted server starts a new Streamlit session that knows nothing;
the browser then presents its seat tokens. They never travel in a link or a cookie: links get
shared, and Community Cloud drops cookies.

Several tabs share one `localStorage`, so a tab never writes the whole list: it asks for one
entry to be put in or dropped, and the browser's code merges that into what is there.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

import streamlit as st

_MOST = 40  # seats that one browser keeps
_LONGEST_KEY = 64
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)

_browser_memory = st.components.v2.component(
    "browser_memory", js=Path(__file__).with_suffix(".js").read_text("utf-8")
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """One seat that this browser holds.

    Attributes:
        key: the channel key that it was taken with.
        role: sender, interceptor or receiver; "owner" for the ticket of a channel just created.
        token: the seat token, or the ticket.
    """

    key: str = field(repr=False)
    role: str
    token: str = field(repr=False)


def ask_browser() -> None:
    """Mounts the component that talks to the browser. Once on every page, near its top."""
    state = st.session_state
    known = state.get("memory_known")
    with st.container(key="browser_memory_box"):
        answer = _browser_memory(
            key="browser_memory",
            data={
                "put": [asdict(seat) for seat in _list("memory_put")],
                "drop": state.get("memory_drop", []),
                "tab": state.get("memory_tab", {}),
                "known": known,
            },
            default={"seats": None},
            on_seats_change=lambda: None,
        )
    if answer.seats is not None:
        state["memory_known"] = answer.seats
        there = _seats_of(_answer())
        state["memory_put"] = [seat for seat in _list("memory_put") if seat not in there]


def answered() -> bool:
    """Whether the browser has said what it remembers; a new session's first run comes before."""
    return "memory_known" in st.session_state


def remembered() -> list[Remembered]:
    """The seats of this browser, the oldest first, this session's own changes included."""
    dropped = set(st.session_state.get("memory_drop", []))
    found: dict[str, Remembered] = {}
    for seat in [*_seats_of(_answer()), *_list("memory_put")]:
        if seat.token not in dropped:
            found[seat.token] = seat
    return list(found.values())


def keeps(token: str) -> bool:
    """Whether the browser has said that it holds this token."""
    return any(seat.token == token for seat in _seats_of(_answer()))


def pin(page: str, token: str) -> None:
    """Ties this tab to one seat: another seat taken elsewhere must not change who sits here."""
    pinned = st.session_state.setdefault("memory_tab", {})
    pinned[page] = token


def pinned(page: str) -> str:
    """The token that this tab was tied to, before a reload too; "" for none."""
    here: dict[str, str] = st.session_state.get("memory_tab", {})
    before = _answer().get("tab")
    token = here.get(page) or (before.get(page) if isinstance(before, dict) else None)
    return token if isinstance(token, str) else ""


def remember(seat: Remembered) -> None:
    """Puts a seat into the browser's memory, with the next page that is shown.

    A seat that is there already is replaced: its channel's key may have changed.
    """
    others = [other for other in _list("memory_put") if other.token != seat.token]
    st.session_state["memory_put"] = [*others, seat]


def forget(token: str) -> None:
    """Drops a seat from the browser's memory, with the next page that is shown."""
    st.session_state["memory_drop"] = [*st.session_state.get("memory_drop", []), token]


def _list(name: str) -> list[Remembered]:
    seats: list[Remembered] = st.session_state.get(name, [])
    return seats


def _answer() -> dict[str, object]:
    """What the browser said last; anybody can make their own browser say anything."""
    try:
        answer = json.loads(st.session_state.get("memory_known") or "{}")
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _seats_of(answer: dict[str, object]) -> list[Remembered]:
    """The entries that are ours; whatever else is in the list is passed over."""
    entries = answer.get("seats")
    if not isinstance(entries, list):
        return []
    return [seat for seat in map(_seat_of, entries[-_MOST:]) if seat is not None]


def _seat_of(entry: object) -> Remembered | None:
    if not isinstance(entry, dict):
        return None
    key, role, token = (entry.get(name) for name in ("key", "role", "token"))
    if not (isinstance(key, str) and isinstance(role, str) and isinstance(token, str)):
        return None
    if len(key) > _LONGEST_KEY or not _TOKEN.fullmatch(token):
        return None
    return Remembered(key, role, token)
