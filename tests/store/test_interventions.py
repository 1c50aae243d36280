"""What arrives in a picture's place is kept beside it, and goes with it."""

import os
import sqlite3
from dataclasses import replace

import pytest

from store import Limits, NewIntervention, PictureDamaged, PictureMissing, StoreFull
from store.checking import check, statistics
from tests.store import making
from tests.store.making import HOUR, NOW


class Scene:
    def __init__(self, store):
        self.store = store
        self.channel, self.sender, self.bob = making.room(store, kind="classroom")
        with store.write() as unit:
            self.eve = making.seat(unit, self.channel.id, role="interceptor")
        self.one, self.two = (making.send(store, self.sender, [self.bob]) for _ in range(2))

    def new(self, picture, act="act", kind="flip", **more) -> NewIntervention:
        return NewIntervention(picture.public_id, self.eve.id, act, kind, NOW, **more)

    def add(self, *news) -> None:
        with self.store.write() as unit:
            for new in news:
                unit.interventions.add(self.channel.id, new)

    def kept(self):
        with self.store.read() as unit:
            return unit.interventions.in_channel(self.channel.id)

    def content(self, intervention):
        with self.store.read() as unit:
            return unit.interventions.content(intervention.id)

    def originals(self):
        with self.store.read() as unit:
            return [
                unit.pictures.content(self.channel.id, picture.public_id)
                for picture in (self.one, self.two)
            ]


@pytest.fixture
def scene(store):
    return Scene(store)


@pytest.mark.parametrize("size", [0, 1, 262_144, 262_145, 700_000])
def test_what_arrives_is_what_was_given_and_the_original_stays(scene, size):
    altered = os.urandom(size)
    scene.add(scene.new(scene.one, content=altered, detail="a square"))
    (kept,) = scene.kept()
    assert (kept.picture_id, kept.seat_id, kept.kind) == (scene.one.public_id, scene.eve.id, "flip")
    assert (kept.detail, kept.size, kept.done_at) == ("a square", size, NOW)
    assert scene.content(kept) == altered
    assert scene.originals() == [scene.one.content, scene.two.content]
    with scene.store.read() as unit:
        assert unit.interventions.records(kept.id) is None
        assert unit.interventions.total_bytes() == size
        assert unit.interventions.total_bytes(scene.channel.id) == size
        assert unit.interventions.total_bytes(scene.channel.id + 1) == 0


def test_the_newest_act_replaces_the_one_before(scene):
    scene.add(scene.new(scene.one, "first", content=b"a"))
    scene.add(scene.new(scene.one, "second", "drop"))
    (kept,) = scene.kept()
    assert (kept.kind, kept.size, scene.content(kept)) == ("drop", None, None)


def test_a_swap_is_one_act_and_ends_as_one(scene):
    def swap(act):
        scene.add(
            scene.new(scene.one, act, "swap", source_id=scene.two.public_id),
            scene.new(scene.two, act, "swap", source_id=scene.one.public_id),
        )

    swap("s1")
    assert [kept.source_id for kept in scene.kept()] == [scene.two.public_id, scene.one.public_id]
    scene.add(scene.new(scene.two, "other", content=b"x"))
    assert [kept.act for kept in scene.kept()] == ["other"]
    swap("s2")
    with scene.store.write() as unit:
        assert unit.interventions.take_back("s2") == 2
    assert scene.kept() == []


def test_what_one_recipient_gets_leaves_the_others_alone(scene):
    with scene.store.write() as unit:
        cy = making.seat(unit, scene.channel.id)
    records = (b"details", b"manifest", b"signature")
    scene.add(scene.new(scene.one, "all", content=b"for all"))
    scene.add(scene.new(scene.one, "bob", "relay", receiver_id=scene.bob.id, records=records))
    scene.add(scene.new(scene.one, "cy", "relay", receiver_id=cy.id, content=b"for cy"))
    assert [kept.receiver_id for kept in scene.kept()] == [None, scene.bob.id, cy.id]
    with scene.store.read() as unit:
        found = unit.interventions.records(scene.kept()[1].id)
        assert (found.details, found.manifest, found.signature) == records
        assert unit.interventions.of_picture(scene.channel.id, scene.two.public_id) == []
    scene.add(scene.new(scene.one, "all again", content=b"newer"))
    assert {kept.act for kept in scene.kept()} == {"bob", "cy", "all again"}


