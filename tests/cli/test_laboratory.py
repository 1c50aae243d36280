"""inspect, analyze and attack: what can be told without a key."""

import csv

import numpy as np
import pytest
from PIL import Image

from rsa_core import ClassroomKeyPair, PublicKey, make_weak
from tests.conftest import encoded, photograph


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(photograph(64, 48)))
    return path


@pytest.fixture
def sealed(run, key_folder, picture, tmp_path):
    """Seals the picture by a scheme; gives the envelope's path."""

    def command(scheme, *keys):
        to = [part for key in keys for part in ("--to", key_folder / key)]
        out = tmp_path / scheme
        assert run("encrypt", "--scheme", scheme, *to, picture, "--out", out)[0] == 0
        return next(path for path in out.iterdir() if path.suffix in (".p7m", ".rsaimg"))

    return command


def test_inspect_says_what_is_public(run, sealed, key_folder):
    status, said, err = run("inspect", sealed("hybrid", "alice.pub.pem", "bob.pub.pem"))
    assert (status, err) == (0, "")
    for name in ("alice", "bob"):
        public = PublicKey.from_pem((key_folder / f"{name}.pub.pem").read_text())
        assert public.key_id.hex() in said
    assert "AES-256-GCM" in said
    status, said, _ = run("inspect", sealed("textbook-pixels", "seed.pub.txt"))
    assert "textbook-pixels" in said
    assert "48 x 64 x 3" in said


def test_inspect_refuses_what_is_no_envelope(run, picture, tmp_path):
    (tmp_path / "cut.rsaimg").write_bytes(b"RSAIMG\x01")
    (tmp_path / "empty.p7m").touch()
    for path in (picture, tmp_path / "gone", tmp_path / "cut.rsaimg", tmp_path / "empty.p7m"):
        status, said, err = run("inspect", path)
        assert (status, said, err.count("\n")) == (1, "", 1)
        assert str(path) in err


@pytest.mark.parametrize(
    ("scheme", "key", "far"),
    [("hybrid", "alice.pub.pem", 0), ("textbook-pixels", "seed.pub.txt", 4)],
)
def test_analyze_tells_noise_from_textbook(run, sealed, tmp_path, *, scheme, key, far):
    status, said, _ = run("analyze", sealed(scheme, key), "--csv", tmp_path / "t.csv")
    assert status == 0
    assert said.count("far from random") >= far
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"name", "value", "ideal", "p_value", "verdict"} <= set(rows[0])
    assert sum("far from random" in row["verdict"] for row in rows) == said.count("far from random")
    status, _, err = run("analyze", sealed(scheme, key), "--csv", tmp_path / "t.csv")
    assert status == 1
    assert "--force" in err


def test_analyze_takes_pictures_and_what_goes_with_them(run, sealed, picture, tmp_path):
    envelope = sealed("textbook-pixels", "seed.pub.txt")
    said = run("analyze", envelope, "--original", picture, "--partner", envelope)[1]
    for name in ("PSNR", "SSIM", "NPCR", "UACI"):
        assert name in said
    assert "the samples of the picture" in run("analyze", picture)[1]
    Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20)).save(tmp_path / "wide.png")
    assert "16-bit" in run("analyze", tmp_path / "wide.png")[1]
    status, _, err = run("analyze", envelope, "--original", tmp_path / "wide.png")
    assert (status, err.count("\n")) == (1, 1)


def test_attack_recovers_the_picture_from_the_public_key(
    run, sealed, key_folder, picture, tmp_path
):
    out = tmp_path / "broken.png"
    command = ["attack", "codebook", sealed("textbook-pixels", "seed.pub.txt"), "--public-key",
               key_folder / "seed.pub.txt", "--out", out]  # fmt: skip
    status, said, err = run(*command)
    assert (status, err) == (0, "")
    assert "broken" in said
    assert np.array_equal(np.asarray(Image.open(out)), np.asarray(Image.open(picture)))
    status, _, err = run(*command)
    assert status == 1
    assert "--force" in err


def test_attack_recovers_a_weak_key(run, picture, tmp_path):
    (pair,) = make_weak("close-primes", 512)
    (tmp_path / "weak.pub.txt").write_text(pair.public.text())
    run("encrypt", "--scheme", "textbook-blocks", "--to", tmp_path / "weak.pub.txt", picture,
        "--out", tmp_path / "s")  # fmt: skip
    envelope, key = tmp_path / "s" / "photo.png.rsaimg", tmp_path / "found.txt"
    assert run("attack", "fermat", envelope, "--key-out", key)[0] == 0
    found = ClassroomKeyPair.from_text(key.read_text())
    assert (found.public, {found.p, found.q}) == (pair.public, {pair.p, pair.q})
    assert run("decrypt", "--key", key, envelope, "--out", tmp_path / "o")[0] == 0
    assert (tmp_path / "o" / "photo.png").exists()


def test_attack_fails_honestly_on_hybrid(run, sealed, key_folder, tmp_path):
    out = tmp_path / "x.png"
    status, said, err = run(
        "attack", "codebook", sealed("hybrid", "alice.pub.pem"), "--public-key",
        key_folder / "alice.pub.pem", "--out", out,
    )  # fmt: skip
    assert status == 4
    assert "preconditions not met" in said
    assert "not written" in err
    assert not out.exists()


def test_attack_needs_an_envelope(run, picture):
    status, _, err = run("attack", "codebook", picture)
    assert (status, err.count("\n")) == (1, 1)
