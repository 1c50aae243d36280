"""What this browser remembers: its seats, in `localStorage`.

A reload, a new tab or a restarted server starts a new Streamlit session that knows nothing;
the browser then presents its seat tokens. They never travel in a link or a cookie: links get
shared, and Community Cloud drops cookies.

Several tabs share one `localStorage`, so a tab never writes the whole list: it asks for one
entry to be put in or dropped, and the browser's code merges that into what is there.
"""

import json
from dataclasses import asdict, dataclass, field

import streamlit as st

_JS = """
const NAME = "rsa-images.seats";
function load() {
  try { return JSON.parse(localStorage.getItem(NAME) || "[]"); } catch (e) { return []; }
}
export default function ({ data, setStateValue }) {
  const seats = load();
  const gone = new Set(data.drop);
  const kept = seats.filter((s) => !gone.has(s.token));
  for (const s of data.put) {
    if (gone.has(s.token)) continue;
    const at = kept.findIndex((k) => k.token === s.token);
    if (at < 0) kept.push(s); else kept[at] = s;
  }
  const now = JSON.stringify(kept.slice(-40));
  if (now !== JSON.stringify(seats)) localStorage.setItem(NAME, now);
  if (data.known !== now) setStateValue("seats", now);
}
"""

_browser_memory = st.components.v2.component("browser_memory", js=_JS)


@dataclass(frozen=True, slots=True)
class Remembered:
    """One seat that this browser holds.

    Attributes:
        key: the channel key that it was taken with.
        role: sender, interceptor or receiver.
        token: the seat token.
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
                "known": known,
            },
            default={"seats": None},
            on_seats_change=lambda: None,
        )
    if answer.seats is not None:
        state["memory_known"] = answer.seats


def answered() -> bool:
    """Whether the browser has said what it remembers; a new session's first run comes before."""
    return "memory_known" in st.session_state


def remembered() -> list[Remembered]:
    """The seats of this browser, the oldest first, this session's own changes included."""
    dropped = set(st.session_state.get("memory_drop", []))
    found: dict[str, Remembered] = {}
    for seat in [*_parse(st.session_state.get("memory_known")), *_list("memory_put")]:
        if seat.token not in dropped:
            found[seat.token] = seat
    return list(found.values())


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


def _parse(text: str | None) -> list[Remembered]:
    """The browser's list; whatever is not ours in it is passed over."""
    try:
        entries = json.loads(text or "[]")
    except ValueError:
        return []
    if not isinstance(entries, list):
        return []
    fields = ("key", "role", "token")
    return [
        Remembered(*(entry[name] for name in fields))
        for entry in entries
        if isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in fields)
    ]
