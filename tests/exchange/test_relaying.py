"""Relaying: what was sealed for a false key arrives, waits, or is shown for what it is."""

import sqlite3
from contextlib import closing

import pytest

from exchange import (
    CannotOpen,
    Damaged,
    Exchange,
    KeyChanged,
    Limits,
    Tampered,
    Unavailable,
)
from tests.conftest import encoded, photograph
from tests.exchange.deceiving import inbox, kinds, number_of, opened, own_number, relay, swap_key


def test_one_interceptor_before_two_receivers_relays_to_both(lesson, png):
    for name in ("Bob", "Cy"):
        swap_key(lesson, name)
    sent = lesson.send("Ada", png, "Bob", "Cy").id
    assert relay(lesson) == 2
    for name in ("Bob", "Cy"):
        assert opened(lesson, name, sent).file == png
    (read,) = lesson.exchange.wire.relaying.readings(lesson.seats["Eve"])
    assert read.receivers == "Bob, Cy"


def test_the_relay_goes_on_after_a_restart_of_the_server(lesson, png, tmp_path, clock):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.close()
    again = Exchange.at(f"sqlite:///{tmp_path}/channels.db", clock=clock)
    assert again.wire.relaying.relay(lesson.seats["Eve"]) == 1
    assert again.receiver.open(lesson.seats["Bob"], sent).file == png
    assert again.wire.relaying.reading(lesson.seats["Eve"], sent).file == png
    again.close()


def test_giving_the_true_key_back_relays_first(lesson, png):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.wire.keys.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    assert opened(lesson, "Bob", sent).file == png
    assert number_of(lesson, "Ada", "Bob") == own_number(lesson, "Bob")
    true = lesson.send("Ada", png, "Bob").id
    assert opened(lesson, "Bob", true).proof.safety_number == own_number(lesson, "Ada")
    assert relay(lesson) == 0
    assert lesson.exchange.wire.relaying.readings(lesson.seats["Eve"])[0].picture_id == sent
    swap_key(lesson)  # and once more
    assert number_of(lesson, "Ada", "Bob") != own_number(lesson, "Bob")


def test_an_interceptor_who_leaves_relays_first(lesson, png):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.lobby.leave(lesson.seats["Eve"])
    assert opened(lesson, "Bob", sent).file == png
    assert number_of(lesson, "Ada", "Bob") == own_number(lesson, "Bob")


def test_a_removed_interceptor_leaves_an_honest_obstacle(lesson, png):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.owner.remove_seat(lesson.seats["Ada"], lesson.seats["Eve"].id)
    assert "a key that is not yours" in inbox(lesson, "Bob")[sent].obstacle
    with pytest.raises(CannotOpen, match="not yours"):
        opened(lesson, "Bob", sent)
    again = lesson.send("Ada", png, "Bob").id
    assert opened(lesson, "Bob", again).file == png


def test_what_is_under_way_when_the_owner_forbids_it_still_arrives(lesson, png):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.owner.set_rules(lesson.seats["Ada"], tampering=False)
    assert number_of(lesson, "Ada", "Bob") == own_number(lesson, "Bob")
    assert relay(lesson) == 1
    assert opened(lesson, "Bob", sent).file == png
    true = lesson.send("Ada", png, "Bob").id
    assert opened(lesson, "Bob", true).file == png
    assert len(lesson.exchange.wire.relaying.readings(lesson.seats["Eve"])) == 1


def test_what_cannot_be_relayed_is_tried_once_and_reported_at_the_end(
    lesson, png, clock, monkeypatch
):
    from exchange.wire import relaying
    from rsa_core import DecryptionError

    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    tries = []

    def fails(*_args):
        tries.append(1)
        raise DecryptionError

    with monkeypatch.context() as fault:
        fault.setattr(relaying, "readdress", fails)
        assert relay(lesson) == relay(lesson) == 0
        assert tries == [1]
        lesson.exchange.wire.keys.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    clock.forward(minutes=2)
    assert "a key that is not yours" in inbox(lesson, "Bob")[sent].obstacle


def damage(tmp_path, picture_id):
    """Changes one byte of a stored envelope, as a failing disk would."""
    with closing(sqlite3.connect(tmp_path / "channels.db")) as file, file:
        row, data = file.execute(
            "SELECT picture_chunk.rowid, data FROM picture_chunk"
            " JOIN picture ON picture.id = picture_id WHERE public_id = ?",
            (picture_id,),
        ).fetchone()
        changed = bytes((data[0] ^ 1,)) + data[1:]
        file.execute("UPDATE picture_chunk SET data = ? WHERE rowid = ?", (changed, row))


def test_a_damaged_picture_does_not_hold_up_others(lesson, png, tmp_path):
    swap_key(lesson)
    broken, whole = (lesson.send("Ada", png, "Bob").id for _ in range(2))
    damage(tmp_path, broken)
    with pytest.raises(Damaged):
        lesson.exchange.interceptor.capture(lesson.seats["Eve"], broken)
    assert relay(lesson) == 1
    assert relay(lesson) == 0
    assert list(inbox(lesson, "Bob")) == [whole]
    later = lesson.send("Ada", png, "Bob").id
    assert relay(lesson) == 1
    assert opened(lesson, "Bob", later).file == png


def test_the_key_is_given_back_even_when_relaying_fails(lesson, png, monkeypatch):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id

    def fails(*_args):
        raise Unavailable("busy")

    with monkeypatch.context() as fault:
        fault.setattr(type(lesson.exchange.wire.relaying), "relay", fails)
        lesson.exchange.wire.keys.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    assert number_of(lesson, "Ada", "Bob") == own_number(lesson, "Bob")
    assert relay(lesson) == 1  # the page's next tick
    assert opened(lesson, "Bob", sent).file == png


