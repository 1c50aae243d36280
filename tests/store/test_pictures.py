import hashlib
import os
import random
from dataclasses import replace

import pytest

from store import PictureMissing, PictureRecords, Recipient, StoreRefused
from store.schema import CHUNK_BYTES
from tests.store import making
from tests.store.making import HOUR, NOW


@pytest.mark.parametrize(
    "size",
    [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 65 * CHUNK_BYTES + 17],
)
def test_a_picture_comes_back_exactly(store, size):
    channel, sender, receiver = making.room(store)
    sent = making.send(store, sender, [receiver], content=random.Random(size).randbytes(size))
    with store.read() as unit:
        assert unit.pictures.content(channel.id, sent.public_id) == sent.content
        assert unit.pictures.records(channel.id, sent.public_id) == PictureRecords(
            sent.details, sent.manifest, sent.signature, sent.note
        )
        stored = unit.pictures.get(channel.id, sent.public_id)
    assert stored.size == size
    assert stored.sha256 == hashlib.sha256(sent.content).digest()
    assert (stored.public_id, stored.channel_id, stored.sender_id, stored.scheme) == (
        (sent.public_id, channel.id, sender.id, "hybrid")
    )
    assert stored.sent_at == NOW


def test_what_is_added_is_what_is_listed(store):
    channel, sender, receiver = making.room(store)
    with store.write() as unit:
        other = making.seat(unit, channel.id)
        added = unit.pictures.add(making.picture(sender, [other, receiver]))
        assert unit.pictures.get(channel.id, added.public_id) == added
    assert [recipient.seat_id for recipient in added.recipients] == [receiver.id, other.id]


def test_listings_are_oldest_first_and_keep_to_channel_sender_and_recipient(store):
    channel, sender, receiver = making.room(store)
    elsewhere, stranger, _ = making.room(store)
    with store.write() as unit:
        second_sender = making.seat(unit, channel.id, role="sender")
        second_receiver = making.seat(unit, channel.id)
    one = making.send(store, sender, [receiver], sent_at=NOW + HOUR)
    two = making.send(store, second_sender, [receiver, second_receiver], sent_at=NOW)
    three = making.send(store, sender, [])
    foreign = making.send(store, stranger)

    def names(pictures):
        return [picture.public_id for picture in pictures]

    with store.read() as unit:
        pictures = unit.pictures
        assert names(pictures.in_channel(channel.id)) == names([one, two, three])
        assert names(pictures.by_sender(channel.id, sender.id)) == names([one, three])
        assert names(pictures.in_channel(elsewhere.id)) == names([foreign])
        [_, listed, _] = pictures.in_channel(channel.id)
        assert [(r.seat_id, r.fingerprint) for r in listed.recipients] == list(two.recipients)
        own = pictures.in_channel(channel.id, recipient=second_receiver.id)
        assert names(own) == names([one, two, three])
        assert [[r.seat_id for r in picture.recipients] for picture in own] == [
            [],
            [second_receiver.id],
            [],
        ]


def test_a_picture_is_found_in_its_own_channel_only(store):
    channel, sender, receiver = making.room(store)
    elsewhere, _, _ = making.room(store)
    sent = making.send(store, sender, [receiver])
    with store.write() as unit:
        assert unit.pictures.get(elsewhere.id, sent.public_id) is None
        with pytest.raises(PictureMissing):
            unit.pictures.content(elsewhere.id, sent.public_id)
        with pytest.raises(PictureMissing):
            unit.pictures.records(elsewhere.id, sent.public_id)
        assert not unit.pictures.mark_opened(elsewhere.id, sent.public_id, receiver.id, NOW)
        assert unit.pictures.get(channel.id, sent.public_id).recipients[0].opened_at is None


def test_the_first_opening_counts(store):
    channel, sender, receiver = making.room(store)
    sent = making.send(store, sender, [receiver])
    with store.write() as unit:
        assert not unit.pictures.mark_opened(channel.id, sent.public_id, sender.id, NOW)
        assert unit.pictures.mark_opened(channel.id, sent.public_id, receiver.id, NOW)
        assert not unit.pictures.mark_opened(channel.id, sent.public_id, receiver.id, NOW + HOUR)
        [recipient] = unit.pictures.get(channel.id, sent.public_id).recipients
    assert recipient.opened_at == NOW


