"""What the lobby shows besides its forms: keys of the own, and the seats of this browser."""

from dataclasses import dataclass, field

import streamlit as st

from exchange import ROLES, ExchangeError, KeyChoice, Seat, new_token
from ui import asked, memory
from ui.guard import go_to_seat
from ui.receiving import chosen_key, key_choice
from ui.service import exchange, visitor
from ui.words import tidy_key


@dataclass(frozen=True, slots=True)
class _Entering:
    """A seat being taken: the press is kept until there is an answer.

    The token is made and given to the browser before the seat is taken, so that neither a second
    press nor a reload in the meantime can lose it.
    """

    key: str = field(repr=False)
    name: str
    role: str
    keys: KeyChoice
    token: str = field(repr=False)


def seat_form(key: str) -> None:
    """Name, role, a receiver's key, and the button that takes a seat."""
    state = st.session_state
    st.text_input("Your name", key="your_name")
    role = st.radio(
        "Role",
        ROLES,
        format_func=str.capitalize,
        horizontal=True,
        captions=["sends images", "sees ciphertext only", "opens images"],
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
    if "enter_problem" in state:
        st.error(state["enter_problem"])
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
            seat = exchange().take_seat(
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
        state["enter_problem"] = str(error)
        st.rerun()
    del state["entering"]
    state[f"fresh_{seat.id}"] = True
    go_to_seat(seat, wanted.key)


def keep_ticket(key: str, ticket: str) -> None:
    """Remembers, in the browser, that the channel of this key was created here."""
    memory.remember(memory.Remembered(key=key, role="owner", token=ticket))


def own_seats(key: str, *, here: bool) -> None:
    """Ways back to the seats that this browser remembers and the store still knows.

    Args:
        key: of the channel that the lobby shows; "" for none.
        here: the seats in that channel; else all others.
    """
    seats: list[tuple[str, Seat]] = []
    for entry in memory.remembered():
        if entry.role not in ROLES or (tidy_key(entry.key) == tidy_key(key)) != here:
            continue
        try:
            seats.append((entry.key, exchange().resume(entry.token)))
        except ExchangeError:
            continue  # never forgotten for that: the store may be out of order just now
    if not seats:
        return
    st.subheader("Your seats in this channel" if here else "Your seats in this browser")
    for seat_key, seat in seats:
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                f"Go to the {seat.role} page",
                key=f"go_{seat.id}",
                icon=":material/arrow_forward:",
            ):
                go_to_seat(seat, seat_key)
            st.text(f"{seat.channel.name}, as {seat.name}")


def _begin(key: str) -> None:
    """Runs at the press, before the page: what was typed a moment ago is in the state already."""
    state = st.session_state
    if "entering" in state:
        return
    state.pop("enter_problem", None)
    try:
        name, token = asked.text("your_name"), new_token()
        role = asked.one_of("your_role", ROLES)
        keys = chosen_key() if role == "receiver" else KeyChoice()
    except ExchangeError as error:
        state["enter_problem"] = str(error)
        return
    memory.remember(memory.Remembered(key=key, role=role, token=token))
    state["entering"] = _Entering(key, name, role, keys, token)


def _ticket(key: str) -> str:
    for entry in reversed(memory.remembered()):
        if entry.role == "owner" and tidy_key(entry.key) == tidy_key(key):
            return entry.token
    return ""
