"""A key in the place of another: nothing is amiss but the safety numbers."""

import io
import itertools
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from exchange import (
    CannotOpen,
    Damaged,
    Exchange,
    InputRefused,
    KeyChanged,
    NotFound,
    Tampered,
    Unavailable,
    Waiting,
)
from rsa_core import KeyPair
from tests.conftest import encoded, photograph

SCHEMES = ("hybrid", "oaep-blocks", "textbook-pixels", "textbook-blocks")


@pytest.fixture
def lesson(classroom, key_pool, monkeypatch):
    """Ada sends to Bob and Cy; Eve may tamper. Keys made from now on are nobody's yet."""
    classroom.exchange.set_rules(classroom.seats["Ada"], tampering=True)
    pool = itertools.chain(key_pool[3:], iter(lambda: GENERATE(2048), None))
    monkeypatch.setattr(KeyPair, "generate", lambda bits=3072: next(pool))
    for name in ("Bob", "Cy"):
        classroom.exchange.new_classroom_key(classroom.seats[name], 512)
    return classroom


GENERATE = KeyPair.generate


def substitute(room, name="Bob", by="Eve"):
    room.exchange.substitute(room.seats[by], room.seats[name].id)


def relay(room, by="Eve"):
    return room.exchange.relay(room.seats[by])


def inbox(room, name):
    return {item.id: item for item in room.exchange.inbox(room.seats[name])}


def opened(room, name, image_id):
    return room.exchange.open(room.seats[name], image_id)


def number_of(room, viewer, name):
    people = room.exchange.contacts(room.seats[viewer]).people
    return next(person for person in people if person.name == name).safety_number


def own_number(room, name):
    return room.exchange.contacts(room.seats[name]).own_number


def kinds(room, name):
    return [event.kind for event in room.exchange.events_since(room.seats[name], 0)]


def samples(file):
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nobody_notices_and_the_interceptor_has_the_picture(lesson, scheme):
    data = encoded(photograph(24, 18))
    substitute(lesson)
    sent = lesson.send("Ada", data, "Bob", scheme=scheme, caption="At the lake").id
    assert inbox(lesson, "Bob") == {}  # on its way
    with pytest.raises(NotFound):
        opened(lesson, "Bob", sent)
    assert relay(lesson) == 1
    assert relay(lesson) == 0
    got = opened(lesson, "Bob", sent)
    assert (samples(got.file) == photograph(24, 18)).all()
    assert (got.details.caption, got.proof.name, got.proof.compared) == (
        "At the lake",
        "Ada",
        False,
    )
    (read,) = lesson.exchange.readings(lesson.seats["Eve"])
    assert (read.image_id, read.number, read.receivers) == (sent, 1, "Bob")
    reading = lesson.exchange.reading(lesson.seats["Eve"], sent)
    assert reading.details.caption == "At the lake"
    if scheme in ("hybrid", "oaep-blocks"):
        assert got.file == reading.file == data
        assert reading.view == data
    else:
        assert reading.file is reading.view is None  # a classroom key was not exchanged
    # Each sees a key for the other that is not the other's.
    assert got.proof.safety_number == number_of(lesson, "Bob", "Ada") != own_number(lesson, "Ada")
    assert number_of(lesson, "Ada", "Bob") != own_number(lesson, "Bob")
    # Everybody else sees the true ones.
    assert number_of(lesson, "Cy", "Ada") == own_number(lesson, "Ada")
    assert lesson.exchange.sent(lesson.seats["Ada"])[0].receipts[0].opened_at is not None


def test_other_receivers_of_the_same_picture_are_not_affected(lesson, png):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob", "Cy").id
    got = opened(lesson, "Cy", sent)
    assert got.file == png
    assert got.proof.safety_number == own_number(lesson, "Ada")
    relay(lesson)
    assert opened(lesson, "Bob", sent).file == opened(lesson, "Cy", sent).file == png


