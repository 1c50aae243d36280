"""Nothing that was acknowledged is lost: kill -9, a full disk, a server that dies."""

import contextlib
import os
import random
import subprocess
import threading
import time

import pytest

from store import Limits, StoreBusy, StoreError, StoreFull, StoreUnreachable, open_store
from tests.store import making, workers
from tests.store.conftest import server_or_skip
from tests.store.making import NOW
from tests.store.workers import FORKS

MIB = 1024 * 1024


def check_all(store, channel_id, acknowledged):
    """Every acknowledged picture is whole, events have no gap, SQLite and the total are right."""
    with store.read() as unit:
        assert unit.ledger.error() == 0
        stored = {picture.public_id for picture in unit.pictures.in_channel(channel_id)}
        for public_id, head, size in acknowledged:
            content = unit.pictures.content(channel_id, public_id)
            assert (content[:32], len(content)) == (head, size)
        for public_id in stored - {public_id for public_id, _, _ in acknowledged}:
            unit.pictures.content(channel_id, public_id)  # committed, not yet acknowledged: whole
    assert making.gapless(store, channel_id) == len(stored)
    assert store.problems() == []
    return len(stored)


def test_kill_9_at_any_moment_loses_nothing_acknowledged(sqlite_place, figure):
    kills = 200 if making.LONG else 20
    store = sqlite_place.open()
    channel, sender, _ = making.room(store)
    store.close()
    chance = random.Random(1)
    acknowledged = []
    for _ in range(kills):
        receive, send = FORKS.Pipe(duplex=False)
        process = FORKS.Process(
            target=workers.sends_until_killed,
            args=(sqlite_place.url, sender, send, [1000, 100_000, 1_000_000]),
        )
        process.start()
        send.close()
        receive.poll(30)
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        process.join()
        with contextlib.suppress(EOFError):
            while receive.poll(0):
                acknowledged.append(receive.recv())
        receive.close()
    store = sqlite_place.open()
    stored = check_all(store, channel.id, acknowledged)
    store.close()
    figure(f"kill -9 x {kills}: {len(acknowledged)} acknowledged, 0 lost, {stored} stored, whole")
    assert len(acknowledged) >= kills


def test_two_servers_on_one_file_lose_nothing_and_leave_no_gap(sqlite_place, figure):
    store = sqlite_place.open()
    channel, sender, _ = making.room(store)
    answers = FORKS.SimpleQueue()
    processes = [
        FORKS.Process(target=workers.sends_some, args=(sqlite_place.url, sender, 40, answers))
        for _ in range(3)
    ]
    for process in processes:
        process.start()
    said = [answers.get() for _ in processes]
    for process in processes:
        process.join(60)
    expected = {public_id for one in said for public_id in one}
    with store.read() as unit:
        stored = [picture.public_id for picture in unit.pictures.in_channel(channel.id)]
    figure(f"3 servers on one file: {len(stored)} of 120 stored, no gap")
    assert sorted(stored) == sorted(expected)
    assert making.gapless(store, channel.id) == 120
    store.close()


# Locks


@pytest.mark.parametrize("holder", [workers.holds_the_write_lock, workers.holds_the_lock_file])
def test_a_foreign_lock_is_busy_in_time_and_readers_do_not_notice(sqlite_place, figure, holder):
    wait = 10.0 if making.LONG else 1.0
    store = sqlite_place.open(limits=Limits(wait=wait))
    channel, sender, _ = making.room(store)
    ready = FORKS.Event()
    place = sqlite_place.path if holder is workers.holds_the_write_lock else sqlite_place.url
    process = FORKS.Process(target=holder, args=(place, 1.5 * wait, ready))
    process.start()
    assert ready.wait(30)
    before = time.monotonic()
    with pytest.raises(StoreBusy):
        making.send(store, sender)
    refused = time.monotonic() - before
    polls = []
    for _ in range(20):
        before = time.monotonic()
        with store.read() as unit:
            assert unit.events.since(channel.id, 0) == []
        polls.append(time.monotonic() - before)
    process.join(60)
    sent = making.send(store, sender)
    with store.read() as unit:
        assert [picture.public_id for picture in unit.pictures.in_channel(channel.id)] == [
            sent.public_id
        ]
    store.close()
    figure(
        f"{holder.__name__}: refused after {refused:.2f} s of {wait:.0f} s patience, "
        f"polls at most {1000 * max(polls):.1f} ms"
    )
    assert wait * 0.9 < refused < wait + 1
    assert sorted(polls)[10] < 0.1


