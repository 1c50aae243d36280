"""What an interceptor does on the way: taken by textbook schemes, refused by hybrid, undone."""

import io

import numpy as np
import pytest
from PIL import Image

from exchange import Exchange, InputRefused, Limits, NotFound, Tampered, Unavailable, WrongRole
from tests.conftest import encoded, photograph

SCHEMES = ("textbook-pixels", "textbook-blocks", "oaep-blocks", "hybrid")
KINDS = ("flip", "multiply", "swap", "replay", "drop")
TEXTBOOK = ("textbook-pixels", "textbook-blocks")


@pytest.fixture
def lesson(classroom):
    """The owner allows tampering, and Bob and Cy have a key that blocks can use."""
    classroom.exchange.owner.set_rules(classroom.seats["Ada"], tampering=True)
    for name in ("Bob", "Cy"):
        classroom.exchange.receiver.keys.new_classroom_key(classroom.seats[name], 512)
    return classroom


def samples(opened) -> np.ndarray:
    with Image.open(io.BytesIO(opened.file)) as picture:
        return np.asarray(picture)


def opened(room, name, picture_id):
    return room.exchange.receiver.open(room.seats[name], picture_id)


def two(room, scheme):
    """An older picture and a newer one of the same scheme; their bytes and ids."""
    pictures = [encoded(photograph(40, 30, seed)) for seed in (1, 2)]
    return pictures, [
        room.send("Ada", data, "Bob", "Cy", scheme=scheme, file_name=f"{n}.png").id
        for n, data in enumerate(pictures)
    ]


def act(room, kind, picture_id, other_id):
    exchange, eve = room.exchange, room.seats["Eve"]
    match kind:
        case "flip":
            exchange.wire.tampering.flip(eve, picture_id)
        case "multiply":
            exchange.wire.tampering.multiply(eve, picture_id, 2)
        case "drop":
            exchange.wire.tampering.drop(eve, picture_id)
        case _:
            getattr(exchange.wire.tampering, kind)(eve, picture_id, other_id)


def stored(room, picture_id):
    with room.store.read() as unit:
        picture = unit.pictures.get(1, picture_id)
        return (
            picture.sha256,
            picture.size,
            unit.pictures.content(1, picture_id),
            unit.pictures.records(1, picture_id),
        )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_on_every_scheme_and_back(lesson, kind, scheme):
    """What the receivers get, that the original stays, and that it arrives when taken back."""
    pictures, (old, new) = two(lesson, scheme)
    before = [stored(lesson, picture_id) for picture_id in (old, new)]
    first = samples(opened(lesson, "Bob", new))
    act(lesson, kind, new, old)
    for name in ("Bob", "Cy"):
        inbox = {item.id: item for item in lesson.exchange.receiver.inbox(lesson.seats[name])}
        if kind == "drop":
            assert new not in inbox
            with pytest.raises(NotFound):
                opened(lesson, name, new)
            with pytest.raises(NotFound):
                lesson.exchange.receiver.envelope(lesson.seats[name], new)
        elif scheme == "hybrid" or (scheme == "oaep-blocks" and kind in ("flip", "multiply")):
            with pytest.raises(Tampered):
                opened(lesson, name, new)
        else:
            altered = opened(lesson, name, new)
            assert not altered.authenticated
            assert altered.details.file_name == "1.png"
            assert (samples(altered) != first).any()
            if kind in ("swap", "replay"):
                assert (samples(altered) == photograph(40, 30, 1)).all()
    assert [stored(lesson, picture_id) for picture_id in (old, new)] == before
    if kind == "swap":
        assert len(lesson.exchange.wire.tampering.interventions(lesson.seats["Eve"])) == 2
    lesson.exchange.wire.tampering.let_pass(lesson.seats["Eve"], new)
    assert lesson.exchange.wire.tampering.interventions(lesson.seats["Eve"]) == ()
    assert [stored(lesson, picture_id) for picture_id in (old, new)] == before
    for name in ("Bob", "Cy"):
        again = opened(lesson, name, new)
        assert (samples(again) == first).all()
        if scheme in ("hybrid", "oaep-blocks"):
            assert again.file == pictures[1]
    assert (
        len(lesson.exchange.sender.sent(lesson.seats["Ada"])) == 2
    )  # the sender never sees anything


def test_the_altered_samples_are_exactly_those_of_the_arithmetic(lesson):
    _, (_, new) = two(lesson, "textbook-pixels")
    original = samples(opened(lesson, "Bob", new))
    lesson.exchange.wire.tampering.multiply(lesson.seats["Eve"], new, 3)
    brighter = samples(opened(lesson, "Bob", new))
    assert (brighter == np.minimum(original.astype(int) * 3, 255)).all()
    lesson.exchange.wire.tampering.flip(lesson.seats["Eve"], new, "band")
    flipped = samples(opened(lesson, "Cy", new))
    changed = np.flatnonzero((flipped != original).any(axis=(1, 2)))
    assert changed.tolist() == list(range(11, 18))  # rows 30 * 3/8 to 30 * 5/8


