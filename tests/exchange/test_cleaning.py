"""What is over is removed, pictures by rule with an event, and nothing else is."""

import threading
import time

import pytest

from exchange import CannotOpen, InputRefused, NotAdmitted, NotFound, SeatGone, Visitor
from store import StoreBusy


def minutes(room, clock, number):
    """Time as the server lives it: it cleans each minute."""
    for _ in range(number):
        clock.forward(minutes=1)
        room.exchange.cleaning.purge()


def test_the_first_opening_can_be_the_last(room, png, clock):
    bob, cy = room.seats["Bob"], room.seats["Cy"]
    sent = room.send("Ada", png, "Bob", "Cy", remove_after="the first opening")
    assert sent.removal == "removed after 1 more opening"
    assert room.exchange.receiver.open(bob, sent.id).file == png
    assert room.exchange.receiver.inbox(cy)[0].removal == "about to be removed"
    assert room.exchange.sender.sent(room.seats["Ada"])[0].removal == "about to be removed"
    for late in (bob, cy):
        with pytest.raises(CannotOpen, match="as often as its sender allowed"):
            room.exchange.receiver.open(late, sent.id)
    minutes(room, clock, 2)
    with pytest.raises(NotFound):
        room.exchange.receiver.open(cy, sent.id)
    last = room.exchange.member.news(cy, 0).events[-1]
    assert (last.kind, last.picture_id, last.detail) == ("removed picture", sent.id, "openings")


def test_a_failed_opening_does_not_count(room, png, clock):
    sent = room.send("Ada", png, "Bob", remove_after="the first opening")
    for _ in range(3):
        with pytest.raises(CannotOpen):
            room.exchange.receiver.open(room.seats["Cy"], sent.id)
    minutes(room, clock, 2)
    assert room.exchange.receiver.open(room.seats["Bob"], sent.id).file == png


def test_removed_when_everyone_has_opened_it_and_not_before(room, png, clock):
    sent = room.send("Ada", png, "Bob", "Cy", remove_after="everyone has opened it")
    room.exchange.receiver.open(room.seats["Bob"], sent.id)
    minutes(room, clock, 2)
    assert room.exchange.receiver.open(room.seats["Cy"], sent.id).file == png
    minutes(room, clock, 2)
    assert room.exchange.receiver.inbox(room.seats["Bob"]) == ()


def test_nobody_waits_for_people_who_left(room, png, clock):
    """They can open nothing any more: "everyone" is everyone who still can."""
    exchange, ada = room.exchange, room.seats["Ada"]
    sent = room.send("Ada", png, "Bob", "Cy", remove_after="everyone has opened it")
    unopened = room.send("Ada", png, "Cy", remove_after="everyone has opened it")
    exchange.receiver.open(room.seats["Bob"], sent.id)
    minutes(room, clock, 1)
    assert {picture.id for picture in exchange.sender.sent(ada)} == {sent.id, unopened.id}
    exchange.owner.remove_seat(ada, room.seats["Cy"].id)
    minutes(room, clock, 1)
    assert [picture.id for picture in exchange.sender.sent(ada)] == [unopened.id]


def test_an_unknown_rule_is_refused(room, png):
    with pytest.raises(InputRefused, match="when to remove"):
        room.send("Ada", png, "Bob", remove_after="never")


def rows(backend):
    with backend.read() as unit:
        return unit.channels.count(), unit.seats.count(), unit.pictures.count()


def test_the_server_cleans_by_itself_and_stops_with_the_exchange(room, png, clock, monkeypatch):
    monkeypatch.setattr("store.cleaning.EVERY", 0.05)
    room.send("Ada", png, "Bob")
    room.exchange.cleaning.keep_clean()
    room.exchange.cleaning.keep_clean()  # once is enough
    (cleaner,) = [thread for thread in threading.enumerate() if thread.name == "cleaning"]
    room.exchange.owner.end_channel(room.seats["Ada"])
    end = time.monotonic() + 10
    while rows(room.store) != (0, 0, 0) and time.monotonic() < end:
        time.sleep(0.02)
    assert rows(room.store) == (0, 0, 0)
    room.exchange.close()
    assert not cleaner.is_alive()


def test_the_cleaning_outlives_whatever_goes_wrong_in_it(room, clock, monkeypatch, caplog):
    monkeypatch.setattr("store.cleaning.EVERY", 0.02)
    cleaned, done = [StoreBusy(), ZeroDivisionError(), None], threading.Event()

    def compact():
        if not cleaned:
            done.set()
            return
        fault = cleaned.pop(0)
        if fault is not None:
            raise fault

    monkeypatch.setattr(room.store, "compact", compact)
    room.exchange.cleaning.keep_clean()
    assert done.wait(10)
    room.exchange.close()
    assert [record.message for record in caplog.records] == ["cleaning failed"]


def test_anyone_returning_to_a_deleted_channel_gets_the_same_answer_as_a_stranger(room, clock):
    """A seat, an ended channel's key: no answer says what was there before."""
    room.exchange.owner.end_channel(room.seats["Ada"])

    def answers():
        with pytest.raises(SeatGone) as seat:
            room.exchange.lobby.resume(room.seats["Bob"].token)
        with pytest.raises(NotAdmitted) as key:
            room.exchange.lobby.join(room.key)
        with pytest.raises(NotAdmitted) as unknown:
            room.exchange.lobby.join("AAAAA-AAAAA")
        return str(seat.value), str(key.value), str(unknown.value)

    before = answers()
    room.exchange.cleaning.purge()
    assert rows(room.store) == (0, 0, 0)
    assert answers() == before
    assert before[1] == before[2]


def test_limits_on_tries_are_forgotten_when_they_are_full_again(room, clock):
    someone = Visitor("a session", "192.0.2.7")

    def remembered():
        with room.store._database.reading() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM bucket").scalar_one()

    for _ in range(4):
        with pytest.raises(NotAdmitted):
            room.exchange.lobby.join("AAAAA-AAAAA", someone)
    room.exchange.cleaning.purge()
    assert remembered() > 1
    clock.forward(seconds=50)  # an address has all its tries back, a session one in 15 s
    room.exchange.cleaning.purge()
    assert remembered() == 1
    clock.forward(seconds=11)
    room.exchange.cleaning.purge()
    assert remembered() == 0


def test_a_live_channel_loses_nothing_when_another_ends(open_room, png, clock):
    ended, live = open_room(), open_room()
    for room in (ended, live):
        room.sit("Ada", "sender", owner_ticket=room.ticket)
        room.sit("Bob", "receiver")
        room.send("Ada", png, "Bob")
    exchange, bob = live.exchange, live.seats["Bob"]
    before = (
        exchange.member.news(bob, 0).events,
        exchange.member.present(bob),
        exchange.receiver.inbox(bob),
    )
    ended.exchange.owner.end_channel(ended.seats["Ada"])
    assert exchange.cleaning.purge() == 1
    assert (
        exchange.member.news(bob, 0).events,
        exchange.member.present(bob),
        exchange.receiver.inbox(bob),
    ) == before
    assert exchange.receiver.open(bob, before[2][0].id).file == png
