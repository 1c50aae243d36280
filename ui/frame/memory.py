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
    """One seat that this browser holds, with the channel key that it was taken with.

    The role "owner" stands for a channel that was created here; the token is the owner's ticket.
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
                "put": [asdict(seat) for seat in _put()],
                "drop": state.get("memory_drop", []),
                "tab": state.get("memory_tab", {}),
                "known": known,
            },
            default={"seats": None},
            on_seats_change=lambda: None,
        )
    if answer.seats is not None:
        state["memory_known"] = answer.seats
        there = _there()
        state["memory_put"] = [seat for seat in _put() if seat not in there]


def answered() -> bool:
    """Whether the browser has said what it remembers; a new session's first run comes before."""
    return "memory_known" in st.session_state


def remembered() -> list[Remembered]:
    """The seats of this browser, the oldest first, this session's own changes included."""
    dropped = set(st.session_state.get("memory_drop", []))
    found = {seat.token: seat for seat in (*_there(), *_put())}
    return [seat for token, seat in found.items() if token not in dropped]


def keeps(token: str) -> bool:
    """Whether the browser has said that it holds this token."""
    return any(seat.token == token for seat in _there())


def pin(page: str, token: str) -> None:
    """Ties this tab to one seat: another seat taken elsewhere must not change who sits here."""
    st.session_state.setdefault("memory_tab", {})[page] = token


def pinned(page: str) -> str:
    """The token that this tab was tied to, before a reload too; "" for none."""
    here: dict[str, str] = st.session_state.get("memory_tab", {})
    before = _answer().get("tab")
    token = here.get(page) or (before.get(page) if isinstance(before, dict) else None)
    return token if isinstance(token, str) else ""


def remember(key: str, role: str, token: str) -> None:
    """Puts a seat into the browser's memory, with the next page that is shown.

    A seat that is there already is replaced: its channel's key may have changed.
    """
    others = [other for other in _put() if other.token != token]
    st.session_state["memory_put"] = [*others, Remembered(key, role, token)]


def forget(token: str) -> None:
    """Drops a seat from the browser's memory, with the next page that is shown."""
    st.session_state["memory_drop"] = [*st.session_state.get("memory_drop", []), token]


def _put() -> list[Remembered]:
    """What the browser has not confirmed yet."""
    seats: list[Remembered] = st.session_state.get("memory_put", [])
    return seats


def _answer() -> dict[str, object]:
    """What the browser said last; people can make their browsers say anything."""
    try:
        answer = json.loads(st.session_state.get("memory_known") or "{}")
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _there() -> list[Remembered]:
    """The seats that the browser has; whatever else it says is passed over."""
    entries = _answer().get("seats")
    seats = []
    for entry in entries[-_MOST:] if isinstance(entries, list) else ():
        match entry:
            case {"key": str(key), "role": str(role), "token": str(token)}:
                if len(key) <= _LONGEST_KEY and _TOKEN.fullmatch(token):
                    seats.append(Remembered(key, role, token))
    return seats
