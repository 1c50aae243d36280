"""Folders as people have them: nothing is lost, and what is passed over is named."""

import os
import signal
import time
from pathlib import Path

import pytest
from PIL import Image

from rsa_core.cli.files import PICTURE_SUFFIXES
from tests.cli.test_transfer import rows
from tests.conftest import encoded, photograph

ALICE = "alice.pub.pem"


@pytest.fixture
def there_and_back(run, key_folder, tmp_path):
    """Encrypts a folder and decrypts what came of it; gives both statuses, and what was said."""

    def command(folder, *options, scheme="hybrid"):
        public, private = (
            (ALICE, "alice.pem") if scheme == "hybrid" else ("seed.pub.txt", "seed.txt")
        )
        sealed, opened = tmp_path / "sealed", tmp_path / "opened"
        options = ("--jobs", 1, *options)
        first, said, err = run("encrypt", "--to", key_folder / public, "--scheme", scheme, folder,
                               "--out", sealed, *options)  # fmt: skip
        second, more, worse = run(
            "decrypt", "--key", key_folder / private, sealed, "--out", opened, *options
        )
        return (first, second), said + err + more + worse

    return command


def contents(folder):
    found = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return sorted(data for data in found if not data.startswith(b"name,bytes,"))


def album_of(folder, names):
    """A folder of pictures that are all different."""
    folder.mkdir()
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(photograph(8, 8 + number)))
    return folder


HARD_NAMES = {
    "made harmless": ["q?.png", "q*.png", "q_.png", "q:.png"],
    "case": ["a.png", "A.png", "a.PNG", "b/c.png", "B/c.png"],
    "accents": ["\u00fc.png", "u\u0308.png"],
    "long": ["x" * 250 + ".png", "x" * 249 + "y.png", "x" * 251 + ".png"],
    "long in bytes": ["\N{SUNRISE}" * 62 + ".png", "\N{SUNRISE}" * 62 + "..png"],
    "without suffix": ["b", "b.png", "b.jpg", "b (2)"],
    "devices of Windows": ["con.png", "_con.png", "CON.png"],
    "our own names": ["manifest.csv", "a.p7m", "a.p7m.p7m", "a"],
    "a folder like an output": ["a.png", "a.png.p7m/b.png", "c.p7m", "c/d.png"],
    "spaces and dots": [" a.png", "a.png ", "a.png.", "a.png"],
    "not UTF-8": [os.fsdecode(b"caf\xe9.png"), os.fsdecode(b"caf\xe8.png"), "caf_.png"],
}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("kind", HARD_NAMES)
def test_every_picture_comes_back_whatever_the_names(there_and_back, tmp_path, kind, force):
    album = album_of(tmp_path / "album", HARD_NAMES[kind])
    for _ in range(2):
        statuses, said = there_and_back(album, *(["--force"] if force else []))
        assert statuses == (0, 0), said
        assert contents(tmp_path / "opened") == contents(album)
    outputs = [row["output"].casefold() for row in rows(tmp_path / "sealed").values()]
    assert len(set(outputs)) == len(outputs) == len(HARD_NAMES[kind])


@pytest.mark.parametrize("force", [False, True])
def test_a_suffix_that_is_added_makes_no_two_pictures_one(there_and_back, tmp_path, force):
    album = tmp_path / "album"
    album.mkdir()
    for number, name in enumerate(("a.jpg", "a.jpg.png", "a.JPG.PNG", "a", "a.png")):
        (album / name).write_bytes(encoded(photograph(8, 8 + number), "BMP"))
    for _ in range(2):
        statuses, said = there_and_back(
            album, *(["--force"] if force else []), scheme="textbook-pixels"
        )
        assert statuses == (0, 0), said
        assert len(contents(tmp_path / "opened")) == 5


def test_a_name_that_changes_is_told(there_and_back, tmp_path):
    album = album_of(tmp_path / "album", ["q?.png", "x" * 251 + ".png"])
    _, said = there_and_back(album)
    changed = [line.partition(": its output is called ") for line in said.splitlines()]
    told = {name: Path(output).name for name, _, output in changed if output}
    assert told == {
        "x" * 251 + ".png": "x" * 247 + ".png.p7m",
        "q?.png.p7m": "q_.png",
    }
    _, said = there_and_back(album)
    assert "is called" not in said


