"""Commits are heard of, by every process that listens."""

import queue
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from store import ChannelMissing
from tests.store import making


@contextmanager
def listening(place):
    """A queue that gets something after every commit; another process's store listens."""
    heard, stop, other = queue.SimpleQueue(), threading.Event(), place.open()

    def listen():
        for _ in other.changes(stop):
            heard.put(None)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        heard.get(timeout=10)  # it listens now: whatever came before is one change
        yield heard
    finally:
        stop.set()
        thread.join(5)
        other.close()
    assert not thread.is_alive()


def settle(heard) -> None:
    while not quiet(heard):
        pass


def quiet(heard, seconds=0.4) -> bool:
    try:
        heard.get(timeout=seconds)
    except queue.Empty:
        return True
    return False


def happen(store, *channels) -> None:
    with store.write() as unit:
        for channel in channels:
            unit.events.add(channel.id, "sent", making.NOW)


def test_every_event_is_heard_of_soon_and_reading_is_not(place, store):
    channel, *_ = making.room(store)
    with listening(place) as heard:
        settle(heard)
        for _ in range(3):
            begun = time.monotonic()
            happen(store, channel)
            heard.get(timeout=5)
            assert time.monotonic() - begun < 1
            settle(heard)
        with store.read() as unit:
            assert len(unit.events.since(channel.id, 0)) >= 3
        assert quiet(heard)


def test_what_is_rolled_back_is_not_heard_of(place, store):
    channel, *_ = making.room(store)
    missing = replace(channel, id=channel.id + 1000)
    with listening(place) as heard:
        settle(heard)
        with pytest.raises(ChannelMissing):
            happen(store, channel, missing)
        assert quiet(heard)


def test_a_listener_that_was_cut_off_hears_again(postgres_place):
    store = postgres_place.open()
    channel, *_ = making.room(store)
    with listening(postgres_place) as heard:
        settle(heard)
        with psycopg.connect(postgres_place.url, autocommit=True) as administrator:
            ended = administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
            ).fetchall()
        assert ended == [(True,)]
        happen(store, channel)
        heard.get(timeout=10)
    store.close()
