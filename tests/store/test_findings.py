"""Findings: each seat's own, one for each picture and attack, gone with picture or seat."""

import os

import pytest

from store import Finding, Limits, PictureMissing, StoreFull
from tests.store import making
from tests.store.making import HOUR, NOW


@pytest.fixture
def scene(store):
    channel, sender, _ = making.room(store)
    with store.write() as unit:
        eve, mallory = (making.seat(unit, channel.id, role="interceptor") for _ in range(2))
    return channel, sender, eve, mallory


@pytest.mark.parametrize("size", [0, 1, 262_144, 262_145, 700_000])
def test_a_finding_comes_back_as_it_was_given(store, scene, size):
    channel, sender, eve, _ = scene
    sent, data = making.send(store, sender), os.urandom(size)
    with store.write() as unit:
        unit.findings.put(eve.id, channel.id, sent.public_id, attack="codebook", data=data, at=NOW)
    with store.read() as unit:
        assert unit.findings.data(eve.id, sent.public_id, "codebook") == data
        assert unit.findings.total_bytes(eve.id) == unit.findings.total_bytes() == size


def test_findings_are_listed_for_their_seat_alone(store, scene):
    channel, sender, eve, mallory = scene
    one, two = making.send(store, sender), making.send(store, sender)
    with store.write() as unit:
        unit.findings.put(eve.id, channel.id, two.public_id, attack="fermat", data=b"1", at=NOW)
        unit.findings.put(
            eve.id, channel.id, one.public_id, attack="codebook", data=b"22", at=NOW + HOUR
        )
        unit.findings.put(
            mallory.id, channel.id, one.public_id, attack="wiener", data=b"333", at=NOW
        )
    with store.read() as unit:
        assert unit.findings.of_seat(eve.id) == [
            Finding(eve.id, two.public_id, "fermat", NOW),
            Finding(eve.id, one.public_id, "codebook", NOW + HOUR),
        ]
        assert unit.findings.data(mallory.id, two.public_id, "fermat") is None
        assert unit.findings.total_bytes(eve.id) == 3


def test_the_same_attack_again_replaces_the_first(store, scene):
    channel, sender, eve, _ = scene
    sent = making.send(store, sender)
    for number, size in enumerate((600_000, 10)):
        with store.write() as unit:
            at = NOW + number * HOUR
            unit.findings.put(
                eve.id, channel.id, sent.public_id, attack="fermat", data=b"x" * size, at=at
            )
    with store.read() as unit:
        assert unit.findings.data(eve.id, sent.public_id, "fermat") == b"x" * 10
        assert [found.found_at for found in unit.findings.of_seat(eve.id)] == [NOW + HOUR]


def test_findings_go_with_their_picture_with_their_seat_and_when_dropped(store, scene):
    channel, sender, eve, mallory = scene
    sent = making.send(store, sender)

    def put(seat, attack):
        with store.write() as unit:
            unit.findings.put(
                seat.id, channel.id, sent.public_id, attack=attack, data=b"found", at=NOW
            )

    for attack in ("fermat", "wiener"):
        put(eve, attack)
    put(mallory, "fermat")
    with store.write() as unit:
        unit.findings.drop(eve.id, [(sent.public_id, "fermat")])
        assert [found.attack for found in unit.findings.of_seat(eve.id)] == ["wiener"]
        unit.seats.leave(eve.id, NOW)
        assert unit.findings.of_seat(eve.id) == []
        assert unit.findings.total_bytes() == len(b"found")
        making.delete_pictures(unit, channel.id)
        assert unit.findings.total_bytes() == 0


def test_a_picture_of_another_channel_has_no_findings_here(store, scene):
    _, sender, eve, _ = scene
    other, _, _ = making.room(store)
    sent = making.send(store, sender)
    for channel_id, picture_id in ((other.id, sent.public_id), (sender.channel_id, "no such")):
        with pytest.raises(PictureMissing), store.write() as unit:
            unit.findings.put(eve.id, channel_id, picture_id, attack="fermat", data=b"", at=NOW)


def test_a_finding_that_does_not_fit_leaves_the_earlier_one(place):
    store = place.open(limits=Limits(max_bytes=5_000))
    channel, sender, eve = making.room(store)
    sent = making.send(store, sender)
    with store.write() as unit:
        unit.findings.put(
            eve.id, channel.id, sent.public_id, attack="fermat", data=b"small", at=NOW
        )
    with pytest.raises(StoreFull), store.write() as unit:
        unit.findings.put(
            eve.id, channel.id, sent.public_id, attack="fermat", data=b"x" * 6_000, at=NOW
        )
    with store.read() as unit:
        assert unit.findings.data(eve.id, sent.public_id, "fermat") == b"small"
    store.close()