def test_two_receivers_can_have_two_interceptors(lesson, png):
    lesson.sit("Zoe", "interceptor")
    substitute(lesson)
    substitute(lesson, "Cy", by="Zoe")
    sent = lesson.send("Ada", png, "Bob", "Cy").id
    assert relay(lesson) == 1
    assert inbox(lesson, "Cy") == {}
    assert relay(lesson, "Zoe") == 1
    for name in ("Bob", "Cy"):
        assert opened(lesson, name, sent).file == png
    for name in ("Eve", "Zoe"):
        assert lesson.exchange.reading(lesson.seats[name], sent).file == png
    with pytest.raises(InputRefused, match="already"):
        substitute(lesson, by="Zoe")
    with pytest.raises(NotFound):
        lesson.exchange.give_back(lesson.seats["Zoe"], lesson.seats["Bob"].id)


def test_one_interceptor_before_two_receivers_relays_to_both(lesson, png):
    for name in ("Bob", "Cy"):
        substitute(lesson, name)
    sent = lesson.send("Ada", png, "Bob", "Cy").id
    assert relay(lesson) == 2
    for name in ("Bob", "Cy"):
        assert opened(lesson, name, sent).file == png
    (read,) = lesson.exchange.readings(lesson.seats["Eve"])
    assert read.receivers == "Bob, Cy"


def test_the_relay_goes_on_after_a_restart_of_the_server(lesson, png, tmp_path, clock):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.close()
    again = Exchange.at(f"sqlite:///{tmp_path}/channels.db", clock=clock)
    assert again.relay(lesson.seats["Eve"]) == 1
    assert again.open(lesson.seats["Bob"], sent).file == png
    assert again.reading(lesson.seats["Eve"], sent).file == png
    again.close()


def test_giving_the_true_key_back_relays_first(lesson, png):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    assert opened(lesson, "Bob", sent).file == png
    assert number_of(lesson, "Ada", "Bob") == own_number(lesson, "Bob")
    true = lesson.send("Ada", png, "Bob").id
    assert opened(lesson, "Bob", true).proof.safety_number == own_number(lesson, "Ada")
    assert relay(lesson) == 0
    assert lesson.exchange.readings(lesson.seats["Eve"])[0].image_id == sent
    substitute(lesson)  # and once more
    assert number_of(lesson, "Ada", "Bob") != own_number(lesson, "Bob")


def test_an_interceptor_who_leaves_relays_first(lesson, png):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.leave(lesson.seats["Eve"])
    assert opened(lesson, "Bob", sent).file == png
    assert number_of(lesson, "Ada", "Bob") == own_number(lesson, "Bob")


def test_a_removed_interceptor_leaves_an_honest_obstacle(lesson, png):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.remove_seat(lesson.seats["Ada"], lesson.seats["Eve"].id)
    assert "a key that is not yours" in inbox(lesson, "Bob")[sent].obstacle
    with pytest.raises(CannotOpen, match="not yours"):
        opened(lesson, "Bob", sent)
    again = lesson.send("Ada", png, "Bob").id
    assert opened(lesson, "Bob", again).file == png


def test_what_is_under_way_when_the_owner_forbids_it_still_arrives(lesson, png):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.set_rules(lesson.seats["Ada"], tampering=False)
    assert number_of(lesson, "Ada", "Bob") == own_number(lesson, "Bob")
    assert relay(lesson) == 1
    assert opened(lesson, "Bob", sent).file == png
    true = lesson.send("Ada", png, "Bob").id
    assert opened(lesson, "Bob", true).file == png
    assert len(lesson.exchange.readings(lesson.seats["Eve"])) == 1


def test_secrets_stay_secret_until_somebody_finds_out(lesson, png):
    lesson.exchange.leave(lesson.seats["Cy"])
    substitute(lesson)
    lesson.send("Ada", png, "Bob")
    assert kinds(lesson, "Eve")[-2:] == ["substituted", "sent"]
    assert "substituted" in kinds(lesson, "Ada")  # she owns the channel
    assert "sent" not in kinds(lesson, "Bob")  # it has not arrived
    last = lesson.exchange.events_since(lesson.seats["Bob"], 0)[-1].seq
    relay(lesson)
    (told,) = lesson.exchange.events_since(lesson.seats["Bob"], last)
    assert (told.kind, told.who, told.detail) == ("sent", "Ada", "")
    zed = lesson.sit("Zed", "sender")
    seen = [event.kind for event in lesson.exchange.events_since(zed, 0)]
    assert not {"substituted", "relayed"} & set(seen)
    lesson.exchange.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    assert "gave back" not in kinds(lesson, "Bob")
    assert kinds(lesson, "Eve")[-1] == "gave back"