def test_a_picture_without_room_is_tried_again_later(lesson, png, clock, monkeypatch):
    from exchange.wire import relaying

    tries = []
    inner = relaying.readdress

    def counted(*args):
        tries.append(1)
        return inner(*args)

    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    monkeypatch.setattr(relaying, "readdress", counted)
    roomy = lesson.exchange
    lesson.exchange = Exchange(lesson.store, clock, limits=Limits(channel=10))
    assert relay(lesson) == 0
    before = len(tries)
    clock.forward(seconds=5)
    assert relay(lesson) == 0
    assert len(tries) == before
    clock.forward(seconds=5)
    assert relay(lesson) == 0
    assert len(tries) == 2 * before > 0
    lesson.exchange = roomy
    assert relay(lesson) == 1
    assert opened(lesson, "Bob", sent).file == png


def test_what_is_held_up_when_the_owner_forbids_tampering_is_shown_as_such(lesson, png):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    last = lesson.exchange.member.news(lesson.seats["Bob"], 0).events[-1]
    assert last.picture_id != sent
    lesson.exchange.owner.set_rules(lesson.seats["Ada"], tampering=False)
    obstacle = inbox(lesson, "Bob")[sent].obstacle
    for part in ("held up on its way", "not yours", "send it again", "remove the interceptor"):
        assert part in obstacle
    with pytest.raises(CannotOpen, match="held up"):
        opened(lesson, "Bob", sent)
    assert [
        e.picture_id for e in lesson.exchange.member.news(lesson.seats["Bob"], last.seq).events
    ] == [
        sent,
        "",
    ]
    assert relay(lesson) == 1  # its page is open again
    assert opened(lesson, "Bob", sent).file == png
    assert kinds(lesson, "Bob").count("sent") == 1


def test_what_is_sealed_while_the_key_is_given_back_is_relayed_next(
    lesson, png, clock, monkeypatch
):
    """Ada's page has sealed already when Eve gives the key back, and commits after that."""
    from exchange import sender

    inner = sender.sign

    def meanwhile(*args, **more):
        lesson.exchange.wire.keys.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
        clock.forward(seconds=1)
        return inner(*args, **more)

    swap_key(lesson)
    with monkeypatch.context() as slow:
        slow.setattr(sender, "sign", meanwhile)
        sent = lesson.send("Ada", png, "Bob").id
    assert inbox(lesson, "Bob") == {}
    assert "sent" not in kinds(lesson, "Bob")
    clock.forward(seconds=30)
    assert inbox(lesson, "Bob") == {}
    assert relay(lesson) == 1
    assert opened(lesson, "Bob", sent).file == png


def test_what_is_not_relayed_after_the_key_was_given_back_is_shown_as_such(
    lesson, png, clock, monkeypatch
):
    from exchange.wire import relaying

    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    with monkeypatch.context() as closed:
        closed.setattr(relaying.Relaying, "relay", lambda *_args: 0)
        lesson.exchange.wire.keys.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    clock.forward(minutes=1)
    assert inbox(lesson, "Bob") == {}
    clock.forward(minutes=1)
    assert "held up on its way" in inbox(lesson, "Bob")[sent].obstacle
    assert "sent" in kinds(lesson, "Bob")
    assert relay(lesson) == 1
    assert opened(lesson, "Bob", sent).file == png


@pytest.mark.parametrize("act", ["swap", "replay"])
def test_a_relayed_picture_can_be_swapped_too(lesson, png, act):
    """Sealed in blocks nothing names the picture: each opens in the other's place."""
    eve, other = lesson.seats["Eve"], encoded(photograph(24, 18, 3))
    swap_key(lesson)
    first = lesson.send("Ada", other, "Bob", scheme="oaep-blocks").id
    second = lesson.send("Ada", png, "Bob", scheme="oaep-blocks").id
    relay(lesson)
    getattr(lesson.exchange.wire.tampering, act)(eve, second, first)
    assert opened(lesson, "Bob", second).file == other
    assert inbox(lesson, "Bob")[second].size == len(
        lesson.exchange.receiver.envelope(lesson.seats["Bob"], second).data
    )
    if act == "swap":
        assert opened(lesson, "Bob", first).file == png
    safe = [lesson.send("Ada", data, "Bob", scheme="hybrid").id for data in (png, other)]
    relay(lesson)
    lesson.exchange.wire.tampering.swap(eve, *safe)
    with pytest.raises(Tampered):
        opened(lesson, "Bob", safe[0])


@pytest.mark.parametrize("compared", [False, True])
def test_what_was_relayed_stays_valid_when_tampering_is_over(lesson, png, compared):
    """Only a key that was compared is a reason to refuse it, not one that was merely seen."""
    exchange, ada, bob = lesson.exchange, lesson.seats["Ada"], lesson.seats["Bob"]
    exchange.owner.set_rules(ada, tampering=False)
    opened(lesson, "Bob", lesson.send("Ada", png, "Bob").id)  # seen, and pinned
    exchange.owner.set_rules(ada, tampering=True)
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    exchange.owner.set_rules(ada, tampering=False)
    if compared:
        exchange.member.safety.compared(bob, ada.id, own_number(lesson, "Ada"))
        with pytest.raises(KeyChanged):
            opened(lesson, "Bob", sent)
    else:
        assert opened(lesson, "Bob", sent).file == png
        assert not opened(lesson, "Bob", sent).proof.compared
