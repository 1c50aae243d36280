"""The total of bytes is what adding everything up gives, whatever happens to the rows."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import LargeBinary, MetaData, delete, func, select

from store import (
    Cleaning,
    Limits,
    NewIntervention,
    Recipient,
    StoreFull,
    StoreRefused,
    schema,
    versioning,
)
from store.__main__ import main
from store.checking import check
from store.opening import restore_store
from tests.store import making
from tests.store.making import HOUR, NOW

SUMS = (schema.picture, schema.finding, schema.intervention)


def total(store):
    """The total, which is checked against the sums of all that is there."""
    with store.read() as unit:
        found = unit.ledger.total()
        run = unit.pictures._connection.scalar
        assert found == sum(int(run(select(func.sum(one.c.size))) or 0) for one in SUMS)
        assert unit.ledger.error() == 0
    return found


def entries(store):
    with store.read() as unit:
        return unit.pictures._connection.scalar(select(func.count()).select_from(schema.ledger))


def replaced(picture, seat, act, *, content=None, source=None, receiver=None):
    return NewIntervention(
        picture_id=picture.public_id,
        seat_id=seat.id,
        receiver_id=receiver and receiver.id,
        source_id=source and source.public_id,
        key_swap_id=None,
        act=act,
        kind="replace",
        done_at=NOW,
        detail="",
        content=content,
        records=None,
    )


def test_the_total_follows_everything_that_a_channel_does(store):
    channel, sender, receiver = making.room(store)
    assert total(store) == 0
    first = making.send(store, sender, [receiver], content=bytes(1000))
    second = making.send(store, sender, content=bytes(300))
    assert total(store) == 1300
    with store.write() as unit:
        eve = making.seat(unit, channel.id, role="interceptor")
        late = making.seat(unit, channel.id)
        unit.findings.put(
            eve.id, channel.id, first.public_id, attack="fermat", data=bytes(50), at=NOW
        )
        unit.interventions.add(channel.id, replaced(second, eve, "one", content=bytes(7)))
    assert total(store) == 1357
    with store.write() as unit:  # each replaces what was there
        unit.findings.put(
            eve.id, channel.id, first.public_id, attack="fermat", data=bytes(40), at=NOW
        )
        unit.interventions.add(channel.id, replaced(second, eve, "two", source=first))
    assert total(store) == 1340
    with store.write() as unit:
        shared = unit.pictures.get(channel.id, first.public_id)
        new = Recipient(late.id, os.urandom(32), None, b"share")
        unit.pictures.share(shared, new, content=bytes(1200), details=b"details")
    assert total(store) == 1540
    with store.write() as unit:
        unit.interventions.add(channel.id, replaced(second, eve, "three", content=bytes(9)))
        unit.seats.leave(eve.id, NOW)  # its findings go, what it did stays
    assert total(store) == 1509
    with store.write() as unit:
        unit.interventions.take_back("three")
    assert total(store) == 1500
    with store.write() as unit:
        unit.channels.close(channel.id, NOW)
    making.room(store)  # another channel stays
    Cleaning(store, lambda: NOW).purge()
    assert total(store) == 0


def test_what_goes_by_a_cascade_is_subtracted(store):
    """Pictures of a channel's row, and what hangs on pictures, seats and sources."""
    channel, sender, receiver = making.room(store)
    one, two = (making.send(store, sender, [receiver], content=bytes(100)) for _ in range(2))
    with store.write() as unit:
        unit.findings.put(
            receiver.id, channel.id, one.public_id, attack="a", data=bytes(10), at=NOW
        )
        unit.interventions.add(channel.id, replaced(one, receiver, "one", content=bytes(20)))
        unit.interventions.add(
            channel.id, replaced(two, receiver, "two", source=one, receiver=receiver)
        )
    assert total(store) == 230
    kept = making.send(store, making.room(store)[1], content=bytes(5))
    with store.write() as unit:
        gone = delete(schema.channel).where(schema.channel.c.id == channel.id)
        unit.pictures._connection.execute(gone)
    assert total(store) == 5 == len(kept.content)


def test_what_was_rolled_back_never_counted(store):
    _, sender, _ = making.room(store)
    sent = making.send(store, sender)
    with pytest.raises(StoreRefused), store.write() as unit:
        unit.pictures.add(making.picture(sender, public_id=sent.public_id))
    assert total(store) == 1000


def test_cleaning_makes_one_entry_of_many(store):
    channel, sender, _ = making.room(store)
    for _ in range(7):
        making.send(store, sender, content=bytes(11), max_openings=1)
    Cleaning(store, lambda: NOW).purge()
    assert (total(store), entries(store)) == (77, 1)
    with store.write() as unit:
        making.delete_pictures(unit, channel.id)
    Cleaning(store, lambda: NOW + timedelta(minutes=1)).purge()
    assert (total(store), entries(store)) == (0, 1)


def test_the_total_is_right_while_many_write_and_several_clean(store):
    """Each sender works in a channel of its own, and removes every other picture again."""
    people = [making.room(store)[1] for _ in range(4)]
    stop = threading.Event()

    def send(sender):
        for number in range(12):
            making.send(store, sender, content=bytes(100 + number))
            if number % 2:
                with store.write() as unit:
                    making.delete_pictures(unit, sender.channel_id)

    def clean():
        while not stop.is_set():
            with store.write() as unit:
                unit.ledger.add_up()

    with ThreadPoolExecutor(6) as threads:
        cleaners = [threads.submit(clean) for _ in range(2)]
        for done in [threads.submit(send, one) for one in people]:
            done.result()
        for sender in people:
            making.send(store, sender, content=bytes(10))
        stop.set()
        for one in cleaners:
            one.result()
    assert total(store) == 40


