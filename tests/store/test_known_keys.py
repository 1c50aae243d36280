from store import KnownKey
from tests.store import making
from tests.store.making import HOUR, NOW


def test_the_first_fingerprint_is_pinned_and_stays(store):
    _, sender, receiver = making.room(store)
    with store.write() as unit:
        keys = unit.known_keys
        assert keys.get(receiver.id, sender.id) is None
        pinned = keys.pin(receiver.id, sender.id, b"1" * 32, NOW)
        assert pinned == KnownKey(receiver.id, sender.id, b"1" * 32, NOW, None)
        assert keys.pin(receiver.id, sender.id, b"2" * 32, NOW + HOUR) == pinned
        assert keys.get(sender.id, receiver.id) is None
    with store.read() as unit:
        assert unit.known_keys.get(receiver.id, sender.id) == pinned


def test_comparing_is_noted_for_one_pair_alone(store):
    channel, sender, receiver = making.room(store)
    with store.write() as unit:
        third = making.seat(unit, channel.id)
        unit.known_keys.pin(receiver.id, third.id, b"3" * 32, NOW)
        unit.known_keys.pin(receiver.id, sender.id, b"1" * 32, NOW)
        unit.known_keys.pin(third.id, sender.id, b"1" * 32, NOW)
        unit.known_keys.mark_compared(receiver.id, sender.id, NOW + HOUR)
        known = unit.known_keys.all(receiver.id)
        assert unit.known_keys.get(third.id, sender.id).compared_at is None
    assert [(key.peer_id, key.compared_at) for key in known] == [
        (sender.id, NOW + HOUR),
        (third.id, None),
    ]
