"""Attacks on a capture: choose one, run it, watch it, cancel it, and keep what it found.

A running attack lives in a separate process, and ends soon after its page was closed. The
fragment here looks at it twice a second and redraws itself alone; when the attack has ended, what
is around it is drawn again with the finding.
"""

from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from exchange import ATTACK_CHOICES, AttackChoice, AttackState, CapturedPicture, ExchangeError, Seat
from lab.statistics import appearing
from ui.frame.parts import CAPTURE
from ui.frame.service import exchange, visitor
from ui.interceptor.choices import attack_key
from ui.interceptor.findings import found_items, show_finding, show_findings
from ui.parts.drawing import draw_again
from ui.parts.files import small_picture
from ui.parts.held import key_of, shared, state_of
from ui.parts.said import said, say, show
from ui.parts.widgets import fragment

_LOOK_EVERY = 0.5  # seconds
_STAGE_EVERY = 0.3


@dataclass(slots=True)
class Watching:
    """What the page keeps from run to run."""

    first: bool = False  # a fragment's next run is part of the page's, and must not start another
    redraw: tuple[str, str] | None = None  # picture and attack whose stages are to be drawn
    stage: int = 0  # how many of them were drawn


def show_attacks(seat: Seat, capture: CapturedPicture) -> None:
    """Every attack, offered for every capture, and this seat's findings."""
    state, watching = _look(seat), state_of(Watching, seat)
    choose, about = st.columns([1, 2], gap="large")
    with choose:
        name = st.radio(
            "Attack",
            list(ATTACK_CHOICES),
            format_func=lambda one: ATTACK_CHOICES[one].title,
            key=attack_key(seat),
        )
    this, place = (capture.item.id, name), _place(seat, capture.item.id, name)
    with about:
        _about(ATTACK_CHOICES[name])
        if st.button(
            "Run attack", type="primary", icon=":material/swords:", disabled=state is not None
        ):
            with said(place, rerun=True):
                exchange().interceptor.attacks.start(seat, *this, visitor())
                # From the start: a quick attack may end before anyone looks at it.
                watching.redraw, watching.stage = this, 0
        show(place, warning=True, icon=":material/cancel:")
        if state is not None:
            watching.first = True
            _watch(seat)
        items = found_items(seat, capture)
        again = state is not None and (state.picture_id, state.attack) == this
        if name in items and not again and not _redrawing(seat, capture, name):
            show_finding(seat, capture, items[name])
    show_findings(seat, items)


def _about(attack: AttackChoice) -> None:
    st.text(attack.summary)
    st.caption(f"Needs: {attack.needs}")
    st.caption(f"Gives: {attack.gives}. Source: {attack.citation}.")


def _place(seat: Seat, picture_id: str, attack: str) -> str:
    return key_of(seat, f"attack_{attack}_{picture_id}")


def _look(seat: Seat) -> AttackState | None:
    """The attack while it runs; how it ended otherwise is said at its place."""
    state = exchange().interceptor.attacks.state(seat, visitor())
    if state is None or state.phase in {"waiting", "running"}:
        return state
    say(_place(seat, state.picture_id, state.attack), state.words)
    state_of(Watching, seat).redraw = None
    return None


@fragment(run_every=_LOOK_EVERY)
def _watch(seat: Seat) -> None:
    watching = state_of(Watching, seat)
    first, watching.first = watching.first, False
    try:
        state = _look(seat)
    except ExchangeError as error:
        st.caption(str(error))  # and the next look tries again
        return
    if state is None:
        if not first:
            draw_again([CAPTURE])
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
    watching = state_of(Watching, seat)
    if name != "codebook" or watching.redraw != (capture.item.id, name):
        return False
    pictures = shared(
        "appearing", capture.file_name, lambda: appearing(capture.facts, capture.envelope)
    )
    if watching.stage >= len(pictures):
        watching.redraw = None
        return False
    watching.first = True
    _appear(seat, pictures)
    return True


@fragment(run_every=_STAGE_EVERY)
def _appear(seat: Seat, pictures: tuple[bytes, ...]) -> None:
    watching = state_of(Watching, seat)
    first, watching.first = watching.first, False
    if watching.redraw is None:
        return
    if watching.stage >= len(pictures) and not first:
        draw_again([CAPTURE])  # the finding replaces its stages
    shown = min(watching.stage, len(pictures) - 1)
    watching.stage = shown + 1
    known = 256 * watching.stage // len(pictures)
    small_picture(pictures[shown], alt="The picture appearing", width=320)
    st.caption(f"The picture appearing: {known} of 256 samples looked up")
