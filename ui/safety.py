"""Comparing safety numbers, and the alarm when they differ: for senders and receivers alike.

The number that a press is about is the one that was on the screen: it is bound to the button when
the page is drawn, since another key may be shown by the time of the press.
"""

import streamlit as st

from exchange import Alarm, Contact, ExchangeError, RecordLost, Seat, SeatChanged
from ui.frame import asked
from ui.frame.service import exchange
from ui.parts.widgets import labelled_code
from ui.parts.words import clock_time, counted


def show_alarms(seat: Seat) -> None:
    """Every alarm that concerns this person, until the two have compared again.

    Also what is wrong with the seat itself as the server has it, and why the last comparison could
    not be noted, wherever on the page it was made.
    """
    _record(seat)
    problem = st.session_state.pop(f"compare_problem_{seat.id}", None)
    if problem:
        st.warning(problem, icon=":material/cancel:")
    for alarm in exchange().member.safety.alarms(seat):
        if alarm.settled:
            st.caption(
                f"The alarm of {clock_time(alarm.raised_at)} is settled: you have compared again."
            )
            continue
        with st.container(border=True, key=f"alarm_{alarm.id}"):
            if alarm.interceptor:
                st.error(
                    "Alarm: somebody stood between the two of you. The safety numbers differed.",
                    icon=":material/gpp_bad:",
                )
            else:
                st.error(
                    "Alarm: the safety numbers differ. Send nothing more until you know why.",
                    icon=":material/gpp_bad:",
                )
            st.text(_words(alarm))


def compare_panel(seat: Seat) -> None:
    """This person's own number, everybody's on the other side, and what was heard."""
    panel = st.expander("Compare safety numbers", key=f"compare_panel_{seat.id}", on_change="rerun")
    if not panel.open:
        return
    found = exchange().member.safety.contacts(seat)
    people = {person.id: person for person in found.people}
    with panel:
        st.caption(
            "Meet, or telephone. One of you reads out the number of their own key; the other "
            "checks that it is the one shown here. Whoever changes keys on the way could change "
            "the words of this page too, but not a voice that you know."
        )
        if found.own_number:
            labelled_code("Your own number: read it aloud", found.own_number)
        if not people:
            st.caption("Nobody is here yet with whom you could compare.")
            return
        st.caption("The others' numbers, as this page knows them")
        st.code("\n".join(map(_line, people.values())), language=None, wrap_lines=True)
        chosen = st.selectbox(
            "Compare with",
            list(people),
            format_func=lambda person_id: people[person_id].name,
            key=f"compare_with_{seat.id}",
        )
        _compare(seat, people[chosen])


def number_buttons(seat: Seat, person_id: str, safety_number: str, *, key: str) -> None:
    """What two people say who have compared this number."""
    with st.container(horizontal=True):
        st.button(
            "The numbers are the same",
            key=f"same_{key}",
            icon=":material/check:",
            on_click=_same,
            args=(seat, person_id, safety_number),
        )
        st.button(
            "The numbers differ",
            key=f"differ_{key}",
            icon=":material/gpp_bad:",
            on_click=_differ,
            args=(seat, person_id),
        )


def has_compared(seat: Seat, person_id: str, safety_number: str) -> bool:
    """Whether this person has compared exactly this number."""
    return any(
        one.compared and (one.id, one.safety_number) == (person_id, safety_number)
        for one in exchange().member.safety.contacts(seat).people
    )


def _record(seat: Seat) -> None:
    """What this seat knew of others is gone, or the seat is not what it was."""
    try:
        exchange().member.check_record(seat)
    except RecordLost as problem:
        with st.container(border=True, key=f"record_{seat.id}"):
            st.error(str(problem), icon=":material/gpp_bad:")
            st.button(
                "Start again", key=f"begin_anew_{seat.id}", on_click=_begin_anew, args=(seat,)
            )
    except SeatChanged as problem:
        st.error(str(problem), icon=":material/gpp_bad:")


def _begin_anew(seat: Seat) -> None:
    try:
        exchange().member.begin_anew(seat)
    except ExchangeError as error:
        st.session_state[f"compare_problem_{seat.id}"] = str(error)


def _compare(seat: Seat, person: Contact) -> None:
    typed = f"typed_{seat.id}_{person.id}"
    if person.compared:
        st.success("You have compared this number.", icon=":material/verified:")
    st.text_input(
        "Number that was read to you",
        placeholder="40 digits; spaces do not matter",
        key=typed,
        autocomplete="off",
    )
    st.button(
        "Compare", key=f"compare_typed_{seat.id}", on_click=_typed, args=(seat, person.id, typed)
    )
    st.caption("Or say what you heard:")
    number_buttons(seat, person.id, person.safety_number, key=f"panel_{seat.id}")


def _line(person: Contact) -> str:
    state = "compared" if person.compared else "not yet compared"
    doubt = f", {person.doubt}" if person.doubt else ""
    return f"{person.safety_number}  {person.name}, {state}{doubt}"


def _words(alarm: Alarm) -> str:
    at = clock_time(alarm.raised_at)
    who = "You compared" if alarm.mine else f"{alarm.person} compared"
    if not alarm.compared:
        who = "Found out"
    if not alarm.interceptor:
        return (
            f"{who} at {at}: you and {alarm.person} see different numbers. Nobody in this channel "
            "is known to be behind it; the server or the connection may be lying."
        )
    since = "" if alarm.since is None else f" from {clock_time(alarm.since)} on"
    return (
        f"{who} at {at}. {alarm.interceptor} had exchanged the keys between you and "
        f"{alarm.person}{since}, and has read {counted(alarm.pictures_read, 'picture')}. It is "
        f"over now, and the true keys are shown again. Compare with {alarm.person} once more."
    )


def _same(seat: Seat, person_id: str, safety_number: str) -> None:
    try:
        exchange().member.safety.compared(seat, person_id, safety_number)
    except ExchangeError as error:
        st.session_state[f"compare_problem_{seat.id}"] = str(error)


def _differ(seat: Seat, person_id: str) -> None:
    try:
        exchange().member.safety.numbers_differ(seat, person_id)
    except ExchangeError as error:
        st.session_state[f"compare_problem_{seat.id}"] = str(error)


def _typed(seat: Seat, person_id: str, field: str) -> None:
    """Reads what stands in the field at the press, and empties it when it was of use."""
    try:
        exchange().member.safety.compare_number(seat, person_id, asked.text(field))
    except ExchangeError as error:
        st.session_state[f"compare_problem_{seat.id}"] = str(error)
    else:
        st.session_state[field] = ""
