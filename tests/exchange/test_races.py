"""Twenty-four at once in two processes, on SQLite and on PostgreSQL: nothing is lost or doubled."""

import pytest

from exchange import Exchange
from exchange.known import unseal
from store import open_store
from tests.exchange.conftest import Room
from tests.exchange.crowds import PEPPER, Act, at_once
from tests.exchange.deceiving import own_number
from tests.store import making

CROWD = 24


@pytest.fixture
def room(place, quick_keys):
    """By the wall clock, which other processes have too."""
    backend = open_store(place.url, pepper=PEPPER)
    exchange = Exchange(backend)
    new = exchange.lobby.create_channel(name="", kind="private", keep_for="24 hours")
    made = Room(exchange, new.key, new.owner_ticket, store=backend)
    made.sit("Ada", "sender")
    made.sit("Bob", "receiver")
    yield made
    exchange.close()


def sending(room, data, **more):
    same = {
        "seat": room.seats["Ada"],
        "data": data,
        "file_name": "a.png",
        "scheme": "hybrid",
        "recipients": (room.seats["Bob"].id,),
    }
    return same | more


def own_row(room, name):
    with room.store.read() as unit:
        return next(s for s in unit.seats.in_channel(1) if s.public_id == room.seats[name].id)


def knows(room, name):
    """What is in a seat's sealed record now."""
    number = own_row(room, name).id
    with room.store.read() as unit:
        return unseal(unit.seat_records.get(number), room.seats[name].token)


def test_the_first_opening_is_one(room, place, png):
    sent = room.send("Ada", png, "Bob", remove_after="the first opening").id
    found = at_once(
        place.url, Act("receiver.open", {"seat": room.seats["Bob"], "picture_id": sent})
    )
    assert found["ok"] == 1
    assert all("as often as" in words for words in found if words != "ok")
    assert knows(room, "Bob").opened == {sent: 1}


def test_openings_of_one_seat_are_all_remembered(room, place, png):
    """24 pictures, each opened by another tab; the pin of the sender among it."""
    sent = [room.send("Ada", png, "Bob", remove_after="3 openings").id for _ in range(CROWD)]
    act = Act("receiver.open", {"seat": room.seats["Bob"]}, {"picture_id": sent})
    for times in (1, 2):
        assert at_once(place.url, act) == {"ok": CROWD}
        known = knows(room, "Bob")
        assert known.opened == dict.fromkeys(sent, times)
        assert known.people.keys() == {room.seats["Ada"].id}


def test_comparisons_of_one_seat_are_all_remembered(room, place):
    for number in range(CROWD):
        room.sit(f"Sender {number}", "sender")
    people = room.exchange.member.safety.contacts(room.seats["Bob"]).people[:CROWD]
    own = {
        "person_id": [person.id for person in people],
        "safety_number": [person.safety_number for person in people],
    }
    act = Act("member.safety.compared", {"seat": room.seats["Bob"]}, own)
    assert at_once(place.url, act) == {"ok": CROWD}
    compared = {
        one.id
        for one in room.exchange.member.safety.contacts(room.seats["Bob"]).people
        if one.compared
    }
    assert compared == set(own["person_id"])


def test_a_mark_outlives_many_openings_at_once(room, place, png):
    sent = [room.send("Ada", png, "Bob").id for _ in range(CROWD)]
    person, number = room.seats["Ada"].id, own_number(room, "Ada")
    room.exchange.member.safety.compared(room.seats["Bob"], person, number)
    act = Act("receiver.open", {"seat": room.seats["Bob"]}, {"picture_id": sent})
    assert at_once(place.url, act) == {"ok": CROWD}
    known = knows(room, "Bob")
    assert known.people[person].compared
    assert known.opened.keys() == set(sent)


def test_one_submission_is_one_picture(room, place, png):
    found = at_once(place.url, Act("sender.send", sending(room, png, submission="same")))
    assert found == {"ok": CROWD}
    assert len(room.exchange.sender.sent(room.seats["Ada"])) == 1


def test_the_five_hundredth_picture_is_the_last(room, place, png):
    ada, bob = own_row(room, "Ada"), own_row(room, "Bob")
    with room.store.write() as unit:
        for _ in range(495):
            unit.pictures.add(making.picture(ada, [bob]))
    act = Act("sender.send", sending(room, png), {"submission": [f"s{n}" for n in range(CROWD)]})
    assert at_once(place.url, act)["ok"] == 5
    with room.store.read() as unit:
        assert unit.pictures.count(1) == 500


def test_the_two_hundredth_seat_is_the_last(room, place):
    with room.store.write() as unit:
        for _ in range(193):
            making.seat(unit, 1, role="interceptor")
    act = Act(
        "lobby.take_seat",
        {"key": room.key, "role": "interceptor"},
        {"name": [f"Person no {n}" for n in range(CROWD)]},
    )
    assert at_once(place.url, act)["ok"] == 5
    with room.store.read() as unit:
        assert len(unit.seats.in_channel(1)) == 200


def test_a_name_and_an_owners_ticket_are_taken_once(room, place):
    same = {"key": room.key, "role": "interceptor", "owner_ticket": room.ticket}
    own = {"name": [f"Person no {n}" for n in range(CROWD)]}
    assert at_once(place.url, Act("lobby.take_seat", same, own)) == {"ok": CROWD}
    with room.store.read() as unit:
        owner = unit.channels.get(1).owner_id
        assert owner in {seat.id for seat in unit.seats.in_channel(1)}
    found = at_once(place.url, Act("lobby.take_seat", {**same, "name": "Nadia"}))
    assert found["ok"] == 1
    assert making.gapless(room.store, 1) > CROWD
