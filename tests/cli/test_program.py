"""The program as a process: statuses, one-line errors, terminals, Ctrl-C and worse."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

import pytest

from rsa_core import CancelledError
from rsa_core.cli import keymaking
from rsa_core.cli.jobs import Job, Sealer
from rsa_core.cli.keyfiles import read_public_key
from rsa_core.cli.manifest import Manifest
from tests.cli.conftest import ROOT
from tests.conftest import encoded, photograph

COMMANDS = ("keygen", "encrypt", "decrypt", "inspect", "fingerprint", "analyze", "attack")


@pytest.fixture
def heavy(tmp_path):
    """Pictures that take oaep-blocks some seconds each."""
    folder = tmp_path / "heavy"
    folder.mkdir()
    for number in range(4):
        picture = encoded(photograph(400, 400, seed=number), "BMP")
        (folder / f"{number}.bmp").write_bytes(picture)
    return folder


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    status, said, _ = run(command, "--help")
    assert status == 0
    assert len(said) > 150


def test_the_program_names_all_its_commands(run):
    status, said, _ = run("--help")
    assert status == 0
    for command in COMMANDS:
        assert command in said
    assert "exit status" in said


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("encrypt",),
        ("encrypt", "--to", "k", "--out", "o"),
        ("encrypt", "--to", "k", "--out", "o", "--jobs", "0", "x"),
        ("encrypt", "--to", "k", "--out", "o", "--scheme", "rot13", "x"),
        ("keygen", "--out", "a.pem", "--bits", "1024"),
    ],
)
def test_a_wrong_command_line_is_one_line(run, arguments):
    status, said, err = run(*arguments)
    assert (status, said) == (2, "")
    assert err.startswith("rsa_core: ")
    assert err.count("\n") == 1


def test_a_reader_who_has_seen_enough_is_no_error(key_folder):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "rsa_core", "fingerprint", key_folder / "alice.pub.pem"],
        stdout=writer, stderr=subprocess.PIPE, check=False, cwd=ROOT,
    )  # fmt: skip
    os.close(writer)
    assert done.stderr == b""


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_leaves_nothing_half_done_and_goes_on(
    start, run, key_folder, heavy, tmp_path, *, jobs, how
):
    sealed = tmp_path / "sealed"
    command = ["encrypt", "--scheme", "oaep-blocks", "--to", key_folder / "alice.pub.pem", heavy,
               "--out", sealed, "--jobs", jobs]  # fmt: skip
    process = start(*command)
    wait_for(lambda: sealed.exists() and list(sealed.glob("*.part")))
    process.send_signal(how)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "rsa_core: interrupted; the same command goes on where it stopped\n"
    assert not list(sealed.glob(".*"))
    for path in sealed.glob("*.rsaimg"):
        assert path.name in (sealed / "manifest.csv").read_text()
    for path in heavy.glob("[123].bmp"):
        path.unlink()
    assert run(*command)[0] == 0


def test_ctrl_c_between_two_files_keeps_what_is_done(run, key_folder, heavy, tmp_path, monkeypatch):
    def interrupt(work, job, stop, progress=None):
        row = original(work, job, stop, progress)
        os.kill(os.getpid(), signal.SIGINT)
        return row

    original = Sealer.__call__
    monkeypatch.setattr(Sealer, "__call__", interrupt)
    command = ["encrypt", "--to", key_folder / "alice.pub.pem", heavy, "--out", tmp_path / "o",
               "--jobs", 1]  # fmt: skip
    status, said, err = run(*command)
    assert status == 130
    assert "1 done" in said
    assert err.count("\n") == 1
    monkeypatch.undo()
    assert "3 done, 1 skipped, 0 failed" in run(*command)[1]


def test_workers_do_not_outlive_a_parent_that_was_killed(start, key_folder, heavy, tmp_path):
    sealed = tmp_path / "sealed"
    process = start(
        "encrypt", "--scheme", "oaep-blocks", "--to", key_folder / "alice.pub.pem", heavy,
        "--out", sealed, "--jobs", 2,
    )  # fmt: skip
    wait_for(lambda: sealed.exists() and list(sealed.glob("*.part")))
    process.kill()
    process.communicate(timeout=20)  # ends when the last process has closed its output
    assert not list(sealed.glob("*.part"))


def test_a_second_ctrl_c_does_not_wait(run, key_folder, heavy, tmp_path, monkeypatch):
    def hang(work, job, stop, progress=None):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("the second one is an exception")

    monkeypatch.setattr(Sealer, "__call__", hang)
    command = ["encrypt", "--to", key_folder / "alice.pub.pem", heavy, "--out", tmp_path / "o"]
    assert run(*command, "--jobs", 1)[0] == 130


def test_stopping_in_the_middle_of_a_file_removes_it(key_folder, heavy, tmp_path):
    key = read_public_key(key_folder / "alice.pub.pem")
    manifest = Manifest(tmp_path / "manifest.csv")
    work = Sealer(tmp_path / "o", "hybrid", (key,), False, 1, manifest)
    answers = iter([False, False, True])
    job = Job("0.bmp", heavy / "0.bmp", tmp_path / "o" / "0.bmp.p7m")
    with pytest.raises(CancelledError):
        work(job, lambda: next(answers))
    assert list((tmp_path / "o").iterdir()) == []


def test_the_bar_is_drawn_on_a_terminal_and_errors_stay_whole(key_folder, tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "good.png").write_bytes(encoded(photograph(8, 8)))
    (folder / "bad.png").write_text("bad")
    terminal, other = pty.openpty()
    termios.tcsetwinsize(other, (24, 100))
    done = subprocess.Popen(
        [sys.executable, "-m", "rsa_core", "encrypt", "--to", key_folder / "alice.pub.pem", folder,
         "--out", tmp_path / "o", "--jobs", "1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=other, cwd=ROOT,
    )  # fmt: skip
    os.close(other)
    shown = b""
    while select.select([terminal], [], [], 20)[0]:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # what Linux says when the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    out = done.communicate(timeout=20)[0]
    assert done.returncode == 1
    assert out.decode() == f"1 done, 0 skipped, 1 failed; in {tmp_path / 'o'}\n"
    assert b"encrypt:" in shown
    assert b"rsa_core: bad.png: this is not a picture" in shown


def test_main_leaves_the_signals_as_they_were(run, key_folder):
    before = signal.getsignal(signal.SIGTERM)
    run("fingerprint", key_folder / "seed.txt")
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_unexpected_refusal_of_the_system_is_one_line(run, key_folder, monkeypatch):
    def broken(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keymaking, "read_public_key", broken)
    assert run("fingerprint", "x") == (1, "", "rsa_core: No space left on device\n")
