"""Images are removed by rule, with an event, and no others."""

import pytest

from exchange import CannotOpen, InputRefused, NotFound


def minutes(room, clock, number):
    """Time as an open page lives it: a tick each minute."""
    for _ in range(number):
        clock.forward(minutes=1)
        room.exchange.clean_now_and_then()


def test_the_first_opening_can_be_the_last(room, png, clock):
    bob, cy = room.seats["Bob"], room.seats["Cy"]
    sent = room.send("Ada", png, "Bob", "Cy", remove_after="the first opening")
    assert sent.removal == "removed after 1 more opening"
    assert room.exchange.open(bob, sent.id).file == png
    assert room.exchange.inbox(cy)[0].removal == "about to be removed"
    assert room.exchange.sent(room.seats["Ada"])[0].removal == "about to be removed"
    for late in (bob, cy):
        with pytest.raises(CannotOpen, match="as often as its sender allowed"):
            room.exchange.open(late, sent.id)
    minutes(room, clock, 2)
    with pytest.raises(NotFound):
        room.exchange.open(cy, sent.id)
    last = room.exchange.events_since(cy, 0)[-1]
    assert (last.kind, last.image_id, last.detail) == ("removed image", sent.id, "openings")


def test_a_failed_opening_does_not_count(room, png, clock):
    sent = room.send("Ada", png, "Bob", remove_after="the first opening")
    for _ in range(3):
        with pytest.raises(CannotOpen):
            room.exchange.open(room.seats["Cy"], sent.id)
    minutes(room, clock, 2)
    assert room.exchange.open(room.seats["Bob"], sent.id).file == png


def test_removed_when_everyone_has_opened_it_and_not_before(room, png, clock):
    sent = room.send("Ada", png, "Bob", "Cy", remove_after="everyone has opened it")
    room.exchange.open(room.seats["Bob"], sent.id)
    minutes(room, clock, 2)
    assert room.exchange.open(room.seats["Cy"], sent.id).file == png
    minutes(room, clock, 2)
    assert room.exchange.inbox(room.seats["Bob"]) == ()


def test_an_unknown_rule_is_refused(room, png):
    with pytest.raises(InputRefused, match="when to remove"):
        room.send("Ada", png, "Bob", remove_after="never")


def test_ticks_clean_at_most_once_a_minute(room, clock, monkeypatch):
    swept = []
    monkeypatch.setattr(room.exchange, "purge", lambda **_: swept.append(clock.now))
    for _ in range(130):
        clock.forward(seconds=1)
        room.exchange.clean_now_and_then()
    assert len(swept) == 3


def test_a_channel_has_a_quota(room, png, monkeypatch):
    monkeypatch.setattr("exchange.sending.BYTES_OF_A_CHANNEL", 20_000)
    for _ in range(3):
        room.send("Ada", png, "Bob")
    with pytest.raises(InputRefused, match="may hold"):
        room.send("Ada", png, "Bob")
    assert len(room.exchange.sent(room.seats["Ada"])) == 3
