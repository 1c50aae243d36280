import threading

import pytest
from sqlalchemy import delete

from store import ChannelMissing, EventRow
from store.schema import seat
from tests.store import making
from tests.store.making import HOUR, NOW


def test_events_are_numbered_in_each_channel(store):
    one, sender, _ = making.room(store)
    two = making.room(store)[0]
    with store.write() as unit:
        first = unit.events.add(one.id, "joined", NOW, seat_id=sender.id)
        unit.events.add(two.id, "created", NOW)
        second = unit.events.add(
            one.id, "sent", NOW, picture_id="abc", detail="3 recipients", about=sender.id
        )
    assert first == EventRow(1, "joined", NOW, sender.id, None, "", None)
    assert second == EventRow(2, "sent", NOW, None, "abc", "3 recipients", sender.id)
    with store.read() as unit:
        assert unit.events.since(one.id, 0) == [first, second]
        assert unit.events.since(one.id, 1) == [second]
        assert unit.events.since(one.id, 2) == []
        assert unit.events.since(one.id, 0, limit=1) == [first]
        assert [event.seq for event in unit.events.since(two.id, 0)] == [1]
        assert unit.channels.get(one.id).last_seq == 2


def test_order_is_the_number_and_not_the_clock(store):
    channel = making.room(store)[0]
    with store.write() as unit:
        for hours in (5, -3, 1):
            unit.events.add(channel.id, "tick", NOW + hours * HOUR)
    with store.read() as unit:
        events = unit.events.since(channel.id, 0)
    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.at for event in events] == [NOW + 5 * HOUR, NOW - 3 * HOUR, NOW + HOUR]


def test_there_is_no_event_without_a_channel(store):
    with pytest.raises(ChannelMissing), store.write() as unit:
        unit.events.add(99, "joined", NOW)


def test_a_number_that_was_rolled_back_is_used_again(store):
    channel = making.room(store)[0]

    def undone():
        with store.write() as unit:
            unit.events.add(channel.id, "joined", NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    with store.write() as unit:
        assert unit.events.add(channel.id, "joined", NOW).seq == 1


def test_writers_at_the_same_time_leave_no_gap(store):
    channel = making.room(store)[0]

    def write():
        for _ in range(10):
            with store.write() as unit:
                unit.events.add(channel.id, "tick", NOW)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert making.gapless(store, channel.id) == 80


def test_an_event_stays_when_what_it_is_about_is_gone(store):
    """And no other seat is given the number, so it never says something else."""
    channel, sender, _ = making.room(store)
    with store.write() as unit:
        made = unit.events.add(channel.id, "removed seat", NOW, about=sender.id)
    with store._database.writing() as connection:
        connection.execute(delete(seat).where(seat.c.id == sender.id))
    with store.write() as unit:
        assert making.seat(unit, channel.id).id > sender.id
        assert unit.events.since(channel.id, 0) == [made]
