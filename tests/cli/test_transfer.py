"""encrypt and decrypt: whole folders there and back, and what happens when something is wrong."""

import csv
import hashlib
import os
import stat
import subprocess

import numpy as np
import pytest
from PIL import Image

from rsa_core import read_picture
from tests.conftest import encoded, photograph

HEADER = b"name,bytes,scheme,seconds,sha256,outcome,output,output_sha256,keys,left_out\r\n"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def rows(folder, name="manifest.csv"):
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def leftovers(folder):
    return [path for path in folder.rglob("*") if path.name.endswith(".part")]


@pytest.fixture
def album(tmp_path):
    """A folder of pictures with a folder in it, and things that are no pictures."""
    folder = tmp_path / "album"
    (folder / "sea side").mkdir(parents=True)
    (folder / "a.png").write_bytes(encoded(photograph(20, 10)))
    (folder / "b.JPG").write_bytes(encoded(photograph(24, 12, seed=2), "JPEG"))
    (folder / "sea side" / "ü.bmp").write_bytes(encoded(photograph(9, 9), "BMP"))
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes(b"x")
    return folder


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder_comes_back_byte_for_byte(run, key_folder, album, tmp_path, jobs):
    sealed, opened = tmp_path / "sealed", tmp_path / "opened"
    alice, bob = key_folder / "alice.pub.pem", key_folder / "bob.pub.pem"
    status, out, err = run(
        "encrypt", "--to", alice, "--to", bob, album, "--out", sealed, "--jobs", jobs
    )
    assert (status, err) == (0, "")
    assert "3 done, 0 skipped, 0 failed" in out
    assert {p.relative_to(sealed).as_posix() for p in sealed.rglob("*.p7m")} == {
        "a.png.p7m", "b.JPG.p7m", "sea side/ü.bmp.p7m",
    }  # fmt: skip
    for key in ("alice.pem", "bob.pem"):
        status, out, err = run(
            "decrypt", "--key", key_folder / key, sealed, "--out", opened / key, "--jobs", jobs
        )
        assert (status, err) == (0, "")
        for name in ("a.png", "b.JPG", "sea side/ü.bmp"):
            assert (opened / key / name).read_bytes() == (album / name).read_bytes()
    assert not leftovers(tmp_path)


def test_openssl_opens_what_the_command_sealed(run, key_folder, album, tmp_path):
    run("encrypt", "--to", key_folder / "alice.pub.pem", album / "a.png", "--out", tmp_path)
    subprocess.run(
        ["openssl", "cms", "-decrypt", "-inform", "DER", "-in", tmp_path / "a.png.p7m", "-inkey",
         key_folder / "alice.pem", "-out", tmp_path / "back.png"], check=True,
    )  # fmt: skip
    assert (tmp_path / "back.png").read_bytes() == (album / "a.png").read_bytes()


