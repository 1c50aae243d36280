"""`-`, odd terminals and closed outputs: what a command-line tool does well."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import ROOT
from tests.conftest import encoded, photograph

PICTURE = encoded(photograph(16, 12))


@pytest.fixture
def pipe():
    """Runs a command with bytes going in; gives status, bytes and errors."""

    def command(*arguments, data=b"", **options):
        done = subprocess.run(
            [sys.executable, "-m", "rsa_core", *map(str, arguments)],
            input=data, capture_output=True, check=False, cwd=ROOT, timeout=60, **options,
        )  # fmt: skip
        assert b"Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr.decode()

    return command


@pytest.mark.parametrize(
    ("scheme", "public", "private"),
    [
        ("hybrid", "alice.pub.pem", "alice.pem"),
        ("oaep-blocks", "alice.pub.pem", "alice.pem"),
        ("textbook-pixels", "seed.pub.txt", "seed.txt"),
    ],
)
def test_a_picture_goes_through_pipes(pipe, key_folder, *, scheme, public, private):
    seal = ("encrypt", "--scheme", scheme, "--to", key_folder / public, "-", "--out", "-")
    status, envelope, err = pipe(*seal, data=PICTURE)
    assert status == 0
    assert ("Insecure" in err) == scheme.startswith("textbook")
    status, opened, err = pipe(
        "decrypt", "--key", key_folder / private, "-", "--out", "-", data=envelope
    )
    assert (status, err) == (0, "")
    if scheme.startswith("textbook"):
        assert np.array_equal(Image.open(io.BytesIO(opened)), photograph(16, 12))
    else:
        assert opened == PICTURE


def test_a_file_goes_to_the_output_and_the_input_into_a_folder(pipe, key_folder, tmp_path):
    (tmp_path / "a.png").write_bytes(PICTURE)
    to = ("--to", key_folder / "alice.pub.pem")
    envelope = pipe("encrypt", *to, tmp_path / "a.png", "--out", "-")[1]
    assert pipe("encrypt", *to, "-", "--out", tmp_path / "s", data=PICTURE)[0] == 0
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["stdin.png.p7m"]
    key = ("--key", key_folder / "alice.pem")
    assert pipe("decrypt", *key, "-", "--out", tmp_path / "o", data=envelope)[0] == 0
    assert (tmp_path / "o" / "stdin.png").read_bytes() == PICTURE
    status, _, err = pipe("decrypt", *key, "-", "--out", tmp_path / "o", data=envelope)
    assert status == 1
    assert "--force overwrites it" in err


@pytest.mark.parametrize("change", [0, 300, -1])
def test_nothing_unverified_leaves_the_pipe(pipe, key_folder, change):
    seal = ("encrypt", "--to", key_folder / "alice.pub.pem", "-", "--out", "-")
    envelope = bytearray(pipe(*seal, data=PICTURE)[1])
    envelope[change] ^= 1
    status, opened, err = pipe(
        "decrypt", "--key", key_folder / "alice.pem", "-", "--out", "-", data=bytes(envelope)
    )
    assert (status, opened, err.count("\n")) == (1, b"", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("encrypt", "--to", "KEY", "--out", "-", "-", "-"),
        ("encrypt", "--to", "KEY", "--out", "-", "."),
        ("encrypt", "--to", "KEY", "--out", "o", "-", "x.png"),
        ("keygen", "--no-passphrase", "--out", "-"),
        ("attack", "codebook", "-", "--out", "-", "--forged", "-"),
    ],
)
def test_one_pipe_has_one_file(pipe, key_folder, arguments):
    key = key_folder / "alice.pub.pem"
    status, out, err = pipe(*(key if one == "KEY" else one for one in arguments), data=PICTURE)
    assert (status, out, err.count("\n")) == (2, b"", 1)


@pytest.mark.parametrize("data", [b"", b"no picture", PICTURE])
def test_what_is_no_envelope_is_one_line(pipe, key_folder, data):
    status, out, err = pipe(
        "decrypt", "--key", key_folder / "alice.pem", "-", "--out", "-", data=data
    )
    assert (status, out, err.count("\n")) == (1, b"", 1)


def test_a_passphrase_is_not_read_out_of_the_picture(pipe, key_folder, tmp_path):
    from rsa_core import KeyPair

    pair = KeyPair.from_pem((key_folder / "alice.pem").read_text())
    (tmp_path / "locked.pem").write_text(pair.pem("secret"))
    seal = ("encrypt", "--to", key_folder / "alice.pub.pem", "-", "--out", "-")
    envelope = pipe(*seal, data=PICTURE)[1]
    opening = ("decrypt", "--key", tmp_path / "locked.pem", "-", "--out", "-")
    status, out, err = pipe(*opening, data=envelope)
    assert (status, out) == (3, b"")
    assert "--passphrase-file" in err
    (tmp_path / "secret").write_text("secret\n")
    assert pipe(*opening, "--passphrase-file", tmp_path / "secret", data=envelope)[1] == PICTURE


def test_the_laboratory_takes_pipes(pipe, key_folder):
    public = key_folder / "seed.pub.txt"
    seal = ("encrypt", "--scheme", "textbook-pixels", "--to", public, "-", "--out", "-")
    envelope = pipe(*seal, data=PICTURE)[1]
    assert b"textbook-pixels" in pipe("inspect", "-", data=envelope)[1]
    status, table, err = pipe("analyze", "-", "--csv", "-", data=envelope)
    assert status == 0
    assert table.startswith(b"file,name,value,")
    assert "measured: " in err
    attack = ("attack", "codebook", "-", "--public-key", public, "--out", "-")
    status, broken, err = pipe(*attack, data=envelope)
    assert status == 0
    assert np.array_equal(Image.open(io.BytesIO(broken)), photograph(16, 12))
    assert "broken" in err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("name", ["\N{SUNRISE}", "写真", "caf\xe9", os.fsdecode(b"caf\xe9")])
def test_an_output_that_cannot_say_a_name_is_no_fault(pipe, key_folder, tmp_path, encoding, name):
    album = tmp_path / name
    album.mkdir()
    (album / f"{name}?.png").write_bytes(PICTURE)
    (album / "bad.png").touch()
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    out = tmp_path / f"{name} s"
    seal = ("encrypt", "--to", key_folder / "alice.pub.pem", album, "--out", out)
    status, said, err = pipe(*seal, env=environment)
    assert (status, err) == (1, "rsa_core: bad.png: the file is empty\n")
    assert said.startswith(b"1 done")
    opening = ("decrypt", "--key", key_folder / "alice.pem", out, "--out", tmp_path / f"{name} o")
    assert pipe(*opening, env=environment)[0] == 0


@pytest.mark.parametrize(
    "name",
    [
        "\N{SUNRISE}.png",
        "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}.png",
        "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}.png",
        "Bildschirmfoto\N{NARROW NO-BREAK SPACE}9.png",
        "\N{ARABIC LETTER MEEM}\N{ZERO WIDTH NON-JOINER}\N{ARABIC LETTER MEEM}.png",
        "\N{IDEOGRAPHIC SPACE}写真.png",
        "\U0001fae9.png",  # newer than some Pythons
    ],
)
def test_names_stay_visible(run, key_folder, tmp_path, name):
    (tmp_path / name).write_bytes(b"no picture")
    err = run("encrypt", "--to", key_folder / "alice.pub.pem", tmp_path / name,
              "--out", tmp_path / "o")[2]  # fmt: skip
    assert err.startswith(f"rsa_core: {name}: ")


@pytest.mark.parametrize(
    "bad", ["\x1b[2J", "\x9b", "\u202e", "\u2066", "\u2028", "\r", "\n", "\x7f"]
)
def test_what_a_terminal_obeys_is_not_said(run, key_folder, tmp_path, bad):
    (tmp_path / f"a{bad}b.png").write_bytes(b"no picture")
    err = run("encrypt", "--to", key_folder / "alice.pub.pem", tmp_path / f"a{bad}b.png",
              "--out", tmp_path / "o")[2]  # fmt: skip
    assert bad not in err[:-1]
    assert err.count("\n") == 1


@pytest.mark.parametrize("place", ["--out", "--manifest", "file", "folder", "--to"])
def test_a_link_that_leads_nowhere_is_one_line(run, key_folder, tmp_path, place):
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    (tmp_path / "a.png").write_bytes(PICTURE)
    values = {"--out": tmp_path / "o", "--to": key_folder / "alice.pub.pem"}
    if place.startswith("--"):
        values[place] = loop
    files = {"file": [loop], "folder": [loop / "a"]}.get(place, [])
    options = [part for option in values.items() for part in option]
    status, _, err = run("encrypt", *options, tmp_path / "a.png", *files)
    assert status == (3 if place == "--to" else 1)
    assert err.count("\n") == 1


@pytest.mark.parametrize("kind", ["file", "nowhere"])
def test_an_output_folder_that_is_none_is_one_line(run, key_folder, tmp_path, kind):
    (tmp_path / "a.png").write_bytes(PICTURE)
    if kind == "file":
        (tmp_path / "o").touch()
    else:
        (tmp_path / "o").symlink_to("gone")
    for out in (tmp_path / "o", tmp_path / "o" / "deeper"):
        status, _, err = run(
            "encrypt", "--to", key_folder / "alice.pub.pem", tmp_path / "a.png", "--out", out
        )
        if (status, kind) != (0, "nowhere"):  # below a link to nothing the folder is made
            assert status == 1
            assert "where a folder is needed" in err
            assert err.count("\n") == 1


def test_an_output_that_is_full_or_closed_is_one_line(key_folder):
    command = [sys.executable, "-m", "rsa_core", "fingerprint", key_folder / "alice.pub.pem"]
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, check=False, cwd=ROOT, text=True
        )
    assert (done.returncode, done.stderr) == (1, "rsa_core: No space left on device\n")
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *command],
        stderr=subprocess.PIPE, check=False, cwd=ROOT, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
