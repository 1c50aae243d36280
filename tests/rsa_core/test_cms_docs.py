"""docs/formats.md stays true: its commands run, its bytes are those that we write."""

import re
import subprocess
from pathlib import Path

import pytest

from rsa_core.keys import PublicKey
from rsa_core.schemes.hybrid import open_bytes, seal_bytes
from rsa_core.signatures import Manifest, Part, sign

PAGE = (Path(__file__).parent.parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
PHOTO = bytes(range(256)) * 40 + b"\r\n\n\r"


def hex_lines(first, last):
    """The bytes that the page spells out from one line to another, headers left out."""
    block = PAGE[PAGE.index(first) : PAGE.index(last, PAGE.index(first))]
    return [bytes.fromhex(run) for run in re.findall(r"(?:\b[0-9a-f]{2} ){3,}[0-9a-f]{2}\b", block)]


@pytest.fixture
def desk(tmp_path, alice, bob):
    """The files that the page speaks of; alice sends, bob receives."""
    manifest = Manifest(
        "c", "i", "hybrid", alice.public.fingerprint, (bob.public.fingerprint,),
        (Part("picture", bytes(32), bytes(32)),),
    ).pack()  # fmt: skip
    (tmp_path / "receiver.pem").write_text(bob.pem())
    (tmp_path / "sender.pub.pem").write_text(alice.public.pem())
    (tmp_path / "photo.p7m").write_bytes(seal_bytes(PHOTO, [bob.public]).envelope)
    (tmp_path / "manifest.json").write_bytes(manifest)
    (tmp_path / "manifest.sig").write_bytes(sign(manifest, alice))
    return tmp_path


def test_every_command_runs(desk, bob):
    assert len(COMMANDS) == 5
    said = ""
    for command in COMMANDS:
        done = subprocess.run(
            ["sh", "-e", "-c", command], cwd=desk, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)
        said += done.stdout
        if "-decrypt" in command:
            assert (desk / "photo.png").read_bytes() == PHOTO
    assert open_bytes((desk / "photo.p7m").read_bytes(), bob).data == PHOTO
    mine = PublicKey.from_pem((desk / "mine.pub.pem").read_text())
    assert mine.bits == 3072
    assert mine.fingerprint.hex() in said
    assert "Verified OK" in said


def test_openssl_s_exit_status_tells_of_a_changed_envelope(desk):
    """As the page says: the output may be there all the same."""
    envelope = (desk / "photo.p7m").read_bytes()
    (desk / "photo.p7m").write_bytes(envelope[:-1] + bytes([envelope[-1] ^ 1]))
    open_, open_or_remove = [command for command in COMMANDS if "-decrypt" in command]
    plain = subprocess.run(["sh", "-c", open_], cwd=desk, capture_output=True, check=False)
    assert plain.returncode == 4
    subprocess.run(["sh", "-c", open_or_remove], cwd=desk, capture_output=True, check=True)
    assert not (desk / "photo.png").exists()


def test_the_bytes_on_the_page_are_those_that_we_write(alice):
    envelope = seal_bytes(PHOTO, [alice.public]).envelope
    spelt = hex_lines("30 L                                          ContentInfo", "### The roll")
    spelt += hex_lines("a4 38", "okm   =")
    assert len(spelt) == 8
    for run in spelt:
        assert run in envelope, run.hex(" ")