def test_the_manifest_says_what_became_of_each_file(run, key_folder, album, tmp_path):
    sealed = tmp_path / "sealed"
    run("encrypt", "--to", key_folder / "alice.pub.pem", album, "--out", sealed)
    assert (sealed / "manifest.csv").read_bytes().startswith(HEADER)
    row = rows(sealed)["sea side/ü.bmp"]
    source, output = album / "sea side" / "ü.bmp", sealed / row["output"]
    assert row["sha256"] == sha256(source)
    assert row["output_sha256"] == sha256(output)
    assert int(row["bytes"]) == source.stat().st_size
    assert (row["scheme"], row["outcome"]) == ("hybrid", "done")
    assert float(row["seconds"]) >= 0
    assert stat.S_IMODE((sealed / "manifest.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("scheme", "key"),
    [("textbook-pixels", "seed"), ("textbook-pixels", "small"), ("textbook-blocks", "small")],
)
def test_the_textbook_schemes_give_the_pixels_back(
    run, key_folder, album, tmp_path, *, scheme, key
):
    sealed = tmp_path / "sealed"
    status, out, _ = run(
        "encrypt", "--scheme", scheme, "--to", key_folder / f"{key}.pub.txt", album,
        "--out", sealed, "--jobs", 1,
    )  # fmt: skip
    assert status == 0
    assert "Insecure" in out
    status, _, err = run("decrypt", "--key", key_folder / f"{key}.txt", sealed, "--out", tmp_path)
    assert (status, err) == (0, "")
    for name, opened in (("a.png", "a.png"), ("b.JPG", "b.JPG.png")):
        wanted = read_picture((album / name).read_bytes()).pixels()
        assert np.array_equal(np.asarray(Image.open(tmp_path / opened)), wanted)


@pytest.mark.parametrize("jobs", [1, 2])
def test_oaep_blocks_give_the_file_back(run, key_folder, tmp_path, jobs):
    picture = tmp_path / "tiny.png"
    picture.write_bytes(encoded(photograph(24, 24)))
    alice = key_folder / "alice.pub.pem"
    arguments = ["--scheme", "oaep-blocks", "--to", alice, picture, "--jobs", jobs]
    assert run("encrypt", *arguments, "--out", tmp_path / "sealed")[0] == 0
    envelope = tmp_path / "sealed" / "tiny.png.rsaimg"
    status, _, err = run(
        "decrypt", "--key", key_folder / "alice.pem", envelope, "--out", tmp_path / "opened"
    )
    assert (status, err) == (0, "")
    assert (tmp_path / "opened" / "tiny.png").read_bytes() == picture.read_bytes()


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_bad_file_is_reported_and_the_rest_goes_on(run, key_folder, album, tmp_path, jobs):
    (album / "fake.png").write_text("not a picture at all")
    (album / "void.png").touch()
    sealed = tmp_path / "sealed"
    status, out, err = run(
        "encrypt", "--to", key_folder / "alice.pub.pem", album, tmp_path / "gone.png",
        "--out", sealed, "--jobs", jobs,
    )  # fmt: skip
    assert status == 1
    assert "3 done, 0 skipped, 3 failed" in out
    lines = sorted(err.splitlines())
    assert [line.split(": ")[1] for line in lines] == ["fake.png", "gone.png", "void.png"]
    assert all(line.startswith("rsa_core: ") for line in lines)
    assert rows(sealed)["fake.png"]["outcome"].startswith("failed: this is not a picture")
    assert not (sealed / "fake.png.p7m").exists()
    assert not leftovers(tmp_path)


def test_a_second_run_skips_what_is_intact(run, key_folder, album, tmp_path):
    sealed = tmp_path / "sealed"
    command = ["encrypt", "--to", key_folder / "alice.pub.pem", album, "--out", sealed]
    run(*command)
    before = {path: path.read_bytes() for path in sealed.rglob("*.p7m")}
    status, out, _ = run(*command)
    assert status == 0
    assert "0 done, 3 skipped, 0 failed" in out
    assert before == {path: path.read_bytes() for path in sealed.rglob("*.p7m")}
    outcomes = {name: row["outcome"] for name, row in rows(sealed).items()}
    assert outcomes.pop("notes.txt") == "passed over: not a picture"
    assert outcomes.pop(".hidden.png") == "passed over: hidden"
    assert set(outcomes.values()) == {"skipped"}
    assert "0 done, 3 skipped, 0 failed" in run(*command)[1]


def test_what_is_missing_is_made_again(run, key_folder, album, tmp_path):
    sealed = tmp_path / "sealed"
    command = ["encrypt", "--to", key_folder / "alice.pub.pem", album, "--out", sealed]
    run(*command)
    (sealed / "a.png.p7m").unlink()
    assert "1 done, 2 skipped, 0 failed" in run(*command)[1]
    assert (sealed / "a.png.p7m").exists()


@pytest.mark.parametrize("change", ["output", "source", "recipients"])
def test_a_changed_file_is_not_skipped_and_not_overwritten(
    run, key_folder, album, tmp_path, change
):
    sealed = tmp_path / "sealed"
    command = ["encrypt", album / "a.png", "--out", sealed, "--to", key_folder / "alice.pub.pem"]
    run(*command)
    output = sealed / "a.png.p7m"
    if change == "output":
        output.write_bytes(output.read_bytes()[:-1])
    elif change == "source":
        (album / "a.png").write_bytes(encoded(photograph(20, 11)))
    else:
        command += ["--to", key_folder / "bob.pub.pem"]
    before = output.read_bytes()
    status, _, err = run(*command)
    assert status == 1
    assert err == "rsa_core: a.png: the output exists already; --force overwrites it\n"
    assert output.read_bytes() == before
    assert "1 done" in run(*command, "--force")[1]
    assert output.read_bytes() != before
    assert "1 skipped" in run(*command)[1]


def test_opening_again_skips_too(run, key_folder, album, tmp_path):
    sealed, opened = tmp_path / "sealed", tmp_path / "opened"
    run("encrypt", "--to", key_folder / "alice.pub.pem", album, "--out", sealed)
    command = ["decrypt", "--key", key_folder / "alice.pem", sealed, "--out", opened]
    run(*command)
    (opened / "a.png").unlink()
    assert "1 done, 2 skipped, 0 failed" in run(*command)[1]


def test_nothing_that_was_there_before_is_overwritten(run, key_folder, album, tmp_path):
    sealed, opened = tmp_path / "sealed", tmp_path / "opened"
    run("encrypt", "--to", key_folder / "alice.pub.pem", album / "a.png", "--out", sealed)
    opened.mkdir()
    (opened / "a.png").write_text("mine")
    command = ["decrypt", "--key", key_folder / "alice.pem", sealed, "--out", opened]
    assert run(*command)[0] == 1
    assert (opened / "a.png").read_text() == "mine"
    assert run(*command, "--force")[0] == 0
    assert (opened / "a.png").read_bytes() == (album / "a.png").read_bytes()


def test_a_foreign_manifest_stays_as_it_is(run, key_folder, album, tmp_path):
    sealed = tmp_path / "sealed"
    sealed.mkdir()
    (sealed / "manifest.csv").write_text("date,weather\nmonday,rain\n")
    command = ["encrypt", "--to", key_folder / "alice.pub.pem", album, "--out", sealed]
    status, _, err = run(*command, "--force")
    assert status == 1
    assert "not a manifest" in err
    assert (sealed / "manifest.csv").read_text() == "date,weather\nmonday,rain\n"
    assert run(*command, "--manifest", tmp_path / "other.csv")[0] == 0


@pytest.mark.parametrize("place", ["head", "wrapped key", "ciphertext", "tag", "end"])
def test_a_changed_envelope_leaves_nothing_behind(run, key_folder, album, tmp_path, place):
    run("encrypt", "--to", key_folder / "alice.pub.pem", album / "a.png", "--out", tmp_path)
    path = tmp_path / "a.png.p7m"
    data = bytearray(path.read_bytes())
    at = {"head": 0, "wrapped key": 200, "ciphertext": len(data) - 60, "tag": -1, "end": None}
    if place == "end":
        data += b"\0"
    else:
        data[at[place]] ^= 1
    path.write_bytes(data)
    opened = tmp_path / "opened"
    status, _, err = run("decrypt", "--key", key_folder / "alice.pem", path, "--out", opened)
    assert status == 1
    assert err.startswith("rsa_core: a.png.p7m: ")
    assert err.count("\n") == 1
    assert [p.name for p in opened.iterdir()] == ["manifest.csv"]


def test_somebody_elses_key_is_refused(run, key_folder, album, tmp_path):
    run("encrypt", "--to", key_folder / "alice.pub.pem", album / "a.png", "--out", tmp_path)
    status, _, err = run(
        "decrypt", "--key", key_folder / "bob.pem", tmp_path / "a.png.p7m", "--out", tmp_path / "o"
    )
    assert status == 1
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("scheme", "key", "words"),
    [
        ("hybrid", "seed.pub.txt", "classroom key"),
        ("textbook-pixels", "alice.pem", "private key"),
        ("hybrid", "alice.pem", "private key"),
        ("hybrid", "missing.pem", "No such file"),
    ],
)
def test_a_key_that_does_not_fit_ends_the_command(
    run, key_folder, album, tmp_path, *, scheme, key, words
):
    status, _, err = run(
        "encrypt", "--scheme", scheme, "--to", key_folder / key, album, "--out", tmp_path / "o"
    )
    assert status == 3
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_each_scheme_asks_for_its_kind_of_private_key(run, key_folder, album, tmp_path):
    seed, alice = key_folder / "seed.pub.txt", key_folder / "alice.pub.pem"
    run("encrypt", "--scheme", "textbook-pixels", "--to", seed, album / "a.png", "--out", tmp_path)
    run("encrypt", "--to", alice, album / "b.JPG", "--out", tmp_path)
    status, out, err = run(
        "decrypt", "--key", key_folder / "seed.txt", tmp_path, "--out", tmp_path / "o"
    )
    assert status == 1
    assert "1 done, 0 skipped, 1 failed" in out
    assert "hybrid does not take this key: this RSA key has 12 bits" in err


