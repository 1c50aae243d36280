"""Experiments on a test picture: sealed twice, and broken although it passes tests."""

import hashlib
from collections.abc import Callable
from typing import TypeVar, cast

import streamlit as st

from exchange import CapturedPicture, Seat
from lab.errors import LabError, turn
from lab.experiments import EXHIBITS, BrokenExhibit, experiment, show_broken
from lab.subject import Subject, built_in, uploaded
from rsa_core.analysis import Measurement
from ui.frame.service import visitor
from ui.interceptor.tables import statistics_table
from ui.parts.files import small_picture
from ui.parts.held import keep, kept, remember

_SAMPLE, _OWN = "Built-in sample", "My own picture"

Made = TypeVar("Made")


def worked_out(
    button: str, icon: str, doing: str, key: object, work: Callable[[], Made]
) -> Made | None:
    """The result of the button for this key, until there is another one."""
    if st.button(button, icon=f":material/{icon}:"):
        try:
            with st.spinner(doing):
                keep(button, key, work())
        except LabError as error:
            st.error(str(error))
    return cast("Made | None", kept(button, key))


def show_experiments(seat: Seat, capture: CapturedPicture) -> None:
    """The chosen-plaintext experiment and the exhibit, on one test picture."""
    st.subheader("Experiments on a picture of your own")
    chosen = _picture()
    if chosen is None:
        return
    name, picture = chosen
    small_picture(picture.png, alt="The test picture", width=240)
    _sealed_twice(seat, capture, name, picture)
    _exhibit(seat, name, picture)


def _picture() -> tuple[str, Subject] | None:
    """The test picture, and what names it."""
    source = st.radio("Test picture", [_SAMPLE, _OWN], horizontal=True)
    if source == _SAMPLE:
        return _SAMPLE, remember("test", _SAMPLE, built_in)
    upload = st.file_uploader("Your test picture")
    if upload is None:
        st.caption("It stays on this page and is reduced to 256 pixels.")
        return None
    data = upload.getvalue()
    name = hashlib.sha256(data).hexdigest()
    try:
        return name, remember("test", name, lambda: uploaded(data))
    except LabError as error:
        st.error(str(error))
        return None


def _sealed_twice(seat: Seat, capture: CapturedPicture, name: str, picture: Subject) -> None:
    st.markdown("#### Chosen plaintext: sealed twice")
    st.caption(
        "Anyone can use the public key of this capture. The test picture is sealed with it twice; "
        "between the two, one sample changes in its lowest bit. NPCR, UACI and bit change measure "
        "how the two ciphertexts differ: with a good scheme they are unrelated."
    )

    def seal() -> tuple[Measurement, ...]:
        with turn(visitor(), seat.channel.id):
            return experiment(capture.item.scheme, capture.keys, picture)

    key = (capture.file_name, name)
    table = worked_out("Seal twice and compare", "compare", "Sealing twice …", key, seal)
    if table is not None:
        statistics_table(table, alt="Statistics of the test picture, sealed twice")


def _exhibit(seat: Seat, name: str, picture: Subject) -> None:
    st.markdown("#### Passes the tests, still broken")
    st.caption(
        "Three worthless ciphers. Look at what the tests say, and at what an attack gives back."
    )
    chosen = st.radio("Exhibit", list(EXHIBITS), format_func=lambda one: EXHIBITS[one])

    def break_it() -> BrokenExhibit:
        with turn(visitor(), seat.channel.id):
            return show_broken(chosen, picture)

    doing = "Encrypting, testing and breaking …"
    shown = worked_out("Encrypt, test and break", "science", doing, (chosen, name), break_it)
    if shown is None:
        return
    cipher, recovered = st.columns(2)
    with cipher:
        small_picture(shown.cipher, alt="The exhibit's ciphertext", width=240)
        st.caption("The ciphertext")
    with recovered:
        if shown.recovered is not None:
            small_picture(shown.recovered, alt="What the attack gave back", width=240)
            exact = "exact to the last bit" if shown.exact else "not exact"
            st.caption(f"Broken in {shown.seconds:.2f} s, {exact}")
    st.text(shown.words)
    st.text(
        f"Looking at one ciphertext: {_passed(shown.alone)}\n"
        f"With a second one, whose picture differs in one sample: {_passed(shown.paired)}"
    )
    statistics_table(shown.paired, alt="Statistics of the exhibit's ciphertexts")


def _passed(table: tuple[Measurement, ...]) -> str:
    tests = [one.consistent for one in table if one.consistent is not None]
    return f"{sum(tests)} of {len(tests)} tests are consistent with random."
