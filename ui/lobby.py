"""The lobby: create a channel or join one, then choose a name and a role."""

from dataclasses import dataclass, field

import streamlit as st

from exchange import (
    CHANNEL_KINDS,
    ROLES,
    ExchangeError,
    KeyChoice,
    Lobby,
    Seat,
    new_token,
)
from ui.frame import asked, memory
from ui.frame.guard import channel_in_url, go_to_seat, lobby_page
from ui.frame.service import exchange, visitor
from ui.own_keys import chosen_key, key_choice
from ui.parts.held import key_of
from ui.parts.said import said, say, show
from ui.parts.widgets import keep_choice, labelled, labelled_code
from ui.parts.words import day_and_time, person_and_role, tidy_key

_PLACE = "enter"  # where the page says why a seat could not be taken


@dataclass(frozen=True, slots=True)
class _Entering:
    """A seat being taken: the press is kept until there is an answer.

    The browser gets the token before the seat is taken, so that neither a second press nor a
    reload in the meantime can lose it.
    """

    key: str = field(repr=False)
    name: str
    role: str
    keys: KeyChoice
    token: str = field(repr=False)


def page() -> None:
    """Create or join, take a seat, or go back to one."""
    with lobby_page("Lobby"):
        st.title("RSA image encryption")
        st.markdown(
            "Share pictures so that only the chosen receivers can open them, and see what an "
            "interceptor sees on the way."
        )
        found = _look_in()
        if found:
            _enter(*found)
            with st.expander("Another channel", expanded=False):
                _join()
                _create()
        else:
            left, right = st.columns(2, gap="large")
            with left:
                _create()
            with right:
                _join()
        _own_seats(found[0] if found else "", here=False)
        st.page_link("pages/compare.py", label="Compare the schemes", icon=":material/compare:")


def _create() -> None:
    st.subheader("Create a channel")
    name = st.text_input("Channel name", placeholder="optional")
    kind = st.radio(
        "Channel kind",
        [kind.capitalize() for kind in CHANNEL_KINDS],
        horizontal=True,
        captions=["for real pictures: only the secure scheme", "to see insecure schemes broken"],
    )
    keep_for = keep_choice("Keep for", exchange().limits.keep)
    if st.button("Create channel", type="primary", icon=":material/add:"):
        with said("create"):
            new = exchange().lobby.create_channel(
                name=name, kind=kind.lower(), keep_for=keep_for, visitor=visitor()
            )
            memory.remember(new.key, "owner", new.owner_ticket)
            _choose(new.key)
    show("create")


def _join() -> None:
    st.subheader("Join a channel")
    key = st.text_input(
        "Channel key", value=st.session_state.get("lobby_key", ""), placeholder="ABCDE-FGHJK"
    )
    if st.button("Join channel", icon=":material/login:"):
        _choose(key)


def _choose(key: str) -> None:
    """Puts the key into the page's address; the rerun looks the channel up."""
    st.session_state["lobby_key"] = key
    st.query_params["channel"] = key
    st.rerun()


def _look_in() -> tuple[str, Lobby] | None:
    """The channel that the address names, if its key is good."""
    key = channel_in_url() or st.session_state.get("lobby_key", "")
    if not key:
        return None
    st.session_state["lobby_key"] = key
    try:
        if st.session_state.get("right_key") != key:
            exchange().lobby.join(key, visitor())
            st.session_state["right_key"] = key
        return key, exchange().lobby.look_in(key)
    except ExchangeError as error:
        st.session_state.pop("right_key", None)
        st.error(str(error))
        return None


def _enter(key: str, lobby: Lobby) -> None:
    """Key, people, name and role; then a seat."""
    key = tidy_key(key)
    with st.container(border=True):
        shown, people = st.columns([3, 2])
        with shown:
            labelled(f"{lobby.channel.kind.capitalize()} channel", lobby.channel.name)
            labelled_code("Channel key", key, key="big_key")
            st.caption(
                f"Kept until {day_and_time(lobby.channel.expires_at)}. Pass the key on to the "
                "people you want here; anyone who has it can come in."
            )
        with people:
            here = [person_and_role(person) for person in lobby.people if person.here]
            labelled(f"People here: {len(here)}", "\n".join(here) or "Nobody yet.")
    _own_seats(key, here=True)
    st.subheader("Take a seat")
    _seat_form(key)


def _seat_form(key: str) -> None:
    """Name, role, a receiver's key, and the button that takes a seat."""
    state = st.session_state
    st.text_input("Your name", key="your_name")
    role = st.radio(
        "Role",
        ROLES,
        format_func=str.capitalize,
        horizontal=True,
        captions=["sends pictures", "sees ciphertext only", "opens pictures"],
        key="your_role",
    )
    if role == "receiver":
        key_choice()
    st.button(
        "Enter channel",
        type="primary",
        icon=":material/arrow_forward:",
        on_click=_begin,
        args=(key,),
    )
    show(_PLACE)
    wanted: _Entering | None = state.get("entering")
    if wanted is None:
        return
    if not memory.keeps(wanted.token):
        # The browser's answer starts the next run. Going to the seat's page before it came
        # would let the answer, which still names this page, bring the person back here.
        st.caption("One moment …")
        return
    try:
        with st.spinner("Making your keys …"):
            seat = exchange().lobby.take_seat(
                wanted.key,
                name=wanted.name,
                role=wanted.role,
                owner_ticket=_ticket(wanted.key),
                keys=wanted.keys,
                token=wanted.token,
                own_tokens=[entry.token for entry in memory.remembered()],
                visitor=visitor(),
            )
    except ExchangeError as error:
        del state["entering"]
        memory.forget(wanted.token)
        say(_PLACE, str(error))
        st.rerun()
    del state["entering"]
    state[key_of(seat, "fresh")] = True
    go_to_seat(seat, wanted.key)


def _own_seats(key: str, *, here: bool) -> None:
    """Ways back to this browser's seats: those `here`, with this channel key, or all others."""
    seats: list[tuple[str, Seat]] = []
    for entry in memory.remembered():
        if entry.role not in ROLES or _same(entry.key, key) != here:
            continue
        try:
            seats.append((entry.key, exchange().lobby.resume(entry.token)))
        except ExchangeError:
            continue  # not a reason to forget it: the store may only be busy
    if not seats:
        return
    st.subheader("Your seats in this channel" if here else "Your seats in this browser")
    for seat_key, seat in seats:
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                f"Go to the {seat.role} page", key=f"go_{seat.id}", icon=":material/arrow_forward:"
            ):
                go_to_seat(seat, seat_key)
            st.text(f"{seat.channel.name}, as {seat.name}")


def _begin(key: str) -> None:
    """Runs at the press, before the page: the state holds what was typed a moment ago."""
    state = st.session_state
    if "entering" in state:
        return
    with said(_PLACE):
        name, token = asked.text("your_name"), new_token()
        role = asked.one_of("your_role", ROLES)
        keys = chosen_key() if role == "receiver" else KeyChoice()
        memory.remember(key, role, token)
        state["entering"] = _Entering(key, name, role, keys, token)


def _ticket(key: str) -> str:
    """The newest owner's ticket for this channel key; "" for none."""
    tickets = [e.token for e in memory.remembered() if e.role == "owner" and _same(e.key, key)]
    return tickets[-1] if tickets else ""


def _same(one: str, other: str) -> bool:
    return tidy_key(one) == tidy_key(other)
