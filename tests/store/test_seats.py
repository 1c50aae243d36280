import os

import pytest

from store import NameTaken, StoreRefused
from tests.store import making
from tests.store.making import HOUR, NOW


def test_a_seat_comes_back_as_it_was_taken(store):
    channel = making.room(store)[0]
    token = os.urandom(32)
    keys = {
        "public_key": b"spki",
        "locked_key": b"pkcs8",
        "classroom_public_key": b"3233,17",
        "locked_classroom_key": b"locked",
    }
    with store.write() as unit:
        made = making.seat(unit, channel.id, name="Ada", token_hash=token, **keys)
    with store.read() as unit:
        assert unit.seats.asking(token)[0] == made == unit.seats.get(made.id)
        assert unit.seats.asking(os.urandom(32)) is None
        assert unit.seats.get(made.id + 1) is None
    assert {name: getattr(made, name) for name in keys} == keys
    assert (made.name, made.joined_at, made.last_seen_at, made.left_at) == ("Ada", NOW, NOW, None)


def test_a_unit_that_writes_finds_a_seat_by_its_token_too(store):
    channel = making.room(store)[0]
    with store.write() as unit:
        made = making.seat(unit, channel.id, token_hash=b"t" * 32)
    with store.write() as unit:
        assert unit.seats.asking(b"t" * 32)[0] == made
        assert unit.seats.asking(b"u" * 32) is None


def test_many_seats_are_found_by_their_tokens_as_each_is_alone(store):
    first, second = (making.room(store)[0] for _ in range(2))
    tokens = [os.urandom(32) for _ in range(2000)]  # as many as one process has lines
    with store.write() as unit:
        for number, token in enumerate(tokens[:6]):
            channel = (first, second)[number % 2]
            making.seat(unit, channel.id, name=f"N {number}", token_hash=token)
    with store.read() as unit:
        found = unit.seats.all_asking(tokens)
        assert found == {token: unit.seats.asking(token) for token in tokens[:6]}
        assert unit.seats.all_asking([]) == {}


def test_the_newest_event_is_told_of_seats_that_are_held_in_open_channels(store):
    rooms = [making.room(store)[0] for _ in range(3)]
    tokens = [os.urandom(32) for _ in range(5)]
    with store.write() as unit:
        seats = [
            making.seat(unit, rooms[number % 3].id, name=f"N {number}", token_hash=token)
            for number, token in enumerate(tokens[:4])
        ]
        unit.events.add(rooms[0].id, "sent", NOW)
        unit.seats.leave(seats[3].id, NOW)
        unit.channels.close(rooms[2].id, NOW)
        newest = {n: unit.channels.get(rooms[n].id).last_seq for n in range(2)}
    with store.read() as unit:
        assert unit.seats.newest(tokens, NOW) == {tokens[n]: newest[n] for n in range(2)}
        assert unit.seats.newest(tokens, NOW + 1000 * HOUR) == {}
        assert unit.seats.newest([], NOW) == {}


def test_private_halves_are_not_in_the_repr(store):
    channel = making.room(store)[0]
    with store.write() as unit:
        seat = making.seat(unit, channel.id, locked_key=b"SECRET", locked_classroom_key=b"SECRET")
    assert "SECRET" not in repr(seat)


def test_a_name_is_taken_in_its_role_until_its_seat_is_left(store):
    channel = making.room(store)[0]
    other = making.room(store)[0]
    with store.write() as unit:
        first = making.seat(unit, channel.id, name="Ada", role="sender")
        with pytest.raises(NameTaken):
            making.seat(unit, channel.id, name="ADA", role="sender")
        making.seat(unit, channel.id, name="Ada", role="receiver")
        making.seat(unit, other.id, name="Ada", role="sender")
        unit.seats.leave(first.id, NOW + HOUR)
        second = making.seat(unit, channel.id, name="Ada", role="sender")
        with pytest.raises(NameTaken):
            making.seat(unit, channel.id, name="Ada", role="sender")
    assert second.id != first.id


def test_a_seat_needs_its_channel(store):
    with pytest.raises(StoreRefused), store.write() as unit:
        making.seat(unit, 99)


def test_a_token_is_one_seats(store):
    channel = making.room(store)[0]
    with pytest.raises(StoreRefused), store.write() as unit:
        _ = [making.seat(unit, channel.id, token_hash=b"same") for _ in range(2)]
    with store.read() as unit:
        assert len(unit.seats.in_channel(channel.id)) == 2  # the room's own: all or nothing


def test_people_are_listed_in_the_order_they_joined(store):
    channel, sender, receiver = making.room(store)
    with store.write() as unit:
        early = making.seat(unit, channel.id, joined_at=NOW - HOUR)
        unit.seats.leave(sender.id, NOW)
        unit.seats.leave(sender.id, NOW + HOUR)
        present = unit.seats.in_channel(channel.id)
        everyone = unit.seats.in_channel(channel.id, with_left=True)
    assert [seat.id for seat in present] == [early.id, receiver.id]
    assert [seat.id for seat in everyone] == [early.id, sender.id, receiver.id]
    assert everyone[1].left_at == NOW


def test_people_who_left_are_listed_while_their_pictures_are_there(store):
    channel, sender, receiver = making.room(store)
    with store.write() as unit:
        idle = making.seat(unit, channel.id)
        getting = making.seat(unit, channel.id, role="receiver")
    making.send(store, sender, [receiver, getting])
    with store.write() as unit:
        for one in (sender, receiver, idle):
            unit.seats.leave(one.id, NOW)
        gone = unit.seats.left_with_pictures(channel.id)
        assert [seat.id for seat in gone] == [sender.id, receiver.id]
        assert unit.seats.left_with_pictures(making.channel(store, unit).id) == []


def test_touching_and_setting_classroom_keys_changes_that_seat_alone(store):
    _, sender, receiver = making.room(store)
    with store.write() as unit:
        unit.seats.touch({receiver.id: NOW + HOUR})
        unit.seats.set_classroom_keys(receiver.id, public_key=b"cp", locked_key=b"cl")
        changed = unit.seats.get(receiver.id)
        assert unit.seats.get(sender.id) == sender
    assert changed.last_seen_at == NOW + HOUR
    assert (changed.classroom_public_key, changed.locked_classroom_key) == (b"cp", b"cl")


def test_a_waiting_seat_waits_until_it_is_approved(store):
    channel = making.room(store)[0]
    with store.write() as unit:
        made = making.seat(unit, channel.id, waiting=True)
        assert made.waiting
        unit.seats.approve(made.id)
        assert not unit.seats.get(made.id).waiting
