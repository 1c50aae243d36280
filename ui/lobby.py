"""What the lobby shows besides its forms: keys of the own, and the seats of this browser."""

from dataclasses import dataclass, field

import streamlit as st

from exchange import ROLES, ExchangeError, KeyChoice, Seat, new_token
from ui import memory
from ui.guard import go_to_seat
from ui.service import exchange
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


def enter_button(key: str, *, name: str, role: str, keys: KeyChoice) -> None:
    """The button that takes a seat, and the taking of it."""
    state = st.session_state
    st.button(
        "Enter channel",
        type="primary",
        icon=":material/arrow_forward:",
        on_click=_begin,
        args=(key, name, role, keys),
    )
    wanted: _Entering | None = state.get("entering")
    if wanted is None:
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
            )
    except ExchangeError as error:
        del state["entering"]
        memory.forget(wanted.token)
        st.error(str(error))
        return
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


def _begin(key: str, name: str, role: str, keys: KeyChoice) -> None:
    if "entering" in st.session_state:
        return
    token = new_token()
    memory.remember(memory.Remembered(key=key, role=role, token=token))
    st.session_state["entering"] = _Entering(key, name, role, keys, token)


def _ticket(key: str) -> str:
    for entry in reversed(memory.remembered()):
        if entry.role == "owner" and tidy_key(entry.key) == tidy_key(key):
            return entry.token
    return ""
