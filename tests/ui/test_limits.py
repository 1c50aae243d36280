"""Pages offer what the operator allows."""

import pytest

from tests.ui.test_pages import page_of


@pytest.fixture(autouse=True)
def only_three_hours(monkeypatch):
    monkeypatch.setenv("RSA_IMAGES_KEEP_TIMES", "3 hours")


@pytest.fixture
def room(exchange):
    return exchange.lobby.create_channel(name="Room", kind="private", keep_for="3 hours")


def test_an_owner_is_offered_the_times_that_are_set(exchange, room):
    ada = exchange.lobby.take_seat(
        room.key, name="Ada", role="sender", owner_ticket=room.owner_ticket
    )
    at = page_of(ada, room.key)
    assert not at.exception
    [keep] = [one for one in at.radio if one.label == "Keep from now on for"]
    assert (keep.options, keep.value) == (["3 hours"], "3 hours")
    before = exchange.lobby.resume(ada.token).channel.expires_at
    next(one for one in at.button if one.label == "Extend the channel").click().run()
    assert exchange.lobby.resume(ada.token).channel.expires_at > before
