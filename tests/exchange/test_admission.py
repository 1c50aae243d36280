"""Tries at channel keys: counted, slowed, never a lock-out; refusals are all alike."""

import statistics
import time

import pytest

from exchange import Exchange, NotAdmitted, TooManyTries, Visitor
from exchange.lobby import SLOW_DOWN


@pytest.fixture
def naps():
    """Seconds that someone was made to wait."""
    return []


@pytest.fixture
def exchange(tmp_path, clock, quick_keys, naps):
    made = Exchange.at(f"sqlite:///{tmp_path}/channels.db", clock=clock, sleep=naps.append)
    yield made
    made.close()


def guess(exchange, visitor, times):
    """Wrong keys; how many of them were looked up."""
    looked_up = 0
    for _ in range(times):
        try:
            exchange.lobby.join("AAAAA-AAAAA", visitor)
        except NotAdmitted:
            looked_up += 1
        except TooManyTries:
            pass
    return looked_up


def test_a_session_gets_five_wrong_keys_then_one_each_fifteen_seconds(exchange, clock):
    visitor = Visitor(session="s")
    assert guess(exchange, visitor, 20) == 5
    clock.forward(seconds=15)
    assert guess(exchange, visitor, 20) == 1


def test_a_thousand_wrong_keys_from_one_address_stay_below_the_ceiling(exchange, room):
    looked_up = sum(
        guess(exchange, Visitor(session=str(n), address="192.0.2.7"), 5) for n in range(200)
    )
    print(f"1000 wrong keys in 200 sessions of one address: {looked_up} looked up, ceiling 30")
    assert looked_up == 30
    other = Visitor(session="other", address="192.0.2.8")
    assert exchange.lobby.join(room.key, other).channel.name == "Room"


def test_right_keys_cost_nothing(exchange, room):
    visitor = Visitor(session="s", address="192.0.2.7")
    for _ in range(40):
        exchange.lobby.join(room.key, visitor)
    assert guess(exchange, visitor, 9) == 5


def test_when_everyone_tries_too_often_nobody_is_refused_but_all_wait(exchange, room, naps):
    for n in range(24):
        guess(exchange, Visitor(session=str(n)), 5)
    assert naps == []
    assert exchange.lobby.join(room.key, Visitor(session="late")).channel.name == "Room"
    assert naps == [SLOW_DOWN]


def test_addresses_and_sessions_are_not_stored_in_clear(exchange, tmp_path):
    guess(exchange, Visitor(session="recognisable-session", address="198.51.100.77"), 3)
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"198.51.100.77" not in everything
    assert b"recognisable-session" not in everything


def test_unknown_expired_ended_and_changed_keys_get_one_answer_and_one_time(
    exchange, open_room, clock
):
    expired = open_room(keep_for="1 hour")
    clock.forward(hours=2)
    ended, changed = open_room(), open_room()
    for room in (ended, changed):
        room.sit("Ada", "sender", owner_ticket=room.ticket)
    exchange.owner.end_channel(ended.seats["Ada"])
    exchange.owner.change_key(changed.seats["Ada"])
    keys = {
        "unknown": "AAAAA-AAAAA",
        "impossible": "nonsense",
        "expired": expired.key,
        "ended": ended.key,
        "changed": changed.key,
    }
    times: dict[str, list[float]] = {name: [] for name in keys}
    for _ in range(30):
        for name, key in keys.items():
            start = time.perf_counter()
            with pytest.raises(NotAdmitted) as refused:
                exchange.lobby.look_in(key)
            times[name].append(time.perf_counter() - start)
            assert str(refused.value) == str(NotAdmitted())
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    print({name: f"{1000 * median:.2f} ms" for name, median in medians.items()})
    assert max(medians.values()) < 2 * min(medians.values())