def test_hidden_events_hold_nothing_up(lesson):
    """Five hundred hidden rows in a row: what comes after them is told all the same."""
    substitute(lesson)
    with lesson.exchange._store.write() as unit:
        eve = unit.substitutions.in_channel(1)[0].interceptor_id
        for _ in range(1100):
            unit.events.add(1, "substituted", lesson.exchange._clock(), seat_id=eve, detail="Bob")
    last = lesson.exchange.events_since(lesson.seats["Bob"], 0)[-1].seq
    assert lesson.exchange.events_since(lesson.seats["Bob"], last) == ()
    lesson.sit("Zed", "sender")
    told = lesson.exchange.events_since(lesson.seats["Bob"], last)
    assert [event.kind for event in told] == ["joined"]


def test_comparing_raises_the_alarm_for_both_and_ends_it(lesson, png, clock):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    opened(lesson, "Bob", sent)
    clock.forward(minutes=5)
    ada, bob = lesson.seats["Ada"], lesson.seats["Bob"]
    assert not lesson.exchange.compare_number(ada, bob.id, own_number(lesson, "Bob"))
    for seat, other, mine in ((ada, "Bob", True), (bob, "Ada", False)):
        (alarm,) = lesson.exchange.alarms(seat)
        assert (alarm.person, alarm.mine, alarm.settled) == (other, mine, False)
        assert (alarm.interceptor, alarm.images_read) == ("Eve", 1)
        assert alarm.since < alarm.raised_at
    for name in ("Cy", "Eve"):
        assert lesson.exchange.alarms(lesson.seats[name]) == ()
        last = lesson.exchange.events_since(lesson.seats[name], 0)[-1]
        assert (last.kind, last.who) == ("alarm", "Ada")
        assert last.detail == "Eve had put another key in the place of Bob's"
    assert "substituted" in kinds(lesson, "Cy")  # now everybody may know
    (kept,) = lesson.exchange.substitutions(lesson.seats["Eve"])
    assert kept.ended_at == kept.discovered_at == clock.now
    # What came through those hands is not to be relied on any more.
    assert "in its sender's stead" in inbox(lesson, "Bob")[sent].obstacle
    # True keys again, and the two can compare again.
    clock.forward(minutes=1)
    assert lesson.exchange.compare_number(ada, bob.id, own_number(lesson, "Bob"))
    assert lesson.exchange.alarms(ada)[0].settled
    assert not lesson.exchange.alarms(bob)[0].settled
    lesson.exchange.compared(bob, ada.id, own_number(lesson, "Ada"))
    assert lesson.exchange.alarms(bob)[0].settled
    true = lesson.send("Ada", png, "Bob").id
    assert opened(lesson, "Bob", true).proof.compared


def test_the_receiver_can_find_it_out_too(lesson, png):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    assert opened(lesson, "Bob", sent).proof.safety_number != own_number(lesson, "Ada")
    lesson.exchange.numbers_differ(lesson.seats["Bob"], lesson.seats["Ada"].id)
    (alarm,) = lesson.exchange.alarms(lesson.seats["Ada"])
    assert (alarm.person, alarm.interceptor, alarm.mine) == ("Bob", "Eve", False)
    lesson.exchange.numbers_differ(lesson.seats["Ada"], lesson.seats["Bob"].id)
    assert kinds(lesson, "Ada").count("alarm") == 1  # it is known already


def test_a_picture_under_way_at_the_alarm_is_not_relayed_any_more(lesson, png):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    lesson.exchange.numbers_differ(lesson.seats["Ada"], lesson.seats["Bob"].id)
    assert relay(lesson) == 0
    assert "a key that is not yours" in inbox(lesson, "Bob")[sent].obstacle


