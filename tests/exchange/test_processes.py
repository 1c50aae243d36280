"""Two processes on one database are one server: partner keys, attacks, their progress and end."""

import math
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest

import exchange.keys
from exchange import Exchange, InputRefused, SeatGone, Visitor, attack_rows
from rsa_core import turns
from store import open_store
from tests.conftest import encoded, photograph
from tests.exchange.conftest import Room, _with_people
from tests.exchange.crowds import PEPPER, Act, at_once

HARD = 244  # bits; factoring such an n takes most of an attack's budget


@pytest.fixture
def both(place, quick_keys, monkeypatch):
    """The same classroom, as two processes have it; time is real."""
    monkeypatch.setattr(exchange.keys, "CLASSROOM_KEY_SIZES", (HARD,))
    made = [Exchange(open_store(place.url, pepper=PEPPER)) for _ in range(2)]
    new = made[0].lobby.create_channel(name="Room", kind="classroom", keep_for="24 hours")
    first = _with_people(Room(made[0], new.key, new.owner_ticket))
    second = Room(made[1], new.key, new.owner_ticket, first.seats, first.uploads)
    yield first, second
    for one in made:
        one.close()


def number(room, name):
    return room.exchange.receiver.keys.own(room.seats[name]).classroom_key


def choose(room, name, weakness):
    room.exchange.receiver.keys.new_classroom_key(room.seats[name], weakness)
    return number(room, name)


@pytest.mark.parametrize("weakness", ["shared-prime", "shared-modulus"])
def test_the_partner_of_a_weak_key_comes_from_any_process(both, weakness):
    first, second = both
    first.sit("Dan", "receiver")
    (n, e), (other, f) = choose(first, "Bob", weakness), choose(second, "Cy", weakness)
    assert math.gcd(n, other) > 1
    assert (n, e) != (other, f)
    third, _ = choose(first, "Dan", weakness)
    assert math.gcd(third, n) == math.gcd(third, other) == 1


def test_a_partner_is_there_after_a_restart(both, place):
    first, _ = both
    n, _ = choose(first, "Bob", "shared-prime")
    again = Exchange(open_store(place.url, pepper=PEPPER))
    other, _ = choose(Room(again, first.key, first.ticket, first.seats), "Cy", "shared-prime")
    again.close()
    assert math.gcd(n, other) > 1


def test_an_insider_takes_the_key_that_another_process_left(both):
    first, second = both
    eve = first.seats["Eve"]
    with pytest.raises(InputRefused, match="No key is free"):
        second.exchange.interceptor.keys.take_insider_key(eve)
    n, _ = choose(first, "Bob", "shared-modulus")
    second.exchange.interceptor.keys.take_insider_key(eve)
    assert first.exchange.interceptor.keys.insider_key(eve)[0] == n
    with pytest.raises(InputRefused, match="No key is free"):
        first.exchange.interceptor.keys.take_insider_key(eve)


def test_a_class_that_chooses_at_once_in_two_processes_gets_twelve_pairs(both, place):
    first, _ = both
    seats = [first.sit(f"Pupil {n}", "receiver") for n in range(24)]
    act = Act("receiver.keys.new_classroom_key", {"choice": "shared-prime"}, {"seat": seats})
    assert at_once(place.url, act) == {"ok": 24}
    moduli = [number(first, f"Pupil {n}")[0] for n in range(24)]
    partners = [sum(math.gcd(one, other) > 1 for other in moduli) - 1 for one in moduli]
    assert len(set(moduli)) == 24
    assert partners == [1] * 24


def test_nothing_of_a_free_partner_rests_in_the_database(both, writer):
    first, second = both
    choose(first, "Bob", "shared-modulus")
    [row] = writer.copy("weak_pair", "1 = 1")
    assert (row["weakness"], row["number"]) == ("shared-modulus", 1)
    assert set(row) == {"channel_id", "weakness", "number", "waiting_id"}
    assert row["waiting_id"] is not None
    choose(second, "Cy", "shared-modulus")
    assert writer.copy("weak_pair", "1 = 1")[0]["waiting_id"] is None


def attacks(room):
    return room.exchange.interceptor.attacks


def hard(room):
    choose(room, "Bob", HARD)
    picture = encoded(photograph(48, 36))
    return room.send("Ada", picture, "Bob", scheme="textbook-blocks").id


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def nothing_runs():
    return all(thread.name != "attack" for thread in threading.enumerate())