def test_changing_places_changes_both(lesson):
    pictures, (old, new) = two(lesson, "oaep-blocks")
    lesson.exchange.wire.tampering.swap(lesson.seats["Eve"], old, new)
    found = [opened(lesson, "Bob", picture_id) for picture_id in (old, new)]
    assert [one.file for one in found] == pictures[::-1]
    assert [one.details.file_name for one in found] == ["0.png", "1.png"]
    lesson.exchange.wire.tampering.let_pass(
        lesson.seats["Eve"], new
    )  # either end of it is the whole act
    assert [opened(lesson, "Bob", picture_id).file for picture_id in (old, new)] == pictures


def test_the_refusal_says_what_was_noticed_and_what_to_do(lesson):
    _, (_, new) = two(lesson, "hybrid")
    lesson.exchange.wire.tampering.flip(lesson.seats["Eve"], new)
    with pytest.raises(Tampered) as refused:
        opened(lesson, "Bob", new)
    for words in ("changed on its way", "Nothing of it is shown", "Ask the sender"):
        assert words in str(refused.value)
    assert kinds(lesson, "Ada")[-2:] == ["flipped", "refused"]


def test_every_act_is_an_event_for_everyone_and_names_its_author(lesson):
    _, (old, new) = two(lesson, "textbook-pixels")
    for kind in KINDS:
        act(lesson, kind, new, old)
    lesson.exchange.wire.tampering.let_pass(lesson.seats["Eve"], new)
    for name in ("Ada", "Bob", "Eve"):
        events = lesson.exchange.member.news(lesson.seats[name], 0).events[-6:]
        assert {(event.who, event.picture_id) for event in events} == {("Eve", new)}
        assert [(event.kind, event.detail) for event in events] == [
            ("flipped", "capture 2: one bit of each residue in a square in the middle"),
            ("multiplied", "capture 2: every residue by 2^e"),
            ("swapped", "capture 2: with capture 1"),
            ("replayed", "capture 2: capture 1"),
            ("dropped", "capture 2"),
            ("let pass", "capture 2"),
        ]


def test_the_newest_act_counts_whoever_did_it(lesson):
    zoe = lesson.sit("Zoe", "interceptor")
    _, (old, new) = two(lesson, "textbook-pixels")
    lesson.exchange.wire.tampering.swap(lesson.seats["Eve"], old, new)
    lesson.exchange.wire.tampering.drop(zoe, old)
    (only,) = lesson.exchange.wire.tampering.interventions(lesson.seats["Eve"])
    assert (only.picture_id, only.kind, only.by, only.mine) == (old, "drop", "Zoe", False)
    lesson.exchange.wire.tampering.let_pass(lesson.seats["Eve"], old)
    assert lesson.exchange.wire.tampering.interventions(zoe) == ()


def test_forbidding_it_suspends_everything_and_allowing_it_brings_everything_back(lesson):
    _, (old, new) = two(lesson, "textbook-pixels")
    ada, bob, eve = (lesson.seats[name] for name in ("Ada", "Bob", "Eve"))
    original = samples(opened(lesson, "Bob", new))
    lesson.exchange.wire.tampering.multiply(eve, new)
    lesson.exchange.wire.tampering.drop(eve, old)
    names = {item.id: item.delivery for item in lesson.exchange.receiver.inbox(bob)}
    lesson.exchange.owner.set_rules(ada, tampering=False)
    assert (samples(opened(lesson, "Bob", new)) == original).all()
    resting = {item.id: item.delivery for item in lesson.exchange.receiver.inbox(bob)}
    assert resting == {old: "", new: ""}
    assert [one.rests for one in lesson.exchange.wire.tampering.interventions(eve)] == [True, True]
    for kind in KINDS:
        with pytest.raises(InputRefused, match="does not allow"):
            act(lesson, kind, new, old)
    lesson.exchange.owner.set_rules(ada, tampering=True)
    assert {item.id: item.delivery for item in lesson.exchange.receiver.inbox(bob)} == names
    assert names[new]
    assert (samples(opened(lesson, "Bob", new)) != original).any()


def test_off_until_the_owner_allows_it(classroom, png):
    sent = classroom.send("Ada", png, "Bob")
    for kind in KINDS:
        with pytest.raises(InputRefused, match="does not allow"):
            act(classroom, kind, sent.id, sent.id)
    with pytest.raises(InputRefused, match="does not allow"):
        classroom.exchange.wire.keys.swap(classroom.seats["Eve"], classroom.seats["Bob"].id)
    assert not classroom.seats["Ada"].channel.tampering