def test_a_key_that_was_compared_before_is_refused_when_it_changes(lesson, png, clock):
    """Both ways: Ada does not send to it, Bob does not open what it signs; each is an alarm."""
    ada, bob = lesson.seats["Ada"], lesson.seats["Bob"]
    lesson.exchange.compared(ada, bob.id, own_number(lesson, "Bob"))
    substitute(lesson)
    with pytest.raises(InputRefused, match="not the one that you compared"):
        lesson.send("Ada", png, "Bob")
    assert lesson.exchange.sent(ada) == ()
    assert [alarm.interceptor for alarm in lesson.exchange.alarms(bob)] == ["Eve"]
    clock.forward(minutes=1)
    assert opened(lesson, "Bob", lesson.send("Ada", png, "Bob").id).file == png

    lesson.exchange.compared(bob, ada.id, own_number(lesson, "Ada"))
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    with pytest.raises(KeyChanged, match="another key than the one that you compared"):
        lesson.exchange.details(bob, sent)
    assert [alarm.interceptor for alarm in lesson.exchange.alarms(ada)] == ["Eve", "Eve"]
    assert "in its sender's stead" in inbox(lesson, "Bob")[sent].obstacle


def test_a_key_that_nobody_compared_is_taken_as_it_comes(lesson, png):
    """In a channel that allows tampering a mere sight pins nothing, before or after."""
    first = lesson.send("Ada", png, "Bob").id
    lesson.exchange.set_rules(lesson.seats["Ada"], tampering=False)
    opened(lesson, "Bob", first)  # pinned
    lesson.exchange.set_rules(lesson.seats["Ada"], tampering=True)
    substitute(lesson)
    second = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    got = opened(lesson, "Bob", second)
    assert got.proof.safety_number != own_number(lesson, "Ada")
    lesson.exchange.compared(lesson.seats["Bob"], lesson.seats["Ada"].id, got.proof.safety_number)
    assert opened(lesson, "Bob", second).proof.compared  # who says so without asking is deceived


def test_a_number_is_compared_digit_by_digit(lesson):
    ada, bob = lesson.seats["Ada"], lesson.seats["Bob"]
    number = own_number(lesson, "Bob")
    with pytest.raises(InputRefused, match="40 digits; what you typed has 10"):
        lesson.exchange.compare_number(ada, bob.id, "12345 67890")
    assert lesson.exchange.compare_number(ada, bob.id, f"  {number.replace(' ', '-')}\n")
    assert lesson.exchange.contacts(ada).people[0].compared
    changed = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not lesson.exchange.compare_number(ada, bob.id, changed)
    (alarm,) = lesson.exchange.alarms(ada)
    assert (alarm.interceptor, alarm.since, alarm.images_read) == ("", None, 0)
    assert not lesson.exchange.contacts(ada).people[0].compared


def test_an_alarm_in_a_private_channel_names_nobody(room, png):
    ada, bob = room.seats["Ada"], room.seats["Bob"]
    sent = room.send("Ada", png, "Bob").id
    room.exchange.open(bob, sent)
    room.exchange.numbers_differ(bob, ada.id)
    for seat in (ada, bob):
        (alarm,) = room.exchange.alarms(seat)
        assert (alarm.interceptor, alarm.settled) == ("", False)
    last = room.exchange.events_since(room.seats["Eve"], 0)[-1]
    assert (last.kind, last.detail) == ("alarm", "the numbers of Bob and Ada differ")
    room.exchange.numbers_differ(ada, bob.id)
    assert len(room.exchange.alarms(ada)) == 1


