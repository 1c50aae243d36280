"""What `Store.read` and `Store.write` promise."""

import threading
import traceback
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from store import StoreFailed, StoreRefused
from store.tables import UtcDateTime
from tests.store import making
from tests.store.making import NOW


def engines(store):
    return [value for value in vars(store._database).values() if isinstance(value, Engine)]


def test_what_is_raised_inside_undoes_everything_and_frees_everything(store):
    """A rerun of the page raises a BaseException in the middle of a write."""

    class Rerun(BaseException):
        pass

    channel, sender, receiver = making.room(store)

    def interrupted_write():
        with store.write() as unit:
            unit.pictures.add(making.picture(sender, [receiver]))
            unit.events.add(channel.id, "sent", NOW)
            raise Rerun

    with pytest.raises(Rerun):
        interrupted_write()
    assert [engine.pool.checkedout() for engine in engines(store)] == [0, 0]
    with store.write() as unit:
        assert unit.pictures.in_channel(channel.id) == []
        assert unit.events.add(channel.id, "sent", NOW).seq == 1


def test_a_unit_that_reads_cannot_write(store):
    channel, _, _ = making.room(store)
    with pytest.raises(StoreFailed), store.read() as unit:
        unit.events.add(channel.id, "joined", NOW)
    with store.read() as unit:
        assert unit.events.since(channel.id, 0) == []


def test_a_unit_that_reads_sees_one_moment(store):
    channel, _, _ = making.room(store)
    with store.read() as before:
        assert before.events.since(channel.id, 0) == []
        with store.write() as unit:
            unit.events.add(channel.id, "joined", NOW)
        assert before.events.since(channel.id, 0) == []
        assert before.channels.get(channel.id).last_seq == 0
    with store.read() as after:
        assert after.channels.get(channel.id).last_seq == 1


def test_a_write_inside_a_write_is_refused_at_once(sqlite_store):
    with (
        sqlite_store.write(),
        pytest.raises(RuntimeError, match="inside a write"),
        sqlite_store.write(),
    ):
        pass
    with sqlite_store.write():
        pass


def test_nothing_of_the_driver_leaves(store):
    """Statements and bound values could hold what a person typed."""
    _, sender, _ = making.room(store)
    new = making.send(store, sender)
    with pytest.raises(StoreRefused) as caught, store.write() as unit:
        unit.pictures.add(new)
    text = "".join(traceback.format_exception(caught.value))
    assert new.submission not in text
    assert "INSERT" not in text
    assert caught.value.__cause__ is None


def test_a_pseudonym_is_stable_and_reveals_nothing(store):
    address = store.pseudonym("address", "192.168.1.4")
    assert address == store.pseudonym("address", "192.168.1.4")
    assert address != store.pseudonym("address", "192.168.1.5")
    assert address.startswith("address:")
    assert store.pseudonym("session", "192.168.1.4").split(":")[1] not in address
    assert "192.168" not in address
    assert len(address) <= 120  # fits a bucket's name


def test_errors_come_as_the_stores_own_inside_the_unit_too(store):
    _, sender, _ = making.room(store)
    new = making.send(store, sender)

    def catch_inside():
        with store.write() as unit, pytest.raises(StoreRefused):
            unit.pictures.add(new)

    catch_inside()


def test_readers_do_not_wait_for_a_writer(store):
    channel, _, _ = making.room(store)
    seen = []

    def poll():
        with store.read() as unit:
            seen.append(unit.events.since(channel.id, 0))

    with store.write() as unit:
        unit.events.add(channel.id, "joined", NOW)
        reader = threading.Thread(target=poll)
        reader.start()
        reader.join(5)
    assert seen == [[]]


@given(
    st.datetimes(
        timezones=st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-11, 0, 5, 14)])
    )
)
def test_a_time_is_the_same_moment_to_the_microsecond(when):
    back = UtcDateTime.from_number(UtcDateTime.to_number(when))
    assert back == when
    assert back.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        UtcDateTime.to_number(datetime(2030, 1, 1))
