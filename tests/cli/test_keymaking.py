"""keygen and fingerprint: keys that other programs read, and secrets that stay where they are."""

import hashlib
import io
import stat
import subprocess

import pytest

from rsa_core import SEED_KEY, WEAKNESSES, ClassroomKeyPair, ClassroomPublicKey, KeyPair, PublicKey
from rsa_core.cli import keyfiles


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("correct horse\nsecond line\n")
    return path


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_under_a_passphrase_opens_in_openssl(run, secret, tmp_path):
    out = tmp_path / "alice.pem"
    status, said, err = run("keygen", "--out", out, "--bits", 2048, "--passphrase-file", secret)
    assert (status, err) == (0, "")
    assert "correct" not in said
    public = PublicKey.from_pem((tmp_path / "alice.pub.pem").read_text())
    assert public.fingerprint.hex() in said
    assert public.safety_number in said
    assert mode(out) == 0o600
    assert "ENCRYPTED" in out.read_text()
    shown = subprocess.run(
        ["openssl", "pkey", "-in", out, "-passin", "pass:correct horse", "-pubout"],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert shown.stdout == (tmp_path / "alice.pub.pem").read_text()


def test_the_passphrase_opens_the_envelope(run, secret, png, tmp_path):
    run("keygen", "--out", tmp_path / "a.pem", "--bits", 2048, "--passphrase-file", secret)
    (tmp_path / "x.png").write_bytes(png)
    run("encrypt", "--to", tmp_path / "a.pub.pem", tmp_path / "x.png", "--out", tmp_path / "s")
    command = ["decrypt", "--key", tmp_path / "a.pem", tmp_path / "s", "--out", tmp_path / "o"]
    assert run(*command, "--passphrase-file", secret)[0] == 0
    assert (tmp_path / "o" / "x.png").read_bytes() == png
    secret.write_text("wrong horse\n")
    status, _, err = run(*command, "--passphrase-file", secret)
    assert (status, err.count("\n")) == (3, 1)
    assert "horse" not in err


@pytest.mark.parametrize("taken", ["alice.pem", "alice.pub.pem"])
def test_no_key_is_overwritten_unasked(run, quick_keys, tmp_path, taken):
    (tmp_path / taken).write_text("mine")
    command = ["keygen", "--out", tmp_path / "alice.pem", "--no-passphrase"]
    status, _, err = run(*command)
    assert status == 1
    assert "--force" in err
    assert [path.name for path in tmp_path.iterdir()] == [taken]
    assert (tmp_path / taken).read_text() == "mine"
    assert run(*command, "--force")[0] == 0
    assert mode(tmp_path / "alice.pem") == 0o600


def test_a_key_in_clear_is_remarked_upon(run, quick_keys, tmp_path):
    status, _, err = run("keygen", "--out", tmp_path / "a.pem", "--no-passphrase")
    assert status == 0
    assert "in clear" in err
    KeyPair.from_pem((tmp_path / "a.pem").read_text())


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [("one\none\n", 0, ""), ("\n", 0, "in clear"), ("one\ntwo\n", 3, "differ"), ("", 3, "needed")],
)
def test_the_prompt_asks_twice(run, quick_keys, monkeypatch, tmp_path, *, typed, status, words):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    found, _, err = run("keygen", "--out", tmp_path / "a.pem")
    assert found == status
    assert words in err
    assert (tmp_path / "a.pem").exists() == (status == 0)


def test_a_terminal_is_asked_without_echo(quick_keys, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    asked = []
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(
        "getpass.getpass", lambda prompt, stream: asked.append((prompt, stream)) or "word"
    )
    assert keyfiles.new_passphrase() == "word"
    assert len(asked) == 2


@pytest.mark.parametrize(
    "content", [b"", b"\nsecond", b"\r\n", "wide\n".encode("utf-16"), b"a\0b\n", b"x" * 1024]
)
def test_a_passphrase_file_without_a_passphrase_is_refused(run, tmp_path, content):
    (tmp_path / "p").write_bytes(content)
    out = tmp_path / "a.pem"
    status, _, err = run("keygen", "--out", out, "--passphrase-file", tmp_path / "p")
    assert (status, err.count("\n")) == (3, 1)
    assert not out.exists()


def test_a_passphrase_is_no_argument(run, tmp_path):
    for option in ("--passphrase", "--password"):
        status, _, err = run("keygen", "--out", tmp_path / "a.pem", option, "x")
        assert (status, err.count("\n")) == (2, 1)


def test_a_classroom_key_is_text(run, tmp_path):
    out = tmp_path / "weak.txt"
    status, said, _ = run("keygen", "--classroom", 64, "--out", out)
    assert status == 0
    assert "insecure" in said
    pair = ClassroomKeyPair.from_text(out.read_text())
    assert pair.public.bits == 64
    assert ClassroomPublicKey.from_text((tmp_path / "weak.pub.txt").read_text()) == pair.public
    assert mode(out) == 0o600


def test_the_seed_key_is_the_published_one(run, tmp_path):
    assert run("keygen", "--seed-key", "--out", tmp_path / "s.txt")[0] == 0
    assert ClassroomKeyPair.from_text((tmp_path / "s.txt").read_text()) == SEED_KEY


@pytest.mark.parametrize("name", ["small-e", "shared-modulus"])
def test_the_gallery_writes_all_keys_of_an_exhibit(run, tmp_path, name):
    assert run("keygen", "--weak", name, "--classroom", 512, "--out", tmp_path / "w.txt")[0] == 0
    private = [path for path in tmp_path.iterdir() if not path.name.endswith(".pub.txt")]
    assert len(private) == WEAKNESSES[name].keys
    for path in private:
        ClassroomKeyPair.from_text(path.read_text())


def test_the_fingerprint_is_what_openssl_says(run, key_folder):
    path = key_folder / "alice.pub.pem"
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", path, "-outform", "DER"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    status, said, _ = run("fingerprint", path)
    assert status == 0
    assert hashlib.sha256(der).hexdigest() in said


def test_every_form_of_a_public_key_has_a_fingerprint(run, key_folder, tmp_path):
    public = PublicKey.from_pem((key_folder / "alice.pub.pem").read_text())
    (tmp_path / "a.der").write_bytes(public.der())
    assert public.safety_number in run("fingerprint", tmp_path / "a.der")[1]
    for name in ("seed.txt", "seed.pub.txt"):
        assert SEED_KEY.public.safety_number in run("fingerprint", key_folder / name)[1]
    status, _, err = run("fingerprint", key_folder / "alice.pem")
    assert (status, err.count("\n")) == (3, 1)