def test_a_submission_is_stored_once(store):
    channel, sender, receiver = making.room(store)
    sent = making.send(store, sender, [receiver])
    with store.read() as unit:
        found = unit.pictures.by_submission(sender.id, sent.submission)
        assert found == unit.pictures.get(channel.id, sent.public_id)
        assert unit.pictures.by_submission(receiver.id, sent.submission) is None
    again = replace(sent, public_id=making.word())
    with pytest.raises(StoreRefused), store.write() as unit:
        unit.pictures.add(again)
    making.send(store, receiver, submission=sent.submission)  # another sender's own name for it
    with store.read() as unit:
        assert len(unit.pictures.in_channel(channel.id)) == 2


def test_a_picture_is_sent_by_and_for_seats_of_its_channel_only(store):
    channel, sender, receiver = making.room(store)
    _, stranger, _ = making.room(store)
    for wrong in (
        making.picture(stranger, [receiver], channel_id=channel.id),
        making.picture(sender, [receiver, stranger]),
    ):
        with pytest.raises(StoreRefused), store.write() as unit:
            unit.pictures.add(wrong)
    with store.read() as unit:
        assert unit.pictures.count() == 0


@pytest.mark.parametrize("change", [{"channel_id": 999}, {"sender_id": 999}])
def test_a_picture_needs_its_channel_and_its_sender(store, change):
    channel, sender, _ = making.room(store)
    with pytest.raises(StoreRefused), store.write() as unit:
        unit.pictures.add(making.picture(sender, **change))
    with store.read() as unit:
        assert unit.pictures.in_channel(channel.id) == []


def test_deleted_pictures_take_along_everything_of_theirs(store):
    channel, sender, receiver = making.room(store)
    _, stranger, _ = making.room(store)
    gone = [making.send(store, sender, [receiver]) for _ in range(3)]
    kept = making.send(store, stranger, content=os.urandom(CHUNK_BYTES + 1))
    with store.write() as unit:
        assert making.delete_pictures(unit, channel.id) == 3
        assert making.delete_pictures(unit, channel.id) == 0
        with pytest.raises(PictureMissing):
            unit.pictures.content(channel.id, gone[0].public_id)
        assert unit.pictures.content(kept.channel_id, kept.public_id) == kept.content
        assert len(unit.events.since(channel.id, 0)) == 3


def test_bytes_are_not_in_the_repr(store):
    _, sender, receiver = making.room(store)
    new = making.picture(
        sender, [receiver], content=b"CONTENT", details=b"CONTENT", note=b"CONTENT"
    )
    with store.write() as unit:
        unit.pictures.add(new)
        records = unit.pictures.records(new.channel_id, new.public_id)
    assert "CONTENT" not in repr(new) + repr(records)


def test_a_share_adds_a_recipient_and_longer_envelopes(store):
    """Whole, listed, and once only; the other records and other pictures stay as they are."""
    made, sender, receiver = making.room(store)
    old = making.send(store, sender, [receiver], content=os.urandom(CHUNK_BYTES + 5))
    other = making.send(store, sender, [receiver])
    content, share = os.urandom(2 * CHUNK_BYTES + 7), b"f" * 32 + os.urandom(256)
    with store.write() as unit:
        late = making.seat(unit, made.id)
        recipient = Recipient(late.id, b"k" * 32, None, share)
        before = unit.pictures.get(made.id, old.public_id)
        unit.pictures.share(before, recipient, content=content, details=b"longer details")
    with store.read() as unit:
        now = unit.pictures.get(made.id, old.public_id)
        assert (now.size, now.sha256) == (len(content), hashlib.sha256(content).digest())
        assert now.recipients == (*before.recipients, recipient)
        assert unit.pictures.content(made.id, old.public_id) == content
        records = unit.pictures.records(made.id, old.public_id)
        assert records == PictureRecords(b"longer details", old.manifest, old.signature, old.note)
        assert unit.pictures.content(made.id, other.public_id) == other.content
    with pytest.raises(StoreRefused), store.write() as unit:
        unit.pictures.share(now, recipient, content=b"again", details=b"again")
    with store.read() as unit:
        assert unit.pictures.content(made.id, old.public_id) == content
