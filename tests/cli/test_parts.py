"""The parts below the commands: names, manifests, drafts."""

import os
import pickle
import stat

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rsa_core.cli.console import TargetExistsError
from rsa_core.cli.files import Draft, picture_suffix, safe_name
from rsa_core.cli.jobs import Opener, Sealer
from rsa_core.cli.keyfiles import read_key_pairs, read_public_key
from rsa_core.cli.manifest import Manifest, Row
from rsa_core.csv_cells import csv_bytes
from tests.conftest import encoded, photograph

NAMES = st.text(min_size=1, max_size=60).filter(lambda name: "\0" not in name)


def row(name, outcome="done", **changes):
    values = {
        "bytes": 3, "scheme": "hybrid", "seconds": 0.25, "sha256": "aa", "output": f"{name}.p7m",
        "output_sha256": "bb", "keys": "cc",
    }  # fmt: skip
    return Row(name=name, outcome=outcome, **{**values, **changes})


@given(st.text(max_size=400))
@example("../../etc/passwd")
@example("..")
@example("nul")
@example("a" * 300 + ".png")
@example("." + "b" * 300)
@example("ü" * 300)
def test_a_safe_name_stays_in_its_folder(name):
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= 255
    assert safe not in (".", "..")
    assert not set(safe) & set('/\\:*?"<>|\0\n')
    assert safe_name(safe) == safe


@given(st.from_regex(r"[A-Za-z0-9_ äöü-]{1,40}\.(png|jpg)", fullmatch=True))
def test_an_ordinary_name_stays_as_it_is(name):
    if name == name.strip() and safe_name(name) != f"_{name}":
        assert safe_name(name) == name


@given(st.lists(NAMES, unique=True, max_size=5))
@example(["=1+1", "'=1+1", "+a", "-a", "@a", "\ta", "\ra", "\na", "'", "a,b", 'a"b', "a\r\nb"])
@example(["a;=1", "a;'=1", 'a,"=1', "\t'=1", "a\n\n=1", "\uff1d1", " =1", "''=1", ";'"])
def test_the_manifest_gives_every_name_back(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("manifest") / "m.csv"
    manifest = Manifest(path)
    for name in names:
        manifest.add(row(name))
    manifest.close()
    again = Manifest(path)
    assert [again.earlier(name) for name in names] == [row(name) for name in names]
    again.close()


@pytest.mark.parametrize("first", "=+-@\t\r\n'")
def test_a_spreadsheet_computes_nothing(first):
    assert csv_bytes([[f"{first}cmd"]]).lstrip(b'"').startswith(b"'")


def test_a_run_that_was_killed_is_remembered(tmp_path):
    manifest = Manifest(tmp_path / "m.csv")
    manifest.add(row("a.png"))
    found = (tmp_path / "m.csv").read_bytes()
    manifest.close()
    (tmp_path / "m.csv").write_bytes(found + b"b.png,12,hyb")  # cut short in the middle of a row
    again = Manifest(tmp_path / "m.csv")
    assert again.earlier("a.png") == row("a.png")
    assert again.earlier("b.png") is None
    again.add(row("c.png"))
    (tmp_path / "n.csv").write_bytes((tmp_path / "m.csv").read_bytes())
    again.close()
    third = Manifest(tmp_path / "n.csv")
    assert third.earlier("c.png") == row("c.png")
    third.close()


def test_the_last_word_about_a_file_counts(tmp_path):
    first = Manifest(tmp_path / "m.csv")
    first.add(row("a.png", "failed: no"))
    first.add(row("b.png"))
    first.close()
    second = Manifest(tmp_path / "m.csv")
    assert second.earlier("a.png") is None
    second.add(row("a.png", sha256="dd"))
    second.close()
    third = Manifest(tmp_path / "m.csv")
    assert third.earlier("a.png") == row("a.png", sha256="dd")
    assert third.earlier("b.png") == row("b.png")
    third.close()
    assert (tmp_path / "m.csv").read_bytes().count(b"\r\n") == 3


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


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        ("PNG", ".png"), ("JPEG", ".jpg"), ("GIF", ".gif"), ("BMP", ".bmp"), ("WEBP", ".webp"),
        ("TIFF", ".tif"), ("PPM", ".pnm"),
    ],
)  # fmt: skip
def test_first_bytes_tell_a_picture(kind, suffix):
    assert picture_suffix(encoded(photograph(8, 8), kind)[:16]) == suffix


@pytest.mark.parametrize(
    "head", [b"", b"RSAIMG\x01", b"0\x82\x01\x00", b"hello", b"P7\n", b"\x89PNG"]
)
def test_other_bytes_are_no_picture(head):
    assert picture_suffix(head) is None


def test_work_travels_to_other_processes_with_its_key(key_folder, tmp_path):
    for name in ("alice.pem", "seed.txt"):
        opener = Opener(tmp_path, read_key_pairs(key_folder / name, None), force=True, processes=2)
        again = pickle.loads(pickle.dumps(opener))  # noqa: S301  (our own bytes)
        assert again == opener
        assert again.keys == opener.keys
        assert " key=" not in repr(opener)
    sealer = Sealer(tmp_path, "hybrid", (read_public_key(key_folder / "alice.pub.pem"),), False, 1)
    assert pickle.loads(pickle.dumps(sealer)) == sealer  # noqa: S301
