"""What is on a page stays on it as long as it should, and no longer."""

import hashlib
from operator import attrgetter

import pytest

from exchange import Tampered, Unavailable
from tests.ui.test_pages import page_of, sit

BUSY = "The server is busy."


@pytest.fixture
def sent(exchange, channel, png):
    """Sends a picture to Bob under a rule, and gives Bob's page with it opened."""

    def send(rule: str):
        bob = sit(exchange, channel, "Bob", "receiver")
        exchange.sender.send(
            sit(exchange, channel, "Ada", "sender"),
            png,
            file_name="a.png",
            scheme="hybrid",
            recipients=(bob.id,),
            submission="1",
            remove_after=rule,
        )
        at = page_of(bob, channel.key)
        press(at, "Open")
        return at

    return send


def press(at, label):
    next(b for b in at.button if b.label == label).click()
    return at.run()


def shows(at, png) -> bool:
    return hashlib.sha256(png).hexdigest() in [code.value for code in at.code]


def infos(at) -> str:
    return "\n".join(info.value for info in at.info)


def test_an_open_picture_stays_when_many_newer_ones_arrive(exchange, channel, sent, jpeg, png):
    at = sent("the channel ends")
    ada = sit(exchange, channel, "Ada the second", "sender")
    (bob,) = [one for one in exchange.member.present(ada) if one.role == "receiver"]
    for number in range(25):
        exchange.sender.send(
            ada,
            jpeg,
            file_name="b.jpg",
            scheme="hybrid",
            recipients=(bob.id,),
            submission=str(number),
        )
    at.run()
    assert shows(at, png)
    press(at, "Close")
    assert not shows(at, png)


@pytest.mark.parametrize("rule", ["the first opening", "everyone has opened it"])
def test_a_picture_that_its_opening_used_up_stays_until_it_is_closed(
    exchange,
    sent,
    png,
    rule,
):
    at = sent(rule)
    assert shows(at, png)
    exchange.cleaning.purge()
    at.run()
    assert shows(at, png)
    assert "was removed from the channel" in infos(at)
    (line,) = [caption.value for caption in at.caption if "ciphertext" in caption.value]
    assert "opened" in line
    assert "not opened yet" not in line
    assert "remove" not in line
    press(at, "Close")
    assert not shows(at, png)
    assert "was removed from the channel" not in infos(at)
    assert not at.exception


def test_a_refusal_goes_when_its_cause_goes(exchange, channel, png, monkeypatch):
    bob = sit(exchange, channel, "Bob", "receiver")
    ada = sit(exchange, channel, "Ada", "sender")
    exchange.sender.send(
        ada, png, file_name="a.png", scheme="hybrid", recipients=(bob.id,), submission="1"
    )

    def refuse(*_args):
        raise Tampered

    with monkeypatch.context() as fault:
        fault.setattr(type(exchange.receiver), "details", refuse)
        at = page_of(bob, channel.key)
        assert str(Tampered()) in [error.value for error in at.error]
    press(at.run(), "Open")
    assert shows(at, png)


@pytest.mark.parametrize(("room", "act"), [("lobby", "resume"), ("member", "news")])
def test_a_fault_at_the_top_of_a_page_is_put_into_words(
    exchange,
    channel,
    monkeypatch,
    room,
    act,
):
    eve = sit(exchange, channel, "Eve", "interceptor")

    def fail(*_args):
        raise Unavailable(BUSY)

    with monkeypatch.context() as fault:
        fault.setattr(type(attrgetter(room)(exchange)), act, fail)
        at = page_of(eve, channel.key)
        assert [error.value for error in at.error] == [BUSY]
        assert not at.exception
    at.run()
    assert not at.error


def test_what_cannot_be_passed_on_does_not_shut_the_interceptors_page(
    exchange,
    monkeypatch,
):
    room = exchange.lobby.create_channel(name="", kind="classroom", keep_for="24 hours")
    eve = sit(exchange, room, "Eve", "interceptor")

    def fail(*_args):
        raise Unavailable(BUSY)

    monkeypatch.setattr(type(exchange.wire.relaying), "relay", fail)
    at = page_of(eve, room.key)
    assert not at.error
    sit(exchange, room, "Bob", "receiver")
    at.run()
    assert [toast.value for toast in at.toast] == ["A new receiver joined"]


def test_two_tabs_of_the_owner_do_not_fight_over_a_switch(exchange):
    room = exchange.lobby.create_channel(name="", kind="classroom", keep_for="24 hours")
    ada = exchange.lobby.take_seat(
        room.key, name="Ada", role="sender", owner_ticket=room.owner_ticket
    )
    tabs = [page_of(ada, room.key), page_of(ada, room.key)]

    def switch(at):
        return next(t for t in at.toggle if t.label == "Interceptors may tamper")

    switch(tabs[0]).set_value(True).run()
    for _ in range(3):
        for at in tabs:
            at.run()
            assert switch(at).value
    rules = [event for event in exchange.member.news(ada, 0).events if event.kind == "rules"]
    assert [event.detail for event in rules] == ["tampering on"]
    switch(tabs[1]).set_value(False).run()
    assert not switch(tabs[0].run()).value


def test_a_new_senders_number_is_there_to_be_verified_at_once(exchange, channel):
    bob = sit(exchange, channel, "Bob", "receiver")
    at = page_of(bob, channel.key)
    at.session_state[f"compare_panel_{bob.id}"] = True
    at.run()
    sit(exchange, channel, "Dan", "sender")
    at.run()
    assert any("Dan, not yet verified" in code.value for code in at.code)
