"""Experiments on a picture of one's own: sealed twice, and broken although it passes tests."""

import hashlib

import streamlit as st

from exchange import CapturedPicture, Seat
from lab import (
    EXHIBITS,
    LabError,
    ShownExhibit,
    TestPicture,
    exhibit,
    experiment,
    picture_for_tests,
    turn,
)
from rsa_core.analysis import Measurement
from ui.frame.service import visitor
from ui.interceptor.tables import statistics_table
from ui.parts.files import small_picture
from ui.parts.held import keep, kept, once

_SAMPLE, _OWN = "Built-in sample", "My own picture"


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


def _picture() -> tuple[str, TestPicture] | None:
    """The test picture, and what names it."""
    source = st.radio("Test picture", [_SAMPLE, _OWN], horizontal=True)
    if source == _SAMPLE:
        return once("test", _SAMPLE, lambda: (_SAMPLE, picture_for_tests(None)))
    upload = st.file_uploader("Your test picture")
    if upload is None:
        st.caption("It stays in this page, and is reduced to 256 pixels.")
        return None
    data = upload.getvalue()
    name = hashlib.sha256(data).hexdigest()
    try:
        return once("test", name, lambda: (name, picture_for_tests(data)))
    except LabError as error:
        st.error(str(error))
        return None


def _sealed_twice(seat: Seat, capture: CapturedPicture, name: str, picture: TestPicture) -> None:
    st.markdown("#### Chosen plaintext: sealed twice")
    st.caption(
        "The public key of this capture is everybody's. The test picture is sealed with it twice; "
        "between the two, one sample changes in its lowest bit. NPCR, UACI and bit change compare "
        "the two ciphertexts: with a good scheme they are unrelated."
    )
    key = (capture.file_name, name)
    if st.button("Seal twice and compare", icon=":material/compare:"):
        try:
            with st.spinner("Sealing twice …"), turn(visitor(), seat.channel.id):
                table = experiment(capture, picture)
        except LabError as error:
            st.error(str(error))
            return
        keep("experiment", key, table)
    table_kept = kept("experiment", key)
    if isinstance(table_kept, tuple):
        statistics_table(table_kept, alt="Statistics of the test picture, sealed twice")


def _exhibit(seat: Seat, name: str, picture: TestPicture) -> None:
    st.markdown("#### Passes the tests, still broken")
    st.caption(
        "Three ciphers that are worth nothing. Look at what the tests say, and at what an attack "
        "gives back."
    )
    chosen = st.radio("Exhibit", list(EXHIBITS), format_func=lambda one: EXHIBITS[one])
    key = (chosen, name)
    if st.button("Encrypt, test and break", icon=":material/science:"):
        try:
            with (
                st.spinner("Encrypting, testing and breaking …"),
                turn(visitor(), seat.channel.id),
            ):
                shown = exhibit(chosen, picture)
        except LabError as error:
            st.error(str(error))
            return
        keep("exhibit", key, shown)
    shown_kept = kept("exhibit", key)
    if isinstance(shown_kept, ShownExhibit):
        _show_exhibit(shown_kept)


def _show_exhibit(shown: ShownExhibit) -> None:
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
        f"With a second one, of which one sample differs: {_passed(shown.paired)}"
    )
    statistics_table(shown.paired, alt="Statistics of the exhibit's ciphertexts")


def _passed(table: tuple[Measurement, ...]) -> str:
    tests = [one.consistent for one in table if one.consistent is not None]
    return f"{sum(tests)} of {len(tests)} tests are consistent with random."
