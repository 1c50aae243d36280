"""What a press has used up is not lost when another press overtakes it.

Streamlit then stops the run at its next call, the session included, and draws the page again.
"""

import threading

import pytest
from streamlit.runtime.scriptrunner import get_script_run_ctx

from exchange import CannotOpen, KeyChoice
from tests.ui.test_lasting import press, shows
from tests.ui.test_pages import page_of, sit
from ui.parts.pressed import Press


@pytest.fixture
def send(exchange, channel, png):
    """Sends Bob a picture that can be opened once; gives his seat and its id."""
    ada = sit(exchange, channel, "Ada", "sender")
    seats = {}

    def send(submission="1", *, keys: KeyChoice | None = None, rule="the first opening"):
        if not seats:
            seats["Bob"] = exchange.lobby.take_seat(
                channel.key, name="Bob", role="receiver", keys=keys or KeyChoice()
            )
        bob = seats["Bob"]
        return bob, exchange.sender.send(
            ada,
            png,
            file_name=f"{submission}.png",
            scheme="hybrid",
            recipients=(bob.id,),
            submission=submission,
            remove_after=rule,
        )

    return send


@pytest.fixture
def overtaken(exchange, monkeypatch):
    """Lets another press come during the first call of an act of receivers; notes the calls."""
    receiver = type(exchange.receiver)

    def patch(act: str) -> list[str]:
        real, calls = getattr(receiver, act), []

        def during(self, seat, picture_id, **more):
            calls.append(picture_id)
            if len(calls) == 1:
                get_script_run_ctx().script_requests.request_stop()
            return real(self, seat, picture_id, **more)

        monkeypatch.setattr(receiver, act, during)
        return calls

    return patch


def test_a_picture_is_shown_though_another_press_came_while_it_was_opened(
    channel,
    send,
    overtaken,
    png,
):
    bob, sent = send()
    at = page_of(bob, channel.key)
    calls = overtaken("open")
    press(at, "Open")
    at.run()
    assert shows(at, png)
    assert not at.error
    assert calls == [sent]
    assert [b.label for b in at.button if b.label in ("Open", "Close")] == ["Close"]


def test_a_refusal_is_shown_though_another_press_came(
    exchange,
    channel,
    send,
    overtaken,
    monkeypatch,
):
    bob, _ = send()
    at = page_of(bob, channel.key)

    def refuse(*_arguments, **_options):
        raise CannotOpen("It does not open.")

    monkeypatch.setattr(type(exchange.receiver), "open", refuse)
    overtaken("open")
    press(at, "Open")
    at.run()
    assert [error.value for error in at.error] == ["It does not open."]
    assert "Open" in [b.label for b in at.button]
    assert [error.value for error in at.run().error] == ["It does not open."]


def test_a_second_press_while_it_opens_does_not_open_it_again_once_closed(
    channel,
    send,
    png,
):
    bob, _ = send()
    at = page_of(bob, channel.key)
    button = next(b for b in at.button if b.label == "Open")
    button.click().run()
    button.click().run()  # the browser still showed it
    assert shows(at, png)
    press(at, "Close")
    assert not shows(at, png)


def test_a_zip_keeps_what_was_opened_for_it(channel, send, overtaken):
    (bob, one), (_, two) = send("1"), send("2")
    at = page_of(bob, channel.key)
    next(m for m in at.multiselect if m.label == "Selection").set_value([one, two]).run()
    calls = overtaken("open")
    press(at, "Prepare zip file")
    at.run()
    assert calls == [one, two]
    assert not at.error
    assert at.session_state[f"Zip_{bob.id}"].data.startswith(b"PK")


def test_a_ciphertext_that_counts_as_an_opening_arrives(
    channel,
    send,
    overtaken,
    key_pool,
):
    bob, sent = send(keys=KeyChoice("public", pem=key_pool[3].public.pem()), rule="3 openings")
    at = page_of(bob, channel.key)
    next(one for one in at.toggle if one.label == "Offer the ciphertext").set_value(True).run()
    calls = overtaken("envelope")
    at.session_state[f"wanted_save_cipher_{sent}"] = True  # as the browser says it
    at.run()
    at.run()
    assert calls == [sent]
    assert at.session_state[f"sending_save_cipher_{sent}"][1].startswith("ciphertext-")


def test_a_run_that_overtakes_another_waits_for_its_work():
    """Both are drawn at the same time, in two threads; the work is done once."""
    one, begun, go_on, done = Press(), threading.Event(), threading.Event(), []

    def work():
        begun.set()
        assert go_on.wait(10)
        done.append("once")

    one.begin()
    first = threading.Thread(target=one.do, args=(work,))
    second = threading.Thread(target=one.do, args=(work,))
    first.start()
    assert begun.wait(10)
    second.start()
    go_on.set()
    first.join(10)
    second.join(10)
    assert done == ["once"]
    assert not one.waiting
