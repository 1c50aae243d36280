"""The parts below the commands: names, manifests, drafts."""

import os
import pickle
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rsa_core.cli.console import TargetExistsError
from rsa_core.cli.files import Draft, picture_suffix, sweep
from rsa_core.cli.jobs import Opener, Sealer
from rsa_core.cli.keyfiles import read_key_pairs, read_public_key
from rsa_core.cli.manifest import Manifest, Row
from rsa_core.csv_cells import csv_bytes
from rsa_core.kinds import HEAD
from tests.conftest import encoded, photograph

NAMES = st.text(min_size=1, max_size=60).filter(lambda name: "\0" not in name)


def row(name, outcome="done", **changes):
    values = {
        "bytes": 3, "scheme": "hybrid", "seconds": 0.25, "sha256": "aa", "output": f"{name}.p7m",
        "output_sha256": "bb", "keys": "cc",
    }  # fmt: skip
    return Row(name=name, outcome=outcome, **{**values, **changes})


def started(path):
    manifest = Manifest(path)
    manifest.start()
    return manifest


@settings(deadline=None)  # it writes files
@given(st.lists(NAMES, unique=True, max_size=5))
@example(["=1+1", "'=1+1", "+a", "-a", "@a", "\ta", "\ra", "\na", "'", "a,b", 'a"b', "a\r\nb"])
@example(["a;=1", "a;'=1", 'a,"=1', "\t'=1", "a\n\n=1", "\uff1d1", " =1", "''=1", ";'"])
def test_the_manifest_gives_every_name_back(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("manifest") / "m.csv"
    manifest = started(path)
    for name in names:
        manifest.add(row(name))
    for again in (started(path), pickle.loads(pickle.dumps(manifest))):  # noqa: S301
        assert [again.earlier(name) for name in names] == [[row(name)] for name in names]
    manifest.tidy()
    assert [started(path).earlier(name) for name in names] == [[row(name)] for name in names]


@pytest.mark.parametrize("first", "=+-@\t\r\n'")
def test_a_spreadsheet_computes_nothing(first):
    assert csv_bytes([[f"{first}cmd"]]).lstrip(b'"').startswith(b"'")


def test_a_run_that_was_killed_is_remembered(tmp_path):
    path = tmp_path / "m.csv"
    started(path).add(row("a.png"))
    path.write_bytes(path.read_bytes() + b"b.png,12,hyb")  # cut short in the middle of a row
    again = started(path)
    assert again.earlier("a.png") == [row("a.png")]
    assert again.earlier("b.png") == []
    again.add(row("c.png"))
    assert started(path).earlier("c.png") == [row("c.png")]


def test_the_last_word_about_a_file_counts(tmp_path):
    path = tmp_path / "m.csv"
    first = started(path)
    first.add(row("a.png", "failed: no"), row("b.png"))
    first.tidy()
    second = started(path)
    assert second.earlier("a.png") == []
    second.add(row("a.png", sha256="dd"))
    second.tidy()
    third = started(path)
    assert third.earlier("a.png") == [row("a.png", sha256="dd")]
    assert third.earlier("b.png") == [row("b.png")]
    assert path.read_bytes().count(b"\r\n") == 3


def test_a_failure_does_not_forget_what_lies_in_the_folder(tmp_path):
    path = tmp_path / "m.csv"
    manifest = started(path)
    manifest.add(row("a.png"), row("a.png", "failed: no", output="", output_sha256=""))
    manifest.tidy()
    assert started(path).earlier("a.png") == [row("a.png")]
    assert path.read_bytes().count(b"\r\n") == 3


def test_a_name_that_was_taken_too_late_takes_its_row_back(tmp_path):
    path = tmp_path / "m.csv"
    manifest = started(path)
    manifest.add(row("a.png"), row("a.png", "failed: taken", output=""))
    assert manifest.earlier("a.png") == []
    manifest.tidy()
    assert started(path).earlier("a.png") == []


def test_a_manifest_of_before_is_read_and_continued(tmp_path):
    path = tmp_path / "m.csv"
    started(path).add(row("a.png"))
    old = path.read_bytes().replace(b",left_out\r\n", b"\r\n").replace(b",cc,\r\n", b",cc\r\n")
    path.write_bytes(old)
    again = started(path)
    again.add(row("b.png", left_out="the colour profile"))
    again.tidy()
    for name, left_out in (("a.png", ""), ("b.png", "the colour profile")):
        assert started(path).earlier(name) == [row(name, left_out=left_out)]


def test_many_writers_lose_no_row(tmp_path):
    path = tmp_path / "m.csv"
    names = [[f"{writer}-{n}.png" for n in range(50)] for writer in range(6)]

    def write(mine):
        manifest = started(path)
        for number, name in enumerate(mine):
            manifest.add(row(name))
            if number % 10 == 9:
                manifest.tidy()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(write, names))
    again = started(path)
    assert all(again.earlier(name) == [row(name)] for mine in names for name in mine)
    assert path.read_bytes().count(b"\r\n") == 301