def test_a_changed_key_stays_refused_after_the_alarm_where_nobody_may_tamper(room, png, key_pool):
    ada, bob = room.seats["Ada"], room.seats["Bob"]
    sent = room.send("Ada", png, "Bob").id
    room.exchange.compared(bob, ada.id, own_number(room, "Ada"))
    with room.exchange._store.write() as unit:
        row = next(s for s in unit.seats.in_channel(1) if s.name == "Ada")
        other = next(k for k in key_pool if k.public.der() != row.public_key)
        unit.seats.set_keys(row.id, public_key=other.public.der(), locked_key=row.locked_key)
    with pytest.raises(KeyChanged):
        room.exchange.open(bob, sent)
    assert len(room.exchange.alarms(bob)) == 1
    with pytest.raises(Exception, match="Refused"):
        room.exchange.open(bob, sent)
    with pytest.raises(InputRefused, match="not the one that was known"):
        room.exchange.compared(bob, ada.id, own_number(room, "Ada"))


def test_a_number_that_is_no_longer_shown_is_not_marked(lesson):
    ada, bob = lesson.seats["Ada"], lesson.seats["Bob"]
    number = own_number(lesson, "Bob")
    substitute(lesson)
    with pytest.raises(InputRefused, match="Another number is shown"):
        lesson.exchange.compared(ada, bob.id, number)


def test_people_compare_with_the_other_side_only(lesson):
    names = {
        name: [person.name for person in lesson.exchange.contacts(lesson.seats[name]).people]
        for name in ("Ada", "Bob", "Eve")
    }
    assert names == {"Ada": ["Bob", "Cy"], "Bob": ["Ada"], "Eve": []}
    assert own_number(lesson, "Eve") == ""
    with pytest.raises(NotFound):
        lesson.exchange.numbers_differ(lesson.seats["Bob"], lesson.seats["Cy"].id)
    with pytest.raises(NotFound):
        lesson.exchange.numbers_differ(lesson.seats["Eve"], lesson.seats["Bob"].id)


def test_the_people_list_shows_a_sender_the_false_key_and_nobody_else(lesson):
    substitute(lesson)

    def seen(viewer):
        people = lesson.exchange.present(lesson.seats[viewer])
        return next(person for person in people if person.name == "Bob").fingerprint

    true = lesson.exchange.own_keys(lesson.seats["Bob"]).fingerprint
    assert seen("Ada") != true
    assert seen("Bob") == seen("Cy") == seen("Eve") == true
    (known,) = lesson.exchange.substitutions(lesson.seats["Eve"])
    assert known.fingerprint == seen("Ada")


def test_altering_and_substituting_go_together(lesson):
    data = encoded(photograph(24, 18))
    substitute(lesson)
    sent = lesson.send("Ada", data, "Bob", scheme="textbook-pixels").id
    lesson.exchange.multiply(lesson.seats["Eve"], sent)
    relay(lesson)
    got = samples(opened(lesson, "Bob", sent).file)
    assert (got == np.minimum(photograph(24, 18).astype(int) * 2, 255)).all()
    lesson.exchange.drop(lesson.seats["Eve"], sent)
    assert inbox(lesson, "Bob") == {}
    lesson.exchange.let_pass(lesson.seats["Eve"], sent)
    assert (samples(opened(lesson, "Bob", sent).file) == photograph(24, 18)).all()
    assert lesson.exchange.interventions(lesson.seats["Eve"]) == ()


def test_the_capture_names_the_key_it_is_sealed_for(lesson, png):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    captured = lesson.exchange.capture(lesson.seats["Eve"], sent)
    (known,) = lesson.exchange.substitutions(lesson.seats["Eve"])
    assert [key.fingerprint for key in captured.keys] == [known.fingerprint]


def test_only_its_own_readings(lesson, png):
    zoe = lesson.sit("Zoe", "interceptor")
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    assert lesson.exchange.readings(zoe) == ()
    with pytest.raises(NotFound):
        lesson.exchange.reading(zoe, sent)
    assert [(one.by, one.mine) for one in lesson.exchange.substitutions(zoe)] == [("Eve", False)]


def test_what_cannot_be_relayed_is_tried_once_and_told_at_the_end(lesson, png, clock, monkeypatch):
    from exchange import relaying
    from rsa_core import DecryptionError

    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    tries = []

    def fails(*_args):
        tries.append(1)
        raise DecryptionError

    with monkeypatch.context() as fault:
        fault.setattr(relaying, "readdress", fails)
        assert relay(lesson) == relay(lesson) == 0
        assert tries == [1]
        lesson.exchange.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    clock.forward(minutes=2)
    assert "a key that is not yours" in inbox(lesson, "Bob")[sent].obstacle


