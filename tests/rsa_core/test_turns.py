"""Turns: nobody owns all places, the least served comes next, and a closed page frees its own."""

import dataclasses
import threading
import time

import pytest

from rsa_core import BusyError, turns
from rsa_core.turns import Turns, Visitor


@dataclasses.dataclass
class Page:
    """A browser that can be closed."""

    open: bool = True

    def visitor(self, session="", address=""):
        return Visitor(session, address, lambda: self.open)


def classmates(number, address="10.0.0.{}"):
    return [Visitor(f"pupil {n}", address.format(n)) for n in range(number)]


def place_there(turn):
    return turn.wait(0)


def served(queue, asked):
    """The order in which everybody gets a place, each leaving at once."""
    order, waiting = [], list(asked)
    while waiting:
        there = [turn for turn in waiting if place_there(turn)]
        assert there, "nobody has a place"
        for turn in there:
            waiting.remove(turn)
            order.append(turn)
        for turn in there:
            turn.leave()
    return order


@pytest.fixture
def short_grace(monkeypatch):
    monkeypatch.setattr(turns, "GRACE", 0.1)


@pytest.mark.parametrize("channels", [["one"] * 30, [""] * 30, [str(n) for n in range(30)]])
def test_a_stranger_never_has_all_places(channels):
    """In a channel, on the compare page, or with thirty channels of his own."""
    queue = Turns(3)
    stranger = [queue.ask(Visitor(f"s{n}", "6.6.6.6"), one) for n, one in enumerate(channels)]
    assert sum(map(place_there, stranger)) == 2
    assert place_there(queue.ask(Visitor("pupil", "10.0.0.1"), "class"))


def test_who_had_nothing_comes_before_who_had_much():
    queue = Turns(3)
    busy = [queue.ask(Visitor(f"s{n}", "6.6.6.6")) for n in range(20)]
    late = [queue.ask(one, "class") for one in classmates(4)]
    time.sleep(0.05)
    order = served(queue, busy + late)
    assert {order.index(turn) for turn in late} <= set(
        range(12)
    )  # turn and turn about, not after all twenty


def test_one_channel_does_not_keep_another_waiting():
    queue = Turns(3)
    crowd = [queue.ask(one, "large") for one in classmates(30)]
    assert sum(map(place_there, crowd)) == 2
    first = queue.ask(Visitor("x", "10.0.1.1"), "small")
    assert place_there(first)
    second = queue.ask(Visitor("y", "10.0.1.2"), "small")
    time.sleep(0.05)
    first.leave()
    assert place_there(second)


@pytest.mark.parametrize("address", ["10.0.0.{}", "192.0.2.7", ""])
def test_thirty_pupils_are_all_served_each_once_before_anybody_twice(address):
    """Each with an address, all behind one, and where the server sees none."""
    queue = Turns(3)
    pupils = classmates(30, address)
    firsts = [queue.ask(one, "class") for one in pupils]
    seconds = [queue.ask(one, "class") for one in pupils]
    order = served(queue, firsts[:1])  # the first one has had a turn
    order += served(queue, [*seconds, *firsts[1:]])
    sessions = [turn.session for turn in order]
    assert len(sessions) == 60
    assert len(set(sessions)) == 30


def test_a_closed_page_frees_its_place(short_grace):
    queue, page = Turns(2), Page()
    working = queue.ask(page.visitor("a"), "one")
    assert place_there(working)
    assert not working.gone
    page.open = False
    time.sleep(0.15)
    assert working.gone
    assert "closed" in working.words


def test_a_closed_page_leaves_the_queue(short_grace):
    queue, page = Turns(2), Page()
    working = queue.ask(Visitor("a"), "one")
    assert place_there(working)
    waiting = queue.ask(page.visitor("b"), "one")
    assert not place_there(waiting)
    page.open = False
    time.sleep(0.15)
    working.leave()
    assert not place_there(waiting)
    assert place_there(queue.ask(Visitor("c"), "one"))


def test_a_page_opened_anew_takes_the_turn_over(short_grace):
    queue, old, new = Turns(2), Page(), Page()
    turn = queue.ask(old.visitor("old"), "one")
    old.open = False
    turn.also_for(new.visitor("new"))
    time.sleep(0.15)
    assert not turn.gone
    new.open = False
    assert not turn.gone  # for a moment: it may be another reload
    time.sleep(0.15)
    assert turn.gone


def test_one_session_has_two_turns_and_no_more():
    queue, one = Turns(9), Visitor("one", "10.0.0.1")
    mine = [queue.ask(one), queue.ask(one)]
    with pytest.raises(BusyError, match="still running"):
        queue.ask(one)
    mine[0].leave()
    queue.ask(one)


def test_a_flood_crowds_out_itself(monkeypatch):
    monkeypatch.setattr(turns, "WAITING_MOST", 10)
    queue = Turns(2)
    flood = [queue.ask(Visitor(f"s{n}", "6.6.6.6"), "") for n in range(11)]
    with pytest.raises(BusyError, match="Try again"):
        queue.ask(Visitor("s12", "6.6.6.6"), "")
    pupils = [queue.ask(one, "class") for one in classmates(5)]
    assert not any(turn.gone for turn in pupils)
    assert [turn.gone for turn in flood].count(True) == 4  # one pupil has a place


def test_who_waits_is_told_how_many_are_before_and_how_long():
    queue = Turns(2)
    heard = []

    class EnoughError(Exception):
        pass

    def hear(words):
        heard.append(words)
        raise EnoughError

    with queue.taken(Visitor("a"), "one"):
        assert queue.ask(Visitor("b"), "one").words.startswith("Waiting for its turn: you are next")
        with pytest.raises(EnoughError), queue.taken(Visitor("c"), "one", hear):
            pass
    assert heard[0].startswith("Waiting for its turn: 1 before you, about ")


def test_a_wait_that_nobody_looks_at_ends(short_grace):
    queue, page = Turns(2), Page()
    with queue.taken(Visitor("a"), "one"):
        page.open = False
        with pytest.raises(BusyError, match="closed"), queue.taken(page.visitor("b"), "one"):
            pass


def test_many_threads_never_have_more_than_the_places():
    queue, at_once, most, lock = Turns(3), [0], [0], threading.Lock()

    def work(number):
        with queue.taken(Visitor(f"s{number}"), str(number % 4)):
            with lock:
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
            time.sleep(0.005)
            with lock:
                at_once[0] -= 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (at_once[0], most[0]) == (0, 3)