def test_it_goes_with_its_picture_and_with_the_picture_it_is_taken_from(scene):
    scene.add(
        scene.new(scene.one, "s", "swap", source_id=scene.two.public_id),
        scene.new(scene.two, "s", "swap", source_id=scene.one.public_id),
    )
    three = making.send(scene.store, scene.sender, [scene.bob], max_openings=1)
    scene.add(scene.new(scene.one, "r", "replay", source_id=three.public_id))
    scene.add(scene.new(scene.two, "m", content=b"x" * 300_000))
    with scene.store.write() as unit:
        unit.pictures.mark_opened(scene.channel.id, three.public_id, scene.bob.id, NOW)
        assert [gone.public_id for gone in unit.retention.sweep(NOW).pictures] == [three.public_id]
    assert [kept.act for kept in scene.kept()] == ["m"]
    with scene.store.write() as unit:
        making.delete_pictures(unit, scene.channel.id)
        assert unit.interventions.total_bytes() == unit.interventions.count() == 0


def test_pictures_of_another_channel_are_not_found(scene):
    _, sender, _ = making.room(scene.store)
    foreign = making.send(scene.store, sender)
    news = (
        scene.new(foreign, content=b"x"),
        scene.new(replace(foreign, public_id="none"), content=b"x"),
        scene.new(scene.one, "r", "replay", source_id=foreign.public_id),
    )
    for new in news:
        with pytest.raises(PictureMissing):
            scene.add(new)
    assert scene.kept() == []
    with scene.store.read() as unit, pytest.raises(PictureMissing):
        unit.interventions.content(99)


def test_one_that_does_not_fit_leaves_the_earlier_one(place):
    store = place.open(limits=Limits(max_bytes=5_000))
    scene = Scene(store)
    scene.add(scene.new(scene.one, "small", content=b"small"))
    with pytest.raises(StoreFull):
        scene.add(scene.new(scene.one, "large", content=b"x" * 4_000))  # beside 2000 of pictures
    assert [kept.act for kept in scene.kept()] == ["small"]
    store.close()


def read_all(unit, intervention_id):
    return unit.interventions.content(intervention_id), unit.interventions.records(intervention_id)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE intervention_chunk SET data = zeroblob(3)",
        "UPDATE intervention SET kind = 'drop'",
        "UPDATE intervention SET picture_id = picture_id + 1",
        "UPDATE intervention SET receiver_id = NULL, size = 2",
        "UPDATE intervention_record SET manifest = zeroblob(3)",
    ],
)
def test_rows_changed_behind_the_stores_back_are_noticed(sqlite_place, change):
    store = sqlite_place.open()
    scene = Scene(store)
    scene.add(
        scene.new(scene.one, content=b"abc", records=(b"d", b"m", b"s"), receiver_id=scene.bob.id)
    )
    assert check(store, NOW).problems == ()
    db = sqlite3.connect(sqlite_place.path)
    db.execute(change)
    db.commit()
    db.close()
    (kept,) = scene.kept()
    with store.read() as unit, pytest.raises(PictureDamaged):
        read_all(unit, kept.id)
    found = check(store, NOW)
    assert found.problems == (f"intervention {kept.id} is damaged",)
    assert found.damaged == ()
    assert statistics(store, NOW)["interventions"] == 1
    store.close()


def test_the_owner_allows_and_forbids_tampering(scene):
    for wanted in (True, False):
        with scene.store.write() as unit:
            unit.channels.set_rules(scene.channel.id, tampering=wanted)
            assert unit.channels.get(scene.channel.id).tampering is wanted


def test_later_acts_are_listed_after_earlier_ones(scene):
    scene.add(scene.new(scene.two, "a", content=b""))
    scene.add(replace(scene.new(scene.one, "b", "drop"), done_at=NOW - HOUR))
    assert [kept.act for kept in scene.kept()] == ["a", "b"]
    with scene.store.read() as unit:
        first, second = unit.interventions.after(0, limit=5)
        assert unit.interventions.after(first, limit=5) == [second]
