"""What to do with a capture on its way, what is being done to it, and how it looks then."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from exchange import (
    TAMPER_FACTORS,
    TAMPER_REGIONS,
    CapturedPicture,
    CaptureItem,
    ExchangeError,
    Intervention,
    Seat,
)
from lab.statistics import difference, noise_picture
from ui.frame.parts import TAMPERING, part
from ui.frame.service import exchange
from ui.interceptor.choices import act_key, factor_key, region_key
from ui.interceptor.false_keys import show_false_keys, show_readings
from ui.parts.files import small_picture
from ui.parts.held import key_of, remember
from ui.parts.said import attempt, said, show
from ui.parts.widgets import explained_radio, named_choice
from ui.parts.words import capture_line, clock_time

KINDS = {  # name: (title, one line, what was done)
    "multiply": (
        "Multiply",
        "The picture turns brighter under textbook RSA; no key is needed.",
        "multiplied",
    ),
    "flip": ("Flip bits", "Under textbook RSA a part of the picture turns to noise.", "flipped"),
    "swap": ("Swap", "This capture and another one are swapped.", "has changed places"),
    "replay": (
        "Replay",
        "An earlier capture of the same sender arrives instead of this one.",
        "replaced by",
    ),
    "drop": ("Drop", "Nothing arrives. Its sender still sees it as sent.", "dropped"),
}


@part(TAMPERING)
def show_tampering(seat: Seat, capture: CapturedPicture) -> None:
    """The acts on this capture, and on public keys."""
    _show_acts(seat, capture)
    show_false_keys(seat)
    show_readings(seat)


def _show_acts(seat: Seat, capture: CapturedPicture) -> None:
    """The choice of an act where it is allowed, and the state of this capture."""
    done = next(
        (
            d
            for d in exchange().wire.tampering.interventions(seat)
            if d.picture_id == capture.item.id
        ),
        None,
    )
    if not seat.channel.tampering:
        st.info(
            "Interceptors may only look in this channel. Its owner can allow them to tamper, in "
            "the owner's controls.",
            icon=":material/visibility:",
        )
        if done is not None:
            _state(seat, capture, done)
        return
    choose, state = st.columns([1, 1], gap="large")
    with choose:
        _choice(seat, capture)
    with state:
        _state(seat, capture, done)


def _choice(seat: Seat, capture: CapturedPicture) -> None:
    kind = explained_radio("What to do", KINDS, key=act_key(seat))
    option = None if kind == "drop" else _option(seat, capture, kind)
    if kind != "drop" and option is None:
        return
    if st.button("Interfere", type="primary", icon=":material/bolt:"):
        with said(_place(seat, capture), rerun=True):
            acts, options = exchange().wire.tampering, () if option is None else (option,)
            offered: dict[str, Callable[..., None]] = {
                "multiply": acts.multiply,
                "flip": acts.flip,
                "swap": acts.swap,
                "replay": acts.replay,
                "drop": acts.drop,
            }
            offered[kind](seat, capture.item.id, *options)
    show(_place(seat, capture), warning=True, icon=":material/cancel:")


def _place(seat: Seat, capture: CapturedPicture) -> str:
    return key_of(seat, f"tamper_{capture.item.id}")


def _option(seat: Seat, capture: CapturedPicture, kind: str) -> int | str | None:
    if kind == "multiply":
        return st.selectbox(
            "Factor",
            TAMPER_FACTORS,
            format_func=lambda s: f"s = {s}: c becomes c · {s}^e mod n",
            key=factor_key(seat),
        )
    if kind == "flip":
        if not capture.facts.moduli:
            st.caption("One bit of the ciphertext.")
            return "one"
        return st.radio(
            "Region",
            list(TAMPER_REGIONS),
            format_func=lambda region: TAMPER_REGIONS[region].capitalize(),
            key=region_key(seat),
        )
    others = _others(seat, capture.item, earlier=kind == "replay")
    if not others:
        st.caption(
            "There is no earlier capture of the same sender and scheme."
            if kind == "replay"
            else "There is no other capture of the same scheme."
        )
        return None
    key = key_of(seat, f"tamper_other_{kind}_{capture.item.id}")
    return named_choice("Other capture", others, key=key)


def _others(seat: Seat, mine: CaptureItem, *, earlier: bool) -> dict[str, str]:
    alike = [one for one in exchange().interceptor.captures(seat) if one.scheme == mine.scheme]
    if earlier:
        alike = [one for one in alike if one.number < mine.number and one.sender == mine.sender]
    return {one.id: capture_line(one) for one in alike if one.id != mine.id}


def _state(seat: Seat, capture: CapturedPicture, done: Intervention | None) -> None:
    st.caption(f"Capture {capture.item.number}, on its way to its receivers")
    if done is None:
        st.text("Unchanged.")
        return
    by = "you" if done.mine else done.by
    words = f"{KINDS[done.kind][2]} {done.detail}".strip().capitalize()
    st.text(f"{words}, at {clock_time(done.at)} by {by}.")
    if done.rests:
        st.caption("It rests: the original arrives while the owner does not allow tampering.")
    st.button(
        "Let it pass unchanged",
        icon=":material/undo:",
        on_click=attempt,
        args=(
            _place(seat, capture),
            lambda: exchange().wire.tampering.let_pass(seat, capture.item.id),
        ),
    )
    _before_and_after(seat, capture, done)


def _before_and_after(seat: Seat, capture: CapturedPicture, done: Intervention) -> None:
    try:
        way = remember(
            "way",
            (seat.id, done),
            lambda: exchange().wire.tampering.on_its_way(seat, capture.item.id),
        )
    except ExchangeError as error:
        st.caption(str(error))
        return
    if way is None:
        st.text("Nothing arrives.")
        return
    columns = st.columns(2)
    for column, one, words in zip(columns, (capture, way), ("before", "after"), strict=True):
        with column:
            noise = remember(f"noise_{words}", one.file_name, partial(noise_picture, one.facts))
            small_picture(noise, alt=f"The ciphertext {words}, drawn as pixels")
            st.caption(f"The ciphertext {words}")
    found = remember(
        "difference",
        (capture.file_name, way.file_name),
        lambda: difference(capture.envelope, way.envelope),
    )
    st.caption(f"{found.words} From byte {found.start} on:")
    st.code(f"before  {found.before}\nafter   {found.after}", language=None, wrap_lines=True)
