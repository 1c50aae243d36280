"""A process may keep to one core; its children do not, and all processes count places together."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rsa_core import turns
from rsa_core.turns import Turns, Visitor

ROOT = Path(__file__).parents[2]
LINUX = hasattr(os, "sched_getaffinity")
PINNED = """
import os, threading
from rsa_core import cores
from rsa_core.processes import Child, in_child
from rsa_core.turns import PLACES
from tests.rsa_core.test_cores import allowed, allows
all_of_them = sorted(os.sched_getaffinity(0))
core = all_of_them[-1]
copy = Child(allows, copied=True)
cores.keep_to(core)
another = Child(allows, copied=True)
ended = threading.Event()
threading.Thread(target=ended.wait, daemon=True).start()
cores.keep_to(core)
threads = [sorted(os.sched_getaffinity(int(one))) for one in os.listdir("/proc/self/task")]
assert len(threads) > 1 and threads == [[core]] * len(threads), threads
for child in (copy, another):
    assert child.call() == all_of_them
    child.end()
for _ in range(2):
    assert in_child(allowed, memory=1 << 28, seconds=20) == all_of_them
assert sorted(os.sched_getaffinity(0)) == [core]
assert PLACES == max(3, len(all_of_them) + 1)
"""
HOLDER = """
import sys
from pathlib import Path
from rsa_core.turns import Turns, Visitor
queue = Turns(3)
queue.share_places(Path(sys.argv[1]))
turn = queue.ask(Visitor("elsewhere", sys.argv[2]), sys.argv[3])
print(turn.wait(0), flush=True)
sys.stdin.readline()
"""


def allowed() -> list[int]:
    """In a child: the cores it may use."""
    return sorted(os.sched_getaffinity(0))


def allows():
    return allowed


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(not LINUX, reason="this system pins nothing")
def test_all_threads_keep_to_one_core_and_no_child_does():
    process = python(PINNED)
    process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.fixture
def elsewhere(tmp_path):
    """Takes a place in another process that lives until it is told to end, or is killed."""
    running = []

    def take(address="", channel=""):
        process = python(HOLDER, str(tmp_path), address, channel)
        running.append(process)
        return process.stdout.readline().strip() == "True", process

    yield take
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def here(tmp_path):
    queue = Turns(3)
    queue.share_places(tmp_path)
    return queue


def test_places_are_the_machines_and_a_killed_process_gives_its_own_back(here, elsewhere):
    (_, first), (_, second) = elsewhere("a", "one"), elsewhere("b", "two")
    mine = here.ask(Visitor("me", "c"), "three")
    assert mine.wait(0)
    assert not elsewhere("d", "four")[0]
    waiting = here.ask(Visitor("me too", "e"), "five")
    assert not waiting.wait(0.5)
    first.kill()
    assert waiting.wait(5)
    mine.leave()
    assert elsewhere("f", "six")[0]
    assert second.poll() is None


def test_no_channel_and_no_address_has_all_places_over_all_processes(here, elsewhere):
    assert elsewhere("a", "class")[0]
    assert here.ask(Visitor("b", "b"), "class").wait(0)
    assert not here.ask(Visitor("c", "c"), "class").wait(0.3)
    assert here.ask(Visitor("d", "d"), "another").wait(5)


def test_nor_has_an_address_with_many_channels(here, elsewhere):
    assert elsewhere("a", "one")[0]
    assert here.ask(Visitor("b", "a"), "two").wait(0)
    assert not here.ask(Visitor("c", "a"), "three").wait(0.3)
    assert here.ask(Visitor("d", "d"), "four").wait(5)


def test_hundreds_that_wait_for_another_process_cost_little(here, elsewhere):
    for number in range(3):
        assert elsewhere(str(number), str(number))[0]
    waiting = [here.ask(Visitor(str(n), f"w{n}"), f"w{n}") for n in range(turns.WAITING_MOST)]
    before = os.times()
    for _ in range(20):
        for turn in waiting:
            assert not turn.wait(0)
    after = os.times()
    assert sum(after[:2]) - sum(before[:2]) < 1.0


def test_a_place_says_nothing_that_can_be_read(here, tmp_path):
    turn = here.ask(Visitor("me", "192.0.2.77"), "channel-id")
    assert turn.wait(0)
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert written
    assert b"192.0.2" not in written
    assert b"channel-id" not in written
    turn.leave()
    assert all(not file.read_bytes() for file in tmp_path.iterdir())
