from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from store import Cleaning, Removal
from tests.store import making
from tests.store.making import HOUR, NOW

MINUTE = timedelta(minutes=1)


def sweep(store, now, **options):
    """The pictures that one sweep removes."""
    with store.write() as unit:
        return list(unit.retention.sweep(now, **options).pictures)


def test_pictures_of_a_channel_that_is_over_go_and_others_stay(store):
    expired, sender, receiver = making.room(store, expires_at=NOW)
    closed, other_sender, _ = making.room(store)
    alive, third_sender, _ = making.room(store)
    one = making.send(store, sender, [receiver])
    two = making.send(store, other_sender)
    kept = making.send(store, third_sender)
    with store.write() as unit:
        unit.channels.close(closed.id, NOW)
    assert sweep(store, NOW) == [
        Removal(expired.id, one.public_id, "expired"),
        Removal(closed.id, two.public_id, "closed"),
    ]
    assert sweep(store, NOW) == []
    with store.read() as unit:
        assert unit.pictures.content(alive.id, kept.public_id) == kept.content


def test_a_sweep_takes_small_batches_and_a_channel_goes_after_the_last_one(store):
    channel, sender, _ = making.room(store, expires_at=NOW)
    sent = [making.send(store, sender).public_id for _ in range(5)]
    with store.read() as unit:
        channel = unit.channels.get(channel.id)
    batches = []
    for _ in range(3):
        batches.append([removal.public_id for removal in sweep(store, NOW, limit=2)])
        with store.read() as unit:
            assert unit.channels.get(channel.id) == channel
    assert batches == [sent[:2], sent[2:4], sent[4:]]
    sweep(store, NOW)
    with store.read() as unit:
        assert unit.channels.get(channel.id) is None


def test_a_batch_is_bounded_in_bytes_too_and_one_large_picture_is_a_batch(store, monkeypatch):
    monkeypatch.setattr("store.repositories.retention._BATCH_BYTES", 1000)
    _, sender, _ = making.room(store, expires_at=NOW)
    sizes = [400, 600, 1, 5000, 10]
    sent = [making.send(store, sender, content=bytes(size)).public_id for size in sizes]
    batches = []
    while batch := sweep(store, NOW):
        batches.append([sent.index(removal.public_id) for removal in batch])
    assert batches == [[0, 1], [2], [3], [4]]


def test_a_picture_goes_after_as_many_openings_as_its_sender_allowed(store):
    channel, sender, receiver = making.room(store)
    sent = making.send(store, sender, [receiver], max_openings=2)
    for opening, gone in ((1, False), (2, True)):
        with store.write() as unit:
            unit.pictures.mark_opened(channel.id, sent.public_id, receiver.id, NOW)
            assert unit.pictures.get(channel.id, sent.public_id).openings == opening
        assert (sweep(store, NOW) == [Removal(channel.id, sent.public_id, "openings")]) == gone


def test_a_picture_goes_when_everyone_has_opened_it(store):
    channel, sender, receiver = making.room(store)
    with store.write() as unit:
        second = making.seat(unit, channel.id)
    sent = making.send(store, sender, [receiver, second], until_all_opened=True)
    unasked = making.send(store, sender, [receiver])
    nobody = making.send(store, sender, [], until_all_opened=True)
    for seat, gone in ((receiver, False), (receiver, False), (second, True)):
        with store.write() as unit:
            for name in (sent.public_id, unasked.public_id):
                unit.pictures.mark_opened(channel.id, name, seat.id, NOW)
        assert (sweep(store, NOW) == [Removal(channel.id, sent.public_id, "all opened")]) == gone
    with store.read() as unit:
        left = [picture.public_id for picture in unit.pictures.in_channel(channel.id)]
    assert left == [unasked.public_id, nobody.public_id]


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=3650)])
def test_a_clock_that_jumps_ahead_removes_nothing_until_confirmed_twice(store, figure, jump):
    _, sender, _ = making.room(store, expires_at=NOW + 2 * HOUR)
    making.send(store, sender)
    assert sweep(store, NOW) == []
    there = NOW + jump
    refusals = [
        sweep(store, there),
        sweep(store, there + timedelta(seconds=1)),  # too soon to be a confirmation
        sweep(store, there + MINUTE),
    ]
    assert refusals == [[], [], []]
    [removal] = sweep(store, there + 2 * MINUTE)
    assert removal.rule == "expired"
    figure(f"clock {jump.days} days ahead: removed at the 4th sweep, not before")


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=3650)])
def test_a_clock_that_jumps_and_comes_back_removes_nothing_that_is_not_due(store, jump):
    channel, sender, _ = making.room(store, expires_at=NOW + 2 * HOUR)
    sent = making.send(store, sender)
    moments = [NOW, NOW + jump, NOW + jump + MINUTE, NOW + 2 * MINUTE, NOW + 3 * MINUTE]
    moments += [NOW - jump, NOW - jump + MINUTE, NOW + 4 * MINUTE, NOW + 5 * MINUTE]
    assert [sweep(store, now) for now in moments] == [[]] * len(moments)
    with store.read() as unit:
        assert unit.pictures.content(channel.id, sent.public_id) == sent.content
    # And when it has settled, what is due goes as ever.
    late = NOW + 2 * HOUR
    swept = [sweep(store, late + minute * MINUTE) for minute in range(5)]
    assert sum(map(len, swept)) == 1


def test_a_small_step_back_does_not_settle_a_doubt(store):
    """The clock is ten years ahead; a second of correction must not make it believed."""
    _, sender, _ = making.room(store, expires_at=NOW + 2 * HOUR)
    making.send(store, sender)
    far = NOW + timedelta(days=3650)
    moments = [NOW, far, far + MINUTE, far + MINUTE - timedelta(seconds=1)]
    assert [sweep(store, now) for now in moments] == [[]] * 4


def test_sizes_are_counted_for_the_channel_and_for_the_store(store):
    channel, sender, _ = making.room(store)
    other, stranger, _ = making.room(store)
    making.send(store, sender, content=b"x" * 300_000)
    making.send(store, sender, content=b"x" * 7)
    making.send(store, stranger, content=b"x")
    with store.read() as unit:
        assert unit.pictures.total_bytes(channel.id) == 300_007
        assert unit.pictures.total_bytes() == 300_008
        assert unit.pictures.total_bytes(99) == 0
        assert (unit.pictures.count(channel.id), unit.pictures.count()) == (2, 3)
        assert unit.pictures.count(other.id) == 1


def test_a_sweep_leaves_pictures_of_a_channel_that_others_hold_to_the_next(postgres_place):
    """Else it holds a picture and waits for the channel, whose holder waits for the picture."""
    store = postgres_place.open()
    channel, sender, receiver = making.room(store)
    sent = making.send(store, sender, [receiver], max_openings=1)
    by_all = making.send(store, sender, [receiver], until_all_opened=True)
    with store.write() as unit:
        for one in (sent, by_all):
            unit.pictures.mark_opened(channel.id, one.public_id, receiver.id, NOW)
    cleaning = Cleaning(store, lambda: NOW)
    with ThreadPoolExecutor(1) as threads:
        with store.write() as unit:
            assert unit.channels.get(channel.id)  # an act begins, and holds the channel
            assert threads.submit(cleaning.purge).result(5) == 0
            unit.pictures.mark_opened(channel.id, sent.public_id, receiver.id, NOW)
            unit.pictures.mark_opened(channel.id, by_all.public_id, receiver.id, NOW)
        assert threads.submit(cleaning.purge).result(5) == 2
    store.close()
