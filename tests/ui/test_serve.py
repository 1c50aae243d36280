"""The parts of `ui.serve` that need no proxy: keeping processes, the address, the QR code."""

import io
import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest
import segno

from ui.serve import keeping, telling
from ui.serve.keeping import Kept
from ui.serve.telling import lan_address, qr_code, say_where, url


@pytest.fixture
def keep(tmp_path):
    """Keeps a Python program running; what is said of it is in `keep.said`."""
    made = []

    def make(code: str) -> Kept:
        made.append(
            Kept(
                "It",
                [sys.executable, "-c", code],
                say=make.said.append,
                folder=tmp_path,
                environment=os.environ,
            )
        )
        return made[-1]

    make.said = []
    yield make
    for one in made:
        one.tell(signal.SIGKILL)
        one.end()


def looked_at(kept: Kept, until, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        kept.look()
        time.sleep(0.02)


def test_what_keeps_ending_is_started_after_longer_and_longer_pauses(keep, monkeypatch):
    monkeypatch.setattr(keeping, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(keeping, "LONGEST_PAUSE", 0.4)
    kept = keep("raise SystemExit(3)")
    looked_at(kept, lambda: len(keep.said) == 5)
    pauses = [float(words.split()[-2]) for words in keep.said]
    assert pauses == [0.1, 0.2, 0.4, 0.4, 0.4]
    assert all("status 3" in words for words in keep.said)


def test_what_ran_for_long_is_started_soon_again(keep, monkeypatch, tmp_path):
    monkeypatch.setattr(keeping, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(keeping, "SETTLED_AFTER", 0.0)
    kept = keep("pass")
    looked_at(kept, lambda: len(keep.said) == 4)
    assert len(set(keep.said)) == 1


def test_what_ends_when_told_is_not_killed_and_what_does_not_is(keep, monkeypatch, tmp_path):
    monkeypatch.setattr(keeping, "PATIENCE", 0.5)
    ready = tmp_path / "ready"
    stubborn = keep(
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    )
    looked_at(stubborn, ready.exists)
    stubborn.tell(signal.SIGTERM)
    assert stubborn.running
    stubborn.end()
    assert not stubborn.running
    willing = keep("import time; time.sleep(60)")
    willing.tell(signal.SIGTERM)
    willing.end()
    assert not willing.running


@pytest.mark.parametrize(
    ("bound", "shown"), [("127.0.0.1", "127.0.0.1"), ("192.168.1.20", "192.168.1.20")]
)
def test_an_address_that_was_chosen_is_the_one_that_is_shown(bound, shown):
    assert lan_address(bound) == shown


@pytest.mark.parametrize(("bound", "family"), [(telling.EVERY_ADDRESS, 2), ("::", 10)])
def test_for_every_address_one_of_this_machine_is_shown(bound, family):
    own = {
        one.address.partition("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for one in addresses
        if one.family == family
    }
    assert lan_address(bound) in own | {"::1"}


@pytest.mark.parametrize(
    ("address", "port", "base", "expected"),
    [
        ("192.168.1.20", 8501, "", "http://192.168.1.20:8501/"),
        ("192.168.1.20", 80, "/school", "http://192.168.1.20/school/"),
        ("fd00::1", 8501, "/a/b", "http://[fd00::1]:8501/a/b/"),
    ],
)
def test_the_address_is_one_that_a_browser_takes(address, port, base, expected):
    assert url(address, port, base) == expected


def test_the_qr_code_on_the_terminal_has_the_modules_of_the_address():
    """Two rows of modules stand in each line; a block is light, as terminals are dark."""
    place = url("192.168.1.20", 8501, "/school")
    modules = []
    for line in qr_code(place).splitlines():
        modules.append([int(block not in "█▀") for block in line])
        modules.append([int(block not in "█▄") for block in line])
    expected = [list(row) for row in segno.make(place, micro=False).matrix_iter(border=2)]
    assert modules[: len(expected)] == expected


class Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", True), ("ascii", False)])
def test_a_terminal_shows_the_code_if_it_can_and_the_address_always(encoding, shown, monkeypatch):
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Terminal(out, encoding=encoding))
    say_where("http://192.168.1.20:8501/")
    sys.stdout.flush()
    said = out.getvalue().decode(encoding)
    assert said.startswith("Open http://192.168.1.20:8501/\n")
    assert (len(said.splitlines()) > 10) == shown


def test_a_file_gets_no_code(capsys):
    say_where("http://192.168.1.20:8501/")
    assert capsys.readouterr().out == "Open http://192.168.1.20:8501/\n"


def test_the_configurations_lie_beside_the_program():
    folder = Path(telling.__file__).parent
    for name in ("haproxy.cfg", "nginx.conf", "Caddyfile"):
        text = (folder / name).read_text()
        assert "{{ port }}" in text
        assert "X-Forwarded-For" in text