def test_entries_of_an_act_that_goes_on_are_left_to_the_next_time(postgres_place):
    """Two servers, one of which sends while the other one cleans: neither waits."""
    store, other = postgres_place.open(), postgres_place.open()
    _, sender, _ = making.room(store)
    making.send(store, sender, content=bytes(100))
    with store.write() as unit:
        unit.pictures.add(making.picture(sender, content=bytes(10)))
        unit.ledger.add_up()
        with other.write() as theirs:
            theirs.ledger.add_up()
            assert theirs.ledger.total() == 100
    assert total(other) == 110
    store.close()
    other.close()


@given(
    sizes=st.lists(st.integers(0, 700_000), min_size=1, max_size=4),
    keep=st.integers(0, 4),
)
@settings(deadline=None, max_examples=20)  # it writes to a disk
def test_the_total_is_the_sum_of_what_is_left(shared_store, sizes, keep):
    before = total(shared_store)
    _, sender, _ = making.room(shared_store)
    sent = [making.send(shared_store, sender, content=bytes(size)) for size in sizes]
    with shared_store.write() as unit:
        names = [one.public_id for one in sent[keep:]]
        gone = delete(schema.picture).where(schema.picture.c.public_id.in_(names))
        unit.pictures._connection.execute(gone)
        unit.ledger.add_up()
    assert total(shared_store) == before + sum(sizes[:keep])


def test_one_quota_counts_pictures_findings_and_interventions_together(place):
    store = place.open(limits=Limits(max_bytes=2_500))
    channel, sender, eve = making.room(store)
    sent = making.send(store, sender, content=bytes(1000))
    with store.write() as unit:
        unit.findings.put(eve.id, channel.id, sent.public_id, attack="a", data=bytes(1000), at=NOW)
    with pytest.raises(StoreFull):
        making.send(store, sender, content=bytes(501))
    with pytest.raises(StoreFull), store.write() as unit:
        unit.interventions.add(channel.id, replaced(sent, eve, "one", content=bytes(501)))
    making.send(store, sender, content=bytes(500))
    assert total(store) == 2_500
    store.close()


def test_a_check_finds_a_wrong_total_and_makes_it_right(store):
    _, sender, _ = making.room(store)
    making.send(store, sender, content=bytes(1000))
    with store._database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO ledger (bytes) VALUES (25)")
    [problem] = check(store, NOW).problems
    assert problem == "the total of bytes was wrong by +25; it is right now"
    assert total(store) == 1000
    assert check(store, NOW).problems == ()


def test_the_operator_hears_of_a_wrong_total(sqlite_place, monkeypatch, capsys):
    monkeypatch.setenv("STORE_PEPPER", making.PEPPER.decode())
    store = sqlite_place.open()
    with store._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM ledger")
        connection.exec_driver_sql("INSERT INTO ledger (bytes) VALUES (-3)")
    store.close()
    assert main(["--url", sqlite_place.url, "check"]) == 1
    assert "wrong by -3" in capsys.readouterr().out
    assert main(["--url", sqlite_place.url, "check"]) == 0


def test_a_backup_and_what_is_restored_from_it_go_on_counting(sqlite_place, tmp_path):
    store = sqlite_place.open()
    _, sender, _ = making.room(store)
    making.send(store, sender, content=bytes(1000))
    store.back_up(tmp_path / "backup.db")
    making.send(store, sender, content=bytes(1000))
    store.close()
    restore_store(sqlite_place.url, tmp_path / "backup.db")
    store = sqlite_place.open()
    assert total(store) == 1000
    making.send(store, sender, content=bytes(1000))
    assert total(store) == 2000
    store.close()


def test_expired_channels_are_subtracted(store):
    _, sender, _ = making.room(store, expires_at=NOW + HOUR)
    making.send(store, sender)
    clock = NOW
    cleaning = Cleaning(store, lambda: clock)
    for minutes in range(0, 90, 30):
        clock = NOW + timedelta(minutes=minutes)
        cleaning.purge()
    assert total(store) == 0


def test_a_store_of_version_1_goes_up_with_what_it_holds(place, tmp_path, monkeypatch):
    """The first entry is the sum of what was there; the triggers count from there on."""
    [first] = (Path(versioning.__file__).parent / "versions").glob("0001_*.py")
    (tmp_path / "first").mkdir()
    shutil.copy(first, tmp_path / "first")
    with monkeypatch.context() as patch:
        patch.setattr(versioning, "FOLDERS", [tmp_path / "first"])
        store = place.open()
        with store._database.writing() as connection:
            tables = MetaData()
            tables.reflect(connection)
            rows = {
                "channel": {"kind": "private", "created_at": 1, "expires_at": 2**62},
                "seat": {"channel_id": 1, "role": "sender", "joined_at": 1, "last_seen_at": 1},
                "picture": {"channel_id": 1, "sender_id": 1, "sent_at": 1, "size": 1000},
                "finding": {"seat_id": 1, "picture_id": 1, "found_at": 1, "size": 30},
            }
            for name, row in rows.items():
                for column in tables.tables[name].c:
                    if not (column.nullable or column.server_default or column.primary_key):
                        blob = isinstance(column.type, LargeBinary)
                        row.setdefault(column.name, b"x" * 32 if blob else "x")
                connection.execute(tables.tables[name].insert().values(row))
        store.close()
    store = place.open()
    assert total(store) == 1030
    making.send(store, making.room(store)[1], content=bytes(10))
    assert total(store) == 1040
    store.close()
