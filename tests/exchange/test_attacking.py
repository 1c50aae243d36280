"""Attacks as acts of a seat: who may start them, how they end, who sees what they found."""

import io
import math
import sqlite3
import threading
import time

import numpy as np
import pytest
from PIL import Image

import exchange.attacking
import exchange.interceptor
import exchange.keys
from exchange import (
    ATTACK_CHOICES,
    InputRefused,
    NotFound,
    SeatGone,
    Unavailable,
    Visitor,
    WrongRole,
)
from rsa_core import turns
from rsa_core.attacks import Budget
from tests.conftest import encoded, photograph
from tests.store import making


@pytest.fixture
def pixels():
    return photograph(48, 36)


@pytest.fixture
def captured(classroom, pixels):
    """A textbook picture from Ada to Bob, as Eve has it."""
    classroom.picture = classroom.send("Ada", encoded(pixels), "Bob", scheme="textbook-pixels")
    return classroom


def attack(room, name, picture_id=None, who="Eve"):
    """Starts an attack and waits until it is over."""
    seat = room.seats[who]
    picture_id = picture_id or room.picture.id
    room.exchange.interceptor.attacks.start(seat, picture_id, name)
    seen = []
    for _ in range(2000):
        state = room.exchange.interceptor.attacks.state(seat)
        if state is None:
            return room.exchange.interceptor.finding(seat, picture_id, name)
        if state.phase in {"cancelled", "failed"}:
            return state
        seen.append(state)
        time.sleep(0.01)
    raise AssertionError(seen[-1])


def decoded(png):
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture)


def test_a_codebook_finds_the_picture_and_the_finding_stays(captured, pixels):
    found = attack(captured, "codebook")
    assert (found.verdict, found.exact) == ("broken", True)
    assert (decoded(found.picture) == pixels).all()
    assert found.file == found.picture
    (item,) = captured.exchange.interceptor.findings(captured.seats["Eve"])
    assert (item.picture_id, item.attack) == (captured.picture.id, "codebook")
    again = captured.exchange.lobby.resume(captured.seats["Eve"].token)
    assert captured.exchange.interceptor.finding(again, item.picture_id, "codebook") == found


def test_on_hybrid_every_attack_is_offered_and_says_what_stopped_it(room, png):
    room.picture = room.send("Ada", png, "Bob", "Cy")
    for name in ("codebook", "wiener", "replay"):
        found = attack(room, name)
        assert found.verdict == "preconditions not met"
        assert len(found.words) > 30
        assert found.picture is found.envelope is found.key is None
    assert len(ATTACK_CHOICES) == 18


def test_an_attack_sees_other_captures_and_all_public_keys(classroom, pixels):
    """Shared primes need a stranger's key, broadcast other people's copies."""
    for name in ("Bob", "Cy"):
        classroom.exchange.receiver.keys.new_classroom_key(classroom.seats[name], "shared-prime")
    classroom.picture = classroom.send("Ada", encoded(pixels), "Bob", scheme="textbook-blocks")
    found = attack(classroom, "shared-primes")
    assert (decoded(found.picture) == pixels).all()
    n, e, d, p, q = found.key
    assert p * q == n
    assert e * d % (p - 1) == 1
    other = classroom.send("Ada", encoded(pixels[::-1].copy()), "Bob", scheme="textbook-blocks")
    forged = attack(classroom, "replay", picture_id=classroom.picture.id)
    envelope = classroom.exchange.interceptor.capture(classroom.seats["Eve"], other.id).envelope
    assert forged.envelope == envelope


def test_an_insider_takes_the_partner_of_a_shared_modulus(classroom, pixels):
    eve, bob = classroom.seats["Eve"], classroom.seats["Bob"]
    with pytest.raises(InputRefused, match="No key is free"):
        classroom.exchange.interceptor.keys.take_insider_key(eve)
    classroom.exchange.receiver.keys.new_classroom_key(bob, "shared-modulus")
    classroom.picture = classroom.send("Ada", encoded(pixels), "Bob", scheme="textbook-blocks")
    assert attack(classroom, "insider").verdict == "preconditions not met"
    classroom.exchange.interceptor.keys.take_insider_key(eve)
    n, _ = classroom.exchange.receiver.keys.own(bob).classroom_key
    assert classroom.exchange.interceptor.keys.insider_key(eve)[0] == n
    assert (
        classroom.exchange.member.news(bob, 0).events[-1].kind == "sent"
    )  # an insider does not say so
    found = attack(classroom, "insider")
    assert (decoded(found.picture) == pixels).all()
    with pytest.raises(InputRefused, match="No key is free"):
        classroom.exchange.interceptor.keys.take_insider_key(eve)


