"""inspect, analyze and attack: what can be told without a key."""

import csv
import os
import subprocess

import numpy as np
import pytest
from PIL import Image

from rsa_core import ClassroomKeyPair, PublicKey, make_weak
from rsa_core.key_files.pem import armour
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


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def measured_by(run, path, tmp_path, *more):
    """The table of one file, name by name."""
    out = tmp_path / "table.csv"
    assert run("analyze", path, "--csv", out, "--force", *more)[0] == 0
    return {row["name"]: row for row in table(out)}


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (1, 1, 4), (1, 2), (2, 1, 3), (1, 40)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("value", [0, 255])
def test_analyze_is_right_for_the_smallest_pictures(run, tmp_path, *, shape, dtype, value):
    if dtype == np.uint16 and len(shape) == 3:
        shape = shape[:2]
    Image.fromarray(np.full(shape, value, dtype)).save(tmp_path / "p.png")
    for row in measured_by(run, tmp_path / "p.png", tmp_path).values():
        for column in ("value", "ideal", "low", "high", "p_value", "adjusted"):
            assert not row[column] or float(row[column]) >= 0
        assert row["value"] or row["verdict"].startswith("n/a: ")


def test_the_entropy_of_one_sample_of_noise_is_nothing(run, tmp_path):
    Image.fromarray(np.zeros((1, 1), np.uint8)).save(tmp_path / "p.png")
    assert float(measured_by(run, tmp_path / "p.png", tmp_path)["Shannon entropy"]["ideal"]) == 0


def test_analyze_of_a_constant_picture(run, tmp_path):
    Image.fromarray(np.full((60, 60, 3), 77, np.uint8)).save(tmp_path / "p.png")
    found = measured_by(run, tmp_path / "p.png", tmp_path)
    assert float(found["Shannon entropy"]["value"]) == 0
    assert found["Correlation, horizontal"]["value"] == ""
    assert found["Correlation, horizontal"]["verdict"].startswith("n/a: ")


@pytest.mark.parametrize("alpha", ["opaque", "clear", "shape"])
def test_transparency_is_not_measured_as_a_colour(run, tmp_path, alpha):
    noise = np.random.default_rng(5).integers(0, 256, (100, 100, 4), np.uint8)
    noise[..., 3] = {"opaque": 255, "clear": 0, "shape": np.arange(100) // 50 * 255}[alpha]
    Image.fromarray(noise).save(tmp_path / "p.png")
    Image.fromarray(noise[..., :3]).save(tmp_path / "plain.png")
    found, plain = (measured_by(run, tmp_path / f"{n}.png", tmp_path) for n in ("p", "plain"))
    assert {name: row["value"] for name, row in found.items()} == {
        name: row["value"] for name, row in plain.items()
    }
    assert "transparency" in run("analyze", tmp_path / "p.png")[1]


def test_transparent_pictures_and_their_ciphertext_can_be_compared(run, key_folder, tmp_path):
    pixels = np.random.default_rng(5).integers(0, 256, (20, 20, 4), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    run("encrypt", "--scheme", "textbook-pixels", "--to", key_folder / "seed.pub.txt",
        tmp_path / "p.png", "--out", tmp_path / "s")  # fmt: skip
    for path in (tmp_path / "s" / "p.png.rsaimg", tmp_path / "p.png"):
        assert "PSNR" in measured_by(run, path, tmp_path, "--original", tmp_path / "p.png")


def test_neighbours_of_16_bits_are_compared_as_they_are(run, tmp_path):
    y, x = np.mgrid[0:100, 0:100]
    Image.fromarray((x * 400 + y * 200).astype(np.uint16)).save(tmp_path / "p.png")
    Image.fromarray((x * 400 + y * 200 + 1).astype(np.uint16)).save(tmp_path / "q.png")
    found = measured_by(run, tmp_path / "p.png", tmp_path, "--original", tmp_path / "q.png")
    for direction in ("horizontal", "vertical", "diagonal"):
        assert float(found[f"Correlation, {direction}"]["value"]) > 0.99
    assert float(found["MAE"]["value"]) == 1
    assert float(found["PSNR"]["value"]) == pytest.approx(20 * np.log10(65535))
    assert float(found["SSIM"]["value"]) > 0.99


def test_numbers_in_the_table_are_numbers(run, tmp_path):
    noise = np.random.default_rng(3).integers(0, 256, (64, 64), np.uint8)
    Image.fromarray(noise).save(tmp_path / "p.png")
    found = measured_by(run, tmp_path / "p.png", tmp_path)
    assert min(float(row["low"]) for row in found.values() if row["low"]) < 0


def test_analyze_takes_folders(run, key_folder, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder / "sub").mkdir(parents=True)
        (tmp_path / folder / "a.png").write_bytes(encoded(photograph(40, 40)))
    (tmp_path / "two" / "sub" / "void.png").touch()
    (tmp_path / "two" / "notes.txt").touch()
    run("encrypt", "--to", key_folder / "alice.pub.pem", tmp_path / "one", "--out",
        tmp_path / "two" / "sub")  # fmt: skip
    out = tmp_path / "two" / "t.csv"
    for _ in range(2):
        status, said, err = run(
            "analyze", tmp_path / "one", tmp_path / "two", "--csv", out, "--force"
        )
        assert status == 1
        assert err.count("\n") == 1
        assert "void.png" in err
        assert "notes.txt: passed over: not a picture or an envelope" in said
        files = {row["file"] for row in table(out)}
        wanted = ("one/a.png", "two/a.png", "two/sub/a.png.p7m")
        assert files == {str(tmp_path / name) for name in wanted}
    (tmp_path / "two" / "sub" / "void.png").unlink()
    assert run("analyze", tmp_path / "one", tmp_path / "two")[0] == 0
    for option in ("--original", "--partner"):
        status, _, err = run("analyze", tmp_path / "one", option, tmp_path / "one" / "a.png")
        assert (status, err.count("\n")) == (2, 1)


def test_analyze_waits_for_nobody_and_says_what_is_empty(start, tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(photograph(40, 40)))
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "void.png").touch()
    process = start("analyze", tmp_path)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "a.png: 40 x 40" in out
    assert "pipe.png: passed over: not a regular file" in err
    assert err.endswith("void.png: the file is empty\n")


def test_an_interrupted_analysis_promises_nothing(start, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")  # named itself, it is waited for
    process = start("analyze", tmp_path / "pipe.png")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.terminate()
    assert process.communicate(timeout=20)[1] == "rsa_core: interrupted\n"
    assert process.returncode == 130


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
    assert "this is a picture; expected an envelope" in err


def test_attack_takes_an_envelope_in_pem(run, sealed, key_folder, tmp_path):
    inside = sealed("hybrid", "alice.pub.pem").read_bytes()
    (tmp_path / "mail.p7m").write_text(armour("CMS", inside))
    status, said, err = run(
        "attack", "codebook", tmp_path / "mail.p7m", "--public-key", key_folder / "alice.pub.pem"
    )
    assert (status, err) == (4, "")
    assert "preconditions not met" in said
