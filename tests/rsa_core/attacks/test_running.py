"""Attacks in processes: they report, show, keep their budget, and can be killed."""

import operator
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from flint import fmpz
from hypothesis import given
from hypothesis import strategies as st

from rsa_core import (
    HYBRID,
    TEXTBOOK_BLOCKS,
    TEXTBOOK_PIXELS,
    CancelledError,
    ClassroomKeyPair,
    EnvelopeFormatError,
    png_of,
    read_picture,
)
from rsa_core.attacks import (
    ATTACKS,
    Budget,
    Outcome,
    Target,
    pack_outcome,
    parse_outcome,
    running,
    start,
)
from rsa_core.processes import Child, EndedError
from rsa_core.turns import PLACES

HARD = 230  # bits: FLINT is at it for some 20 seconds


@pytest.fixture(scope="module")
def hard(picture):
    return Target(TEXTBOOK_PIXELS.seal(picture, [ClassroomKeyPair.generate(HARD).public]).envelope)


@pytest.fixture
def begin():
    """Starts attacks, and leaves none behind."""
    runs = []

    def one(*arguments):
        runs.append(start(*arguments))
        return runs[-1]

    yield one
    for run in runs:
        run.cancel()


def until(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def factoring_now(run):
    return "FLINT" in run.state.words


def test_a_run_shows_the_picture_appearing(picture, photo, sound):
    run = start("codebook", Target(TEXTBOOK_PIXELS.seal(picture, [sound.public]).envelope))
    outcome = run.wait(30)
    assert outcome.verdict == "broken"
    assert (outcome.pixels == photo).all()
    state = run.state
    assert state.phase == "done"
    assert state.pictures == 16
    assert (state.picture == photo).all()
    assert state.outcome is outcome
    assert 0 < outcome.seconds < state.seconds


def test_keys_of_the_target_arrive(keys, picture, photo):
    victim, own = keys("shared-modulus")
    envelope = TEXTBOOK_BLOCKS.seal(picture, [victim.public]).envelope
    outcome = start("insider", Target(envelope, own=own)).wait(30)
    assert outcome.key.public == victim.public
    assert (outcome.pixels == photo).all()


def test_cancel_kills_what_cannot_be_interrupted(hard, begin):
    run = begin("factoring", hard)
    until(lambda: factoring_now(run))
    asked = time.monotonic()
    run.cancel()
    with pytest.raises(CancelledError):
        run.wait(5)
    assert time.monotonic() - asked < 2
    assert run.state.phase == "cancelled"
    assert run.state.outcome is None


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_killed_sieve_leaves_no_file_behind():
    """FLINT writes to /tmp/siqs??????, wherever temporary files should go."""
    child, found = Child(partial, operator.methodcaller("factor")), []

    def sieving():
        opened = psutil.Process(child.process.pid).open_files()
        found.extend(Path(file.path) for file in opened if "siqs" in file.path)
        return found

    with pytest.raises(EndedError):
        child.call(fmpz(ClassroomKeyPair.generate(HARD).public.n), seconds=100, stop=sieving)
    child.end()
    assert found
    assert not [path for path in found if path.exists()]


def test_the_time_budget_holds_where_flint_does_not_look_at_the_clock(hard, begin, monkeypatch):
    monkeypatch.setattr(running, "GRACE", 0.5)
    run = begin("factoring", hard, Budget(seconds=6))  # may be enough, by the estimate
    outcome = run.wait(20)
    assert outcome.verdict == "not broken within the budget"
    assert "6 seconds" in outcome.words
    assert "FLINT" in outcome.words
    assert outcome.seconds < 10


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is Linux's")
def test_the_memory_budget_holds(sound):
    """With an attack that wants more than it may: it dies, and the page says so."""
    big = np.zeros((2000, 4000, 4), np.uint8)
    envelope = TEXTBOOK_PIXELS.seal(read_picture(png_of(big)), [sound.public]).envelope
    run = start("codebook", Target(envelope), Budget(30, memory=16 << 20))
    outcome = run.wait(30)
    assert outcome.verdict == "not broken within the budget"
    assert "16 MB of memory" in outcome.words


def test_a_run_in_the_queue_waits_and_can_be_cancelled(hard, begin, picture, sound):
    busy = [begin("factoring", hard) for _ in range(PLACES - 1)]
    until(lambda: all(run.state.phase == "running" for run in busy))
    queued = begin("codebook", Target(TEXTBOOK_PIXELS.seal(picture, [sound.public]).envelope))
    given_up = begin("replay", hard)
    time.sleep(0.2)
    assert queued.state.phase == given_up.state.phase == "waiting"
    with pytest.raises(TimeoutError):
        queued.wait(0.01)
    given_up.cancel()
    with pytest.raises(CancelledError):
        given_up.wait(5)
    for run in busy:
        run.cancel()
    assert queued.wait(30).verdict == "broken"


def test_what_is_no_envelope_fails(sound):
    run = start("codebook", Target(b"RSAIMG and nothing more"))
    with pytest.raises(EnvelopeFormatError):
        run.wait(30)
    assert run.state.phase == "failed"


def test_an_attack_without_a_name_is_not_started():
    with pytest.raises(ValueError, match="no such attack"):
        start("guessing", Target(b""))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_child_does_not_outlive_its_parent(hard, tmp_path):
    """The parent is killed outright while FLINT is at work."""
    file = tmp_path / "target"
    file.write_bytes(hard.envelope)
    script = (
        "import sys, time, pathlib\n"
        "from rsa_core.attacks import start, Target, Budget\n"
        "from rsa_core import processes\n"
        "made = processes._start\n"
        "def start_and_tell(quiet):\n"
        "    one = made(quiet); print(one.pid, flush=True); return one\n"
        "processes._start = start_and_tell\n"
        "run = start('factoring', Target(pathlib.Path(sys.argv[1]).read_bytes()), Budget(60))\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(file)],
        stdout=subprocess.PIPE,
        cwd=Path(running.__file__).parents[2],
    )
    try:
        child = int(parent.stdout.readline())
        time.sleep(2)
        assert Path(f"/proc/{child}").exists()
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()

    def gone():
        try:
            return "Z" in Path(f"/proc/{child}/status").read_text().split("State:")[1][:4]
        except OSError:
            return True

    try:
        until(gone, 3)
    finally:
        if not gone():
            os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_says_what_it_is(name):
    attack = ATTACKS[name]
    assert attack.name == name
    for words in (attack.title, attack.summary, attack.citation, attack.needs, attack.gives):
        assert words.strip()
    assert all(assumption.endswith(".") for assumption in attack.stopped_by.values())


@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_is_offered_on_hybrid_and_fails_in_words(name, picture, alice):
    keys = ((alice.public.n, alice.public.e),)
    envelope = HYBRID.seal(picture, [alice.public]).envelope
    outcome = ATTACKS[name].run(Target(envelope, keys=keys), Budget(2))
    assert outcome.verdict != "broken"
    assert len(outcome.words) > 30
    assert outcome.pixels is outcome.file is outcome.key is outcome.envelope is None


def test_cancelling_in_the_same_process(hard):
    with pytest.raises(CancelledError):
        ATTACKS["factoring"].run(hard, cancelled=lambda: True)


def test_an_attack_that_meets_its_deadline_says_so(sound, picture):
    envelope = TEXTBOOK_BLOCKS.seal(picture, [sound.public]).envelope
    outcome = ATTACKS["fermat"].run(Target(envelope), Budget(seconds=0))
    assert outcome.verdict == "not broken within the budget"


def test_outcomes_are_kept_whole(keys):
    (pair,) = keys("small-d")
    for pixels in (
        None,
        np.arange(24, dtype=np.uint8).reshape(2, 4, 3),
        np.arange(6, dtype=np.uint16).reshape(2, 3) * 9000,
    ):
        old = Outcome(
            "wiener", "broken", "d is short ²", pixels, True, b"file", b"", pair, 1.5, ("a", "b")
        )
        new = parse_outcome(pack_outcome(old))
        for name in set(Outcome.__slots__) - {"pixels"}:
            assert getattr(new, name) == getattr(old, name)
        if pixels is None:
            assert new.pixels is None
        else:
            assert new.pixels.dtype == pixels.dtype
            assert (new.pixels == pixels).all()


def test_secrets_are_not_printed(keys):
    (pair,) = keys("small-d")
    printed = repr(Target(b"", own=pair)) + repr(Outcome("a", "broken", "", key=pair))
    assert str(pair.d) not in printed
    assert "key" not in repr(Outcome("a", "broken", "", key=pair)).replace("attack", "")


@given(
    data=st.binary(max_size=80),
    kind=st.integers(0, 5),
    head=st.sampled_from([b"", b"{}", b'{"parts":[]}', b'{"parts":[["pixels",-1]]}', b"[1]"]),
)
def test_any_bytes_are_read_or_refused(data, kind, head):
    framed = b"RSALAB\x01" + bytes([kind]) + len(head).to_bytes(4, "big") + head + data
    for message in (data, framed):
        with pytest.raises(EnvelopeFormatError):
            parse_outcome(message)


@given(cut=st.integers(0, 10_000), more=st.binary(max_size=3))
def test_a_message_cut_short_or_prolonged_is_refused(cut, more):
    whole = pack_outcome(Outcome("a", "broken", "w", np.zeros((3, 3), np.uint8), evidence=("e",)))
    damaged = whole[: cut % len(whole)] if cut % 2 else whole + b"x" + more
    with pytest.raises(EnvelopeFormatError):
        parse_outcome(damaged)


def test_another_verdict_is_refused():
    packed = pack_outcome(Outcome("a", "broken", "w"))
    with pytest.raises(EnvelopeFormatError):
        parse_outcome(packed.replace(b'"broken"', b'"bruken"'))