def phase(room, visitor=turns.NOBODY):
    state = attacks(room).state(room.seats["Eve"], visitor)
    return state and state.phase


def test_an_attack_is_seen_refused_twice_and_cancelled_from_the_other_process(both):
    first, second = both
    eve, picture = first.seats["Eve"], hard(first)
    attacks(first).start(eve, picture, "factoring")
    with pytest.raises(InputRefused, match="still running"):
        attacks(second).start(eve, picture, "codebook")
    seen = attacks(second).state(eve)
    assert (seen.picture_id, seen.attack) == (picture, "factoring")
    told = wait_for(lambda: (one := attacks(second).state(eve)).phase == "running" and one)
    assert told.words not in ("", "Starting") or told.part == 0.0
    begun = time.monotonic()
    attacks(second).cancel(eve)
    wait_for(lambda: phase(second) == "cancelled")
    assert time.monotonic() - begun < 4
    assert phase(first) is phase(second) is None  # told once, to one of them
    assert first.exchange.interceptor.findings(eve) == ()
    attacks(second).start(eve, picture, "equality-map")  # the seat may start another
    wait_for(lambda: phase(first) is None and phase(second) is None)
    assert len(first.exchange.interceptor.findings(eve)) == 1


def test_a_finding_made_in_one_process_is_the_end_in_the_other_too(both):
    first, second = both
    eve = first.seats["Eve"]
    picture = first.send("Ada", encoded(photograph(48, 36)), "Bob", scheme="textbook-pixels").id
    attacks(first).start(eve, picture, "codebook")
    wait_for(lambda: phase(second) is None)
    assert second.exchange.interceptor.finding(eve, picture, "codebook").verdict == "broken"


def test_a_page_in_the_other_process_keeps_an_attack_going_until_it_is_closed(both, monkeypatch):
    monkeypatch.setattr(turns, "GRACE", 3.0)
    monkeypatch.setattr(attack_rows, "LEASE", timedelta(seconds=4))
    first, second = both
    eve, picture, here, there = first.seats["Eve"], hard(first), [True], [True]
    attacks(first).start(eve, picture, "factoring", Visitor("a", "", lambda: here[0]))
    wait_for(lambda: phase(second, Visitor("b", "", lambda: there[0])))
    here[0] = False
    for _ in range(16):
        time.sleep(0.5)  # the page is there, and hidden: it does not ask
    assert phase(second, Visitor("b", "", lambda: there[0])) == "running"
    there[0] = False
    ended = wait_for(
        lambda: (
            (one := attacks(second).state(eve, Visitor("c", "", lambda: False))).phase
            == "cancelled"
            and one
        )
    )
    assert "closed" in ended.words


def test_an_attack_whose_process_was_killed_is_told_as_failed_and_blocks_nothing(both, writer):
    first, second = both
    eve, picture = first.seats["Eve"], hard(first)
    attacks(first).start(eve, picture, "factoring")
    writer.set("attack", "1 = 1", node="a process that was killed")
    wait_for(nothing_runs)
    with pytest.raises(InputRefused, match="still running"):
        attacks(second).start(eve, picture, "equality-map")
    writer.set("attack", "1 = 1", until=1)
    assert "restarted" in attacks(second).state(eve).words
    assert phase(second) is None
    attacks(second).start(eve, picture, "equality-map")
    wait_for(lambda: phase(second) is None)


def test_a_seat_that_leaves_in_one_process_ends_its_attack_in_the_other(both):
    first, second = both
    eve, picture = first.seats["Eve"], hard(first)
    attacks(first).start(eve, picture, "factoring")
    second.exchange.lobby.leave(eve)
    wait_for(nothing_runs)
    with pytest.raises(SeatGone):
        attacks(first).state(eve)


def test_what_an_attack_says_is_sealed_and_a_changed_row_is_said_to_be_damaged(both, writer):
    first, second = both
    eve, picture = first.seats["Eve"], hard(first)
    attacks(first).start(eve, picture, "factoring")
    [row] = writer.copy("attack", "1 = 1")
    assert b"Starting" not in bytes(row["told"])
    assert eve.token not in str(row)
    writer.set("attack", "1 = 1", attack="codebook")
    seen = attacks(second).state(eve)
    assert "damaged" in seen.words
    attacks(second).cancel(eve)
    wait_for(nothing_runs)
    with suppress(SeatGone):
        wait_for(lambda: phase(second) is None)