def test_patience_is_counted_once_over_all_locks(sqlite_place):
    """A writer that has waited behind another one has less patience left for a foreign lock."""
    wait = 1.5
    store = sqlite_place.open(limits=Limits(wait=wait))
    _, sender, _ = making.room(store)
    ready = FORKS.Event()
    process = FORKS.Process(
        target=workers.holds_the_write_lock, args=(sqlite_place.path, 60, ready)
    )
    process.start()
    assert ready.wait(30)
    waited = []

    def write():
        before = time.monotonic()
        with pytest.raises(StoreBusy):
            making.send(store, sender)
        waited.append(time.monotonic() - before)

    first, second = (threading.Thread(target=write) for _ in range(2))
    first.start()
    time.sleep(wait / 2)
    second.start()
    first.join()
    second.join()
    process.kill()
    process.join()
    store.close()
    assert len(waited) == 2
    assert max(waited) < 1.3 * wait


# Full


def test_the_quota_refuses_early_and_removing_makes_room(store_with_quota):
    store = store_with_quota
    channel, sender, _ = making.room(store)
    making.send(store, sender, content=bytes(900_000))
    with pytest.raises(StoreFull, match="as many pictures"):
        making.send(store, sender, content=bytes(200_000))
    with store.write() as unit:
        assert unit.pictures.count(channel.id) == 1
        making.delete_pictures(unit, channel.id)
    making.send(store, sender, content=bytes(200_000))


@pytest.fixture
def store_with_quota(place):
    store = place.open(limits=Limits(max_bytes=MIB))
    yield store
    store.close()


def test_a_disk_with_too_little_left_refuses_early(sqlite_place):
    store = sqlite_place.open(limits=Limits(reserve=2**60))
    _, sender, _ = making.room(store)
    with pytest.raises(StoreFull, match="nearly full"):
        making.send(store, sender)
    store.close()


