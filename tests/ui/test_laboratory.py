"""The laboratory under AppTest: everything is offered, and what was found is shown again."""

import sqlite3
import threading

import numpy as np
import pytest

from exchange import ATTACK_CHOICES, AttackState, InputRefused, SeatGone
from tests.conftest import encoded, photograph
from tests.ui.test_pages import page_of, with_key_panel


@pytest.fixture
def lesson(exchange):
    """A classroom channel with a flat picture under the seed's key and a photograph in hybrid."""
    room = exchange.lobby.create_channel(name="", kind="classroom", keep_for="24 hours")
    seats = {
        name: exchange.lobby.take_seat(room.key, name=name, role=role)
        for name, role in (("Ada", "sender"), ("Bob", "receiver"), ("Eve", "interceptor"))
    }
    flat = np.repeat(np.arange(48, dtype=np.uint8)[:, None] // 12 * 50, 64, axis=1)
    for number, (scheme, pixels) in enumerate(
        (("hybrid", photograph(64, 48)), ("textbook-pixels", flat))
    ):
        exchange.sender.send(
            seats["Ada"],
            encoded(pixels),
            file_name="a.png",
            scheme=scheme,
            recipients=(seats["Bob"].id,),
            submission=str(number),
        )
    return room, seats


def tab_of(seat, key, name):
    """The interceptor's page with this tab open."""
    at = page_of(seat, key)
    at.session_state[f"tab_{seat.id}"] = name
    return at.run()


def choose(at, label, value):
    next(r for r in at.radio if r.label == label).set_value(value)
    return at.run()


def press(at, label):
    next(b for b in at.button if b.label == label).click()
    return at.run()


def texts(at) -> str:
    return "\n".join(str(one.value) for one in (*at.text, *at.caption, *at.code, *at.info))


def run_attack(at, exchange, seat, name):
    """Presses the button, and waits until the thread of the attack has stored what it found."""
    choose(at, "Attack", name)
    press(at, "Run attack")
    for thread in threading.enumerate():
        if thread.name == "attack":
            thread.join(30)
    at.run()
    while "The picture appearing" in texts(at):
        at.run()  # the browser's timer would do that
    return at


def test_every_attack_is_offered_for_every_capture(exchange, lesson):
    room, seats = lesson
    at = tab_of(seats["Eve"], room.key, "Attacks")
    assert [tab.label for tab in at.tabs] == ["Ciphertext", "Statistics", "Attacks", "Tamper"]
    for capture in at.selectbox[0].options:
        at.selectbox[0].select(capture).run()
        (offered,) = [r for r in at.radio if r.label == "Attack"]
        assert list(offered.options) == [one.title for one in ATTACK_CHOICES.values()]
        assert not at.exception
    for name, attack in ATTACK_CHOICES.items():
        choose(at, "Attack", name)
        said = texts(at)
        assert attack.summary in said
        assert attack.needs in said
        assert attack.citation in said


def test_the_statistics_have_words_numbers_and_plots(exchange, lesson):
    room, seats = lesson
    at = tab_of(seats["Eve"], room.key, "Statistics")
    table = at.dataframe[0].value.set_index("Statistic")
    assert table["Verdict"]["Histogram chi-square"] == "far from random"
    assert table["Accepted at 5 %, alone"]["Histogram chi-square"] == "up to 293.2478"
    assert "tests say: far from random at 5 %." in at.warning[0].value
    assert "Equal blocks of 16 bytes: equal pixels stay equal" in texts(at)
    assert "They can show weakness, never strength" in texts(at)
    for plot in ("Histogram", "Neighbouring samples", "Equal blocks", "Bit planes"):
        choose(at, "Plot", plot)
        assert not at.exception
        assert not at.error
        assert "The numbers behind the plot" in [one.label for one in at.expander]


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ("Seal twice and compare", "tests say: far from random"),
        ("Encrypt, test and break", "exact to the last bit"),
    ],
)
def test_experiments_show_their_outcome_until_another_one(exchange, lesson, button, words):
    room, seats = lesson
    at = press(tab_of(seats["Eve"], room.key, "Statistics"), button)
    for _ in range(2):
        said = texts(at) + "\n".join(w.value for w in at.warning)
        assert words in said
        at.run()
    assert not at.exception


def test_a_file_that_is_not_a_picture_gets_a_clear_refusal(exchange, lesson):
    room, seats = lesson
    at = choose(tab_of(seats["Eve"], room.key, "Statistics"), "Test picture", "My own picture")
    at.file_uploader[0].upload("a.png", b"no picture", "image/png").run()
    assert len(at.error) == 1
    assert not at.exception


def test_a_finding_is_there_again_in_a_new_session(exchange, lesson):
    room, seats = lesson
    eve = seats["Eve"]
    at = run_attack(tab_of(eve, room.key, "Attacks"), exchange, eve, "codebook")
    assert any("Broken in" in error.value for error in at.error)
    again = tab_of(eve, room.key, "Attacks")
    assert any("Broken in" in error.value for error in again.error)
    assert "256 public powers are the whole dictionary" in texts(again)
    assert "Your findings about this capture" in texts(again)
    stranger = exchange.lobby.take_seat(room.key, name="Zoe", role="interceptor")
    assert "Your findings" not in texts(tab_of(stranger, room.key, "Attacks"))