def test_a_new_picture_does_not_take_an_old_ones_name(run, key_folder, tmp_path):
    album = album_of(tmp_path / "album", ["q?.png"])
    to, key = ("--to", key_folder / ALICE), ("--key", key_folder / "alice.pem")
    run("encrypt", *to, album, "--out", tmp_path / "s")
    run("decrypt", *key, tmp_path / "s", "--out", tmp_path / "o")
    (album / "q*.png").write_bytes(encoded(photograph(9, 30)))
    run("encrypt", *to, album, "--out", tmp_path / "s")
    for options in ((), ("--force",)):
        status, _, err = run("decrypt", *key, tmp_path / "s", "--out", tmp_path / "o", *options)
        assert (status, err) == (0, "")
        assert contents(tmp_path / "o") == contents(album)


def test_a_manifest_leads_nothing_out_of_the_folder(run, key_folder, tmp_path):
    album = album_of(tmp_path / "album", ["a.png"])
    run("encrypt", "--to", key_folder / ALICE, album, "--out", tmp_path / "s")
    run("decrypt", "--key", key_folder / "alice.pem", tmp_path / "s", "--out", tmp_path / "o")
    manifest = tmp_path / "o" / "manifest.csv"
    for output in (b"../a.png", b"sub/../../a.png", b"/tmp/a.png", b".."):
        manifest.write_bytes(manifest.read_bytes().replace(b",a.png,", b"," + output + b","))
        (tmp_path / "o" / "a.png").unlink(missing_ok=True)
        run("decrypt", "--key", key_folder / "alice.pem", tmp_path / "s", "--out", tmp_path / "o")
        assert (tmp_path / "o" / "a.png").exists()
        assert not (tmp_path / "a.png").exists()


def test_a_folder_is_taken_by_what_its_files_are(there_and_back, tmp_path):
    album = album_of(tmp_path / "album", ["a.png", "photo", "IMG_1.jfif", "x.dat", "pic.txt"])
    (album / "notes").write_text("BMW and P1 are words")
    statuses, _ = there_and_back(album)
    assert statuses == (0, 0)
    assert len(contents(tmp_path / "opened")) == 5
    assert rows(tmp_path / "sealed")["notes"]["outcome"] == "passed over: not a picture"


@pytest.mark.parametrize("name", ["IMG_1.HEIC", "noname"])
def test_what_phones_make_is_sealed_exactly(there_and_back, tmp_path, name):
    album = tmp_path / "album"
    album.mkdir()
    heic = (Path(__file__).parents[1] / "rsa_core" / "two_pictures.heic").read_bytes()
    (album / name).write_bytes(heic)
    statuses, said = there_and_back(album)
    assert statuses == (0, 0), said
    assert contents(tmp_path / "opened") == [heic]


def test_what_a_textbook_scheme_leaves_out_is_told_and_kept_in_mind(there_and_back, tmp_path):
    album = tmp_path / "album"
    album.mkdir()
    frames = [Image.fromarray(photograph(9, 9, seed=n)) for n in range(3)]
    frames[0].save(album / "a.gif", save_all=True, append_images=frames[1:])
    for _ in range(2):
        _, said = there_and_back(album, scheme="textbook-pixels")
        assert said.count("left out: every frame or page but the first") == 2
        for folder in ("sealed", "opened"):
            (row,) = [one for one in rows(tmp_path / folder).values() if one["output"]]
            assert row["left_out"] == "every frame or page but the first"