@pytest.mark.parametrize("weakness", ["shared-prime", "shared-modulus"])
def test_the_next_receiver_gets_the_partner_and_a_third_starts_over(classroom, weakness):
    classroom.sit("Dan", "receiver")
    numbers = []
    for name in ("Bob", "Cy", "Dan"):
        classroom.exchange.receiver.keys.new_classroom_key(classroom.seats[name], weakness)
        numbers.append(classroom.exchange.receiver.keys.own(classroom.seats[name]).classroom_key)
    (first, e1), (second, e2), (third, _) = numbers
    assert math.gcd(first, second) > 1
    assert (first, e1) != (second, e2)
    assert math.gcd(first, third) == 1


def test_a_partner_waits_only_while_the_first_key_is_in_use(classroom):
    bob, cy = classroom.seats["Bob"], classroom.seats["Cy"]
    classroom.exchange.receiver.keys.new_classroom_key(bob, "shared-prime")
    first = classroom.exchange.receiver.keys.own(bob).classroom_key[0]
    classroom.exchange.receiver.keys.new_classroom_key(bob, "shared-prime")  # not with itself
    second = classroom.exchange.receiver.keys.own(bob).classroom_key[0]
    assert math.gcd(first, second) == 1
    classroom.exchange.receiver.keys.new_classroom_key(bob, 64)
    classroom.exchange.receiver.keys.new_classroom_key(cy, "shared-prime")
    third = classroom.exchange.receiver.keys.own(cy).classroom_key[0]
    assert math.gcd(second, third) == 1


@pytest.mark.parametrize("choice", ["", "no such", 13, 0, "128"])
def test_a_classroom_key_that_is_not_in_the_list_is_refused(classroom, choice):
    with pytest.raises(InputRefused):
        classroom.exchange.receiver.keys.new_classroom_key(classroom.seats["Bob"], choice)


def test_old_pictures_still_open_after_a_weak_key(classroom, png):
    sent = classroom.send("Ada", png, "Bob", scheme="textbook-pixels")
    for weakness in ("close-primes", "small-d", "tiny-n"):
        classroom.exchange.receiver.keys.new_classroom_key(classroom.seats["Bob"], weakness)
    assert classroom.exchange.receiver.open(classroom.seats["Bob"], sent.id).exact == "pixels"


def long_to_break(room, png, monkeypatch):
    """A picture under a key whose factoring takes most of the budget: no size that is offered."""
    monkeypatch.setattr(exchange.keys, "CLASSROOM_KEY_SIZES", (244,))
    room.exchange.receiver.keys.new_classroom_key(room.seats["Bob"], 244)
    return room.send("Ada", png, "Bob", scheme="textbook-blocks")


def test_cancel_kills_the_attack_and_leaves_no_finding(classroom, png, monkeypatch):
    picture = long_to_break(classroom, png, monkeypatch)
    eve = classroom.seats["Eve"]
    classroom.exchange.interceptor.attacks.start(eve, picture.id, "factoring")
    with pytest.raises(InputRefused, match="still running"):
        classroom.exchange.interceptor.attacks.start(eve, picture.id, "codebook")
    state = classroom.exchange.interceptor.attacks.state(eve)
    assert (state.picture_id, state.attack) == (picture.id, "factoring")
    before = time.monotonic()
    classroom.exchange.interceptor.attacks.cancel(eve)
    while (state := classroom.exchange.interceptor.attacks.state(eve)).phase != "cancelled":
        time.sleep(0.01)
    assert time.monotonic() - before < 2
    assert classroom.exchange.interceptor.attacks.state(eve) is None  # reported once
    assert classroom.exchange.interceptor.findings(eve) == ()
    classroom.exchange.interceptor.attacks.cancel(eve)


class Page:
    """A browser that can be closed."""

    def __init__(self, session=""):
        self.open = True
        self.visitor = Visitor(session, "10.0.0.1", lambda: self.open)


def ended(room, seat, page, seconds=10):
    """How this seat's attack ended, looked at from a page that keeps nothing alive."""
    end = time.monotonic() + seconds
    while (
        state := room.exchange.interceptor.attacks.state(seat, page.visitor)
    ).phase != "cancelled":
        assert time.monotonic() < end
        time.sleep(0.05)
    return state


