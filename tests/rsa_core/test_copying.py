"""Copies of this process: pipes, an end in time, and no copy where there are other threads.

Each runs in a fresh interpreter, for the tests' own has threads.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the threads")


def printed(code):
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, time, os, signal, threading\n{code}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert not done.stderr
    return done.stdout.split()


def test_what_a_copy_reads_and_writes_goes_through_its_pipes():
    code = """
from rsa_core.copying import Copy
print("before", end=" ")  # not yet written when the copy is made, and written once
secret = "known to both"
copy = Copy(lambda: print(secret, sys.stdin.read(), end="", flush=True))
copy.stdin.write(b"hello")
copy.stdin.close()
print(copy.stdout.read().decode(), copy.wait())
"""
    assert printed(code) == ["before", "known", "to", "both", "hello", "0"]


def test_a_copy_ends_when_it_is_asked_to_and_is_waited_for_no_longer_than_wanted():
    code = """
import subprocess
from rsa_core.copying import Copy
first, second = Copy(lambda: time.sleep(60)), Copy(lambda: time.sleep(60))
try:
    first.wait(0.1)
except subprocess.TimeoutExpired:
    print("waited")
first.terminate()
second.kill()
print(first.wait(20), second.wait(20), first.returncode)
first.kill()  # gone already
"""
    assert printed(code) == ["waited", "-15", "-9", "-15"]


def test_a_copy_that_fails_does_not_go_on_with_our_work():
    code = """
from rsa_core.copying import Copy
copy = Copy(lambda: 1 / 0)
print(copy.wait())
"""
    assert printed(code) == ["1"]


def test_no_copy_holds_the_pipes_of_another_open():
    code = """
from rsa_core.copying import Copy
first = Copy(lambda: sys.stdin.read())
second = Copy(lambda: time.sleep(60))
first.stdin.close()
print(first.wait(20))
second.kill()
second.wait()
"""
    assert printed(code) == ["0"]


def test_a_process_with_a_second_thread_is_not_copied():
    code = """
from rsa_core.copying import can_copy
print(can_copy())
end = threading.Event()
thread = threading.Thread(target=end.wait)
thread.start()
print(can_copy())
end.set()
"""
    assert printed(code) == ["True", "False"]


def test_a_crew_gives_the_same_results_by_copies_and_by_fresh_interpreters():
    code = """
from functools import partial
from rsa_core.crew import Crew
end = threading.Event()
def results():
    with Crew(2, partial, pow, 2, copied=True) as crew:
        return sorted(one for one in crew.results([3, 4, 5]) if one)
print(results() == [(0, 8), (1, 16), (2, 32)], "concurrent.futures" in sys.modules)
threading.Thread(target=end.wait, daemon=True).start()
print(results() == [(0, 8), (1, 16), (2, 32)], "concurrent.futures" in sys.modules)
end.set()
"""
    assert printed(code) == ["True", "False", "True", "True"]