def test_envelopes_are_known_by_their_bytes_too(run, key_folder, tmp_path):
    album = album_of(tmp_path / "album", ["a.png"])
    sealed = tmp_path / "s"
    run("encrypt", "--to", key_folder / ALICE, album, "--out", sealed)
    run("encrypt", "--to", key_folder / "seed.pub.txt", "--scheme", "textbook-pixels", album,
        "--out", sealed)  # fmt: skip
    for suffix in ("p7m", "rsaimg"):
        (sealed / f"a.png.{suffix}").rename(sealed / f"{suffix}.bin")
    run("decrypt", "--key", key_folder / "alice.pem", sealed, "--out", tmp_path / "o")
    outcomes = {name: row["outcome"] for name, row in rows(tmp_path / "o").items()}
    assert outcomes["p7m.bin"] == "done"
    assert outcomes["rsaimg.bin"].startswith("failed: ")
    assert outcomes["manifest.csv"] == "passed over: not an envelope"


@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES))
def test_what_is_called_a_picture_is_never_missing_in_silence(run, key_folder, tmp_path, suffix):
    album = album_of(tmp_path / "album", ["a.png"])
    name = f"B{suffix.upper()}"
    (album / name).write_bytes(b"who knows what")
    status, _, err = run("encrypt", "--to", key_folder / ALICE, album, "--out", tmp_path / "s")
    assert status == 1
    assert name in err
    assert rows(tmp_path / "s")[name]["outcome"].startswith("failed: ")


def test_everything_in_a_folder_is_accounted_for(run, key_folder, tmp_path):
    album = album_of(tmp_path / "album", ["a.png", ".thumbs/t.png", "elsewhere/z.png"])
    (album / ".DS_Store").write_bytes(b"litter")
    (album / "empty").touch()
    (album / "gone").symlink_to("nowhere")
    (album / "loop").symlink_to("loop")
    (album / "up").symlink_to(album)
    (album / "also.png").symlink_to(album / "a.png")
    os.mkfifo(album / "pipe")
    status, said, err = run("encrypt", "--to", key_folder / ALICE, album, "--out", album / "s")
    outcomes = {name: row["outcome"] for name, row in rows(album / "s").items()}
    assert outcomes == {
        "a.png": "done",
        "also.png": "done",
        "elsewhere/z.png": "done",
        ".thumbs/t.png": "passed over: hidden",
        ".DS_Store": "passed over: hidden",
        "empty": "passed over: not a picture",
        "gone": "passed over: No such file or directory",
        "loop": "passed over: Too many levels of symbolic links",
        "up/": "passed over: a link to a folder; name it to take what is in it",
        "pipe": "passed over: not a regular file",
        "s/": "passed over: the output folder",
    }
    assert status == 1
    assert {line.split(": ")[1] for line in err.splitlines()} == {
        ".thumbs/t.png", "gone", "loop", "up/",
    }  # fmt: skip
    assert "3 done, 0 skipped, 0 failed, 8 passed over" in said


def test_a_folder_may_take_its_own_output(run, key_folder, tmp_path):
    album = album_of(tmp_path / "album", ["a.png"])
    for done in ("1 done", "1 skipped"):
        status, said, err = run("encrypt", "--to", key_folder / ALICE, album, "--out", album)
        assert (status, err) == (0, "")
        assert done in said


def test_a_folder_without_pictures_is_said(run, key_folder, tmp_path):
    album = tmp_path / "album"
    album.mkdir()
    (album / "notes.txt").touch()
    status, _, err = run("encrypt", "--to", key_folder / ALICE, album, "--out", tmp_path / "s")
    assert status == 1
    assert err.startswith("rsa_core: no files to encrypt there, 1 passed over: see ")
    assert rows(tmp_path / "s")["notes.txt"]["outcome"] == "passed over: not a picture"


def test_times_come_back(run, key_folder, tmp_path):
    album = album_of(tmp_path / "album", ["a.png", "b.png"])
    os.utime(album / "a.png", ns=(0, 1_234_567_890_123_456_789))
    os.utime(album / "b.png", ns=(0, -86_400_000_000_000))  # 1969: a scanned slide
    for scheme, public, private in (
        ("hybrid", ALICE, "alice.pem"),
        ("textbook-pixels", "seed.pub.txt", "seed.txt"),
    ):
        sealed, opened = tmp_path / scheme, tmp_path / f"{scheme}-o"
        run("encrypt", "--scheme", scheme, "--to", key_folder / public, album, "--out", sealed)
        run("decrypt", "--key", key_folder / private, sealed, "--out", opened)
        for name in ("a.png", "b.png"):
            times = {path.stat().st_mtime_ns for path in (album / name, opened / name)}
            assert len(times) == 1