def test_a_draft_that_is_not_kept_vanishes(tmp_path):
    with Draft(tmp_path) as draft:
        draft.file.write(b"half")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("links", [True, False])
def test_a_draft_replaces_nothing_unasked(tmp_path, monkeypatch, links):
    if not links:

        def no_links(*_):
            raise PermissionError(1, "no hard links here")

        monkeypatch.setattr(os, "link", no_links)
    for text, force in ((b"one", False), (b"two", True)):
        with Draft(tmp_path, 0o600) as draft:
            draft.file.write(text)
            draft.keep(tmp_path / "x", force=force)
    with pytest.raises(TargetExistsError), Draft(tmp_path) as draft:
        draft.keep(tmp_path / "x", force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"two"
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600


def test_a_draft_is_its_owners_until_it_has_its_name(tmp_path):
    old = os.umask(0o022)
    try:
        with Draft(tmp_path) as draft:
            (path,) = tmp_path.iterdir()
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            draft.keep(tmp_path / "x", force=False)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o644


def test_what_a_killed_process_left_is_swept_and_what_lives_is_not(tmp_path):
    dead = tmp_path / ".rsa_core-0123456789abcdef.part"
    dead.write_bytes(b"plaintext")
    other = tmp_path / "mine.part"
    other.touch()
    with Draft(tmp_path) as draft:
        sweep([tmp_path, tmp_path / "missing"])
        assert not dead.exists()
        draft.keep(tmp_path / "x", force=False)
    assert {path.name for path in tmp_path.iterdir()} == {"x", "mine.part"}


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        ("PNG", ".png"), ("JPEG", ".jpg"), ("GIF", ".gif"), ("BMP", ".bmp"), ("WEBP", ".webp"),
        ("TIFF", ".tif"), ("PPM", ".pnm"),
    ],
)  # fmt: skip
def test_first_bytes_tell_a_picture(kind, suffix):
    assert picture_suffix(encoded(photograph(8, 8), kind)[:HEAD]) == suffix


@pytest.mark.parametrize(
    "head",
    [
        b"BMW and other cars, in a text",
        b"P1 is a prison",
        b"",
        b"RSAIMG\x01",
        b"0\x82\x01\x00",
        b"hello",
        b"P7\n",
        b"\x89PNG",
    ],
)
def test_other_bytes_are_no_picture(head):
    assert picture_suffix(head) is None


def test_work_travels_to_other_processes_with_its_key(key_folder, tmp_path):
    manifest = Manifest(tmp_path / "m.csv")
    for name in ("alice.pem", "seed.txt"):
        opener = Opener(tmp_path, read_key_pairs(key_folder / name, None), True, 2, manifest)
        again = pickle.loads(pickle.dumps(opener))  # noqa: S301  (our own bytes)
        assert again == opener
        assert again.keys == opener.keys
        assert " key=" not in repr(opener)
    key = read_public_key(key_folder / "alice.pub.pem")
    sealer = Sealer(tmp_path, "hybrid", (key,), False, 1, manifest)
    assert pickle.loads(pickle.dumps(sealer)) == sealer  # noqa: S301
