"""Verifying safety numbers, and the alarm when they differ: for senders and receivers alike.

The number that a press is about is the one that was on the screen: it is bound to the button when
the page is drawn, since another key may be shown by the time of the press.
"""

import streamlit as st

from exchange import Alarm, Contact, RecordLost, Seat, SeatChanged
from ui.frame import asked
from ui.frame.parts import ALARMS, NUMBERS, part
from ui.frame.service import exchange
from ui.parts.drawing import draw_page_again
from ui.parts.held import key_of
from ui.parts.said import attempt, said, show
from ui.parts.widgets import labelled_code, named_choice
from ui.parts.words import clock_time, counted

_BAD = ":material/gpp_bad:"


@part(ALARMS)
def show_alarms(seat: Seat) -> None:
    """Every alarm that concerns this person, until the two have verified again.

    Also what is wrong with the seat as the server has it, and why the last press about a number
    could not be noted, wherever on the page it was made.
    """
    _record(seat)
    show(_place(seat), warning=True, icon=":material/cancel:")
    for alarm in exchange().member.safety.alarms(seat):
        if alarm.settled:
            st.caption(
                f"The alarm of {clock_time(alarm.raised_at)} is settled: you have verified again."
            )
            continue
        with st.container(border=True, key=f"alarm_{alarm.id}"):
            st.error(
                "Alarm: somebody stood between the two of you. The safety numbers differed."
                if alarm.interceptor
                else "Alarm: the safety numbers differ. Send nothing more until you know why.",
                icon=_BAD,
            )
            st.text(_words(alarm))


@part(NUMBERS)
def verify_panel(seat: Seat) -> None:
    """This person's number, everyone's on the other side, and the result of comparing."""
    panel = st.expander(
        "Compare safety numbers", key=key_of(seat, "compare_panel"), on_change="rerun"
    )
    if not panel.open:
        return
    found = exchange().member.safety.contacts(seat)
    people = {person.id: person for person in found.people}
    with panel:
        st.caption(
            "Meet or call. One of you reads out the number of their key; the other checks that it "
            "is the one shown here. An attacker could alter this page, but not a voice you know."
        )
        if found.own_number:
            labelled_code("Your own number: read it aloud", found.own_number)
        if not people:
            st.caption("There is nobody here yet whose number you could verify.")
            return
        st.caption("The others' numbers, as this page knows them")
        st.code("\n".join(map(_line, people.values())), language=None, wrap_lines=True)
        names = {person.id: person.name for person in found.people}
        chosen = named_choice("Compare with", names, key=key_of(seat, "compare_with"))
        _verify(seat, people[chosen])


def number_buttons(seat: Seat, person_id: str, safety_number: str, *, key: str) -> None:
    """What two people say after verifying this number."""
    with st.container(horizontal=True):
        st.button(
            "The numbers are the same",
            key=f"same_{key}",
            icon=":material/check:",
            on_click=attempt,
            args=(
                _place(seat),
                lambda: exchange().member.safety.compared(seat, person_id, safety_number),
            ),
        )
        st.button(
            "The numbers differ",
            key=f"differ_{key}",
            icon=_BAD,
            on_click=attempt,
            args=(_place(seat), lambda: exchange().member.safety.numbers_differ(seat, person_id)),
        )


def has_verified(seat: Seat, person_id: str, safety_number: str) -> bool:
    """Whether this person has verified exactly this number."""
    return any(
        one.compared and (one.id, one.safety_number) == (person_id, safety_number)
        for one in exchange().member.safety.contacts(seat).people
    )


def _place(seat: Seat) -> str:
    return key_of(seat, "safety")


def _record(seat: Seat) -> None:
    """Says when this seat's record of others is gone, or the seat is not what it was."""
    try:
        exchange().member.check_record(seat)
    except RecordLost as problem:
        with st.container(border=True, key=key_of(seat, "record")):
            st.error(str(problem), icon=_BAD)
            st.button(
                "Start again",
                key=key_of(seat, "start_again"),
                on_click=attempt,
                args=(_place(seat), lambda: exchange().member.begin_anew(seat)),
            )
    except SeatChanged as problem:
        st.error(str(problem), icon=_BAD)


def _verify(seat: Seat, person: Contact) -> None:
    typed = key_of(seat, f"typed_{person.id}")
    if person.compared:
        st.success("You have verified this number.", icon=":material/verified:")
    st.text_input(
        "Number that was read to you",
        placeholder="40 digits; spaces do not matter",
        key=typed,
        autocomplete="off",
    )
    st.button(
        "Compare", key=key_of(seat, "compare_typed"), on_click=_typed, args=(seat, person.id, typed)
    )
    st.caption("Or say what you heard:")
    number_buttons(seat, person.id, person.safety_number, key=key_of(seat, "panel"))


def _typed(seat: Seat, person_id: str, field: str) -> None:
    """Reads what stands in the field at the press, and empties it when it was of use."""
    with said(_place(seat)):
        exchange().member.safety.compare_number(seat, person_id, asked.text(field))
        st.session_state[field] = ""
    draw_page_again()


def _line(person: Contact) -> str:
    state = "verified" if person.compared else "not yet verified"
    doubt = f", {person.doubt}" if person.doubt else ""
    return f"{person.safety_number}  {person.name}, {state}{doubt}"


def _words(alarm: Alarm) -> str:
    at = clock_time(alarm.raised_at)
    who = "You checked" if alarm.mine else f"{alarm.person} checked"
    if not alarm.compared:
        who = "Found out"
    if not alarm.interceptor:
        return (
            f"{who} at {at}: you and {alarm.person} see different numbers. Nobody in this channel "
            "is known to be behind it; the server or the connection may be lying."
        )
    since = "" if alarm.since is None else f" since {clock_time(alarm.since)}"
    return (
        f"{who} at {at}. {alarm.interceptor} had swapped the keys between you and {alarm.person}"
        f"{since}, and has read {counted(alarm.pictures_read, 'picture')}. It is over: the true "
        f"keys are shown again. Verify {alarm.person}'s number once more."
    )
