"""What to do with a capture on its way, what is being done to it, and how it looks then."""

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
from ui.frame.service import exchange
from ui.interceptor.choices import act_key, factor_key, region_key
from ui.parts.files import small_picture
from ui.parts.held import once
from ui.parts.words import clock_time

KINDS = {  # name: (title, one line)
    "multiply": ("Multiply", "Textbook RSA turns brighter; nothing is read, and no key is needed."),
    "flip": ("Flip bits", "Under textbook RSA a part of the picture turns into noise."),
    "swap": ("Swap", "This capture and another one change places."),
    "replay": ("Replay", "An earlier capture of the same sender arrives in this one's place."),
    "drop": ("Drop", "Nothing arrives. Its sender still sees it as sent."),
}
_DONE = {
    "multiply": "multiplied",
    "flip": "flipped",
    "swap": "has changed places",
    "replay": "replaced by",
    "drop": "dropped",
}


def show_acts(seat: Seat, capture: CapturedPicture) -> None:
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
        if done is not None:
            _state(seat, capture, done)
        return
    choose, state = st.columns([1, 1], gap="large")
    with choose:
        _choice(seat, capture)
    with state:
        _state(seat, capture, done)


def _choice(seat: Seat, capture: CapturedPicture) -> None:
    kind = st.radio(
        "What to do",
        list(KINDS),
        format_func=lambda one: KINDS[one][0],
        captions=[line for _, line in KINDS.values()],
        key=act_key(seat),
    )
    option = _option(seat, capture, kind)
    if kind in ("swap", "replay") and option is None:
        return
    if st.button("Interfere", type="primary", icon=":material/bolt:"):
        _act(seat, capture, kind, option)
    problem = st.session_state.get(_problem_key(seat, capture))
    if problem:
        st.warning(problem, icon=":material/cancel:")


def _problem_key(seat: Seat, capture: CapturedPicture) -> str:
    return f"tamper_problem_{seat.id}_{capture.item.id}"


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
    if kind == "drop":
        return ""
    others = _others(seat, capture, earlier=kind == "replay")
    if not others:
        st.caption(
            "There is no earlier capture of the same sender and scheme."
            if kind == "replay"
            else "There is no other capture of the same scheme."
        )
        return None
    return st.selectbox(
        "Other capture",
        list(others),
        format_func=lambda picture_id: _label(others[picture_id]),
        key=f"tamper_other_{kind}_{seat.id}_{capture.item.id}",
    )


def _others(seat: Seat, capture: CapturedPicture, *, earlier: bool) -> dict[str, CaptureItem]:
    mine = capture.item
    alike = [one for one in exchange().interceptor.captures(seat) if one.scheme == mine.scheme]
    if earlier:
        alike = [one for one in alike if one.number < mine.number and one.sender == mine.sender]
    return {one.id: one for one in alike if one.id != mine.id}


def _act(seat: Seat, capture: CapturedPicture, kind: str, option: int | str | None) -> None:
    """Does it; the words of a refusal are kept for the page that follows."""
    acts, picture_id, problem = exchange().wire.tampering, capture.item.id, ""
    try:
        match kind:
            case "multiply":
                acts.multiply(seat, picture_id, int(option or 0))
            case "flip":
                acts.flip(seat, picture_id, str(option))
            case "swap":
                acts.swap(seat, picture_id, str(option))
            case "replay":
                acts.replay(seat, picture_id, str(option))
            case _:
                acts.drop(seat, picture_id)
    except ExchangeError as error:
        problem = str(error)
    st.session_state[_problem_key(seat, capture)] = problem
    st.rerun()


def _state(seat: Seat, capture: CapturedPicture, done: Intervention | None) -> None:
    st.caption(f"Capture {capture.item.number}, on its way to its receivers")
    if done is None:
        st.text("Unchanged.")
        return
    by = "you" if done.mine else done.by
    st.text(f"{_words(done)}, at {clock_time(done.at)} by {by}.")
    if done.rests:
        st.caption("It rests: the original arrives while the owner does not allow tampering.")
    if st.button("Let it pass unchanged", icon=":material/undo:"):
        try:
            exchange().wire.tampering.let_pass(seat, capture.item.id)
        except ExchangeError as error:
            st.session_state[_problem_key(seat, capture)] = str(error)
        else:
            st.session_state.pop(_problem_key(seat, capture), None)
        st.rerun()
    _before_and_after(seat, capture, done)


def _words(done: Intervention) -> str:
    return f"{_DONE[done.kind]} {done.detail}".strip().capitalize()


def _before_and_after(seat: Seat, capture: CapturedPicture, done: Intervention) -> None:
    try:
        way = once(
            f"way_{seat.id}",
            done,
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
            noise = once(f"noise_{words}", one.file_name, partial(noise_picture, one.facts))
            small_picture(noise, alt=f"The ciphertext {words}, drawn as pixels")
            st.caption(f"The ciphertext {words}")
    found = once(
        f"difference_{seat.id}",
        (capture.file_name, way.file_name),
        lambda: difference(capture.envelope, way.envelope),
    )
    st.caption(f"{found.words} From byte {found.start} on:")
    st.code(f"before  {found.before}\nafter   {found.after}", language=None, wrap_lines=True)


def _label(item: CaptureItem) -> str:
    return f"{item.number} · {clock_time(item.sent_at)} · from {item.sender}"
