"""The commands of the documentation, run as a new user would type them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rsa_core.attacks import ATTACKS
from tests.cli.conftest import ROOT
from tests.conftest import encoded, photograph

PAGES = [path for path in (ROOT / "README.md", ROOT / "docs" / "cli.md") if path.exists()]


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE
    )


def commands(document: Path) -> list[str]:
    lines = "\n".join(blocks(document, "sh")).splitlines()
    return [line for line in lines if line.startswith(("python -m rsa_core ", "openssl "))]


@pytest.fixture
def desk(tmp_path):
    """What the pages suppose: a folder of pictures and a passphrase."""
    (tmp_path / "holiday").mkdir()
    for name in ("holiday/beach.png", "photo.png"):
        (tmp_path / name).write_bytes(encoded(photograph(60, 40)))
    (tmp_path / "secret.txt").write_text("correct horse battery staple\n")

    def shell(command):
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            ["/bin/sh", "-ec", command],
            cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False,
        )  # fmt: skip

    return tmp_path, shell


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.name)
def test_the_commands_of_the_page_work(desk, document):
    folder, shell = desk
    for command in commands(document):
        done = shell(command.replace("python ", f"{sys.executable} ", 1))
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert done.stderr == ""
    if commands(document):
        original = (folder / "holiday" / "beach.png").read_bytes()
        assert (folder / "opened" / "beach.png").read_bytes() == original
        assert (folder / "beach.png").read_bytes() == original
        assert (folder / "broken.png").exists()


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.name)
def test_the_python_of_the_page_works(desk, document):
    folder, _ = desk
    for block in blocks(document, "python"):
        if "rsa_core" in block:
            subprocess.run(
                [sys.executable, "-c", block], cwd=folder, env={"PYTHONPATH": str(ROOT)}, check=True
            )


def test_the_page_of_the_command_line_shows_every_command():
    shown = {
        command.split()[3] for command in commands(ROOT / "docs" / "cli.md") if "-m" in command
    }
    assert shown == {
        *("keygen", "encrypt", "decrypt", "inspect", "fingerprint", "analyze", "attack", "health")
    }


def test_the_page_of_the_command_line_has_a_row_for_every_attack():
    rows = [line for line in (ROOT / "docs" / "cli.md").read_text().splitlines() if "| `" in line]
    named = {name for row in rows for name in re.findall("`([a-z-]+)`", row.split("|")[1])}
    assert set(ATTACKS) <= named
