"""A key instead of another: nothing looks wrong but the safety numbers."""

import numpy as np
import pytest

from exchange import (
    InputRefused,
    NotFound,
)
from rsa_core import KeyPair
from tests.conftest import encoded, photograph
from tests.exchange.deceiving import (
    inbox,
    kinds,
    number_of,
    opened,
    own_number,
    relay,
    samples,
    swap_key,
)

SCHEMES = ("hybrid", "oaep-blocks", "textbook-pixels", "textbook-blocks")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nobody_notices_and_the_interceptor_has_the_picture(lesson, scheme):
    data = encoded(photograph(24, 18))
    swap_key(lesson)
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
    (read,) = lesson.exchange.wire.relaying.readings(lesson.seats["Eve"])
    assert (read.picture_id, read.number, read.receivers) == (sent, 1, "Bob")
    reading = lesson.exchange.wire.relaying.reading(lesson.seats["Eve"], sent)
    assert reading.details.caption == "At the lake"
    if scheme in ("hybrid", "oaep-blocks"):
        assert got.file == reading.file == data
        assert reading.view == data
    else:
        assert reading.file is reading.view is None  # a classroom key was not swapped
    # Each sees a key for the other that is not the other's.
    assert got.proof.safety_number == number_of(lesson, "Bob", "Ada") != own_number(lesson, "Ada")
    assert number_of(lesson, "Ada", "Bob") != own_number(lesson, "Bob")
    # Everyone else sees the true ones.
    assert number_of(lesson, "Cy", "Ada") == own_number(lesson, "Ada")
    assert lesson.exchange.sender.sent(lesson.seats["Ada"])[0].receipts[0].opened_at is not None


def test_other_receivers_of_the_same_picture_are_not_affected(lesson, png):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob", "Cy").id
    got = opened(lesson, "Cy", sent)
    assert got.file == png
    assert got.proof.safety_number == own_number(lesson, "Ada")
    relay(lesson)
    assert opened(lesson, "Bob", sent).file == opened(lesson, "Cy", sent).file == png


def test_two_receivers_can_have_two_interceptors(lesson, png):
    lesson.sit("Zoe", "interceptor")
    swap_key(lesson)
    swap_key(lesson, "Cy", by="Zoe")
    sent = lesson.send("Ada", png, "Bob", "Cy").id
    assert relay(lesson) == 1
    assert inbox(lesson, "Cy") == {}
    assert relay(lesson, "Zoe") == 1
    for name in ("Bob", "Cy"):
        assert opened(lesson, name, sent).file == png
    for name in ("Eve", "Zoe"):
        assert lesson.exchange.wire.relaying.reading(lesson.seats[name], sent).file == png
    with pytest.raises(InputRefused, match="already"):
        swap_key(lesson, by="Zoe")
    with pytest.raises(NotFound):
        lesson.exchange.wire.keys.give_back(lesson.seats["Zoe"], lesson.seats["Bob"].id)


def test_secrets_stay_secret_until_someone_finds_out(lesson, png):
    lesson.exchange.lobby.leave(lesson.seats["Cy"])
    swap_key(lesson)
    lesson.send("Ada", png, "Bob")
    assert kinds(lesson, "Eve")[-2:] == ["swapped key", "sent"]
    assert "swapped key" in kinds(lesson, "Ada")  # she owns the channel
    assert "sent" not in kinds(lesson, "Bob")  # it has not arrived
    last = lesson.exchange.member.news(lesson.seats["Bob"], 0).events[-1].seq
    relay(lesson)
    (told,) = lesson.exchange.member.news(lesson.seats["Bob"], last).events
    assert (told.kind, told.who, told.detail) == ("sent", "Ada", "")
    zed = lesson.sit("Zed", "sender")
    seen = [event.kind for event in lesson.exchange.member.news(zed, 0).events]
    assert not {"swapped key", "relayed"} & set(seen)
    lesson.exchange.wire.keys.give_back(lesson.seats["Eve"], lesson.seats["Bob"].id)
    assert "gave back key" not in kinds(lesson, "Bob")
    assert kinds(lesson, "Eve")[-1] == "gave back key"


