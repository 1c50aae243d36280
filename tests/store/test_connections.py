"""PostgreSQL sees no more connections of a store than allowed, the listener's included."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from store import Limits, StoreMisconfigured, StoreUnreachable
from tests.store import making
from tests.store.conftest import server_or_skip
from tests.store.making import NOW


@pytest.fixture
def counted(postgres, request):
    """A store at a place of its own, and how many connections the server has of it."""
    url = f"postgresql://tester@/postgres?host={postgres.folder}&application_name=counted"

    def count():
        with psycopg.connect(f"postgresql://tester@/postgres?host={postgres.folder}") as asking:
            found = asking.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'"
            )
            return found.fetchone()[0]

    place = type(request.getfixturevalue("postgres_place"))
    name = f"counted_{time.monotonic_ns()}"
    postgres.new_place(name)
    return place("postgres", f"{url}&options=-csearch_path%3D{name}"), count


@pytest.mark.parametrize("most", [4, 7, 12])
def test_thirty_readers_writers_and_a_listener_stay_under_the_limit(counted, most):
    place, count = counted
    store = place.open(limits=Limits(connections=most, wait=30))
    channel, *_ = making.room(store)
    stop, seen = threading.Event(), []
    listener = threading.Thread(target=lambda: list(store.changes(stop)))
    listener.start()

    def work(number):
        for _ in range(4):
            with store.write() if number % 2 else store.read() as unit:
                if number % 2:
                    unit.events.add(channel.id, "kind", NOW)
                unit.channels.get(channel.id)
                time.sleep(0.01)

    with ThreadPoolExecutor(31) as threads:
        working = [threads.submit(work, number) for number in range(30)]
        while not all(one.done() for one in working):
            seen.append(count())
        for one in working:
            one.result()
    stop.set()
    listener.join(5)
    store.close()
    assert 1 < max(seen) <= most


def test_fewer_connections_than_the_work_takes_are_refused_in_words(counted):
    place, _ = counted
    with pytest.raises(StoreMisconfigured, match="4 connections"):
        place.open(limits=Limits(connections=3))


def test_a_store_that_answers_says_so_and_one_that_does_not_too(tmp_path):
    server = server_or_skip(durable=False)
    try:
        from tests.store.conftest import Place

        store = Place("postgres", server.new_place("answers")).open(limits=Limits(wait=2))
        store.answers()
        server.kill()
        with pytest.raises(StoreUnreachable):
            store.answers()
        server.start()
        store.answers()
        store.close()
    finally:
        server.remove()
