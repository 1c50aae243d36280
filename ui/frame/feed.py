"""The live feed: who is here and what happened, without anyone pressing reload.

`streamlit-autorefresh` ticks inside a fragment, so a tick reruns only the fragment: it asks the
store for events after the last seen number. The parts of the page that one of them concerns are
drawn again after it, what shows the news itself before what counts it. A new picture has a place
that waits for it (`ui/receiver.py`), so that nothing around it is drawn. A run of the whole page
would kill a long encryption and close an open dialog: only what changes the page's frame causes
one.
"""

from collections import Counter
from dataclasses import dataclass, field

import streamlit as st

from exchange import Event, ExchangeError, Person, Seat, SeatGone
from ui.frame.kinds import KINDS, concerned
from ui.frame.live import listen, tick_ms
from ui.frame.pace import ASKING, LATER, drawing, tick_every
from ui.frame.parts import ARRIVED, FEED, HEADING, INBOX, PAGE, PLACES, part
from ui.frame.service import exchange
from ui.parts.drawing import draw_again
from ui.parts.held import state_of
from ui.parts.widgets import fragment, labelled
from ui.parts.words import clock_time, person_and_role

_SHOWN = 30  # lines of the event list


@dataclass(slots=True)
class Feed:
    """What one page knows."""

    events: list[Event] | None = None  # None before it first asked
    seq: int = 0  # of the newest event that was looked at
    toasts: list[Event] = field(default_factory=list)  # events still to be shown
    people: tuple[Person, ...] = ()
    read: int | None = None  # how many of the events are marked as read
    first: bool = False  # the next run of the fragment is part of the page's run
    counted: frozenset[str] = frozenset()  # pictures whose openings this page shows
    shares: bool = False  # this receiver's page offers pictures to other receivers
    listed: tuple[str, ...] = ()  # pictures in the inbox when it was drawn, the oldest first
    arrived: list[str] = field(default_factory=list)  # since then
    room: int = 0  # how many places wait for them


def live_feed(seat: Seat) -> None:
    """Shows toasts for what has just happened, and the feed that goes on watching."""
    feed = state_of(Feed, seat)
    if feed.events is None:
        feed.events = []
        while _ask(seat, feed):
            pass  # many events come in parts
        feed.toasts.clear()
    else:
        _ask(seat, feed)
    # The first run of the fragment is part of this run of the page. It must not start another:
    # whatever button was pressed to cause this run comes after it and would be lost.
    feed.first = True
    _watch(seat)
    _show(seat)


def times_happened(seat: Seat, kind: str) -> int:
    """How many events of this kind this page knows of."""
    return sum(event.kind == kind for event in state_of(Feed, seat).events or [])


def unread(seat: Seat, kind: str) -> int:
    """How many events of this kind came since this page was opened or marked as read."""
    feed = state_of(Feed, seat)
    if feed.read is None:
        mark_read(seat)
    return sum(event.kind == kind for event in (feed.events or [])[feed.read :])


def mark_read(seat: Seat) -> None:
    """Resets the unread count."""
    feed = state_of(Feed, seat)
    feed.read = len(feed.events or [])


@fragment()
def _watch(seat: Seat) -> None:
    with drawing.taken(ASKING):
        with st.container(key="tick_box"):
            tick_every(tick_ms(), key="tick")
            listen(seat)
        feed = state_of(Feed, seat)
        first, feed.first = feed.first, False
        if not first:
            _hear(seat, feed)


def _hear(seat: Seat, feed: Feed) -> None:
    """Asks what is new, and draws the parts of the page that it concerns."""
    people = feed.people
    try:
        new = _ask(seat, feed)
    except SeatGone:
        st.rerun()  # the guard at the top of the page says why
    except ExchangeError as error:
        st.caption(str(error))  # and the next tick tries again
        return
    parts = _concerned(seat, feed, new)
    if PAGE in parts:
        st.rerun()
    if new or feed.people != people:
        parts |= {FEED}
    draw_again(sorted(parts, key=lambda name: (name in (HEADING, FEED), name)))


@part(FEED, after=LATER)
def _show(seat: Seat) -> None:
    feed = state_of(Feed, seat)
    _show_toasts(feed)
    here = [person_and_role(person) for person in feed.people if person.here]
    labelled(f"People here: {len(here)}", " · ".join(here))
    with st.expander("Events", key="events_list"):
        lines = [_line(event) for event in reversed((feed.events or [])[-_SHOWN:])]
        st.text("\n".join(lines) or "Nothing has happened yet.")


def _concerned(seat: Seat, feed: Feed, new: tuple[Event, ...]) -> set[str]:
    counted, shares = feed.counted, feed.shares
    parts = {p for e in new for p in concerned(e, seat, counted=counted, shares=shares)}
    if ARRIVED not in parts:
        return parts
    parts.remove(ARRIVED)
    sent = [event.picture_id for event in new if event.kind == "sent"]
    fresh = [one for one in sent if one not in feed.listed and one not in feed.arrived]
    before = len(feed.listed) + len(feed.arrived)
    feed.arrived += fresh
    if len(feed.arrived) > feed.room:
        return parts | {INBOX}
    places = range(before, before + len(fresh))
    return parts | {HEADING, *(f"{ARRIVED} {place % PLACES}" for place in places)}


def _ask(seat: Seat, feed: Feed) -> tuple[Event, ...]:
    """Adds what is new to the feed."""
    events = feed.events = feed.events or []
    news = exchange().member.news(seat, feed.seq)
    feed.seq = news.seq
    events.extend(news.events)
    feed.toasts += [e for e in news.events if e.who_id != seat.id and KINDS[e.kind].toast]
    feed.people = news.people
    return news.events


def _show_toasts(feed: Feed) -> None:
    """One toast for each event, or for each kind of event when many come at once.

    A toast that is shown just before the page is drawn again is lost, so it waits till after that.
    """
    counts = Counter((event.kind, event.role) for event in feed.toasts)
    feed.toasts.clear()
    for (name, role), number in counts.items():
        kind = KINDS[name]
        times = f" ({number} times)" if number > 1 else ""
        st.toast(kind.toast.format(role=role) + times, icon=f":material/{kind.icon}:")


def _line(event: Event) -> str:
    who = f"{event.who} ({event.role}) " if event.who else ""
    detail = f" ({event.detail})" if event.detail else ""
    return f"{clock_time(event.at)}  {who}{KINDS[event.kind].words}{detail}"
