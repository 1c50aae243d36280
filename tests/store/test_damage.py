"""Someone changes what is stored; nobody is given it as if it were what was sent."""

import hashlib
import os

import pytest
from sqlalchemy import delete, insert, select, update

from store import PictureDamaged, StoreDamaged
from store.checking import check
from store.schema import CHUNK_BYTES, picture, picture_chunk, picture_record
from tests.store import making
from tests.store.making import NOW


def numbers(connection, *sent):
    return [
        connection.scalar(select(picture.c.id).where(picture.c.public_id == one.public_id))
        for one in sent
    ]


def flip_a_bit(connection, victim, _other, _elsewhere):
    [number] = numbers(connection, victim)
    where = (picture_chunk.c.picture_id == number, picture_chunk.c.n == 1)
    data = bytearray(connection.scalar(select(picture_chunk.c.data).where(*where)))
    data[1000] ^= 1
    connection.execute(update(picture_chunk).where(*where).values(data=bytes(data)))


def flip_a_bit_and_mend_the_digest(connection, victim, other, elsewhere):
    flip_a_bit(connection, victim, other, elsewhere)
    [number] = numbers(connection, victim)
    pieces = connection.scalars(
        select(picture_chunk.c.data)
        .where(picture_chunk.c.picture_id == number)
        .order_by(picture_chunk.c.n)
    )
    digest = hashlib.sha256(b"".join(pieces)).digest()
    connection.execute(update(picture).where(picture.c.id == number).values(sha256=digest))


def swap_two_chunks(connection, victim, _other, _elsewhere):
    [number] = numbers(connection, victim)
    for old, new in ((0, 99), (1, 0), (99, 1)):
        connection.execute(
            update(picture_chunk)
            .where(picture_chunk.c.picture_id == number, picture_chunk.c.n == old)
            .values(n=new)
        )


def lose_a_chunk(connection, victim, _other, _elsewhere):
    [number] = numbers(connection, victim)
    connection.execute(
        delete(picture_chunk).where(picture_chunk.c.picture_id == number, picture_chunk.c.n == 2)
    )


def move_to_another_channel(connection, victim, _other, elsewhere):
    [number] = numbers(connection, victim)
    connection.execute(update(picture).where(picture.c.id == number).values(channel_id=elsewhere))


def claim_another_sender(connection, victim, other, _elsewhere):
    [number] = numbers(connection, victim)
    connection.execute(
        update(picture).where(picture.c.id == number).values(sender_id=other.recipients[0][0])
    )


def replay_under_the_name_of_another(connection, victim, other, _elsewhere):
    """The other picture's whole row, chunks and records, under the victim's name."""
    number, source = numbers(connection, victim, other)
    for table in (picture_chunk, picture_record):
        connection.execute(delete(table).where(table.c.picture_id == number))
        rows = connection.execute(select(table).where(table.c.picture_id == source)).all()
        for row in rows:
            connection.execute(insert(table).values({**row._mapping, "picture_id": number}))
    copied = connection.execute(
        select(picture.c.size, picture.c.sha256, picture.c.row_code).where(picture.c.id == source)
    ).one()
    connection.execute(update(picture).where(picture.c.id == number).values(**copied._mapping))


def change_the_manifest(connection, victim, _other, _elsewhere):
    [number] = numbers(connection, victim)
    connection.execute(
        update(picture_record)
        .where(picture_record.c.picture_id == number)
        .values(manifest=b"forged")
    )


TAMPERINGS = [
    flip_a_bit,
    flip_a_bit_and_mend_the_digest,
    swap_two_chunks,
    lose_a_chunk,
    move_to_another_channel,
    claim_another_sender,
    replay_under_the_name_of_another,
    change_the_manifest,
]


def give_all(store, channel_id, public_id):
    with store.read() as unit:
        return unit.pictures.content(channel_id, public_id), unit.pictures.records(
            channel_id, public_id
        )


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_what_was_tampered_with_is_withheld_and_the_rest_is_given(store, tamper):
    channel, sender, receiver = making.room(store)
    elsewhere = making.room(store)[0]
    victim, other = (
        making.send(store, sender, [receiver], content=os.urandom(3 * CHUNK_BYTES))
        for _ in range(2)
    )
    for sent in (victim, other):  # the control: before, both are given
        assert give_all(store, channel.id, sent.public_id)[0] == sent.content
    with store._database.writing() as connection:
        tamper(connection, victim, other, elsewhere.id)
    where = elsewhere.id if tamper is move_to_another_channel else channel.id
    with pytest.raises(PictureDamaged):
        give_all(store, where, victim.public_id)
    assert give_all(store, channel.id, other.public_id)[0] == other.content
    findings = check(store, NOW)
    assert findings.pictures == 2
    assert [found.public_id for found in findings.damaged] == [victim.public_id]
    with store.read() as unit:
        assert unit.pictures.get(where, victim.public_id).damaged
        assert not unit.pictures.get(channel.id, other.public_id).damaged


def test_a_check_of_a_whole_store_finds_nothing(store):
    _, sender, receiver = making.room(store)
    for _ in range(3):
        making.send(store, sender, [receiver])
    findings = check(store, NOW)
    assert (findings.pictures, findings.damaged, findings.problems) == (3, (), ())


@pytest.mark.parametrize(("length", "what"), [(1, "one bit"), (3000, "3 KB of garbage")])
def test_damage_that_sqlite_does_not_see_is_found(sqlite_place, figure, length, what):
    """The disk changes bytes of one picture under SQLite's feet."""
    store = sqlite_place.open()
    channel, sender, _ = making.room(store)
    marker = os.urandom(32)
    sent = [
        making.send(store, sender, content=content)
        for content in (marker * 8192, os.urandom(2 * CHUNK_BYTES), os.urandom(2 * CHUNK_BYTES))
    ]
    store.compact()
    store.close()
    raw = bytearray(sqlite_place.path.read_bytes())
    # In the middle of a page that holds nothing but this picture.
    place = (raw.index(marker * 100) // 4096 + 1) * 4096 + 512
    damage = bytes([raw[place] ^ 1]) if length == 1 else os.urandom(length)
    raw[place : place + length] = damage
    sqlite_place.path.write_bytes(raw)
    store = sqlite_place.open()  # quick_check is content
    assert store.problems() == []  # and so is integrity_check
    findings = check(store, NOW)
    figure(f"{what} in one of 3 pictures: integrity_check ok, check finds {len(findings.damaged)}")
    assert [found.public_id for found in findings.damaged] == [sent[0].public_id]
    for good in sent[1:]:
        assert give_all(store, channel.id, good.public_id)[0] == good.content
    store.close()


def test_garbage_in_a_tree_page_is_reported(sqlite_place):
    store = sqlite_place.open()
    _, sender, receiver = making.room(store)
    for _ in range(200):
        making.send(store, sender, [receiver])
    store.compact()
    store.close()
    raw = bytearray(sqlite_place.path.read_bytes())
    for page in range(20, len(raw) // 4096, 2):
        raw[page * 4096 : page * 4096 + 16] = os.urandom(16)
    sqlite_place.path.write_bytes(raw)
    with pytest.raises(StoreDamaged):
        sqlite_place.open()
    assert sqlite_place.path.read_bytes() == raw
