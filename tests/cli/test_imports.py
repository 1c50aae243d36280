"""The public doors: every name is there."""

import subprocess
import sys

import pytest

import rsa_core
from rsa_core import schemes


@pytest.mark.parametrize("package", [rsa_core, schemes])
def test_every_public_name_is_there(package):
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_every_scheme_is_found_under_its_name():
    assert [scheme.name for scheme in schemes.SCHEMES.values()] == list(schemes.SCHEMES)
    assert len(schemes.SCHEMES) == 4
    assert schemes.SCHEMES["textbook-pixels"] is schemes.TEXTBOOK_PIXELS


SLOW = "numpy", "PIL", "tqdm"
CODE = f"""
import sys
from rsa_core.cli import main
assert main(sys.argv[1:]) == 0
print(*(name for name in {SLOW} if name in sys.modules))
"""


@pytest.mark.parametrize("command", ["encrypt", "decrypt"])
def test_hybrid_waits_for_no_library_that_it_does_not_need(run, key_folder, tmp_path, command):
    """Importing them takes as long as sealing a hundred pictures."""
    picture, sealed = tmp_path / "a.png", tmp_path / "a.png.p7m"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    arguments = ["--to", key_folder / "alice.pub.pem", picture]
    if command == "decrypt":
        assert run("encrypt", *arguments, "--out", tmp_path)[0] == 0
        arguments = ["--key", key_folder / "alice.pem", sealed]
    done = subprocess.run(
        [sys.executable, "-c", CODE, command, *arguments, "--out", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == ""


def test_a_name_that_is_not_public_is_no_attribute():
    with pytest.raises(AttributeError):
        _ = rsa_core.no_such_name
