"""The whole way of one picture, without a browser."""

import hashlib
import io
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from exchange import CannotOpen, InputRefused, Tampered, Unavailable
from rsa_core import pictures
from tests.conftest import encoded, photograph
from tests.store import making


@pytest.mark.parametrize("kind", ["private", "classroom"])
def test_a_picture_arrives_byte_for_byte(open_room, jpeg, kind):
    room = open_room(kind)
    room.sit("Ada", "sender")
    room.sit("Bob", "receiver")
    sent = room.send("Ada", jpeg, "Bob", file_name="summer/Zoë 1.JPG", caption="At the lake")
    opened = room.exchange.receiver.open(room.seats["Bob"], sent.id)
    assert opened.file == jpeg
    assert opened.view is opened.file
    assert opened.sha256 == hashlib.sha256(jpeg).digest()
    assert opened.file_name == f"Zoë 1-{opened.sha256.hex()[:12]}.jpg"
    assert opened.details.file_name == "Zoë 1.jpg"
    assert opened.details.caption == "At the lake"
    assert (opened.exact, opened.authenticated, opened.proof.name) == ("file", True, "Ada")


def test_textbook_pixels_arrive_pixel_for_pixel(classroom):
    pixels = photograph(37, 29)
    sent = classroom.send("Ada", encoded(pixels), "Bob", "Cy", scheme="textbook-pixels")
    for name in ("Bob", "Cy"):
        opened = classroom.exchange.receiver.open(classroom.seats[name], sent.id)
        with Image.open(io.BytesIO(opened.file)) as picture:
            assert np.array_equal(np.asarray(picture), pixels)
        assert (opened.exact, opened.authenticated) == ("pixels", False)


def test_textbook_blocks_arrive_pixel_for_pixel(classroom):
    pixels = photograph(37, 29)
    for name in ("Bob", "Cy"):
        classroom.exchange.receiver.keys.new_classroom_key(classroom.seats[name], 128)
    sent = classroom.send("Ada", encoded(pixels), "Bob", "Cy", scheme="textbook-blocks")
    for name in ("Bob", "Cy"):
        opened = classroom.exchange.receiver.open(classroom.seats[name], sent.id)
        with Image.open(io.BytesIO(opened.file)) as picture:
            assert np.array_equal(np.asarray(picture), pixels)


def test_oaep_blocks_arrive_byte_for_byte(classroom, png):
    told = []
    sent = classroom.send("Ada", png, "Bob", "Cy", scheme="oaep-blocks", progress=told.append)
    assert told[-1] == 1
    for name in ("Bob", "Cy"):
        opened = classroom.exchange.receiver.open(
            classroom.seats[name], sent.id, progress=told.append
        )
        assert (opened.file, opened.exact, opened.authenticated) == (png, "file", False)


def test_a_scheme_that_cannot_take_the_picture_says_why(classroom, png):
    with pytest.raises(InputRefused, match="scheme cannot take this picture"):
        classroom.send("Ada", png, "Bob", scheme="textbook-blocks")  # 12 bits are too few


def test_older_classroom_keys_still_open_older_pictures(classroom, png):
    bob = classroom.seats["Bob"]
    first = classroom.send("Ada", png, "Bob", scheme="textbook-pixels")
    classroom.exchange.receiver.keys.new_classroom_key(bob, 64)
    second = classroom.send("Ada", png, "Bob", "Cy", scheme="textbook-pixels")
    files = {classroom.exchange.receiver.open(bob, picture.id).file for picture in (first, second)}
    assert len(files) == 1
    assert classroom.exchange.receiver.keys.own(bob).classroom_key[0].bit_length() == 64


def test_both_of_two_receivers_open_and_the_sender_sees_it(room, png, clock):
    sent = room.send("Ada", png, "Bob", "Cy")
    clock.forward(minutes=1)
    for name in ("Bob", "Cy"):
        assert room.exchange.receiver.open(room.seats[name], sent.id).file == png
    (seen,) = room.exchange.sender.sent(room.seats["Ada"])
    assert [(r.name, r.opened_at) for r in seen.receipts] == [
        ("Bob", clock.now),
        ("Cy", clock.now),
    ]


def test_a_later_receiver_is_told_why_it_cannot_open(room, png, clock):
    sent = room.send("Ada", png, "Bob")
    clock.forward(seconds=5)
    late = room.sit("Dan", "receiver")
    (item,) = room.exchange.receiver.inbox(late)
    assert "before you joined" in item.obstacle
    for act in (room.exchange.receiver.open, room.exchange.receiver.details):
        with pytest.raises(CannotOpen, match="before you joined"):
            act(late, sent.id)


def test_a_receiver_who_was_not_chosen_is_told_so(room, png):
    sent = room.send("Ada", png, "Bob")
    with pytest.raises(CannotOpen, match="did not choose you"):
        room.exchange.receiver.open(room.seats["Cy"], sent.id)


