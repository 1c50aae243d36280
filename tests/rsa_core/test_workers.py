"""Workers: results in order, nothing left running, and no page run again in a child."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from rsa_core import processes
from rsa_core.classroom import ClassroomKeyPair
from rsa_core.crew import PieceError
from rsa_core.errors import CancelledError
from rsa_core.schemes import OAEP_BLOCKS, TEXTBOOK_BLOCKS
from rsa_core.schemes.blocks import run

PAIR = ClassroomKeyPair.from_primes(2**1279 - 1, 2**2203 - 1, 65537)
PIECES = [bytes([number]) * 30 for number in range(9)]


@pytest.fixture
def children(monkeypatch):
    """Every child process that is started."""
    started = []
    start = processes._start

    def remembered(*words, **options):
        started.append(start(*words, **options))
        return started[-1]

    monkeypatch.setattr(processes, "_start", remembered)
    return started


def test_results_come_in_the_order_of_the_pieces(children):
    alone = run(TEXTBOOK_BLOCKS.encryptor, PAIR.public.der(), PIECES, processes=1)
    assert not children
    spread = run(TEXTBOOK_BLOCKS.encryptor, PAIR.public.der(), PIECES, processes=2)
    assert spread == alone
    assert len(children) == 2
    assert all(child.returncode is not None for child in children)


def test_there_are_no_more_processes_than_pieces(children):
    run(TEXTBOOK_BLOCKS.encryptor, PAIR.public.der(), PIECES[:2], processes=5)
    assert len(children) == 2
    assert run(TEXTBOOK_BLOCKS.encryptor, PAIR.public.der(), [], processes=5) == []


def test_stopping_ends_the_children_in_the_middle_of_a_piece(children):
    slow = [bytes(PAIR.public.width - 1) + b"\3"] * 2
    slow = [piece * 2000 for piece in slow]  # a minute each
    began = time.monotonic()
    with pytest.raises(CancelledError):
        run(
            TEXTBOOK_BLOCKS.decryptor,
            PAIR.private_der(),
            slow,
            processes=2,
            cancelled=lambda: time.monotonic() > began + 1,
        )
    assert time.monotonic() < began + 10
    assert all(child.returncode is not None for child in children)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_piece_that_fails_ends_the_work(alice, children, processes):
    with pytest.raises(PieceError):
        run(
            OAEP_BLOCKS.decryptor,
            alice.der(),
            [bytes(256), bytes(256)],
            processes=processes,
        )
    assert all(child.returncode is not None for child in children)


def test_a_child_that_dies_is_noticed(monkeypatch):
    start = processes._start

    def killed(*words, **options):
        child = start(*words, **options)
        child.kill()
        return child

    monkeypatch.setattr(processes, "_start", killed)
    with pytest.raises(PieceError):
        run(TEXTBOOK_BLOCKS.encryptor, PAIR.public.der(), PIECES, processes=2)


def test_the_main_program_is_not_run_again(tmp_path):
    """Under Streamlit the main program is a page, with no guard against being imported."""
    page = tmp_path / "page.py"
    page.write_text(
        "from rsa_core.schemes.blocks import run\n"
        "from rsa_core.schemes import TEXTBOOK_BLOCKS\n"
        "from rsa_core.classroom import SEED_KEY\n"
        "print('page ran')\n"
        "out = run(TEXTBOOK_BLOCKS.encryptor, SEED_KEY.public.der(), [b'a', b'b'], processes=2)\n"
        "print(out == [pow(m, 7, 3233).to_bytes(2, 'big') for m in b'ab'])\n"
    )
    root = str(Path(processes.__file__).resolve().parent.parent)
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
