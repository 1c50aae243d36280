"""Zips in and out: what is taken, and what is a bomb."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import InputRefused, archives


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in files:
            made.writestr(name, data)
    return out.getvalue()


@given(st.lists(st.tuples(st.sampled_from(["a.png", "A.PNG", "b", "x (2).png"]), st.binary())))
def test_what_is_packed_unpacks_under_names_that_are_all_different(files):
    if not files:
        with pytest.raises(InputRefused):
            archives.unpack(archives.pack(files))
        return
    members = archives.unpack(archives.pack(files))
    assert [member.data for member in members] == [data for _, data in files]
    assert len({member.name.casefold() for member in members}) == len(files)


def test_folders_and_litter_are_left_out():
    members = archives.unpack(
        zipped(("d/", b""), ("d/a.png", b"1"), ("__MACOSX/d/a.png", b"2"), ("d/.DS_Store", b"3"))
    )
    assert [(member.name, member.data) for member in members] == [("d/a.png", b"1")]


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (b"", "no zip"),
        (b"PK\x03\x04 nonsense", "no zip"),
        (zipped(), "empty"),
        (zipped(*((f"{n}.png", b"") for n in range(archives.MAX_FILES + 1))), "files"),
    ],
)
def test_what_is_no_use_is_refused_as_a_whole(archive, words):
    with pytest.raises(InputRefused, match=words):
        archives.unpack(archive)


def test_a_bomb_is_one_members_problem_and_is_not_unpacked():
    good = bytes(range(256)) * 8
    members = archives.unpack(zipped(("good.png", good), ("bomb.png", bytes(40_000_000))))
    assert [(m.name, len(m.data), bool(m.problem)) for m in members] == [
        ("good.png", len(good), False),
        ("bomb.png", 0, True),
    ]


def test_many_large_members_are_refused_as_a_whole():
    large = zipped(*((f"{n}.png", bytes(49_000_000)) for n in range(11)))
    with pytest.raises(InputRefused, match="unpacks to more"):
        archives.unpack(large)


def test_a_header_that_lies_about_its_size_is_a_damaged_member():
    archive = bytearray(zipped(("a.png", bytes(5000)), method=zipfile.ZIP_STORED))
    at = archive.index(b"PK\x01\x02")
    struct.pack_into("<I", archive, at + 24, 100)  # the central directory's uncompressed size
    (member,) = archives.unpack(bytes(archive))
    assert "damaged" in member.problem
    assert member.data == b""


def test_a_changed_byte_within_a_member_is_noticed():
    archive = bytearray(zipped(("a.png", b"x" * 5000), method=zipfile.ZIP_STORED))
    archive[200] ^= 1
    (member,) = archives.unpack(bytes(archive))
    assert "damaged" in member.problem
