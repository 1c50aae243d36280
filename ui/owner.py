"""The owner's controls: who may come in, who has to go, how long the channel lives."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from exchange import KEEP_FOR, ExchangeError, Person, Seat
from ui.frame import asked, memory
from ui.frame.service import exchange


def owner_panel(seat: Seat) -> None:
    """Shown on every page of the owner's seat, folded up."""
    people = exchange().member.present(seat)
    waiting = [person for person in people if person.waiting]
    if waiting:
        st.warning(f"{len(waiting)} waiting to be let in.", icon=":material/hourglass_top:")
    with st.expander("Owner's controls", expanded=bool(waiting), key="owner_panel"):
        for person in waiting:
            _waiting(seat, person)
        _rules(seat)
        st.divider()
        _seats(seat, [person for person in people if person.id != seat.id])
        st.divider()
        _life(seat)


def _waiting(seat: Seat, person: Person) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{person.name} ({person.role})")
        if st.button("Let in", key=f"approve_{person.id}", icon=":material/how_to_reg:"):
            _act(partial(exchange().owner.approve, seat, person.id))


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
        key = f"rule_{name}_{seat.id}"
        # Only a press counts: what another tab of the owner's has switched is none of this one.
        st.session_state[key] = value
        st.toggle(label, key=key, on_change=_set_rule, args=(seat, name, key))
    problem = st.session_state.pop(f"rule_problem_{seat.id}", None)
    if problem:
        st.error(problem)


def _set_rule(seat: Seat, name: str, key: str) -> None:
    try:
        exchange().owner.set_rules(seat, **{name: asked.switched(key)})
    except ExchangeError as error:
        st.session_state[f"rule_problem_{seat.id}"] = str(error)


def _seats(seat: Seat, others: list[Person]) -> None:
    names = {person.id: f"{person.name} ({person.role})" for person in others}
    chosen = st.selectbox(
        "Remove a seat",
        list(names),
        index=None,
        format_func=lambda person_id: names[person_id],
        placeholder="Choose whom" if names else "Nobody else is here",
        key=f"remove_{seat.id}",
    )
    if st.button("Remove this seat", disabled=chosen is None) and chosen is not None:
        _act(partial(exchange().owner.remove_seat, seat, chosen))


def _life(seat: Seat) -> None:
    keep_for = st.radio("Keep from now on for", list(KEEP_FOR), index=1, horizontal=True)
    extend, new_key, end = st.columns(3)
    if extend.button("Extend the channel", width="stretch"):
        _act(partial(exchange().owner.extend, seat, keep_for))
    if new_key.button("Change the channel key", width="stretch"):
        _act(partial(_change_key, seat))
    sure = st.checkbox("I want to end this channel for everybody")
    if end.button("End the channel", width="stretch", disabled=not sure):
        _act(partial(exchange().owner.end_channel, seat))


def _change_key(seat: Seat) -> None:
    key = exchange().owner.change_key(seat)
    memory.remember(memory.Remembered(key=key, role=seat.role, token=seat.token))
    st.query_params["channel"] = key


def _act(act: Callable[[], None]) -> None:
    """Does it and shows the page anew, or says why not."""
    try:
        act()
    except ExchangeError as error:
        st.error(str(error))
    else:
        st.rerun()