def large(folder, count, size):
    folder.mkdir()
    for number in range(count):
        body = os.urandom(size)
        (folder / f"{number:03}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return folder


def children(pid):
    """Of all its threads."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for one in lists for child in one.read_text().split()]


@pytest.mark.parametrize("victim", ["worker", "parent"])
@pytest.mark.parametrize("way", ["encrypt", "decrypt"])
def test_a_run_that_was_killed_goes_on(start, run, key_folder, tmp_path, *, way, victim):
    album = large(tmp_path / "album", 60, 1_000_000)
    command = ["encrypt", "--to", key_folder / ALICE, album, "--out", tmp_path / "s"]
    if way == "decrypt":
        run(*command)
        command = ["decrypt", "--key", key_folder / "alice.pem", tmp_path / "s",
                   "--out", tmp_path / "o"]  # fmt: skip
    out = command[-1]
    process = start(*command, "--jobs", 2)
    end = time.monotonic() + 30
    while not (out.exists() and len(list(out.glob("[0-9]*"))) > 5):
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.002)
    os.kill(children(process.pid)[0] if victim == "worker" else process.pid, signal.SIGKILL)
    _, err = process.communicate(timeout=30)
    assert victim == "parent" or err == (
        "rsa_core: a process was killed; run the same again to go on\n"
    )
    there = len(list(out.glob("[0-9]*")))
    status, said, err = run(*command)
    assert (status, err) == (0, "")
    assert f"{60 - there} done, {there} skipped, 0 failed" in said
    assert not list(out.glob(".*"))
    assert len([name for name in rows(out) if name[0] in "0123456789"]) == 60


def test_two_runs_into_one_folder_lose_no_row(start, key_folder, tmp_path):
    for folder in ("one", "two"):
        large(tmp_path / folder, 40, 100_000)
        for path in list((tmp_path / folder).iterdir()):
            path.rename(path.with_name(f"{folder}-{path.name}"))
    command = ["encrypt", "--to", key_folder / ALICE, "--out", tmp_path / "s", "--jobs", 1]
    runs = [start(*command, tmp_path / folder) for folder in ("one", "two", "one")]
    for process in runs:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, ""), out
    found = rows(tmp_path / "s")
    assert len(found) == 80
    assert {row["outcome"] for row in found.values()} <= {"done", "skipped"}
    assert len(list((tmp_path / "s").glob("*.p7m"))) == 80


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_closed_terminal_leaves_no_plaintext(start, run, key_folder, tmp_path, jobs):
    album = large(tmp_path / "album", 2, 60_000_000)
    run("encrypt", "--to", key_folder / ALICE, album, "--out", tmp_path / "s")
    out = tmp_path / "o"
    process = start("decrypt", "--key", key_folder / "alice.pem", tmp_path / "s", "--out", out,
                    "--jobs", jobs, start_new_session=True)  # fmt: skip
    end = time.monotonic() + 30
    while not (out.exists() and list(out.glob(".*"))):
        assert time.monotonic() < end
        time.sleep(0.001)
    assert all(path.stat().st_mode & 0o077 == 0 for path in out.glob(".*"))
    os.killpg(process.pid, signal.SIGHUP)  # as a terminal does: all its processes
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert not list(out.glob(".*"))


def test_what_nohup_ignores_stays_ignored(start, key_folder, tmp_path):
    album = large(tmp_path / "album", 8, 10_000_000)

    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = start("encrypt", "--to", key_folder / ALICE, album, "--out", tmp_path / "s",
                    "--jobs", 2, preexec_fn=ignore)  # fmt: skip
    end = time.monotonic() + 30
    while not (tmp_path / "s").exists():
        assert time.monotonic() < end
        time.sleep(0.001)
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "8 done" in out