def test_hidden_events_hold_nothing_up(lesson, clock):
    """Five hundred hidden rows in a row: the events after them still arrive."""
    swap_key(lesson)
    with lesson.store.write() as unit:
        swap = unit.key_swaps.in_channel(1)[0]
        hidden = {"seat_id": swap.interceptor_id, "detail": "Bob", "about": swap.id}
        for _ in range(1100):
            unit.events.add(1, "swapped key", clock(), **hidden)
    last = lesson.exchange.member.news(lesson.seats["Bob"], 0).events[-1].seq
    assert lesson.exchange.member.news(lesson.seats["Bob"], last).events == ()
    lesson.sit("Zed", "sender")
    told = lesson.exchange.member.news(lesson.seats["Bob"], last).events
    assert [event.kind for event in told] == ["joined"]


def test_the_people_list_shows_a_sender_the_false_key_and_nobody_else(lesson):
    swap_key(lesson)

    def seen(viewer):
        people = lesson.exchange.member.present(lesson.seats[viewer])
        return next(person for person in people if person.name == "Bob").fingerprint

    true = lesson.exchange.receiver.keys.own(lesson.seats["Bob"]).fingerprint
    assert seen("Ada") != true
    assert seen("Bob") == seen("Cy") == seen("Eve") == true
    (known,) = lesson.exchange.wire.keys.swapped(lesson.seats["Eve"])
    assert known.fingerprint == seen("Ada")


def test_altering_and_swapping_keys_go_together(lesson):
    data = encoded(photograph(24, 18))
    swap_key(lesson)
    sent = lesson.send("Ada", data, "Bob", scheme="textbook-pixels").id
    lesson.exchange.wire.tampering.multiply(lesson.seats["Eve"], sent)
    relay(lesson)
    got = samples(opened(lesson, "Bob", sent).file)
    assert (got == np.minimum(photograph(24, 18).astype(int) * 2, 255)).all()
    lesson.exchange.wire.tampering.drop(lesson.seats["Eve"], sent)
    assert inbox(lesson, "Bob") == {}
    lesson.exchange.wire.tampering.let_pass(lesson.seats["Eve"], sent)
    assert (samples(opened(lesson, "Bob", sent).file) == photograph(24, 18)).all()
    assert lesson.exchange.wire.tampering.interventions(lesson.seats["Eve"]) == ()


def test_the_capture_names_the_key_it_is_sealed_for(lesson, png):
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    captured = lesson.exchange.interceptor.capture(lesson.seats["Eve"], sent)
    (known,) = lesson.exchange.wire.keys.swapped(lesson.seats["Eve"])
    assert [key.fingerprint for key in captured.keys] == [known.fingerprint]


def test_only_its_own_readings(lesson, png):
    zoe = lesson.sit("Zoe", "interceptor")
    swap_key(lesson)
    sent = lesson.send("Ada", png, "Bob").id
    relay(lesson)
    assert lesson.exchange.wire.relaying.readings(zoe) == ()
    with pytest.raises(NotFound):
        lesson.exchange.wire.relaying.reading(zoe, sent)
    assert [(one.by, one.mine) for one in lesson.exchange.wire.keys.swapped(zoe)] == [
        ("Eve", False)
    ]


def test_false_keys_at_rest_are_locked(lesson, png, tmp_path):
    made = []
    inner = KeyPair.generate

    def noted(bits=3072):
        made.append(inner(bits))
        return made[-1]

    KeyPair.generate = noted  # the fixture takes its own change back, and this one with it
    swap_key(lesson)
    lesson.send("Ada", png, "Bob")
    relay(lesson)
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(made) == 2
    for pair in made:
        for number in (pair.engine.d, pair.engine.p, pair.engine.q):
            assert int(number).to_bytes(512, "big").lstrip(b"\0") not in files
