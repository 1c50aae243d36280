"""The command line as a user has it: in folders of its own, with keys that are made once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rsa_core import SEED_KEY, ClassroomKeyPair, KeyPair
from rsa_core.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory):
    """alice and bob, and two classroom keys."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("alice", "bob"):
        pair = KeyPair.generate(2048)
        (folder / f"{name}.pem").write_text(pair.pem())
        (folder / f"{name}.pub.pem").write_text(pair.public.pem())
    for name, pair in (("seed", SEED_KEY), ("small", ClassroomKeyPair.generate(96))):
        (folder / f"{name}.txt").write_text(pair.text())
        (folder / f"{name}.pub.txt").write_text(pair.public.text())
    return folder


@pytest.fixture
def run(capsys):
    """Runs a command in this process; gives status, output and errors."""

    def command(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as leaving:
            status = leaving.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return command


@pytest.fixture(autouse=True)
def signals():
    """Signals as a terminal leaves them: whoever started the tests may have them ignored."""
    usual = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGHUP: signal.SIG_DFL,
        signal.SIGTERM: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def start():
    """Starts a command in a process of its own; what still runs at the end is killed."""
    started = []

    def command(*arguments, **options):
        process = subprocess.Popen(
            [sys.executable, "-m", "rsa_core", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(ROOT), "PATH": ""},
            **options,
        )
        started.append(process)
        return process

    yield command
    for process in started:
        process.kill()
        process.communicate()
