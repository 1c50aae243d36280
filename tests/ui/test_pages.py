"""Pages under AppTest: what each shows, and that nothing pressed is lost.

AppTest has no browser, so the browser's memory is put into the session by hand.
"""

import json
import os
import time
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from exchange import Exchange, Unavailable
from store import open_store
from ui.frame.memory import Remembered
from ui.sender import Order

ROLES = ("sender", "interceptor", "receiver")


def page_of(seat, key) -> AppTest:
    """The seat's page, run once."""
    at = AppTest.from_file("../../Home.py", default_timeout=30)
    at.session_state["memory_known"] = "[]"
    at.session_state["memory_put"] = [Remembered(key=key, role=seat.role, token=seat.token)]
    at.run()
    at.switch_page(f"pages/{seat.role}.py")
    at.query_params["channel"] = key
    return at.run()


def with_key_panel(at, seat):
    """A receiver's page with "Your key" unfolded."""
    at.session_state[f"own_keys_{seat.id}"] = True
    return at.run()


def sit(exchange: Exchange, channel, name: str, role: str):
    return exchange.lobby.take_seat(channel.key, name=name, role=role)


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


def test_anyone_returning_to_a_deleted_channel_reads_so(exchange, channel):
    """The open page and a reload say the same, even when nothing of the channel is left."""
    ada = exchange.lobby.take_seat(
        channel.key, name="Ada", role="sender", owner_ticket=channel.owner_ticket
    )
    bob = sit(exchange, channel, "Bob", "receiver")
    at = page_of(bob, channel.key)
    exchange.owner.end_channel(ada)
    exchange.cleaning.purge()
    for page in (at.run(), page_of(bob, channel.key)):
        assert "This channel has ended, or your seat was removed." in [
            warning.value for warning in page.warning
        ]
        assert not page.exception


def test_a_button_pressed_just_when_something_happens_is_not_lost(exchange, channel):
    """The live feed's own news once started the page again before the button was reached."""
    room = exchange.lobby.create_channel(name="", kind="classroom", keep_for="24 hours")
    bob = sit(exchange, room, "Bob", "receiver")
    at = with_key_panel(page_of(bob, room.key), bob)
    sit(exchange, room, "Ada", "sender")
    next(b for b in at.button if b.label == "Use this classroom key").click().run()
    assert exchange.member.news(bob, 0).events[-1].kind == "classroom key"


def test_sending_goes_on_after_it_was_interrupted(exchange, channel, png):
    """The press is kept until all is sent; what was sent is not sent twice."""
    bob = sit(exchange, channel, "Bob", "receiver")
    ada = sit(exchange, channel, "Ada", "sender")
    at = page_of(ada, channel.key)
    at.file_uploader[0].upload("a.png", png, "image/png").run()
    order = Order("hybrid", (bob.id,), "", "the channel ends")
    at.session_state[f"Sending_{ada.id}"].order = order
    at.run()
    assert [success.value for success in at.success] == ["1 picture sent."]
    assert len(exchange.sender.sent(ada)) == 1
    at.run()
    assert len(exchange.sender.sent(ada)) == 1


def test_a_message_from_before_a_newcomer_was_drawn_unticks_nobody(exchange, channel, monkeypatch):
    ada = sit(exchange, channel, "Ada", "sender")
    at = page_of(ada, channel.key)
    bob = sit(exchange, channel, "Bob", "receiver")
    at.run()
    assert at.multiselect[0].value == [bob.id]
    at.multiselect[0].set_value([]).run()  # what the browser still showed
    assert at.multiselect[0].value == [bob.id]
    later = time.monotonic() + 60
    monkeypatch.setattr("ui.sender.time.monotonic", lambda: later)
    at.multiselect[0].set_value([]).run()  # and what the sender wants
    assert at.multiselect[0].value == []
    at.run()
    assert at.multiselect[0].value == []


def test_a_sender_is_told_which_pictures_say_where_they_were_taken(exchange, channel, png, jpeg):
    """A phone writes its place into each picture, and the file travels as it is."""
    at = page_of(sit(exchange, channel, "Ada", "sender"), channel.key)
    at.file_uploader[0].upload("a.png", png, "image/png").run()
    assert not at.warning
    at.file_uploader[0].set_value([("b.jpg", jpeg, "image/jpeg")]).run()
    assert [one.value for one in at.warning] == [
        "This picture says where it was taken. Its receivers can read that."
    ]
    both = [("a.png", png, "image/png"), ("b.jpg", jpeg, "image/jpeg"), ("c.zip", b"", "x/zip")]
    at.file_uploader[0].set_value(both).run()
    assert "1 of 3" in at.warning[0].value


def test_news_arrives_as_a_toast_and_in_the_list(exchange, channel):
    at = page_of(sit(exchange, channel, "Ada", "sender"), channel.key)
    assert not at.toast
    sit(exchange, channel, "Bob", "receiver")
    at.run()
    assert [toast.value for toast in at.toast] == ["A new receiver joined"]
    assert any("Bob (receiver) joined" in text.value for text in at.text)
    at.run()
    assert not at.toast