def test_never_in_a_private_channel(room, png):
    sent = room.send("Ada", png, "Bob")
    with pytest.raises(InputRefused, match="Only in a classroom channel"):
        room.exchange.owner.set_rules(room.seats["Ada"], tampering=True)
    room.exchange.owner.set_rules(room.seats["Ada"], tampering=False)
    for kind in KINDS:
        with pytest.raises(InputRefused, match="Only in a classroom channel"):
            act(room, kind, sent.id, sent.id)
    with pytest.raises(InputRefused, match="Only in a classroom channel"):
        room.exchange.wire.keys.swap(room.seats["Eve"], room.seats["Bob"].id)
    assert room.exchange.receiver.open(room.seats["Bob"], sent.id).file == png


@pytest.mark.parametrize("name", ["Ada", "Bob"])
def test_only_interceptors_tamper(lesson, name):
    _, (old, new) = two(lesson, "textbook-pixels")
    exchange, seat = lesson.exchange, lesson.seats[name]
    acts = (
        lambda: exchange.wire.tampering.flip(seat, new),
        lambda: exchange.wire.tampering.multiply(seat, new),
        lambda: exchange.wire.tampering.swap(seat, new, old),
        lambda: exchange.wire.tampering.replay(seat, new, old),
        lambda: exchange.wire.tampering.drop(seat, new),
        lambda: exchange.wire.tampering.let_pass(seat, new),
        lambda: exchange.wire.tampering.interventions(seat),
        lambda: exchange.wire.tampering.on_its_way(seat, new),
        lambda: exchange.wire.keys.swap(seat, lesson.seats["Bob"].id),
        lambda: exchange.wire.keys.give_back(seat, lesson.seats["Bob"].id),
        lambda: exchange.wire.relaying.relay(seat),
        lambda: exchange.wire.relaying.reading(seat, new),
    )
    for one in acts:
        with pytest.raises(WrongRole):
            one()


def test_a_capture_of_another_channel_is_not_found(lesson, open_room, png):
    other = open_room("classroom")
    other.sit("Ada", "sender")
    other.sit("Bob", "receiver")
    theirs = other.send("Ada", png, "Bob", scheme="textbook-pixels").id
    _, (old, new) = two(lesson, "textbook-pixels")
    for kind in KINDS:
        with pytest.raises(NotFound):
            act(lesson, kind, theirs, old)
    for kind in ("swap", "replay"):
        with pytest.raises(NotFound):
            act(lesson, kind, new, theirs)
    assert lesson.exchange.wire.tampering.interventions(lesson.seats["Eve"]) == ()


def test_a_bad_combination_gets_one_sentence(lesson, png):
    exchange, eve = lesson.exchange, lesson.seats["Eve"]
    lesson.sit("Zed", "sender")
    _, (old, new) = two(lesson, "textbook-pixels")
    hybrid = lesson.send("Ada", png, "Bob").id
    zeds = lesson.send("Zed", png, "Bob", scheme="textbook-pixels").id
    for other in (new, hybrid):
        with pytest.raises(InputRefused, match="the same scheme"):
            exchange.wire.tampering.swap(eve, new, other)
    for picture, other in ((old, new), (new, new), (zeds, new), (hybrid, new)):
        with pytest.raises(InputRefused, match="earlier capture"):
            exchange.wire.tampering.replay(eve, picture, other)
    with pytest.raises(InputRefused, match="region"):
        exchange.wire.tampering.flip(eve, new, "corner")
    with pytest.raises(InputRefused, match="factor"):
        exchange.wire.tampering.multiply(eve, new, 1)
    for refuse in (exchange.wire.tampering.let_pass, exchange.wire.tampering.on_its_way):
        with pytest.raises(InputRefused, match="Nothing is being done"):
            refuse(eve, new)


def test_the_interceptor_sees_what_goes_on(lesson):
    exchange, eve = lesson.exchange, lesson.seats["Eve"]
    _, (old, new) = two(lesson, "textbook-pixels")
    captured = exchange.interceptor.capture(eve, new)
    exchange.wire.tampering.multiply(eve, new)
    way = exchange.wire.tampering.on_its_way(eve, new)
    assert way.envelope == exchange.receiver.envelope(lesson.seats["Bob"], new).data
    assert way.envelope != captured.envelope == exchange.interceptor.capture(eve, new).envelope
    assert way.file_name.startswith("altered-2-")
    exchange.wire.tampering.replay(eve, new, old)
    assert (
        exchange.wire.tampering.on_its_way(eve, new).envelope
        == exchange.interceptor.capture(eve, old).envelope
    )
    exchange.wire.tampering.drop(eve, new)
    assert exchange.wire.tampering.on_its_way(eve, new) is None


