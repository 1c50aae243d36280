"""Rows by which processes know of one another: attacks under way, and pairs of weak keys."""

from dataclasses import replace
from datetime import timedelta

import pytest

from store import AttackRow
from tests.store import making
from tests.store.making import NOW

LATER = NOW + timedelta(seconds=10)


@pytest.fixture
def begun(store):
    """A channel, and an attack of its receiver that the process "one" runs."""
    channel, _, seat = making.room(store)
    row = AttackRow(
        seat.id,
        "p" * 32,
        "codebook",
        "one",
        NOW,
        LATER,
        NOW,
        cancelled=False,
        ended=False,
        told=b"a",
    )
    with store.write() as unit:
        assert unit.attacks.begin(channel.id, row, NOW)
    return channel, row


def now(store, row):
    with store.read() as unit:
        return unit.attacks.get(row.seat_id)


def test_a_seat_has_one_attack_whichever_process_runs_it(store, begun):
    channel, row = begun
    other = replace(row, node="two", told=b"b")
    with store.write() as unit:
        assert not unit.attacks.begin(channel.id, other, NOW)
        assert unit.attacks.of_node("one") == [row]
        assert unit.attacks.of_node("two") == []
    with store.write() as unit:
        assert unit.attacks.begin(channel.id, other, LATER)  # the first process is dead
    assert now(store, row) == other


def test_only_the_process_that_runs_it_says_how_it_stands(store, begun):
    _, row = begun
    with store.write() as unit:
        unit.attacks.go_on("two", LATER + timedelta(hours=1), [(row.seat_id, b"false")])
        unit.attacks.end("two", row.seat_id, b"false")
        unit.attacks.drop("two", row.seat_id)
    assert now(store, row) == row
    with store.write() as unit:
        unit.attacks.go_on("one", LATER + timedelta(hours=1), [(row.seat_id, b"b")])
        assert unit.attacks.want(row.seat_id, LATER)
        unit.attacks.cancel(row.seat_id)
    changed = {"until": LATER + timedelta(hours=1), "wanted_until": LATER, "told": b"b"}
    assert now(store, row) == replace(row, cancelled=True, **changed)


def test_how_it_stood_before_is_not_said_after_its_end(store, begun):
    """Two threads of one process say both, and the slower one knew of no end."""
    _, row = begun
    with store.write() as unit:
        unit.attacks.end("one", row.seat_id, b"over")
        unit.attacks.go_on("one", LATER + timedelta(hours=1), [(row.seat_id, b"running")])
    assert now(store, row) == replace(row, ended=True, told=b"over")


def test_an_end_is_told_by_one_process_only(store, begun):
    _, row = begun
    with store.write() as unit:
        assert not unit.attacks.drop_over(row.seat_id, NOW)
        unit.attacks.end("one", row.seat_id, b"over")
    assert now(store, row).ended
    with store.write() as unit:
        assert unit.attacks.of_node("one") == []
        assert not unit.attacks.want(row.seat_id, LATER)
        assert unit.attacks.drop_over(row.seat_id, NOW)
        assert not unit.attacks.drop_over(row.seat_id, NOW)
    assert now(store, row) is None


def test_an_attack_goes_with_its_seat_and_stays_without_its_picture(store, begun):
    channel, row = begun
    with store.write() as unit:
        making.delete_pictures(unit, channel.id)
    assert now(store, row) == row
    with store.write() as unit:
        unit.seats.leave(row.seat_id, NOW)
    assert now(store, row) is None


def test_pairs_are_numbered_in_each_channel_for_each_weakness(store):
    (one, seat, other), (two, _, _) = making.room(store), making.room(store)
    with store.write() as unit:
        assert unit.weak_pairs.newest(one.id, "shared-prime") == (0, None)
        unit.weak_pairs.take(one.id, "shared-prime", 1, seat.id)
        unit.weak_pairs.take(one.id, "shared-modulus", 4, other.id)
        unit.weak_pairs.wait_no_more(one.id, seat.id)
        unit.weak_pairs.wait_no_more(two.id, other.id)
    with store.read() as unit:
        assert unit.weak_pairs.newest(one.id, "shared-prime") == (1, None)
        assert unit.weak_pairs.newest(one.id, "shared-modulus") == (4, other.id)
        assert unit.weak_pairs.newest(two.id, "shared-prime") == (0, None)


def test_a_secret_is_the_same_wherever_the_pepper_is_and_for_nothing_else(store, place):
    again, foreign = place.open(), store.pseudonym("weak keys", "a")
    assert store.secret("weak keys", "a") == again.secret("weak keys", "a")
    again.close()
    others = {
        store.secret("weak keys", "b"),
        store.secret("other", "a"),
        bytes.fromhex(foreign[10:]),
    }
    assert store.secret("weak keys", "a") not in others
    assert len(others) == 3