@pytest.fixture
def small_disk(tmp_path):
    """A real disk of 24 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        if os.environ.get("CI") == "true":
            pytest.fail("a small disk cannot be mounted")
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk):
    """Another program takes all that is left."""
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        for size in (65536, 4096, 512, 1):
            with contextlib.suppress(OSError):
                while filler.write(b"x" * size) == size:
                    pass


def sweep_all(store):
    removed = []
    while True:
        with store.write() as unit:
            batch = unit.retention.sweep(NOW, limit=3)
        if not batch:
            return removed
        removed += [removal.public_id for removal in batch.pictures]
        store.compact()


def test_a_full_disk_loses_nothing_and_is_left_by_ballast_and_purge(small_disk, figure):
    url = f"sqlite:///{small_disk}/channels.db"
    limits = Limits(reserve=4 * MIB, ballast=6 * MIB)
    ballast = small_disk / "channels.db.ballast"
    store = open_store(url, pepper=making.PEPPER, limits=limits)
    assert ballast.stat().st_size == MIB  # as the file is small
    channel, sender, _ = making.room(store)
    acknowledged = []
    for _ in range(12):
        sent = making.send(store, sender, content=os.urandom(400_000))
        acknowledged.append((sent.public_id, sent.content[:32], 400_000))
    store.compact()
    assert ballast.stat().st_size == 6 * MIB  # it has grown with the file, up to its limit
    store.close()
    # Without a reserve, so that SQLite meets the end of the disk itself.
    store = open_store(url, pepper=making.PEPPER, limits=Limits(reserve=0, ballast=0))
    with pytest.raises(StoreFull):  # noqa: PT012 - the loop is what fills the disk
        while True:
            sent = making.send(store, sender, content=os.urandom(400_000))
            acknowledged.append((sent.public_id, sent.content[:32], 400_000))
    fill(small_disk)
    assert check_all(store, channel.id, acknowledged) == len(acknowledged) > 3
    store.close()
    # A start on the full disk: it may have to drop the ballast, and then it works.
    for _ in range(2):
        try:
            store = open_store(url, pepper=making.PEPPER, limits=limits)
        except StoreFull:
            continue
        break
    assert check_all(store, channel.id, acknowledged) == len(acknowledged)
    with contextlib.suppress(StoreFull), store.write() as unit:
        unit.channels.close(channel.id, NOW)  # the first try may only find that the disk is full
    with store.write() as unit:
        unit.channels.close(channel.id, NOW)
    removed = sweep_all(store)
    assert sorted(removed) == sorted(public_id for public_id, _, _ in acknowledged)
    _, sender, _ = making.room(store)
    making.send(store, sender, content=os.urandom(400_000))
    assert store.problems() == []
    store.close()
    figure(f"full disk of 24 MB: {len(acknowledged)} acknowledged, 0 lost, writes again after")


def test_without_ballast_a_full_disk_cannot_be_left(small_disk):
    """The control of the test above."""
    url = f"sqlite:///{small_disk}/channels.db"
    limits = Limits(reserve=0, ballast=0)
    store = open_store(url, pepper=making.PEPPER, limits=limits)
    channel, sender, _ = making.room(store)
    for _ in range(10):
        making.send(store, sender, content=os.urandom(400_000))
    fill(small_disk)

    def purge():
        with store.write() as unit:
            making.delete_pictures(unit, channel.id)

    for _ in range(3):
        with pytest.raises(StoreFull):
            purge()
    with store.read() as unit:
        assert unit.pictures.count(channel.id) == 10
    store.close()


# Many at once


def test_writers_and_pollers_do_not_get_in_each_others_way(sqlite_place, figure):
    seconds = 10 if making.LONG else 2
    writers, pollers = (50, 100) if making.LONG else (25, 50)
    store = sqlite_place.open()
    channel, sender, _ = making.room(store)
    content = os.urandom(MIB)
    writes, polls, late, errors, log = [], [], [], [], [0]
    end = time.monotonic() + seconds
    chance = random.Random(3)

    def paced(act, times, offset):
        time.sleep(offset)  # people do not all act at the same moment of each second
        while (before := time.monotonic()) < end:
            try:
                act()
            except Exception as error:
                errors.append(error)
            times.append(time.monotonic() - before)
            time.sleep(max(0, 1 - (time.monotonic() - before)))

    def idle():
        """How late a thread that does nothing comes: the machine's share in the poll times."""
        while time.monotonic() < end:
            before = time.monotonic()
            time.sleep(0.005)
            late.append(time.monotonic() - before - 0.005)

    def write():
        making.send(store, sender, content=content)
        log[0] = max(log[0], store.sizes()["log bytes"])

    def poller():
        last = 0

        def poll():
            nonlocal last
            with store.read() as unit:
                events = unit.events.since(channel.id, last)
            if [event.seq for event in events] != list(range(last + 1, last + 1 + len(events))):
                raise AssertionError("a gap")
            last += len(events)

        return poll

    threads = [
        threading.Thread(target=paced, args=(write, writes, chance.random()))
        for _ in range(writers)
    ]
    threads += [
        threading.Thread(target=paced, args=(poller(), polls, chance.random()))
        for _ in range(pollers)
    ]
    threads.append(threading.Thread(target=idle))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    p99, late_p99 = (sorted(times)[int(0.99 * len(times))] for times in (polls, late))
    figure(
        f"{writers} writers of 1 MB, {pollers} pollers, {seconds} s: {len(writes)} writes, "
        f"{len(errors)} errors, poll p50 {1000 * sorted(polls)[len(polls) // 2]:.1f} ms, "
        f"p99 {1000 * p99:.1f} ms (a thread that does nothing: {1000 * late_p99:.1f} ms), "
        f"log {log[0] / MIB:.0f} MB"
    )
    assert errors == []
    assert log[0] < 64 * MIB
    if making.LONG:  # a hundred polls of the short form say little about the hundredth
        assert p99 < 0.05 + late_p99


# PostgreSQL


