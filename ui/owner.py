"""The owner's controls: who may come in, who must leave, how long the channel lives."""

import streamlit as st

from exchange import Person, Seat
from ui.frame import asked, memory
from ui.frame.parts import OWNER, part
from ui.frame.service import exchange
from ui.parts.drawing import draw_page_again
from ui.parts.held import key_of
from ui.parts.said import attempt, said, show
from ui.parts.widgets import keep_choice, named_choice
from ui.parts.words import person_and_role


def owner_panel(seat: Seat) -> None:
    """On every page of the owner's seat, folded up; nothing for anyone else."""
    if seat.owner:
        _panel(seat)


@part(OWNER)
def _panel(seat: Seat) -> None:
    people = exchange().member.present(seat)
    waiting = [person for person in people if person.waiting]
    if waiting:
        st.warning(f"{len(waiting)} waiting to be let in.", icon=":material/hourglass_top:")
    show(_place(seat))
    with st.expander("Owner's controls", expanded=bool(waiting), key="owner_panel"):
        for person in waiting:
            _waiting(seat, person)
        _rules(seat)
        st.divider()
        _seats(seat, {one.id: person_and_role(one) for one in people if one.id != seat.id})
        st.divider()
        _life(seat)


def _place(seat: Seat) -> str:
    return key_of(seat, "owner")


def _waiting(seat: Seat, person: Person) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(person_and_role(person))
        st.button(
            "Let in",
            key=f"approve_{person.id}",
            icon=":material/how_to_reg:",
            on_click=attempt,
            args=(_place(seat), lambda: exchange().owner.approve(seat, person.id)),
        )


def _rules(seat: Seat) -> None:
    """Each switch shows what the channel says, and says what the owner wants."""
    channel = seat.channel
    rules = {
        "locked": ("Lock the channel: nobody new comes in", channel.locked),
        "approval": ("New receivers wait until I let them in", channel.approval),
        "interceptors": ("Interceptors may come in", channel.interceptors),
    }
    if channel.kind == "classroom":
        rules["tampering"] = ("Interceptors may tamper", channel.tampering)
    for name, (label, value) in rules.items():
        key = key_of(seat, f"rule_{name}")
        # Only a press counts: what the owner's other tab has switched must not be switched back.
        st.session_state[key] = value
        st.toggle(label, key=key, on_change=_set_rule, args=(seat, name, key))


def _set_rule(seat: Seat, name: str, key: str) -> None:
    with said(_place(seat)):
        exchange().owner.set_rules(seat, **{name: asked.switched(key)})
    draw_page_again()


def _seats(seat: Seat, names: dict[str, str]) -> None:
    hint = "Choose whom" if names else "Nobody else is here"
    key = key_of(seat, "remove")
    chosen = named_choice("Remove a seat", names, key=key, index=None, placeholder=hint)
    if st.button("Remove this seat", disabled=not chosen):
        with said(_place(seat), rerun=True):
            exchange().owner.remove_seat(seat, chosen)


def _life(seat: Seat) -> None:
    place = _place(seat)
    keep_for = keep_choice("Keep from now on for", exchange().limits.keep)
    extend, new_key, end = st.columns(3)
    if extend.button("Extend the channel", width="stretch"):
        with said(place, rerun=True):
            exchange().owner.extend(seat, keep_for)
    if new_key.button("Change the channel key", width="stretch"):
        with said(place, rerun=True):
            key = exchange().owner.change_key(seat)
            memory.remember(key, seat.role, seat.token)
            st.query_params["channel"] = key
    sure = st.checkbox("I want to end this channel for everybody")
    if end.button("End the channel", width="stretch", disabled=not sure):
        with said(place, rerun=True):
            exchange().owner.end_channel(seat)
