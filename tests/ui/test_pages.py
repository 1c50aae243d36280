"""Pages under AppTest: what each shows, and that nothing pressed is lost.

AppTest has no browser, so the browser's memory is put into the session by hand.
"""

import pytest
from streamlit.testing.v1 import AppTest

import ui.service
from exchange import Exchange
from ui.memory import Remembered

ROLES = ("sender", "interceptor", "receiver")


@pytest.fixture
def exchange(tmp_path, monkeypatch, quick_keys):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/channels.db")
    yield ui.service.exchange()
    ui.service.exchange().close()


@pytest.fixture
def channel(exchange):
    return exchange.create_channel(name="Room", kind="private", keep_for="24 hours")


def page_of(seat, key) -> AppTest:
    """The seat's page, run once."""
    at = AppTest.from_file("../../Home.py", default_timeout=30)
    at.session_state["memory_known"] = "[]"
    at.session_state["memory_put"] = [Remembered(key=key, role=seat.role, token=seat.token)]
    at.run()
    at.switch_page(f"pages/{seat.role}.py")
    at.query_params["channel"] = key
    return at.run()


def sit(exchange: Exchange, channel, name: str, role: str):
    return exchange.take_seat(channel.key, name=name, role=role)


@pytest.mark.parametrize("role", ROLES)
def test_each_page_opens_for_its_seat(exchange, channel, role):
    at = page_of(sit(exchange, channel, "Ada", role), channel.key)
    assert not at.exception
    assert at.title[0].value == role.capitalize()
    assert "Leave channel" in [button.label for button in at.button]
    assert {"Room", "Ada"} <= {text.value for text in at.text}


@pytest.mark.parametrize("role", ROLES)
def test_a_page_without_a_seat_turns_away(exchange, channel, role):
    at = AppTest.from_file("../../Home.py", default_timeout=30)
    at.session_state["memory_known"] = "[]"
    at.run()
    at.switch_page(f"pages/{role}.py")
    at.query_params["channel"] = channel.key
    at.run()
    assert [info.value for info in at.info] == ["Join a channel first"]
    assert not at.button
    assert not at.text


def test_a_button_pressed_just_when_something_happens_is_not_lost(exchange, channel):
    """The live feed's own news once started the page anew before the button was reached."""
    room = exchange.create_channel(name="", kind="classroom", keep_for="24 hours")
    bob = sit(exchange, room, "Bob", "receiver")
    at = page_of(bob, room.key)
    sit(exchange, room, "Ada", "sender")
    next(b for b in at.button if b.label == "Use this classroom key").click().run()
    assert exchange.events_since(bob, 0)[-1].kind == "classroom key"


def test_sending_goes_on_after_it_was_interrupted(exchange, channel, png):
    """The press is kept until all is sent; what was sent is not sent twice."""
    sit(exchange, channel, "Bob", "receiver")
    ada = sit(exchange, channel, "Ada", "sender")
    at = page_of(ada, channel.key)
    at.file_uploader[0].upload("a.png", png, "image/png").run()
    at.session_state[f"sending_{ada.id}"] = True
    at.run()
    assert [success.value for success in at.success] == ["1 image sent."]
    assert len(exchange.sent(ada)) == 1
    at.run()
    assert len(exchange.sent(ada)) == 1


def test_news_arrives_as_a_toast_and_in_the_list(exchange, channel):
    at = page_of(sit(exchange, channel, "Ada", "sender"), channel.key)
    assert not at.toast
    sit(exchange, channel, "Bob", "receiver")
    at.run()
    assert [toast.value for toast in at.toast] == ["A new receiver joined"]
    assert any("Bob (receiver) joined" in text.value for text in at.text)
    at.run()
    assert not at.toast


def test_a_new_receiver_is_ticked_and_a_choice_is_kept(exchange, channel):
    bob = sit(exchange, channel, "Bob", "receiver")
    at = page_of(sit(exchange, channel, "Ada", "sender"), channel.key)
    assert at.multiselect[0].value == [bob.id]
    at.multiselect[0].set_value([]).run()
    cy = sit(exchange, channel, "Cy", "receiver")
    at.run()
    assert at.multiselect[0].value == [cy.id]