def test_hybrid_holds_and_says_why(exchange, lesson):
    room, seats = lesson
    eve = seats["Eve"]
    at = tab_of(eve, room.key, "Attacks")
    at.selectbox[0].select(at.selectbox[0].options[1]).run()
    run_attack(at, exchange, eve, "equality-map")
    assert "Preconditions not met" in [one.value for one in at.success]
    assert "AES-GCM adds a keystream that never" in texts(at)
    assert "Show the arithmetic" not in [one.label for one in at.expander]


def test_the_arithmetic_of_a_sample_is_on_the_page(exchange, lesson):
    room, seats = lesson
    at = tab_of(seats["Eve"], room.key, "Attacks")
    next(n for n in at.number_input if n.label == "Row y").set_value(40).run()
    assert f"m = 150\ne = 7\nn = 3233\nc = {pow(150, 7, 3233)}" in texts(at)
    assert f"≡ {pow(150, 7, 3233)} (mod 3233)" in texts(at)


def test_key_health_waits_for_a_press(exchange, lesson):
    room, seats = lesson
    at = tab_of(seats["Eve"], room.key, "Attacks")
    assert not any("This key" in error.value for error in at.error)
    box = next(s for s in at.selectbox if s.label == "Public key")
    box.select(next(o for o in box.options if "classroom key" in o)).run()
    press(at, "Check this key")
    assert any("This key is broken: Factoring" in error.value for error in at.error)


def test_a_refused_attack_says_so_and_nothing_is_lost(exchange, lesson, monkeypatch):
    room, seats = lesson
    at = tab_of(seats["Eve"], room.key, "Attacks")

    def refuse(*_args):
        raise InputRefused("Try again in a moment.")

    with monkeypatch.context() as fault:
        fault.setattr(type(exchange.interceptor.attacks), "start", refuse)
        press(at, "Run attack")
    assert "Try again in a moment." in [warning.value for warning in at.warning]


def test_an_insiders_key_is_refused_in_words_and_then_taken(exchange, lesson):
    room, seats = lesson
    at = press(tab_of(seats["Eve"], room.key, "Attacks"), "Take the other key of a shared modulus")
    assert any("No key is free" in error.value for error in at.error)
    bob = with_key_panel(page_of(seats["Bob"], room.key), seats["Bob"])
    box = next(s for s in bob.selectbox if s.label == "Classroom key")
    box.select("Weak on purpose: Shared modulus").run()
    assert "the next receiver to choose the same" in texts(bob)
    press(bob, "Use this classroom key")
    press(at, "Take the other key of a shared modulus")
    n, _ = exchange.receiver.keys.own(seats["Bob"]).classroom_key
    assert f"n = {n}" in texts(at)


def test_a_seat_that_is_gone_ends_the_page_not_the_server(exchange, lesson):
    room, seats = lesson
    at = tab_of(seats["Eve"], room.key, "Attacks")
    exchange.lobby.leave(seats["Eve"])
    press(at, "Run attack")
    assert not at.exception
    assert [info.value for info in at.info] == ["Join a channel first"]
    with pytest.raises(SeatGone):
        exchange.interceptor.findings(seats["Eve"])


def test_a_damaged_finding_says_so_and_the_page_goes_on(exchange, lesson, tmp_path):
    room, seats = lesson
    eve = seats["Eve"]
    run_attack(tab_of(eve, room.key, "Attacks"), exchange, eve, "codebook")
    with sqlite3.connect(tmp_path / "channels.db") as db:
        db.execute("UPDATE finding_chunk SET data = zeroblob(length(data))")
    db.close()
    at = tab_of(eve, room.key, "Attacks")
    assert any("finding was damaged" in error.value for error in at.error)
    assert not next(b for b in at.button if b.label == "Run attack").disabled
    at = run_attack(at, exchange, eve, "codebook")
    assert any("Broken in" in error.value for error in at.error)


def test_an_attack_that_runs_is_shown_and_can_be_cancelled(exchange, lesson, monkeypatch):
    room, seats = lesson
    going_on = AttackState("", "codebook", "running", 0.5, "Half of it", None, 1.0)
    states = [going_on, going_on]
    cancelled = []
    monkeypatch.setattr(
        type(exchange.interceptor.attacks), "state", lambda *_: states[0] if states else None
    )
    monkeypatch.setattr(
        type(exchange.interceptor.attacks), "cancel", lambda *_: cancelled.append(states.clear())
    )
    at = tab_of(seats["Eve"], room.key, "Attacks")
    assert next(b for b in at.button if b.label == "Run attack").disabled
    assert "Half of it" in texts(at)
    press(at, "Cancel")
    assert cancelled
    assert not next(b for b in at.button if b.label == "Run attack").disabled


def test_a_reopened_page_shows_the_attack_that_still_runs(exchange, lesson, monkeypatch):
    room, seats = lesson
    hybrid = exchange.interceptor.captures(seats["Eve"])[-1]
    going_on = AttackState(hybrid.id, "wiener", "running", 0.5, "Half of it", None, 1.0)
    monkeypatch.setattr(type(exchange.interceptor.attacks), "state", lambda *_: going_on)
    at = page_of(seats["Eve"], room.key)
    assert at.selectbox[0].value == hybrid.id
    assert "Half of it" in texts(at)
    (offered,) = [r for r in at.radio if r.label == "Attack"]
    assert offered.value == "wiener"
