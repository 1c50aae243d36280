"""What was computed once is not computed again, in one session or for all of them."""

import threading
import time

import pytest
import streamlit as st

from exchange import Seat
from ui.parts.held import keep, kept, remember, shared, state_of


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})


def test_a_session_works_once_for_each_key_and_keeps_the_latest(session):
    worked = []

    def work(key):
        return remember("t", key, lambda: worked.append(key) or key, most=2)

    assert [work(key) for key in ("a", "a", "b", "a", "c", "a", "b")] == list("aabacab")
    assert worked == ["a", "b", "c", "b"]  # of three keys the one asked for longest ago was dropped


def test_work_that_failed_leaves_what_was_there(session):
    remember("t", "a", lambda: 1)
    with pytest.raises(ZeroDivisionError):
        remember("t", "b", lambda: 1 / 0)
    assert remember("t", "a", lambda: 2) == 1


def test_what_a_press_made_is_given_back_for_its_key_alone(session):
    keep("t", "a", 1)
    keep("t", "a", 2)
    assert kept("t", "a") == 2
    assert kept("t", "b") is None
    assert kept("u", "a") is None


def test_a_page_keeps_its_state_apart_for_each_seat(session):
    first, second = (Seat("t", name, "Ada", "sender", False, False, None) for name in "12")
    state_of(set, first).add("x")
    assert state_of(set, first) == {"x"}
    assert state_of(set, second) == set()


def test_everyone_who_asks_at_once_waits_for_the_same_work():
    worked = []

    def work():
        worked.append(1)
        time.sleep(0.1)
        return object()

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(shared("t", "same", work))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(worked) == 1
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_another_key_is_other_work():
    assert [shared("t", key, lambda key=key: key) for key in ("a", "b", "a")] == ["a", "b", "a"]


def test_work_that_failed_is_tried_again():
    with pytest.raises(ZeroDivisionError):
        shared("t", "fails", lambda: 1 / 0)
    assert shared("t", "fails", lambda: 7) == 7


def test_old_results_make_room():
    first = shared("t", "first", object)
    for number in range(100):
        shared("t", number, object)
    assert shared("t", "first", object) is not first
