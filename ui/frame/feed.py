"""The live feed: who is here and what happened, without anybody clicking reload.

`streamlit-autorefresh` ticks inside a fragment, so a tick reruns only the fragment: it asks the
store for events after the last seen number. When one of them changes what the page shows, the
page is drawn anew; any other is told by the fragment alone. A tick of the whole page would kill a
long encryption and close an open dialog.
"""

from collections import Counter
from contextlib import suppress

import streamlit as st

from exchange import Event, ExchangeError, Person, Role, Seat, SeatGone
from ui.frame.pace import tick_every, tick_ms
from ui.frame.service import exchange, visitor
from ui.parts.widgets import fragment, labelled
from ui.parts.words import clock_time

_SHOWN = 30  # lines of the event list

_WORDS = {
    "created": "The channel was created",
    "joined": "joined",
    "left": "left",
    "sent": "sent a picture",
    "opened": "opened a picture",
    "refused": "got a changed picture, which was refused",
    "classroom key": "has a new classroom key",
    "rules": "changed the rules",
    "approved": "was let in",
    "removed seat": "was removed by the owner",
    "new key": "changed the channel key",
    "extended": "extended the channel",
    "ended": "ended the channel",
    "removed picture": "A picture was removed",
    "flipped": "flipped bits of a picture on its way",
    "multiplied": "multiplied a picture on its way",
    "swapped": "made two pictures change places",
    "replayed": "delivered an old picture in the place of another",
    "dropped": "dropped a picture",
    "let pass": "let a picture pass unchanged",
    "substituted": "put a key of their own in a receiver's place",
    "gave back": "gave a receiver's true key back",
    "relayed": "read a picture that was sealed for their key, and passed it on",
    "alarm": "raised the alarm",
}
# What an interceptor does on the way has no toast: that nobody notices is the lesson.
_TOASTS = {
    "joined": ("A new {role} joined", ":material/person_add:"),
    "left": ("A {role} left", ":material/logout:"),
    "sent": ("A new picture has arrived", ":material/image:"),
    "opened": ("A picture was opened", ":material/drafts:"),
    "refused": ("A changed picture was refused", ":material/gpp_bad:"),
    "classroom key": ("A {role} has a new classroom key", ":material/key:"),
    "rules": ("The channel's rules were changed", ":material/rule:"),
    "approved": ("A {role} was let in", ":material/how_to_reg:"),
    "removed seat": ("A {role} was removed", ":material/person_remove:"),
    "new key": ("The channel has a new key", ":material/key:"),
    "extended": ("The channel was extended", ":material/schedule:"),
    "removed picture": ("A picture was removed", ":material/delete_sweep:"),
    "alarm": ("Alarm: safety numbers differ", ":material/gpp_bad:"),
}

_COMING_AND_GOING = frozenset({"joined", "left", "approved", "removed seat"})
_SHOWS: dict[Role, Role] = {"sender": "receiver", "interceptor": "receiver", "receiver": "sender"}
_ON_THE_WAY = frozenset({"flipped", "multiplied", "swapped", "replayed", "dropped", "let pass"})
_OF_NO_CONCERN: dict[Role, frozenset[str]] = {
    "sender": frozenset({"refused", "classroom key", "relayed"} | _ON_THE_WAY),
    "interceptor": frozenset({"opened", "refused"}),
    "receiver": frozenset({"refused", "classroom key"}),
}


def live_feed(seat: Seat) -> None:
    """Shows toasts for what has just happened, and the feed that goes on watching."""
    state = st.session_state
    events = _events(seat)
    if events is None:
        state[f"feed_{seat.id}"] = events = []
        while _ask(seat, events):
            pass  # a long story comes in parts
        state.pop(f"toasts_{seat.id}", None)
    else:
        _ask(seat, events)
    _show_toasts(seat)
    # The first run of the fragment is part of this run of the page. It must not start another:
    # whatever button was pressed to cause this run comes after it and would be lost.
    state["feed_first_run"] = True
    _watch(seat)


def times_happened(seat: Seat, kind: str) -> int:
    """How many events of this kind this page knows of."""
    return sum(event.kind == kind for event in _events(seat) or [])


def unread(seat: Seat, kind: str) -> int:
    """How many events of this kind came since this page was opened and not yet marked read."""
    events = _events(seat) or []
    read = st.session_state.setdefault(f"read_{seat.id}", len(events))
    return sum(event.kind == kind for event in events[read:])


def mark_read(seat: Seat) -> None:
    """Sets the count of unread events back to nought."""
    st.session_state[f"read_{seat.id}"] = len(_events(seat) or [])


@fragment()
def _watch(seat: Seat) -> None:
    with st.container(key="tick_box"):
        tick_every(tick_ms(), key="tick")
    events = _events(seat) or []
    if not st.session_state.pop("feed_first_run", False):
        try:
            new = _ask(seat, events)
        except SeatGone:
            st.rerun()  # the guard at the top of the page says what is the matter
        except ExchangeError as error:
            st.caption(str(error))  # and the next tick tries again
            return
        if any(_concerns(seat, event) for event in new):
            st.rerun()
        _show_toasts(seat)
    _show_people(st.session_state[f"people_{seat.id}"])
    _show_events(events)


def _concerns(seat: Seat, event: Event) -> bool:
    """Whether the event changes what this seat's page shows, beside the feed itself.

    A page that is drawn anew costs ten times a tick, and ends what it was just doing.
    """
    if event.who_id == seat.id:
        return True
    if event.kind in _COMING_AND_GOING:
        if event.role == "interceptor" and seat.channel.tampering:
            return True  # what it held up, or the keys that it showed, may be others now
        return seat.owner or event.role == _SHOWS[seat.role]
    if event.kind == "opened" and seat.role == "receiver":
        return bool(st.session_state.get(f"counts_openings_{seat.id}"))
    return event.kind not in _OF_NO_CONCERN[seat.role]


def _events(seat: Seat) -> list[Event] | None:
    events: list[Event] | None = st.session_state.get(f"feed_{seat.id}")
    return events


def _ask(seat: Seat, events: list[Event]) -> tuple[Event, ...]:
    """Adds what is new to `events` and to the waiting toasts, and notes who is here.

    An interceptor's page passes on first what was sealed for its keys: that too is news.
    """
    if seat.role == "interceptor" and seat.channel.kind == "classroom":
        with suppress(ExchangeError):  # what cannot be passed on now waits for the next tick
            exchange().wire.relaying.relay(seat, visitor())
    pulse = exchange().member.news(seat, events[-1].seq if events else 0)
    events.extend(pulse.events)
    others = [e for e in pulse.events if e.who_id != seat.id and e.kind in _TOASTS]
    st.session_state.setdefault(f"toasts_{seat.id}", []).extend(others)
    st.session_state[f"people_{seat.id}"] = pulse.people
    return pulse.events


def _show_toasts(seat: Seat) -> None:
    """One toast for each event, or for each kind of event when many come at once.

    A toast that is shown just before the page is drawn anew is lost, so it waits till after that.
    """
    events: list[Event] = st.session_state.pop(f"toasts_{seat.id}", [])
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