def test_false_keys_at_rest_are_locked(lesson, png, tmp_path):
    made = []
    inner = KeyPair.generate

    def noted(bits=3072):
        made.append(inner(bits))
        return made[-1]

    KeyPair.generate = noted  # the fixture takes its own change back, and this one with it
    substitute(lesson)
    lesson.send("Ada", png, "Bob")
    relay(lesson)
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(made) == 2
    for pair in made:
        for number in (pair.engine.d, pair.engine.p, pair.engine.q):
            assert int(number).to_bytes(512, "big").lstrip(b"\0") not in files


def damage(tmp_path, image_id):
    """Changes one byte of a stored envelope, as a failing disk would."""
    with closing(sqlite3.connect(tmp_path / "channels.db")) as file, file:
        row, data = file.execute(
            "SELECT image_chunk.rowid, data FROM image_chunk JOIN image ON image.id = image_id"
            " WHERE public_id = ?",
            (image_id,),
        ).fetchone()
        changed = bytes((data[0] ^ 1,)) + data[1:]
        file.execute("UPDATE image_chunk SET data = ? WHERE rowid = ?", (changed, row))


def test_a_damaged_picture_holds_no_other_up(lesson, png, tmp_path):
    substitute(lesson)
    broken, whole = (lesson.send("Ada", png, "Bob").id for _ in range(2))
    damage(tmp_path, broken)
    with pytest.raises(Damaged):
        lesson.exchange.capture(lesson.seats["Eve"], broken)
    assert relay(lesson) == 1
    assert relay(lesson) == 0
    assert list(inbox(lesson, "Bob")) == [whole]
    later = lesson.send("Ada", png, "Bob").id
    assert relay(lesson) == 1
    assert opened(lesson, "Bob", later).file == png


def test_the_key_is_given_back_even_when_relaying_fails(lesson, png, monkeypatch):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id

    def fails(*_args):
        raise Unavailable("busy")

    with monkeypatch.context() as fault:
        fault.setattr(type(lesson.exchange), "relay", fails)
        lesson.exchange.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    assert number_of(lesson, "Ada", "Bob") == own_number(lesson, "Bob")
    assert relay(lesson) == 1  # the page's next tick
    assert opened(lesson, "Bob", sent).file == png


def test_a_picture_without_room_is_tried_again_later(lesson, png, clock, monkeypatch):
    from exchange import relaying, sending

    tries = []
    inner = relaying.readdress

    def counted(*args):
        tries.append(1)
        return inner(*args)

    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    monkeypatch.setattr(relaying, "readdress", counted)
    with monkeypatch.context() as full:
        full.setattr(sending, "BYTES_OF_A_CHANNEL", 10)
        assert relay(lesson) == 0
        before = len(tries)
        clock.forward(seconds=5)
        assert relay(lesson) == 0
        assert len(tries) == before
    clock.forward(seconds=5)
    assert relay(lesson) == 1
    assert opened(lesson, "Bob", sent).file == png


