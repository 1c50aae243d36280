"""Workers: results in order, nothing left running, and no page run again in a child."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from rsa_core import children as processes
from rsa_core import workers
from rsa_core.classroom import ClassroomKeyPair
from rsa_core.errors import CancelledError

PAIR = ClassroomKeyPair.from_primes(2**1279 - 1, 2**2203 - 1, 65537)
ENCRYPT = "rsa_core.schemes.textbook_blocks:encryptor"
DECRYPT = "rsa_core.schemes.textbook_blocks:decryptor"
PIECES = [bytes([number]) * 30 for number in range(9)]


@pytest.fixture
def children(monkeypatch):
    """Every child process that is started."""
    started = []
    start = processes.start

    def remembered(*words, **options):
        started.append(start(*words, **options))
        return started[-1]

    monkeypatch.setattr(processes, "start", remembered)
    return started


def test_results_come_in_the_order_of_the_pieces(children):
    alone = workers.run(ENCRYPT, PAIR.public.der(), PIECES, processes=1)
    assert not children
    spread = workers.run(ENCRYPT, PAIR.public.der(), PIECES, processes=2)
    assert spread == alone
    assert len(children) == 2
    assert all(child.returncode is not None for child in children)


def test_there_are_no_more_processes_than_pieces(children):
    workers.run(ENCRYPT, PAIR.public.der(), PIECES[:2], processes=5)
    assert len(children) == 2
    assert workers.run(ENCRYPT, PAIR.public.der(), [], processes=5) == []


def test_stopping_ends_the_children_in_the_middle_of_a_piece(children):
    slow = [bytes(PAIR.public.width - 1) + b"\3"] * 2
    slow = [piece * 2000 for piece in slow]  # a minute each
    began = time.monotonic()
    with pytest.raises(CancelledError):
        workers.run(
            DECRYPT,
            PAIR.private_der(),
            slow,
            processes=2,
            cancelled=lambda: time.monotonic() > began + 1,
        )
    assert time.monotonic() < began + 10
    assert all(child.returncode is not None for child in children)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_piece_that_fails_ends_the_work(alice, children, processes):
    with pytest.raises(workers.PieceError):
        workers.run(
            "rsa_core.schemes.oaep_blocks:decryptor",
            alice.der(),
            [bytes(256), bytes(256)],
            processes=processes,
        )
    assert all(child.returncode is not None for child in children)


def test_a_child_that_dies_is_noticed(monkeypatch):
    start = processes.start

    def killed(*words, **options):
        child = start(*words, **options)
        child.kill()
        return child

    monkeypatch.setattr(processes, "start", killed)
    with pytest.raises(workers.PieceError):
        workers.run(ENCRYPT, PAIR.public.der(), PIECES, processes=2)


def test_jobs_are_functions_of_the_schemes_alone():
    with pytest.raises(ValueError, match=r"below rsa_core\.schemes"):
        workers.run("os:system", b"true", PIECES, processes=1)


def test_the_main_program_is_not_run_again(tmp_path):
    """Under Streamlit the main program is a page, with no guard against being imported."""
    page = tmp_path / "page.py"
    page.write_text(
        "from rsa_core import workers\n"
        "from rsa_core.classroom import SEED_KEY\n"
        "print('page ran')\n"
        f"job = {ENCRYPT!r}\n"
        "out = workers.run(job, SEED_KEY.public.der(), [b'a', b'b'], processes=2)\n"
        "print(out == [pow(m, 7, 3233).to_bytes(2, 'big') for m in b'ab'])\n"
    )
    root = str(Path(workers.__file__).resolve().parent.parent)
    done = subprocess.run(
        [sys.executable, str(page)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": root},
        cwd=tmp_path,
    )
    assert done.stdout.split("\n") == ["page ran", "True", ""]
    assert not done.stderr