def test_what_a_closed_page_started_ends_within_ten_seconds(classroom, png, monkeypatch):
    picture = long_to_break(classroom, png, monkeypatch)
    eve, page, later = classroom.seats["Eve"], Page("a"), Page("b")
    classroom.exchange.interceptor.attacks.start(eve, picture.id, "factoring", page.visitor)
    page.open = later.open = False
    state = ended(classroom, eve, later)
    assert "closed" in state.words
    assert classroom.exchange.interceptor.findings(eve) == ()
    assert attack(classroom, "equality-map", picture.id)  # the place is free again


def test_a_reopened_page_keeps_its_attack(classroom, png, monkeypatch):
    monkeypatch.setattr(turns, "GRACE", 0.3)
    picture = long_to_break(classroom, png, monkeypatch)
    eve, before, after = classroom.seats["Eve"], Page("before"), Page("after")
    classroom.exchange.interceptor.attacks.start(eve, picture.id, "factoring", before.visitor)
    before.open = False
    for _ in range(10):
        assert classroom.exchange.interceptor.attacks.state(eve, after.visitor).phase in (
            "waiting",
            "running",
        )
        time.sleep(0.1)
    after.open = False
    assert "closed" in ended(classroom, eve, after).words


def test_thirty_pupils_start_the_same_attack_and_all_get_its_finding(captured, pixels):
    """Behind one address; nobody is refused, and the class needs one run."""
    pupils = [captured.sit(f"Pupil {n}", "interceptor") for n in range(30)]
    begun = time.monotonic()
    for number, seat in enumerate(pupils):
        visitor = Visitor(f"s{number}", "192.0.2.1")
        captured.exchange.interceptor.attacks.start(seat, captured.picture.id, "codebook", visitor)
    for seat in pupils:
        while captured.exchange.interceptor.attacks.state(seat) is not None:
            assert time.monotonic() - begun < 60
            time.sleep(0.05)
        found = captured.exchange.interceptor.finding(seat, captured.picture.id, "codebook")
        assert (found.verdict, found.exact) == ("broken", True)


def test_a_class_at_work_leaves_another_channel_its_place(classroom, open_room, png, monkeypatch):
    """Thirty long attacks of all kinds, and an interceptor elsewhere has a finding at once."""
    room = open_room("classroom")
    for name, role in (("Ada", "sender"), ("Bob", "receiver"), ("Eve", "interceptor")):
        room.sit(name, role)
    room.picture = room.send("Ada", png, "Bob", scheme="textbook-pixels")
    long_to_break(classroom, png, monkeypatch)
    for number in range(30):
        picture = classroom.send("Ada", png, "Bob", scheme="textbook-blocks")
        seat = classroom.sit(f"Pupil {number}", "interceptor")
        visitor = Visitor(f"s{number}", f"10.0.0.{number}")
        classroom.exchange.interceptor.attacks.start(seat, picture.id, "factoring", visitor)
    begun = time.monotonic()
    assert attack(room, "codebook").verdict == "broken"
    assert time.monotonic() - begun < 30


def test_cancelling_a_shared_attack_leaves_it_to_the_others(classroom, png, monkeypatch):
    picture = long_to_break(classroom, png, monkeypatch)
    eve, zoe = classroom.seats["Eve"], classroom.sit("Zoe", "interceptor")
    for seat in (eve, zoe):
        classroom.exchange.interceptor.attacks.start(seat, picture.id, "factoring")
    classroom.exchange.interceptor.attacks.cancel(eve)
    while (state := classroom.exchange.interceptor.attacks.state(eve)).phase != "cancelled":
        time.sleep(0.01)
    assert classroom.exchange.interceptor.attacks.state(zoe).phase in ("waiting", "running")
    classroom.exchange.interceptor.attacks.cancel(zoe)
    while (state := classroom.exchange.interceptor.attacks.state(zoe)).phase != "cancelled":
        time.sleep(0.01)
    assert state.words == "The attack was cancelled."


def test_a_budget_that_is_used_up_is_a_finding(classroom, png, monkeypatch):
    monkeypatch.setattr(exchange.attacking, "BUDGET", Budget(seconds=0.5))
    classroom.picture = long_to_break(classroom, png, monkeypatch)
    assert attack(classroom, "factoring").verdict == "not broken within the budget"


