"""A refusal is said at its place, until the next press there."""

from streamlit.testing.v1 import AppTest


def _page():
    import streamlit as st

    from exchange import InputRefused
    from ui.parts.said import attempt, said, show

    def act():
        if isinstance(st.session_state.refuses, str):
            raise ZeroDivisionError
        if st.session_state.refuses:
            raise InputRefused("Not today.")

    st.session_state.setdefault("runs", 0)
    st.session_state.runs += 1
    st.button("First", on_click=attempt, args=("first", act))
    show("first")
    if st.button("Second"):
        with said("second", rerun=True):
            act()
    show("second", warning=True)
    st.button("Other")


def press(at, label):
    next(button for button in at.button if button.label == label).click()
    return at.run()


def page(refuses: bool | str) -> AppTest:
    at = AppTest.from_function(_page)
    at.session_state.refuses = refuses
    return at.run()


def test_it_stays_until_the_next_press_at_the_same_place():
    at = press(page(refuses=True), "First")
    assert [error.value for error in at.error] == ["Not today."]
    press(at, "Other")
    assert [error.value for error in at.error] == ["Not today."]
    assert not at.warning
    at.session_state.refuses = False
    press(at, "Second")
    assert [error.value for error in at.error] == ["Not today."]
    press(at, "First")
    assert not at.error


def test_a_rerun_comes_after_a_success_and_after_a_refusal():
    for refuses in (True, False):
        at = press(page(refuses), "Second")
        assert at.session_state.runs == 3
        assert [warning.value for warning in at.warning] == ["Not today."] * refuses


def test_a_fault_of_the_program_is_raised_and_not_shown():
    at = press(page("fault"), "Second")
    assert at.exception
    assert not at.warning