def test_a_new_receiver_is_ticked_and_a_choice_is_kept(exchange, channel, monkeypatch):
    monkeypatch.setattr("ui.sender._ON_ITS_WAY", -1.0)  # what is drawn is there at once
    bob = sit(exchange, channel, "Bob", "receiver")
    at = page_of(sit(exchange, channel, "Ada", "sender"), channel.key)
    assert at.multiselect[0].value == [bob.id]
    at.multiselect[0].set_value([]).run()
    cy = sit(exchange, channel, "Cy", "receiver")
    at.run()
    assert at.multiselect[0].value == [cy.id]


def test_a_picture_goes_only_to_those_who_were_on_the_screen_at_the_press(exchange, channel, png):
    bob = sit(exchange, channel, "Bob", "receiver")
    ada = sit(exchange, channel, "Ada", "sender")
    at = page_of(ada, channel.key)
    at.file_uploader[0].upload("a.png", png, "image/png").run()
    sit(exchange, channel, "Mallory", "receiver")
    next(b for b in at.button if b.label == "Encrypt and send").click().run()
    (picture,) = exchange.sender.sent(ada)
    assert [receipt.name for receipt in picture.receipts] == ["Bob"]
    assert bob.id in at.multiselect[0].value


def test_a_double_press_takes_one_seat(exchange, channel):
    at = AppTest.from_file("../../Home.py", default_timeout=30)
    at.session_state["memory_known"] = "{}"
    at.query_params["channel"] = channel.key
    at.run()
    next(t for t in at.text_input if t.label == "Your name").set_value("Ada").run()
    enter = next(b for b in at.button if b.label == "Enter channel")
    enter.click().run()
    (kept,) = at.session_state["memory_put"]
    assert exchange.lobby.join(channel.key).people == ()  # the browser has to hold the token first
    at.session_state["memory_known"] = json.dumps({"seats": [asdict(kept)]})
    at.run()
    (person,) = exchange.lobby.join(channel.key).people
    assert exchange.lobby.resume(kept.token).id == person.id
    again = exchange.lobby.take_seat(channel.key, name="Ada", role="sender", token=kept.token)
    assert again.id == person.id


def test_whatever_a_browser_claims_to_remember_is_harmless(exchange, channel):
    lies = (
        '[{"key":"x","role":"sender","token":"\\ud800"}]',
        "[" * 3000,
        "{}",
        '{"seats":[null,5,{"key":1}],"tab":7}',
        '{"seats":{},"tab":[]}',
        "5",
    )
    for lie in lies:
        for page in ("Home.py", "pages/sender.py"):
            at = AppTest.from_file("../../Home.py", default_timeout=30)
            at.session_state["memory_known"] = lie
            at.run()
            if page != "Home.py":
                at.switch_page(page)
                at.query_params["channel"] = channel.key
                at.run()
            assert not at.exception
            assert not at.error


def test_a_store_that_is_out_of_order_costs_nobody_their_seat(exchange, channel, monkeypatch):
    seat = sit(exchange, channel, "Ada", "receiver")
    at = page_of(seat, channel.key)

    def broken(*_args):
        raise Unavailable("The server is busy.")

    with monkeypatch.context() as fault:
        fault.setattr(type(exchange.lobby), "resume", broken)
        at.run()
        assert [error.value for error in at.error] == ["The server is busy."]
        assert not at.info
    at.run()
    assert at.title[0].value == "Receiver"
    assert not at.error


def test_old_events_are_not_news(exchange, channel):
    ada = sit(exchange, channel, "Ada", "receiver")
    with closing(open_store(os.environ["DATABASE_URL"])) as store, store.write() as unit:
        for _ in range(700):
            unit.events.add(1, "opened", datetime.now(UTC))
    at = page_of(ada, channel.key)
    at.run()
    assert not at.toast


def test_a_crowd_is_one_toast(exchange, channel):
    at = page_of(sit(exchange, channel, "Ada", "sender"), channel.key)
    for name in ("Bob", "Cy", "Dan"):
        sit(exchange, channel, name, "receiver")
    at.run()
    assert [toast.value for toast in at.toast] == ["A new receiver joined (3 times)"]


def test_a_long_inbox_begins_with_the_newest_and_shows_more_when_asked(exchange, channel, png):
    bob = sit(exchange, channel, "Bob", "receiver")
    ada = sit(exchange, channel, "Ada", "sender")
    for number in range(23):
        exchange.sender.send(
            ada,
            png,
            file_name=f"{number}.png",
            scheme="hybrid",
            recipients=(bob.id,),
            submission=str(number),
        )

    def shown(at):
        return [text.value.split(".png")[0] for text in at.text if text.value.endswith(".png")]

    at = page_of(bob, channel.key)
    assert shown(at) == [str(number) for number in range(22, 2, -1)]
    assert "3 older pictures are not shown." in [caption.value for caption in at.caption]
    next(b for b in at.button if b.label == "Show older pictures").click().run()
    assert shown(at) == [str(number) for number in range(22, -1, -1)]
    assert "Show older pictures" not in [b.label for b in at.button]
