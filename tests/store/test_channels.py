import os

import pytest

from store import DuplicateKey, new_channel_key, normalise_channel_key
from tests.store import making
from tests.store.making import HOUR, NOW


def test_a_channel_comes_back_as_it_was_made(store):
    digest = os.urandom(32)
    with store.write() as unit:
        made = making.channel(store, unit, key_digest=digest, name="Überraschung 🎁")
    with store.read() as unit:
        assert unit.channels.get(made.id) == made
        assert unit.channels.by_key(digest) == made
        assert unit.channels.by_key(os.urandom(32)) is None
        assert unit.channels.get(made.id + 1) is None
    assert (made.name, made.kind, made.last_seq) == ("Überraschung 🎁", "private", 0)
    assert made.locked is False
    assert (made.created_at, made.expires_at) == (NOW, NOW + 24 * HOUR)
    assert made.closed_at is made.owner_id is None


def test_a_key_belongs_to_one_channel_and_the_unit_goes_on(store):
    digest = os.urandom(32)
    with store.write() as unit:
        making.channel(store, unit, key_digest=digest)
        with pytest.raises(DuplicateKey):
            making.channel(store, unit, key_digest=digest)
        other = making.channel(store, unit)
    with store.read() as unit:
        assert unit.channels.get(other.id) == other


def test_the_digest_is_the_same_however_the_key_is_typed(store):
    key = new_channel_key()
    assert store.key_digest(key) == store.key_digest(f" {normalise_channel_key(key).lower()} ")
    assert len(store.key_digest(key)) == 32
    assert store.key_digest(key) != store.key_digest(new_channel_key())
    with pytest.raises(ValueError, match="not a channel key"):
        store.key_digest("no key")


def test_the_first_to_bring_the_ticket_is_the_owner(store):
    ticket = os.urandom(32)
    channel, sender, receiver = making.room(store, owner_ticket_hash=ticket)
    elsewhere = making.room(store)[1]
    with store.write() as unit:
        assert not unit.channels.claim_owner(channel.id, sender.id, os.urandom(32))
        assert not unit.channels.claim_owner(channel.id, elsewhere.id, ticket)
        assert unit.channels.claim_owner(channel.id, sender.id, ticket)
        assert not unit.channels.claim_owner(channel.id, receiver.id, ticket)
        assert unit.channels.get(channel.id).owner_id == sender.id


def test_a_channel_is_closed_once(store):
    with store.write() as unit:
        closed = making.channel(store, unit)
        unit.channels.close(closed.id, NOW)
        unit.channels.close(closed.id, NOW + HOUR)
        assert unit.channels.get(closed.id).closed_at == NOW


def test_the_owners_rules_change_one_at_a_time(store):
    with store.write() as unit:
        made = making.channel(store, unit)
        assert (made.locked, made.approval, made.interceptors) == (False, False, True)
        unit.channels.set_rules(made.id, locked=True)
        unit.channels.set_rules(made.id, approval=True, interceptors=False)
        unit.channels.set_rules(made.id)
        unit.channels.extend(made.id, NOW + 48 * HOUR)
        now = unit.channels.get(made.id)
    assert (now.locked, now.approval, now.interceptors) == (True, True, False)
    assert now.expires_at == NOW + 48 * HOUR


def test_a_changed_key_finds_the_channel_and_the_old_one_does_not(store):
    old, new, foreign = (os.urandom(32) for _ in range(3))
    with store.write() as unit:
        made = making.channel(store, unit, key_digest=old)
        making.channel(store, unit, key_digest=foreign)
        unit.channels.change_key(made.id, new)
        assert unit.channels.by_key(old) is None
        assert unit.channels.by_key(new) == made
        with pytest.raises(DuplicateKey):
            unit.channels.change_key(made.id, foreign)
        unit.channels.change_key(made.id, new)  # its own key is not a duplicate
