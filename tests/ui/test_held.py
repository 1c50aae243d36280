"""What depends on a ciphertext alone is worked out once for all sessions."""

import threading
import time

import pytest

from ui.parts.held import shared


def test_those_who_ask_at_the_same_time_wait_for_one_and_the_same_work():
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
