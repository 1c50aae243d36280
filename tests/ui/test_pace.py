"""Pages of a full server: they ask less often, and are drawn by turns."""

import threading
import time
from types import SimpleNamespace

import pytest

from ui.frame import pace


@pytest.fixture
def session(monkeypatch):
    """Names the session that ticks."""
    now = SimpleNamespace(session="")
    monkeypatch.setattr(pace, "visitor", lambda: now)
    monkeypatch.setattr(pace, "_ticks", {})
    return now


def test_a_few_pages_tick_once_a_second(session):
    for number in range(pace.PAGES_A_SECOND):
        session.session = str(number)
        assert pace.tick_ms() == 1000


def test_very_many_pages_tick_less_often_and_recover(session, monkeypatch):
    for number in range(2 * pace.PAGES_A_SECOND):
        session.session = str(number)
        slowest = pace.tick_ms()
    assert slowest == 2000
    later = time.monotonic() + 60
    monkeypatch.setattr(pace.time, "monotonic", lambda: later)
    assert pace.tick_ms() == 1000


def test_no_more_draw_at_once_than_there_are_places():
    turns = pace.Turns(places=2, lease=30)
    inside, most, drawn = [], [], []
    both = threading.Barrier(2)

    def draw(number):
        with turns.taken():
            inside.append(number)
            most.append(len(inside))
            both.wait(10)  # passes only when a second one is inside
            inside.remove(number)
            drawn.append(number)

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(drawn) == list(range(8))
    assert max(most) == 2


def test_long_work_keeps_nobody_waiting_for_longer_than_its_lease():
    turns = pace.Turns(places=1, lease=0.05)
    done = threading.Event()

    def work():
        with turns.taken():
            done.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        time.sleep(0.01)
        with turns.taken():
            assert not done.is_set()  # the other one is still at it
    finally:
        done.set()
        thread.join(10)


def test_a_page_that_fails_gives_its_place_back():
    turns = pace.Turns(places=1, lease=30)
    with pytest.raises(ZeroDivisionError), turns.taken():
        _ = 1 / 0
    with turns.taken():
        pass


def test_those_who_can_wait_let_others_go_first_but_not_for_ever():
    turns = pace.Turns(places=1, lease=30)
    done, begun = [], []
    free = threading.Event()

    def draw(name, after):
        begun.append(name)
        with turns.taken(after):
            free.wait(10)
            done.append(name)

    waits = {"first": 0.0, "a count": 0.4, "a tick": 0.2, "a picture": 0.0, "much later": 0.0}
    threads = []
    for name, after in waits.items():
        if name == "much later":
            time.sleep(0.5)
        threads.append(threading.Thread(target=draw, args=(name, after)))
        threads[-1].start()
        while begun[-1:] != [name]:
            time.sleep(0.001)
        time.sleep(0.05)
    free.set()
    for thread in threads:
        thread.join(10)
    assert done == ["first", "a picture", "a tick", "a count", "much later"]
