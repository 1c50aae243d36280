"""What a browser sends where a page offers choices: forged values are refused in words."""

import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest, element_tree

from exchange import KEY_SIZES, InputRefused
from lab.comparing import BUDGETS
from lab.subject import CASES
from tests.conftest import encoded, photograph
from tests.ui.test_compare import control
from tests.ui.test_compare import page as compare_page
from tests.ui.test_laboratory import tab_of
from tests.ui.test_pages import page_of, with_key_panel
from ui.frame import asked

FORGED = ["86400", 86400.0, 86400, 5.0, True, None, b"5", [], [5], {}, {"5": 5}, float("nan"), -1]


@pytest.fixture
def state(monkeypatch):
    """A session's state that holds whatever a browser sent."""
    held = {}
    monkeypatch.setattr(st, "session_state", held)
    return held


@pytest.mark.parametrize("forged", FORGED, ids=repr)
def test_what_is_not_among_the_choices_is_refused(state, forged):
    state["key"] = forged
    for choices in (BUDGETS, KEY_SIZES, CASES, ("hybrid",), {"a": 1}):
        with pytest.raises(InputRefused):
            asked.one_of("key", choices)
    state["key"] = [forged]
    with pytest.raises(InputRefused):
        asked.some_of("key", CASES)


def test_choices_come_back_as_they_are_offered_and_each_once(state):
    state |= {"budget": 5, "cases": [CASES[3], CASES[0], CASES[3]], "typed": "x", "on": False}
    assert asked.one_of("budget", BUDGETS) == 5
    assert asked.some_of("cases", CASES) == (CASES[0], CASES[3])
    assert asked.text("typed") == "x"
    assert asked.switched("on") is False
    assert asked.one_of("not drawn", BUDGETS, 20) == 20
    assert asked.text("not drawn") == ""


@pytest.mark.parametrize("forged", [5, None, b"x", ["x"], {}], ids=repr)
def test_text_switches_and_lists_have_their_type(state, forged):
    state["key"] = forged
    for read in (asked.text, asked.switched, lambda key: asked.some_of(key, "ab")):
        with pytest.raises(InputRefused):
            read("key")


@pytest.fixture
def forge(monkeypatch):
    """Lets the browser of a test send any value for a control."""

    def make(element, **sent):
        as_it_is = element_tree.get_widget_state

        def state_of(node):
            return WidgetState(id=node.id, **sent) if node is element else as_it_is(node)

        monkeypatch.setattr(element_tree, "get_widget_state", state_of)

    return make


@pytest.mark.parametrize(
    ("kind", "label", "sent"),
    [
        ("radio", "Seconds for each attack", {"string_value": "86400"}),
        ("radio", "Seconds for each attack", {"string_value": "5.0"}),
        ("multiselect", "Schemes and keys", {"string_array_value": {"data": ["hybrid, 9 bits"]}}),
        ("multiselect", "Attacks", {"string_array_value": {"data": ["insider"]}}),
    ],
    ids=repr,
)
def test_a_forged_comparison_does_not_begin(exchange, forge, kind, label, sent):
    at = compare_page()
    forge(control(at.get(kind), label), **sent)
    control(at.button, "Compare").click().run()
    assert "comparison" not in at.session_state
    assert not at.exception
    assert any("does not offer that" in error.value for error in at.error)


def test_a_forged_order_is_not_sent(exchange, forge, png):
    room = exchange.lobby.create_channel(name="", kind="private", keep_for="1 hour")
    seat = exchange.lobby.take_seat(room.key, name="Ada", role="sender")
    at = page_of(seat, room.key)
    control(at.file_uploader, "Images").upload("a.png", png, "image/png").run()
    forge(control(at.radio, "Scheme"), string_value="textbook-pixels (insecure)")
    control(at.button, "Encrypt and send").click().run()
    assert at.session_state[f"Sending_{seat.id}"].order is None
    assert not at.exception
    assert any("does not offer that" in error.value for error in at.error)


def test_a_forged_seat_is_not_taken(exchange, forge):
    room = exchange.lobby.create_channel(name="", kind="private", keep_for="1 hour")
    at = AppTest.from_file("../../Home.py", default_timeout=30)
    at.session_state["memory_known"] = "[]"
    at.query_params["channel"] = room.key
    at.run()
    forge(control(at.radio, "Role"), string_value="Owner")
    control(at.button, "Enter channel").click().run()
    assert "entering" not in at.session_state
    assert not at.exception
    assert not exchange.lobby.look_in(room.key).people


def pages(exchange):
    """Every page with controls, in a classroom channel where something was sent."""
    room = exchange.lobby.create_channel(name="", kind="classroom", keep_for="1 hour")
    people = (("Ada", "sender"), ("Bob", "receiver"), ("Eve", "interceptor"))
    ada, bob, eve = (
        exchange.lobby.take_seat(
            room.key,
            name=name,
            role=role,
            owner_ticket=room.owner_ticket if role == "sender" else "",
        )
        for name, role in people
    )
    exchange.owner.set_rules(ada, tampering=True)
    exchange.sender.send(
        ada,
        encoded(photograph(24, 16)),
        file_name="a.png",
        scheme="textbook-pixels",
        recipients=(bob.id,),
        submission="1",
    )
    yield compare_page
    yield lambda: page_of(ada, room.key)
    yield lambda: with_key_panel(page_of(bob, room.key), bob)
    for tab in ("Ciphertext", "Statistics", "Attacks", "Tamper"):
        yield lambda tab=tab: tab_of(eve, room.key, tab)


def test_no_choice_of_any_page_takes_what_it_does_not_offer(exchange, forge):
    """Each control of each page, with a value and a type that it does not have."""
    forged = 0
    for opened in pages(exchange):
        at = opened()
        for kind in ("radio", "selectbox", "multiselect"):
            for number in range(len(at.get(kind))):
                at = opened()
                lies = {"data": ["no such"]} if kind == "multiselect" else "no such"
                field = "string_array_value" if kind == "multiselect" else "string_value"
                forge(at.get(kind)[number], **{field: lies})
                at.run()
                assert not at.exception, (kind, at.get(kind)[number].label)
                forged += 1
    assert forged > 20