def test_events_are_numbered_and_tell_the_story(room, png):
    sent = room.send("Ada", png, "Bob")
    room.exchange.receiver.open(room.seats["Bob"], sent.id)
    room.exchange.receiver.open(room.seats["Bob"], sent.id)  # the second opening is not an event
    room.exchange.lobby.leave(room.seats["Cy"])
    events = room.exchange.member.news(room.seats["Eve"], 0).events
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [(event.kind, event.who) for event in events] == [
        ("created", ""),
        ("joined", "Ada"),
        ("joined", "Bob"),
        ("joined", "Cy"),
        ("joined", "Eve"),
        ("sent", "Ada"),
        ("opened", "Bob"),
        ("left", "Cy"),
    ]
    assert room.exchange.member.news(room.seats["Eve"], len(events)).events == ()


def test_the_same_upload_is_sent_once(room, png):
    first = room.send("Ada", png, "Bob", submission="upload-1")
    again = room.send("Ada", png, "Bob", submission="upload-1")
    assert again.id == first.id
    assert len(room.exchange.sender.sent(room.seats["Ada"])) == 1


def test_an_interceptor_gets_the_ciphertext_and_public_facts_only(room, png):
    sent = room.send("Ada", png, "Bob", caption="a secret place")
    eve = room.seats["Eve"]
    (item,) = room.exchange.interceptor.captures(eve)
    captured = room.exchange.interceptor.capture(eve, sent.id)
    assert captured.item == item
    assert captured.facts.scheme == "hybrid"
    assert png[:64] not in captured.envelope
    assert captured.file_name == (
        f"capture-1-{hashlib.sha256(captured.envelope).hexdigest()[:12]}.p7m"
    )
    assert [r.fingerprint for r in room.exchange.interceptor.recipients(eve, item.id)] == [
        room.exchange.receiver.keys.own(room.seats["Bob"]).fingerprint
    ]


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"hello", "evil.txt", "picture"),
        (b"", "empty.png", "empty"),
        (None, "../../x.png", "path"),
        (None, "C:\\x.png", "path"),
        (None, "/etc/x.png", "path"),
    ],
)
def test_a_bad_upload_is_refused_and_leaves_nothing(room, png, data, name, words):
    before = room.exchange.member.news(room.seats["Eve"], 0).events
    with pytest.raises(InputRefused, match=words):
        room.send("Ada", png if data is None else data, "Bob", file_name=name)
    assert room.exchange.member.news(room.seats["Eve"], 0).events == before
    assert room.exchange.sender.sent(room.seats["Ada"]) == ()


def test_a_private_channel_offers_no_insecure_scheme(room, png):
    with pytest.raises(InputRefused, match="scheme"):
        room.send("Ada", png, "Bob", scheme="textbook-pixels")


def test_recipients_must_be_receivers_of_this_channel(room, open_room, png):
    elsewhere = open_room()
    elsewhere.sit("Mallory", "receiver")
    for wrong in (elsewhere.seats["Mallory"], room.seats["Eve"]):
        with pytest.raises(InputRefused, match="recipient"):
            room.exchange.sender.send(
                room.seats["Ada"],
                png,
                file_name="a.png",
                scheme="hybrid",
                recipients=(wrong.id,),
                submission="x",
            )


def test_comparing_safety_numbers_is_remembered(room, png):
    bob = room.seats["Bob"]
    sent = room.send("Ada", png, "Bob")
    proof = room.exchange.receiver.open(bob, sent.id).proof
    assert not proof.compared
    room.exchange.member.safety.compared(bob, room.seats["Ada"].id, proof.safety_number)
    assert room.exchange.receiver.open(bob, sent.id).proof.compared


def test_a_sender_whose_key_changed_is_refused(room, png, key_pool):
    """Bob pinned Ada's key at the first opening; another key under her name is an alarm."""
    bob = room.seats["Bob"]
    first = room.send("Ada", png, "Bob")
    room.exchange.receiver.open(bob, first.id)
    with room.store.write() as unit:
        ada = next(s for s in unit.seats.in_channel(1) if s.name == "Ada")
        other = next(k for k in key_pool if k.public.der() != ada.public_key)
        making.set_keys(unit, ada.id, public_key=other.public.der(), locked_key=ada.locked_key)
    with pytest.raises(Tampered):
        room.exchange.receiver.open(bob, first.id)


@contextmanager
def no_time_to_decode():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "SECONDS", 0.0)
        yield


def test_where_decoding_takes_too_long_nothing_is_sent_and_the_sender_is_told(room, png):
    with no_time_to_decode(), pytest.raises(InputRefused, match="takes too long"):
        room.send("Ada", png, "Bob")
    assert room.exchange.sender.sent(room.seats["Ada"]) == ()


def test_where_decoding_takes_too_long_nothing_is_opened_and_nobody_is_alarmed(room, png):
    """It says nothing about the file: the machine may be busy."""
    sent = room.send("Ada", png, "Bob", remove_after="the first opening")
    bob = room.seats["Bob"]
    before = room.exchange.member.news(bob, 0).events
    with no_time_to_decode(), pytest.raises(Unavailable, match="cannot be shown right now"):
        room.exchange.receiver.open(bob, sent.id)
    assert room.exchange.member.news(bob, 0).events == before
    assert room.exchange.receiver.open(bob, sent.id).file == png
