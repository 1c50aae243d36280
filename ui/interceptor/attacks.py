"""Attacks on a capture: choose one, run it, watch it, cancel it, and keep what it found.

A running attack lives in a process of its own, and ends soon after its page was closed. The
fragment here looks at it twice a second and redraws itself alone; when the attack has ended, the
page is drawn anew with the finding.
"""

from contextlib import suppress

import streamlit as st

from exchange import ATTACK_CHOICES, AttackChoice, AttackState, CapturedPicture, ExchangeError, Seat
from lab.statistics import appearing
from ui.frame.service import exchange, visitor
from ui.interceptor.choices import attack_key
from ui.interceptor.findings import found_items, show_finding, show_findings
from ui.parts.files import small_picture
from ui.parts.held import shared
from ui.parts.widgets import fragment

_LOOK_EVERY = 0.5  # seconds
_STAGE_EVERY = 0.3
_FIRST = "attack_first_look"


def show_attacks(seat: Seat, capture: CapturedPicture) -> None:
    """Every attack, offered for every capture, and this seat's findings."""
    state = _look(seat)
    running = state is not None
    choose, about = st.columns([1, 2], gap="large")
    with choose:
        name = st.radio(
            "Attack",
            list(ATTACK_CHOICES),
            format_func=lambda one: ATTACK_CHOICES[one].title,
            key=attack_key(seat),
        )
    with about:
        _about(ATTACK_CHOICES[name])
        if st.button("Run attack", type="primary", icon=":material/swords:", disabled=running):
            _start(seat, capture, name)
        _problem(seat, capture, name)
        if running:
            st.session_state[_FIRST] = True
            _watch(seat)
        items = found_items(seat, capture)
        again = state is not None and (state.picture_id, state.attack) == (capture.item.id, name)
        if name in items and not again and not _redrawing(seat, capture, name):
            show_finding(seat, capture, items[name])
    show_findings(seat, items)


def _about(attack: AttackChoice) -> None:
    st.text(attack.summary)
    st.caption(f"Needs: {attack.needs}")
    st.caption(f"Gives: {attack.gives}. Source: {attack.citation}.")


def _start(seat: Seat, capture: CapturedPicture, name: str) -> None:
    problem = ""
    try:
        exchange().interceptor.attacks.start(seat, capture.item.id, name, visitor())
    except ExchangeError as error:
        problem = str(error)
    _keep_problem(seat, capture.item.id, name, problem)
    if not problem:  # from the start, since a quick attack may end before anybody looks at it
        st.session_state[f"redraw_{seat.id}"] = (capture.item.id, name, 0)
    st.rerun()


def _look(seat: Seat) -> AttackState | None:
    """The attack while it runs; how it ended otherwise is kept to be said."""
    state = exchange().interceptor.attacks.state(seat, visitor())
    if state is None or state.phase in {"waiting", "running"}:
        return state
    _keep_problem(seat, state.picture_id, state.attack, state.words)
    st.session_state.pop(f"redraw_{seat.id}", None)
    return None


def _keep_problem(seat: Seat, picture_id: str, name: str, words: str) -> None:
    st.session_state[f"attack_problem_{seat.id}"] = (picture_id, name, words)


def _problem(seat: Seat, capture: CapturedPicture, name: str) -> None:
    """Why this attack on this capture came to nothing."""
    picture_id, attack, words = st.session_state.get(f"attack_problem_{seat.id}", ("", "", ""))
    if words and (picture_id, attack) == (capture.item.id, name):
        st.warning(words, icon=":material/cancel:")


@fragment(run_every=_LOOK_EVERY)
def _watch(seat: Seat) -> None:
    first = st.session_state.pop(_FIRST, False)
    try:
        state = _look(seat)
    except ExchangeError as error:
        st.caption(str(error))  # and the next look tries again
        return
    if state is None:
        # The first look is part of the page's own run, and must not start another one.
        if not first:
            st.rerun()
        return
    title = ATTACK_CHOICES[state.attack].title
    st.progress(state.part, text=f"{title}, {state.seconds:.1f} s")
    st.caption(state.words)
    st.button("Cancel", icon=":material/cancel:", on_click=_cancel, args=(seat,))
    if state.picture is not None:
        small_picture(state.picture, alt="The picture in the making", width=320)


def _cancel(seat: Seat) -> None:
    with suppress(ExchangeError):  # then it goes on, and the button is still there
        exchange().interceptor.attacks.cancel(seat)


def _redrawing(seat: Seat, capture: CapturedPicture, name: str) -> bool:
    """After a codebook: its stages once more, slowly enough to be seen; whether that goes on."""
    redraw = st.session_state.get(f"redraw_{seat.id}")
    if redraw is None or name != "codebook" or redraw[:2] != (capture.item.id, name):
        return False
    pictures = shared(
        "appearing", capture.file_name, lambda: appearing(capture.facts, capture.envelope)
    )
    if redraw[2] >= len(pictures):
        st.session_state.pop(f"redraw_{seat.id}")
        return False
    st.session_state[_FIRST] = True
    _appear(seat, pictures)
    return True


@fragment(run_every=_STAGE_EVERY)
def _appear(seat: Seat, pictures: tuple[bytes, ...]) -> None:
    first = st.session_state.pop(_FIRST, False)
    redraw = st.session_state.get(f"redraw_{seat.id}")
    if redraw is None:
        return
    picture_id, name, shown = redraw
    if shown >= len(pictures) and not first:
        st.rerun()  # the finding takes the place of its stages
    shown = min(shown, len(pictures) - 1)
    st.session_state[f"redraw_{seat.id}"] = (picture_id, name, shown + 1)
    known = 256 * (shown + 1) // len(pictures)
    small_picture(pictures[shown], alt="The picture appearing", width=320)
    st.caption(f"The picture appearing: {known} of 256 samples looked up")