def test_files_of_two_folders_never_share_an_output(run, key_folder, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(encoded(photograph(8, 8, seed=len(folder))))
    (tmp_path / "two" / "a.png").write_bytes(encoded(photograph(8, 9)))
    status, out, err = run(
        "encrypt", "--to", key_folder / "alice.pub.pem", tmp_path / "one", tmp_path / "two",
        "--out", tmp_path / "o", "--force",
    )  # fmt: skip
    assert status == 1
    assert "1 done, 0 skipped, 1 failed" in out
    assert "another file of this run has the same output" in err


def test_the_output_folder_is_not_walked(run, key_folder, album):
    command = ["decrypt", "--key", key_folder / "alice.pem", album, "--out", album / "out"]
    run("encrypt", "--to", key_folder / "alice.pub.pem", album, "--out", album / "out")
    status, _, err = run(*command)
    assert status == 1
    assert "no files to decrypt" in err


def test_folders_behind_links_and_odd_files_are_left_alone(run, key_folder, album, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.png").write_bytes(encoded(photograph(8, 8)))
    (album / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(album / "pipe.png")
    status, out, err = run(
        "encrypt", "--to", key_folder / "alice.pub.pem", album, "--out", tmp_path / "o"
    )
    assert status == 1
    assert "3 done, 0 skipped, 0 failed" in out
    assert "pipe.png: passed over: not a regular file" in err


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("photo.p7m", "photo.png"),
        (".p7m.p7m", "p7m.png"),
        ("...p7m", "picture.png"),
        ("CON.png.p7m", "_CON.png"),
        ("a\nb.png.p7m", "a_b.png"),
        ("a:b.png.p7m", "a_b.png"),
        ("two.png.P7M", "two.png"),
        ("bare", "bare.png"),
    ],
)
def test_names_come_back_harmless(run, key_folder, album, tmp_path, *, given, wanted):
    run("encrypt", "--to", key_folder / "alice.pub.pem", album / "a.png", "--out", tmp_path)
    envelope = (tmp_path / "a.png.p7m").rename(tmp_path / given)
    opened = tmp_path / "opened"
    status, _, err = run("decrypt", "--key", key_folder / "alice.pem", envelope, "--out", opened)
    assert (status, err) == (0, "")
    assert {path.name for path in opened.iterdir()} == {wanted, "manifest.csv"}


def test_what_a_terminal_would_obey_is_not_shown(run, key_folder, tmp_path):
    (tmp_path / "\x1b[2Jx.png").write_text("no picture")
    status, _, err = run(
        "encrypt", "--to", key_folder / "alice.pub.pem", tmp_path / "\x1b[2Jx.png",
        "--out", tmp_path / "o",
    )  # fmt: skip
    assert status == 1
    assert "\x1b" not in err