def test_attacks_are_for_interceptors_on_captures_of_their_channel(captured, open_room, png):
    elsewhere = open_room("classroom")
    for name, role in (("Ada", "sender"), ("Bob", "receiver"), ("Eve", "interceptor")):
        elsewhere.sit(name, role)
    theirs = elsewhere.send("Ada", png, "Bob", scheme="textbook-pixels")
    eve = captured.seats["Eve"]
    for picture_id in (theirs.id, "0" * 32):
        with pytest.raises(NotFound):
            captured.exchange.interceptor.attacks.start(eve, picture_id, "codebook")
        with pytest.raises(NotFound):
            captured.exchange.interceptor.finding(eve, picture_id, "codebook")
    with pytest.raises(InputRefused):
        captured.exchange.interceptor.attacks.start(eve, captured.picture.id, "no such")
    for name in ("Ada", "Bob"):
        with pytest.raises(WrongRole):
            captured.exchange.interceptor.attacks.start(
                captured.seats[name], captured.picture.id, "codebook"
            )


def test_findings_are_the_seats_own_and_sealed(captured, tmp_path, pixels):
    found = attack(captured, "codebook")
    zoe = captured.sit("Zoe", "interceptor")
    assert captured.exchange.interceptor.findings(zoe) == ()
    with pytest.raises(NotFound):
        captured.exchange.interceptor.finding(zoe, captured.picture.id, "codebook")
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert found.words.encode() not in everything
    assert b"RSALAB" not in everything
    assert pixels.tobytes()[:64] not in everything
    assert b"codebook" in everything  # the control: which attack it was is not secret


def test_a_finding_swapped_for_another_is_noticed(captured, tmp_path):
    for name in ("codebook", "equality-map"):
        attack(captured, name)
    with sqlite3.connect(tmp_path / "channels.db") as db:
        for a, b in (("codebook", "x"), ("equality-map", "codebook"), ("x", "equality-map")):
            db.execute("UPDATE finding SET attack = ? WHERE attack = ?", (b, a))
    db.close()
    for name in ("codebook", "equality-map"):
        with pytest.raises(Unavailable):
            captured.exchange.interceptor.finding(captured.seats["Eve"], captured.picture.id, name)


def test_a_finding_goes_with_its_picture_and_the_oldest_make_room(captured, png, monkeypatch):
    eve = captured.seats["Eve"]
    attack(captured, "codebook")
    monkeypatch.setattr(exchange.interceptor, "FINDINGS_OF_A_SEAT", 1)
    attack(captured, "equality-map")
    assert [item.attack for item in captured.exchange.interceptor.findings(eve)] == ["equality-map"]
    with captured.store.write() as unit:
        making.delete_pictures(unit, 1)
    assert captured.exchange.interceptor.findings(eve) == ()


def test_a_finding_too_large_to_keep_is_reported(captured, monkeypatch):
    monkeypatch.setattr(exchange.interceptor, "FINDING_BYTES", 500)
    found = attack(captured, "codebook")
    assert found.verdict == "broken"
    assert found.picture is None
    assert "too large" in found.evidence[-1]


def running():
    """The threads that wait for attacks to end; each attack has one."""
    return [thread for thread in threading.enumerate() if thread.name == "attack"]


def test_an_attack_of_a_seat_that_left_is_forgotten(captured):
    eve = captured.seats["Eve"]
    captured.exchange.interceptor.attacks.start(eve, captured.picture.id, "equality-map")
    captured.exchange.lobby.leave(eve)
    with pytest.raises(SeatGone):
        captured.exchange.interceptor.attacks.state(eve)
    for thread in running():
        thread.join(10)
    with captured.store.read() as unit:
        assert unit.findings.total_bytes() == 0


def test_closing_ends_what_runs(classroom, png, monkeypatch):
    picture = long_to_break(classroom, png, monkeypatch)
    classroom.exchange.interceptor.attacks.start(classroom.seats["Eve"], picture.id, "factoring")
    assert len(running()) == 1
    classroom.exchange.close()
    assert not running()


def test_an_interceptor_sees_public_keys_and_no_private_number(classroom):
    keys = classroom.exchange.interceptor.public_keys(classroom.seats["Eve"])
    assert [(key.name, key.classroom) for key in keys] == [
        ("Bob", False),
        ("Bob", True),
        ("Cy", False),
        ("Cy", True),
    ]
    assert keys[1].n == 3233
    assert {name for key in keys for name in key.__slots__} == {"name", "classroom", "n", "e"}
