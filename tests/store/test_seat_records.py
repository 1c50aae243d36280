from tests.store import making


def test_each_seat_has_one_record_the_last_one_that_was_put(store):
    _, sender, receiver = making.room(store)
    with store.write() as unit:
        assert unit.seat_records.get(receiver.id) is None
        unit.seat_records.put(receiver.id, b"first")
        unit.seat_records.put(sender.id, b"another's")
        unit.seat_records.put(receiver.id, b"second")
    with store.read() as unit:
        assert unit.seat_records.get(receiver.id) == b"second"
        assert unit.seat_records.get(sender.id) == b"another's"