def test_what_is_held_up_when_the_owner_forbids_tampering_is_shown_as_such(lesson, png):
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    last = lesson.exchange.events_since(lesson.seats["Bob"], 0)[-1]
    assert last.image_id != sent
    lesson.exchange.set_rules(lesson.seats["Ada"], tampering=False)
    obstacle = inbox(lesson, "Bob")[sent].obstacle
    for part in ("held up on its way", "not yours", "send it again", "remove the interceptor"):
        assert part in obstacle
    with pytest.raises(CannotOpen, match="held up"):
        opened(lesson, "Bob", sent)
    assert [e.image_id for e in lesson.exchange.events_since(lesson.seats["Bob"], last.seq)] == [
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
    from exchange import sending

    inner = sending._sign

    def meanwhile(*args, **more):
        lesson.exchange.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
        clock.forward(seconds=1)
        return inner(*args, **more)

    substitute(lesson)
    with monkeypatch.context() as slow:
        slow.setattr(sending, "_sign", meanwhile)
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
    from exchange import relaying

    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    with monkeypatch.context() as closed:
        closed.setattr(relaying.Relaying, "relay", lambda *_args: 0)
        lesson.exchange.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    clock.forward(minutes=1)
    assert inbox(lesson, "Bob") == {}
    clock.forward(minutes=1)
    assert "held up on its way" in inbox(lesson, "Bob")[sent].obstacle
    assert "sent" in kinds(lesson, "Bob")
    assert relay(lesson) == 1
    assert opened(lesson, "Bob", sent).file == png


@pytest.mark.parametrize("act", ["swap", "replay"])
def test_what_was_relayed_can_be_exchanged_as_well(lesson, png, act):
    """Sealed in blocks nothing names the picture: each opens in the other's place."""
    eve, other = lesson.seats["Eve"], encoded(photograph(24, 18, 3))
    substitute(lesson)
    first = lesson.send("Ada", other, "Bob", scheme="oaep-blocks").id
    second = lesson.send("Ada", png, "Bob", scheme="oaep-blocks").id
    relay(lesson)
    getattr(lesson.exchange, act)(eve, second, first)
    assert opened(lesson, "Bob", second).file == other
    assert inbox(lesson, "Bob")[second].size == len(
        lesson.exchange.envelope(lesson.seats["Bob"], second).data
    )
    if act == "swap":
        assert opened(lesson, "Bob", first).file == png
    safe = [lesson.send("Ada", data, "Bob", scheme="hybrid").id for data in (png, other)]
    relay(lesson)
    lesson.exchange.swap(eve, *safe)
    with pytest.raises(Tampered):
        opened(lesson, "Bob", safe[0])


def test_who_came_after_it_was_over_is_not_told_of_it(lesson, png, clock):
    substitute(lesson)
    lesson.send("Ada", png, "Bob")
    lesson.exchange.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    clock.forward(hours=1)
    dan = lesson.sit("Dan", "sender")
    lesson.exchange.numbers_differ(dan, lesson.seats["Bob"].id)
    for seat in (dan, lesson.seats["Bob"]):
        (alarm,) = lesson.exchange.alarms(seat)
        assert (alarm.interceptor, alarm.since, alarm.images_read) == ("", None, 0)
    assert lesson.exchange.alarms(lesson.seats["Ada"]) == ()
    # Who was there can still find it out.
    lesson.exchange.numbers_differ(lesson.seats["Ada"], lesson.seats["Bob"].id)
    assert lesson.exchange.alarms(lesson.seats["Ada"])[0].interceptor == "Eve"


def test_every_sender_who_was_deceived_by_the_key_is_alarmed(lesson, png, clock):
    """Dan has taken the false key for Bob's: it must not stand once Ada has found out."""
    ada, bob, dan = lesson.seats["Ada"], lesson.seats["Bob"], lesson.sit("Dan", "sender")
    substitute(lesson)
    lesson.send("Dan", png, "Bob")
    for _ in range(2):
        lesson.send("Ada", png, "Bob")
    relay(lesson)
    lesson.exchange.compared(dan, bob.id, number_of(lesson, "Dan", "Bob"))
    lesson.exchange.compared(bob, dan.id, number_of(lesson, "Bob", "Dan"))
    clock.forward(minutes=1)
    late = lesson.sit("Zed", "sender")
    lesson.exchange.numbers_differ(ada, bob.id)

    def told(seat):
        return [
            (one.person, one.interceptor, one.images_read, one.mine, one.compared, one.settled)
            for one in lesson.exchange.alarms(seat)
        ]

    assert told(ada) == [("Bob", "Eve", 2, True, True, False)]
    assert told(dan) == [("Bob", "Eve", 1, False, False, False)]
    assert told(late) == [("Bob", "Eve", 0, False, False, False)]  # was shown the key
    assert sorted(told(bob)) == [
        ("Ada", "Eve", 2, False, True, False),
        ("Dan", "Eve", 1, False, False, False),
        ("Zed", "Eve", 0, False, False, False),
    ]
    assert kinds(lesson, "Cy").count("alarm") == 1
    clock.forward(minutes=1)
    true = lesson.send("Dan", png, "Bob").id
    assert opened(lesson, "Bob", true).file == png
    assert lesson.exchange.compare_number(dan, bob.id, own_number(lesson, "Bob"))
    assert lesson.exchange.alarms(dan)[0].settled
    assert len(told(dan)) == 1


def test_a_true_key_that_another_sender_had_compared_stays_known(lesson, clock):
    bob, dan = lesson.seats["Bob"], lesson.sit("Dan", "sender")
    lesson.exchange.compared(dan, bob.id, own_number(lesson, "Bob"))
    substitute(lesson)
    clock.forward(minutes=1)
    lesson.exchange.numbers_differ(lesson.seats["Ada"], bob.id)
    people = lesson.exchange.contacts(dan).people
    assert [one.compared for one in people if one.name == "Bob"] == [True]


def test_a_name_that_is_somebody_elses_by_now_gives_nothing_away(lesson, png, clock):
    """What is known of the first Bob says nothing of the second."""
    substitute(lesson)
    old = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    lesson.exchange.numbers_differ(lesson.seats["Ada"], lesson.seats["Bob"].id)
    lesson.exchange.remove_seat(lesson.seats["Ada"], lesson.seats["Bob"].id)
    clock.forward(minutes=1)
    bob, cy = lesson.sit("Bob", "receiver"), lesson.seats["Cy"]
    last = lesson.exchange.events_since(cy, 0)[-1].seq
    assert {"substituted", "relayed"} <= set(kinds(lesson, "Cy"))  # of the first
    substitute(lesson)
    new = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    lesson.exchange.give_back(lesson.seats["Eve"], bob.id)
    told = lesson.exchange.events_since(cy, last)
    assert [event.kind for event in told] == ["sent"]
    told = lesson.exchange.events_since(bob, 0)
    assert [e.image_id for e in told if e.kind == "sent"] == [old, new]
    assert [e.image_id for e in told if e.kind == "relayed"] == [old]


def test_who_was_not_let_in_yet_has_no_part_in_it(lesson):
    exchange, ada = lesson.exchange, lesson.seats["Ada"]
    exchange.set_rules(ada, approval=True)
    wen = lesson.sit("Wen", "receiver")
    with pytest.raises(InputRefused, match="not let this receiver in"):
        substitute(lesson, "Wen")
    assert exchange.contacts(wen).people == ()
    assert "Wen" not in [person.name for person in exchange.contacts(ada).people]
    for act in (
        lambda: exchange.compared(wen, ada.id, own_number(lesson, "Ada")),
        lambda: exchange.compare_number(wen, ada.id, own_number(lesson, "Ada")),
        lambda: exchange.numbers_differ(wen, ada.id),
    ):
        with pytest.raises(Waiting):
            act()
    with pytest.raises(NotFound):
        exchange.numbers_differ(ada, wen.id)
    assert "alarm" not in kinds(lesson, "Ada")
    exchange.approve(ada, wen.id)
    substitute(lesson, "Wen")
    exchange.numbers_differ(wen, ada.id)
    assert exchange.alarms(ada)[0].interceptor == "Eve"


@pytest.mark.parametrize("compared", [False, True])
def test_what_was_relayed_stays_valid_when_tampering_is_over(lesson, png, compared):
    """Only a key that was compared is a reason to refuse it, not one that was merely seen."""
    exchange, ada, bob = lesson.exchange, lesson.seats["Ada"], lesson.seats["Bob"]
    exchange.set_rules(ada, tampering=False)
    opened(lesson, "Bob", lesson.send("Ada", png, "Bob").id)  # seen, and pinned
    exchange.set_rules(ada, tampering=True)
    substitute(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    exchange.set_rules(ada, tampering=False)
    if compared:
        exchange.compared(bob, ada.id, own_number(lesson, "Ada"))
        with pytest.raises(KeyChanged):
            opened(lesson, "Bob", sent)
    else:
        assert opened(lesson, "Bob", sent).file == png
        assert not opened(lesson, "Bob", sent).proof.compared