def test_the_delivery_is_renamed_whenever_something_else_arrives(lesson):
    _, (_, new) = two(lesson, "textbook-pixels")
    bob, eve = lesson.seats["Bob"], lesson.seats["Eve"]
    names = [next(i for i in lesson.exchange.receiver.inbox(bob) if i.id == new).delivery]
    for factor in (2, 3):
        lesson.exchange.wire.tampering.multiply(eve, new, factor)
        names.append(next(i for i in lesson.exchange.receiver.inbox(bob) if i.id == new).delivery)
    assert len(set(names)) == 3


def test_a_replayed_picture_goes_when_its_source_goes(lesson):
    """Bytes that should be gone are not kept under another picture's name."""
    data = encoded(photograph(40, 30, 1))
    old = lesson.send(
        "Ada", data, "Bob", scheme="textbook-pixels", remove_after="the first opening"
    ).id
    new = lesson.send("Ada", encoded(photograph(40, 30, 2)), "Bob", scheme="textbook-pixels").id
    lesson.exchange.wire.tampering.replay(lesson.seats["Eve"], new, old)
    opened(lesson, "Bob", old)
    lesson.exchange.cleaning.purge()
    assert (samples(opened(lesson, "Bob", new)) == photograph(40, 30, 2)).all()
    assert lesson.exchange.wire.tampering.interventions(lesson.seats["Eve"]) == ()


def test_the_channels_quota_counts_what_arrives_instead(lesson, clock):
    _, (_, new) = two(lesson, "textbook-pixels")
    eve = lesson.seats["Eve"]

    def limited(size):
        """The same store under another limit."""
        lesson.exchange = Exchange(lesson.store, clock, limits=Limits(channel=size))
        return lesson.exchange.wire.tampering

    with lesson.store.read() as unit:
        used = unit.pictures.total_bytes(1)
    with pytest.raises(InputRefused, match="limit"):
        limited(used + 1_000).multiply(eve, new)
    limited(2 * used).multiply(eve, new)
    with lesson.store.read() as unit:
        both = used + unit.interventions.total_bytes(1)
    tampering, data = limited(both + 1_000), encoded(photograph(20, 20, 5))
    with pytest.raises(InputRefused, match="limit"):
        lesson.send("Ada", data, "Bob", scheme="textbook-pixels")
    tampering.let_pass(eve, new)
    lesson.send("Ada", data, "Bob", scheme="textbook-pixels")


def test_a_damaged_intervention_is_no_picture(lesson, tmp_path):
    import sqlite3

    _, (_, new) = two(lesson, "textbook-pixels")
    lesson.exchange.wire.tampering.multiply(lesson.seats["Eve"], new)
    db = sqlite3.connect(tmp_path / "channels.db")
    db.execute("UPDATE intervention_chunk SET data = zeroblob(length(data))")
    db.commit()
    db.close()
    with pytest.raises(Unavailable, match="damaged"):
        opened(lesson, "Bob", new)


def test_a_key_that_was_never_in_it_cannot_open_what_arrives(lesson):
    """A swap with a capture for other keys: the receiver reads that it is not for them."""
    exchange = lesson.exchange
    mine = lesson.send("Ada", encoded(photograph(9, 9, 1)), "Bob", scheme="textbook-pixels").id
    cys = lesson.send("Ada", encoded(photograph(9, 9, 2)), "Cy", scheme="textbook-pixels").id
    exchange.wire.tampering.swap(lesson.seats["Eve"], mine, cys)
    with pytest.raises(Exception, match="not encrypted for any classroom key"):
        opened(lesson, "Bob", mine)


def kinds(room, name):
    return [event.kind for event in room.exchange.member.news(room.seats[name], 0).events]


def test_a_capture_keeps_its_number_when_another_is_removed(classroom, png):
    """What the event list says of capture 3 goes on meaning the same picture."""
    eve = classroom.seats["Eve"]
    first = classroom.send("Ada", png, "Bob", remove_after="the first opening")
    second = classroom.send("Ada", png, "Bob")
    numbers = {
        capture.id: capture.number for capture in classroom.exchange.interceptor.captures(eve)
    }
    assert numbers == {first.id: 1, second.id: 2}
    classroom.exchange.receiver.open(classroom.seats["Bob"], first.id)
    classroom.exchange.cleaning.purge()
    (left,) = classroom.exchange.interceptor.captures(eve)
    assert (left.id, left.number) == (second.id, 2)
    assert classroom.exchange.interceptor.capture(eve, second.id).item.number == 2
    assert classroom.exchange.interceptor.capture(eve, second.id).file_name.startswith("capture-2-")
