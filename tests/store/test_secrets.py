"""What must not be found on the disk or in words, by looking for it."""

import logging
import os
import time

import pytest

from store import NewIntervention, StoreError, new_channel_key, normalise_channel_key
from tests.store import making
from tests.store.making import NOW


def found(place, marker):
    """Names of the files beside the database that contain the marker."""
    return {
        path.name.removeprefix(place.path.name)
        for path in place.path.parent.iterdir()
        if marker in path.read_bytes()
    }


def test_deleted_ciphertext_is_gone_from_file_and_log(sqlite_place, figure):
    store = sqlite_place.open()
    channel, sender, receiver = making.room(store)
    marker = os.urandom(24)
    for size in (10, 3_000, 30_000):
        making.send(store, sender, [receiver], content=marker * size, details=marker, note=marker)
    altered = os.urandom(24)
    last = making.send(store, sender, [receiver])
    with store.write() as unit:
        records = (altered, altered, altered)
        new = NewIntervention(
            last.public_id, sender.id, "act", "flip", NOW, content=altered * 30_000, records=records
        )
        unit.interventions.add(channel.id, new)
    assert found(sqlite_place, marker)  # the control: looking finds it
    assert found(sqlite_place, altered)
    with store.write() as unit:
        assert making.delete_pictures(unit, channel.id) == 4
    before = found(sqlite_place, marker)
    store.compact()
    after = found(sqlite_place, marker) | found(sqlite_place, altered)
    sizes = store.sizes()
    store.close()
    figure(f"purged ciphertext: found in {sorted(before)} before compact, in {sorted(after)} after")
    assert "-wal" in before  # the control: the log keeps it until it is cut
    assert after == set()
    assert sizes["log bytes"] == 0
    assert sizes["free bytes in file"] == 0
    assert sizes["file bytes"] < 300_000


def test_a_compact_beside_a_reader_does_no_harm_and_the_next_one_does_the_rest(sqlite_place):
    store = sqlite_place.open()
    channel, sender, _ = making.room(store)
    marker = os.urandom(24)
    sent = making.send(store, sender, content=marker * 30_000)
    with store.read() as unit:
        before = unit.pictures.in_channel(channel.id)
        with store.write() as other:
            making.delete_pictures(other, channel.id)
        started = time.monotonic()
        store.compact()
        took = time.monotonic() - started
        assert unit.pictures.in_channel(channel.id) == before
        assert unit.pictures.content(channel.id, sent.public_id) == sent.content
    assert found(sqlite_place, marker)
    store.compact()
    assert found(sqlite_place, marker) == set()
    store.close()
    assert took < 5


def test_room_in_the_file_goes_back_to_the_disk_while_others_write(sqlite_place):
    store = sqlite_place.open()
    channel, sender, _ = making.room(store)
    other, stranger, _ = making.room(store)
    for _ in range(8):
        making.send(store, sender, content=os.urandom(1_000_000))
    kept = making.send(store, stranger, content=os.urandom(300_000))
    large = store.sizes()["file bytes"]
    with store.write() as unit:
        making.delete_pictures(unit, channel.id)
    free = store.sizes()["free bytes in file"]
    assert store._database._vacuum_step()
    assert free - store.sizes()["free bytes in file"] == 256 * 4096  # a step is a megabyte
    store.compact()
    assert store.sizes()["file bytes"] < large / 8
    with store.read() as unit:
        assert unit.pictures.content(other.id, kept.public_id) == kept.content
    store.close()


def test_no_channel_key_and_no_pepper_is_in_the_files(sqlite_place):
    store = sqlite_place.open(pepper=None)
    key = new_channel_key()
    with store.write() as unit:
        making.channel(store, unit, key_digest=store.key_digest(key))
    digest = store.key_digest(key)
    pepper = sqlite_place.path.with_name("channels.db.pepper").read_bytes()
    assert found(sqlite_place, digest)  # the control
    for written in (key, key.replace("-", ""), normalise_channel_key(key).lower()):
        assert found(sqlite_place, written.encode()) == set()
    assert found(sqlite_place, pepper) == {".pepper"}
    store.close()


def test_nothing_that_is_stored_is_logged_or_said(store, caplog):
    caplog.set_level(logging.DEBUG)
    channel, sender, receiver = making.room(store)
    sent = making.send(store, sender, [receiver], content=b"CONTENT", details=b"DETAILS")
    with store.write() as unit:
        making.seat(unit, channel.id, name="NICKNAME", locked_key=b"PRIVATE")
    said = [caplog.text]
    for act in (
        lambda unit: unit.pictures.add(sent),
        lambda unit: making.seat(unit, channel.id, name="NICKNAME"),
        lambda unit: unit.pictures.content(channel.id, "NO SUCH ID"),
        lambda unit: unit.events.add(99, "kind", NOW, detail="DETAIL"),
    ):
        with pytest.raises(StoreError) as caught, store.write() as unit:
            act(unit)
        said += [str(caught.value), repr(caught.value)]
    text = "".join([*said, caplog.text])
    for marker in ("CONTENT", "DETAILS", "NICKNAME", "PRIVATE", "NO SUCH", "DETAIL", "INSERT"):
        assert marker not in text
