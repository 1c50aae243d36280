"""Keys shown instead of others' keys, keys that sign instead of others', and alarms."""

from dataclasses import replace

import pytest

from store import NameTaken, NewIntervention, Signer
from tests.store import making
from tests.store.making import HOUR, NOW


class Scene:
    def __init__(self, store):
        self.store = store
        self.channel, self.ada, self.bob = making.room(store, kind="classroom")
        with store.write() as unit:
            self.cy = making.seat(unit, self.channel.id)
            self.eve, self.zoe = (
                making.seat(unit, self.channel.id, role="interceptor") for _ in range(2)
            )

    def swap(self, receiver=None, interceptor=None):
        with self.store.write() as unit:
            return making.key_swap(
                unit,
                channel_id=self.channel.id,
                receiver_id=(receiver or self.bob).id,
                interceptor_id=(interceptor or self.eve).id,
            )

    def send(self, *sealed_for):
        recipients = tuple((seat.id, fingerprint) for seat, fingerprint in sealed_for)
        new = replace(making.picture(self.ada), recipients=recipients)
        with self.store.write() as unit:
            unit.pictures.add(new)
        return new

    def waiting(self, seat):
        with self.store.read() as unit:
            return unit.key_swaps.waiting(seat.id)

    def relay(self, picture, key_swap):
        new = NewIntervention(
            picture.public_id,
            key_swap.interceptor_id,
            making.word(),
            "relay",
            NOW,
            receiver_id=key_swap.receiver_id,
            key_swap_id=key_swap.id,
            records=(b"d", b"m", b"s"),
        )
        with self.store.write() as unit:
            unit.interventions.add(self.channel.id, new)


@pytest.fixture
def scene(store):
    return Scene(store)


def test_one_is_in_force_for_each_receiver(scene):
    first = scene.swap()
    with pytest.raises(NameTaken):
        scene.swap(interceptor=scene.zoe)
    other = scene.swap(receiver=scene.cy, interceptor=scene.zoe)
    with scene.store.write() as unit:
        assert unit.key_swaps.in_force(scene.bob.id) == first
        unit.key_swaps.end(first.id, NOW + HOUR)
        unit.key_swaps.end(first.id, NOW + 2 * HOUR)
        assert unit.key_swaps.in_force(scene.bob.id) is None
    again = scene.swap()
    with scene.store.read() as unit:
        kept = unit.key_swaps.in_channel(scene.channel.id)
    assert [one.id for one in kept] == [first.id, other.id, again.id]
    assert kept[0].ended_at == NOW + HOUR


def test_what_was_sealed_under_the_false_key_waits_until_it_is_sealed_again(scene):
    mine = scene.swap()
    true_one = scene.send((scene.bob, b"b" * 32))
    one = scene.send((scene.bob, mine.fingerprint), (scene.cy, b"c" * 32))
    two = scene.send((scene.bob, mine.fingerprint))
    scene.send((scene.cy, mine.fingerprint))  # a key stands for its own receiver only
    assert scene.waiting(scene.eve) == [(mine.id, one.public_id), (mine.id, two.public_id)]
    assert scene.waiting(scene.zoe) == []
    scene.relay(one, mine)
    scene.relay(true_one, mine)
    assert scene.waiting(scene.eve) == [(mine.id, two.public_id)]
    with scene.store.write() as unit:
        assert unit.key_swaps.read_count(mine.id) == 2
        unit.key_swaps.end(mine.id, NOW)
    assert scene.waiting(scene.eve) == [(mine.id, two.public_id)]
    with scene.store.write() as unit:
        unit.key_swaps.mark_discovered(mine.id, NOW)
        unit.key_swaps.mark_discovered(mine.id, NOW + HOUR)
        (kept,) = unit.key_swaps.in_channel(scene.channel.id)
    assert kept.discovered_at == NOW
    assert scene.waiting(scene.eve) == []


def test_a_damaged_picture_does_not_wait(scene):
    mine = scene.swap()
    picture = scene.send((scene.bob, mine.fingerprint))
    with scene.store.write() as unit:
        unit.pictures.mark_damaged(scene.channel.id, picture.public_id, NOW)
    assert scene.waiting(scene.eve) == []


@pytest.mark.parametrize("who", ["eve", "bob"])
def test_it_ends_when_either_seat_is_left(scene, who):
    mine, other = scene.swap(), scene.swap(scene.cy, scene.zoe)
    with scene.store.write() as unit:
        unit.seats.leave(getattr(scene, who).id, NOW + HOUR)
        ended = {one.id: one.ended_at for one in unit.key_swaps.in_channel(scene.channel.id)}
    assert ended == {mine.id: NOW + HOUR, other.id: None}


def test_the_first_signer_of_a_sender_stays(scene):
    mine = scene.swap()
    first = Signer(mine.id, scene.ada.id, b"public", b"locked")
    with scene.store.write() as unit:
        assert unit.key_swaps.signer(mine.id, scene.ada.id) is None
        assert unit.key_swaps.add_signer(first) == first
        assert unit.key_swaps.add_signer(Signer(mine.id, scene.ada.id, b"2", b"2")) == first
        assert unit.key_swaps.signer(mine.id, scene.bob.id) is None
        assert unit.key_swaps.signers(mine.id) == [first]
        assert unit.key_swaps.signers(mine.id + 1) == []


def test_an_alarm_is_about_two_people(scene):
    mine = scene.swap()
    with scene.store.write() as unit:
        unit.alarms.add(
            channel_id=scene.channel.id,
            seat_id=scene.bob.id,
            peer_id=scene.ada.id,
            at=NOW,
            key_swap_id=mine.id,
            pictures_read=3,
        )
        unit.alarms.add(
            channel_id=scene.channel.id,
            seat_id=scene.cy.id,
            peer_id=scene.ada.id,
            at=NOW + HOUR,
            direct=False,
        )
        about = {
            name: [
                (one.seat_id, one.peer_id, one.key_swap_id, one.pictures_read, one.direct)
                for one in unit.alarms.about(scene.channel.id, getattr(scene, name).id)
            ]
            for name in ("ada", "bob", "cy", "eve")
        }
        assert unit.alarms.about(scene.channel.id + 1, scene.ada.id) == []
    first = (scene.bob.id, scene.ada.id, mine.id, 3, True)
    second = (scene.cy.id, scene.ada.id, None, 0, False)
    assert about == {"ada": [first, second], "bob": [first], "cy": [second], "eve": []}


def test_an_answer_counts_for_both_whichever_of_them_gave_it(scene):
    with scene.store.write() as unit:
        for one, other in ((scene.bob, scene.ada), (scene.cy, scene.ada)):
            unit.alarms.add(channel_id=scene.channel.id, seat_id=one.id, peer_id=other.id, at=NOW)
        unit.alarms.answer(scene.ada.id, scene.bob.id, NOW + HOUR)
        unit.alarms.answer(scene.bob.id, scene.ada.id, NOW + 2 * HOUR)
        rows = unit.alarms.about(scene.channel.id, scene.ada.id)
    assert [row.answered_at for row in rows] == [NOW + HOUR, None]