def test_a_poller_on_postgresql_misses_nothing(postgres_place, figure):
    """Ids from a sequence become visible out of order; numbers under the row's lock do not."""
    store = postgres_place.open()
    channel, _, _ = making.room(store)
    with store._database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE plain (id BIGSERIAL PRIMARY KEY)")
    done = threading.Event()
    seen, seen_plain = [], []

    def write(seed):
        chance = random.Random(seed)
        for _ in range(8):
            with store._database.writing() as connection:
                connection.exec_driver_sql("INSERT INTO plain DEFAULT VALUES")
                time.sleep(chance.uniform(0, 0.02))
            with store.write() as unit:
                unit.events.add(channel.id, "tick", NOW)
                time.sleep(chance.uniform(0, 0.004))

    def poll():
        while True:
            last_round = done.is_set()
            with store._database.reading() as connection:
                after = seen_plain[-1] if seen_plain else 0
                rows = connection.exec_driver_sql(
                    f"SELECT id FROM plain WHERE id > {after} ORDER BY id"
                )
                seen_plain.extend(row[0] for row in rows)
            with store.read() as unit:
                after = seen[-1] if seen else 0
                seen.extend(event.seq for event in unit.events.since(channel.id, after))
            if last_round:
                return

    writers = [threading.Thread(target=write, args=(n,)) for n in range(16)]
    poller = threading.Thread(target=poll)
    for thread in [*writers, poller]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    poller.join()
    store.close()
    missed = 128 - len(seen_plain)
    figure(f"poller on PostgreSQL: missed 0 of {len(seen)} events, {missed} of 128 sequence ids")
    assert seen == list(range(1, 129))
    assert missed > 0  # the control


def test_postgresql_killed_under_load_loses_nothing_and_comes_back(figure):
    server = server_or_skip(durable=True)
    store = open_store(server.new_place("crash"), pepper=making.PEPPER)
    channel, sender, _ = making.room(store)
    acknowledged, refused, unexpected = [], [], []
    stop = threading.Event()

    def write():
        while not stop.is_set():
            try:
                sent = making.send(store, sender, content=os.urandom(20_000))
            except StoreUnreachable:
                refused.append(time.monotonic())
                time.sleep(0.05)
            except StoreError as error:
                unexpected.append(error)
                time.sleep(0.05)
            else:
                acknowledged.append((sent.public_id, sent.content[:32], 20_000))

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(0.7)
    before = len(acknowledged)
    server.kill()
    at_kill, killed = len(acknowledged), time.monotonic()
    server.start()
    up = time.monotonic()
    while len(acknowledged) == at_kill and time.monotonic() < up + 20:
        time.sleep(0.01)
    recovered = time.monotonic() - up
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    check_all(store, channel.id, acknowledged)
    store.close()
    server.remove()
    figure(
        f"PostgreSQL killed: {len(acknowledged)} acknowledged, 0 lost, {len(refused)} refused, "
        f"up after {up - killed:.2f} s, writing again {recovered:.2f} s later"
    )
    assert 0 < before <= at_kill < len(acknowledged)
    assert refused
    assert unexpected == []
    assert recovered < 5


# Twice


def test_the_same_submission_from_many_sides_is_stored_once(store, figure):
    """A double click, a reconnect: each asks first and then adds, in one unit."""
    channel, _, receiver = making.room(store)
    with store.write() as unit:
        token = os.urandom(32)
        making.seat(unit, channel.id, role="sender", token_hash=token)
    barrier = threading.Barrier(6)
    stored = []

    def send():
        barrier.wait()
        with store.write() as unit:
            seat, _ = unit.seats.asking(token)  # from here on the channel is ours
            found = unit.pictures.by_submission(seat.id, "one click")
            if found is None:
                new = making.picture(seat, [receiver], submission="one click")
                found = unit.pictures.add(new)
                unit.events.add(channel.id, "sent", NOW, picture_id=found.public_id)
            stored.append(found.public_id)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as unit:
        count = unit.pictures.count(channel.id)
    figure(f"one submission from 6 sides: {count} row, {len(set(stored))} answer")
    assert (count, len(stored), len(set(stored))) == (1, 6, 1)
    assert making.gapless(store, channel.id) == 1
