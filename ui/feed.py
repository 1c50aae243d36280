"""The live feed: who is here and what happened, without anybody clicking reload.

`streamlit-autorefresh` ticks inside a fragment, so a tick reruns only the fragment: it asks the
store for events after the last seen number and, when there are any, reruns the page. A tick of
the whole page would kill a long encryption and close an open dialog. Toasts are shown after
that rerun, because one shown just before it is lost.
"""

from collections import Counter

import streamlit as st
from streamlit_autorefresh import st_autorefresh

from exchange import Event, ExchangeError, Person, Seat, SeatGone
from ui.service import exchange
from ui.widgets import labelled
from ui.words import clock_time

TICK_MS = 1000
_SHOWN = 30  # lines of the event list

_WORDS = {
    "created": "The channel was created",
    "joined": "joined",
    "left": "left",
    "sent": "sent an image",
    "opened": "opened an image",
    "refused": "got a changed image, which was refused",
    "purged": "Old images were removed",
    "classroom key": "has a new classroom key",
    "rules": "changed the rules",
    "approved": "was let in",
    "removed seat": "was removed by the owner",
    "new key": "changed the channel key",
    "extended": "extended the channel",
    "ended": "ended the channel",
    "removed image": "An image was removed",
}
_TOASTS = {
    "joined": ("A new {role} joined", ":material/person_add:"),
    "left": ("A {role} left", ":material/logout:"),
    "sent": ("A new image has arrived", ":material/image:"),
    "opened": ("An image was opened", ":material/drafts:"),
    "refused": ("A changed image was refused", ":material/gpp_bad:"),
    "purged": ("Old images were removed", ":material/delete_sweep:"),
    "classroom key": ("A {role} has a new classroom key", ":material/key:"),
    "rules": ("The channel's rules were changed", ":material/rule:"),
    "approved": ("A {role} was let in", ":material/how_to_reg:"),
    "removed seat": ("A {role} was removed", ":material/person_remove:"),
    "new key": ("The channel has a new key", ":material/key:"),
    "extended": ("The channel was extended", ":material/schedule:"),
    "removed image": ("An image was removed", ":material/delete_sweep:"),
}


def live_feed(seat: Seat) -> None:
    """Shows toasts for what has just happened, and the feed that goes on watching."""
    state = st.session_state
    events = _events(seat)
    if events is None:
        state[f"feed_{seat.id}"] = events = []
        while _catch_up(seat, events):
            pass  # a long story comes in parts
        state.pop(f"toasts_{seat.id}", None)
    else:
        _catch_up(seat, events)
    _show_toasts(state.pop(f"toasts_{seat.id}", []))
    # The first run of the fragment is part of this run of the page. It must not start another:
    # whatever button was pressed to cause this run comes after it and would be lost.
    state["feed_first_run"] = True
    _watch(seat)


def unread(seat: Seat, kind: str) -> int:
    """How many events of this kind came since this page was opened and not yet marked read."""
    events = _events(seat) or []
    read = st.session_state.setdefault(f"read_{seat.id}", len(events))
    return sum(event.kind == kind for event in events[read:])


def mark_read(seat: Seat) -> None:
    """Sets the count of unread events back to nought."""
    st.session_state[f"read_{seat.id}"] = len(_events(seat) or [])


@st.fragment
def _watch(seat: Seat) -> None:
    with st.container(key="tick_box"):
        st_autorefresh(interval=TICK_MS, debounce=False, key="tick")
    first = st.session_state.pop("feed_first_run", False)
    events = _events(seat) or []
    try:
        people = exchange().present(seat)
        exchange().clean_now_and_then()
        news = not first and _catch_up(seat, events)
    except SeatGone:
        st.rerun()  # the guard at the top of the page says what is the matter
    except ExchangeError as error:
        st.caption(str(error))  # and the next tick tries again
        return
    if news:
        st.rerun()
    _show_people(people)
    _show_events(events)


def _events(seat: Seat) -> list[Event] | None:
    events: list[Event] | None = st.session_state.get(f"feed_{seat.id}")
    return events


def _catch_up(seat: Seat, events: list[Event]) -> bool:
    """Adds what is new to `events` and to the waiting toasts; whether there was anything."""
    new = exchange().events_since(seat, events[-1].seq if events else 0)
    events.extend(new)
    others = [event for event in new if event.who_id != seat.id and event.kind in _TOASTS]
    st.session_state.setdefault(f"toasts_{seat.id}", []).extend(others)
    return bool(new)


def _show_toasts(events: list[Event]) -> None:
    """One toast for each event, or for each kind of event when many come at once."""
    kinds = Counter((event.kind, event.role) for event in events)
    for (kind, role), number in kinds.items():
        words, icon = _TOASTS[kind]
        times = f" ({number} times)" if number > 1 else ""
        st.toast(words.format(role=role) + times, icon=icon)


def _show_people(people: tuple[Person, ...]) -> None:
    here = [person for person in people if person.here]
    labelled(
        f"People here: {len(here)}",
        " · ".join(f"{person.name} ({person.role})" for person in here),
    )


def _show_events(events: list[Event]) -> None:
    with st.expander("Events", key="events_list"):
        lines = [_line(event) for event in reversed(events[-_SHOWN:])]
        st.text("\n".join(lines) or "Nothing has happened yet.")


def _line(event: Event) -> str:
    who = f"{event.who} ({event.role}) " if event.who else ""
    detail = f" ({event.detail})" if event.detail else ""
    return f"{clock_time(event.at)}  {who}{_WORDS[event.kind]}{detail}"
