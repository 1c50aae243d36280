"""Zips in and out: what is taken, what is a bomb, and what it costs to find out."""

import bz2
import io
import itertools
import lzma
import random
import struct
import time
import tracemalloc
import unicodedata
import zipfile
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rsa_core import archives
from rsa_core.errors import ArchiveError
from tests.rsa_core.zips import (
    lying,
    named,
    nameless,
    of_many_names,
    quoting,
    renamed,
    zipped,
)

GOOD = bytes(range(256)) * 8


def read_all(archive: bytes) -> list[tuple[str, bytes, str]]:
    """Each member's name, with its bytes or its problem."""
    found = []
    for member in archives.unpack(archive):
        try:
            found.append((member.name, member.read(), ""))
        except ArchiveError as error:
            found.append((member.name, b"", str(error)))
    return found


@given(st.lists(st.tuples(st.sampled_from(["a.png", "A.PNG", "b", "x (2).png"]), st.binary())))
def test_what_is_packed_unpacks_under_names_that_are_all_different(files):
    if not files:
        with pytest.raises(ArchiveError):
            archives.unpack(archives.pack(files))
        return
    members = archives.unpack(archives.pack(files))
    assert [member.read() for member in members] == [data for _, data in files]
    assert len({member.name.casefold() for member in members}) == len(files)


def test_folders_and_litter_are_left_out():
    found = read_all(
        zipped(("d/", b""), ("d/a.png", b"1"), ("__MACOSX/d/a.png", b"2"), ("d/.DS_Store", b"3"))
    )
    assert found == [("d/a.png", b"1", "")]


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (b"", "zip file cannot be read"),
        (b"PK\x03\x04 nonsense", "zip file cannot be read"),
        (zipped(), "empty"),
        (zipped(*((f"{n}.png", b"") for n in range(archives.MAX_FILES + 1))), "files"),
        (lying(zipped(("a.png", GOOD)), version=64), "zip file cannot be read"),
    ],
)
def test_what_is_no_use_is_refused_as_a_whole(archive, words):
    with pytest.raises(ArchiveError, match=words):
        archives.unpack(archive)


def test_many_large_members_are_refused_as_a_whole():
    large = zipped(*((f"{n}.png", bytes(49_000_000)) for n in range(11)))
    with pytest.raises(ArchiveError, match="unpacks to more"):
        archives.unpack(large)


def test_the_limits_hold_for_all_archives_of_one_sending():
    allowance = archives.Allowance()
    three_hundred = zipped(*((f"{n}.png", b"") for n in range(300)))
    assert len(archives.unpack(three_hundred, allowance)) == 300
    with pytest.raises(ArchiveError, match="together hold more"):
        archives.unpack(three_hundred, allowance)
    assert len(archives.unpack(zipped(("a.png", GOOD)), allowance)) == 1  # that one still fits
    heavy = zipped(*((f"{n}.png", bytes(40_000_000)) for n in range(8)))
    archives.unpack(heavy, allowance)
    with pytest.raises(ArchiveError, match="together unpack to more"):
        archives.unpack(heavy, allowance)


@pytest.mark.parametrize("names", [20_000, 1_000_000])
def test_a_directory_of_many_names_is_refused_unread(names):
    archive = of_many_names(names)
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(ArchiveError, match="files"):
        archives.unpack(archive)
    seconds = time.perf_counter() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 1
    assert peak < 2_000_000


BAD = {
    "bomb": zipped(("good.png", GOOD), ("bomb.png", bytes(40_000_000))),
    "no name": nameless(),
    "encrypted": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, flags=0x1),
    "encrypted strongly": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, flags=0x41),
    "unknown method": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, method=97),
    "bzip2": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, method=zipfile.ZIP_BZIP2),
    "lzma": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, method=zipfile.ZIP_LZMA),
    "zstandard": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, method=93),
    "size too small": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, size=100),
    "size too large": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, size=9000),
    "larger than we take": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, size=1 << 31),
    "checksum": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, crc=1),
    "offset outside": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, offset=1 << 30),
    "patched data": lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, flags=0x20),
    "reaches into the directory": lying(
        zipped(("good.png", GOOD), ("b.png", GOOD), method=zipfile.ZIP_STORED), 1, packed=4000
    ),
    "name begins with NUL": renamed(zipped(("good.png", GOOD), ("bb.png", GOOD)), b"bb", b"\0b"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_member_is_its_own_problem_and_stops_no_other(kind):
    good, bad = read_all(BAD[kind])
    assert good[0] == "good.png"
    assert good[1:] in ((GOOD, ""), (b"good", ""))
    assert bad[0]
    assert bad[1] == b""
    assert bad[2].startswith("This file ")
    assert len(bad[2]) < 80


@pytest.mark.parametrize("number", [0, 1])
def test_a_damaged_stream_is_a_damaged_member(number):
    """Every single byte of a deflated member, changed: refused, or the very same bytes."""
    noise = random.Random(5).randbytes(300) * 2
    archive = zipped(("a.png", noise), ("b.png", noise))
    starts = [archive.index(b".png") + 4, archive.index(b"PK\x03\x04", 4) + 35]
    for at in range(starts[number], starts[number] + 320):
        changed = bytearray(archive)
        changed[at] ^= 0x55
        found = read_all(bytes(changed))
        assert found[1 - number][1] == noise
        assert found[number][1] in (b"", noise)
        assert found[number][2] in ("", "This file is damaged within the zip.")


def test_members_that_share_their_bytes_are_refused():
    found = read_all(quoting(10, 900_000))
    assert len(found) == 10
    assert {problem for _, _, problem in found} == {"This file is damaged within the zip."}


@pytest.mark.parametrize("method", [8, 12, 14])
def test_what_claims_to_be_small_is_not_unpacked_large(method):
    """The directory's word about a size bounds the memory, whatever the stream unpacks to."""
    squeeze = {8: lambda data: zlib.compress(data)[2:-4], 12: bz2.compress, 14: lzma.compress}
    packed = squeeze[method](bytes(200_000_000))
    stored = zipped(("a.png", packed), method=zipfile.ZIP_STORED)
    archive = lying(stored, method=method, size=1_000_000)
    tracemalloc.start()
    ((_, data, problem),) = read_all(archive)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (data, bool(problem)) == (b"", True)
    assert peak < 8_000_000


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_are_taken(method):
    noise = random.Random(2).randbytes(3000) * 3
    archive = zipped(("a.png", noise), ("b.png", b""), ("c.png", GOOD), method=method)
    assert read_all(archive) == [("a.png", noise, ""), ("b.png", b"", ""), ("c.png", GOOD, "")]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_one_damaged_member_is_its_own_problem_whatever_the_method(method):
    noise = random.Random(2).randbytes(500)
    archive = zipped(("a.png", noise), ("b.png", noise), method=method)
    start = archive.index(b".png") + 4
    for at in range(start, start + 500, 7):
        changed = bytearray(archive)
        changed[at] ^= 0x55
        damaged, good = read_all(bytes(changed))
        assert good == ("b.png", noise, "")
        assert damaged[1:] in ((b"", "This file is damaged within the zip."), (noise, ""))


@pytest.mark.parametrize("method", [9, 93, 95, 98, 99])
def test_what_nobody_here_unpacks_is_said_of_its_member(method):
    archive = lying(zipped(("good.png", GOOD), ("b.png", GOOD)), 1, method=method)
    good, bad = read_all(archive)
    assert good == ("good.png", GOOD, "")
    assert bad[2] == "This file is compressed in a rare way. Make an ordinary zip file."


def test_a_dictionary_that_is_too_large_is_refused():
    archive = bytearray(zipped(("a.png", GOOD), method=zipfile.ZIP_LZMA))
    at = archive.index(b".png") + 4 + 5  # version, length, then the properties' first byte
    archive[at : at + 4] = (1 << 30).to_bytes(4, "little")
    ((_, data, problem),) = read_all(bytes(archive))
    assert (data, bool(problem)) == (b"", True)


@pytest.mark.parametrize(
    ("raw", "flags", "name"),
    [
        (b"trip\\day1\\a.png", 0, "trip/day1/a.png"),
        (b"C:\\Users\\me\\a.png", 0, "C:/Users/me/a.png"),
        (b"trip/a.png", 0, "trip/a.png"),
        ("写真.png".encode(), 0x800, "写真.png"),
        ("写真.png".encode(), 0, "写真.png"),
        ("🌅.png".encode(), 0, "🌅.png"),
        ("Grün.png".encode("cp437"), 0, "Grün.png"),
        (b"a.png", 0, "a.png"),
    ],
)
def test_names_are_read_as_they_were_meant(raw, flags, name):
    assert read_all(named(raw, GOOD, flags=flags)) == [(name, GOOD, "")]


@pytest.mark.parametrize("true", [True, False])
def test_a_name_beside_the_name_counts_while_it_is_about_it(true):
    raw = "写真.png".encode("cp932")
    body = b"\1" + zlib.crc32(raw if true else b"other").to_bytes(4, "little") + "写真.png".encode()
    extra = struct.pack("<HH", 0x7075, len(body)) + body
    ((name, data, problem),) = read_all(named(raw, GOOD, extra=extra))
    assert (data, problem) == (GOOD, "")
    assert (name == "写真.png") == true


@pytest.mark.parametrize(
    "litter",
    [b"trip\\", b"__MACOSX\\a.png", b"d/._a.png", b"d\\Thumbs.db", b"d/desktop.ini", b".DS_Store"],
)
def test_litter_of_every_system_is_left_out(litter):
    with pytest.raises(ArchiveError, match="empty"):
        archives.unpack(named(litter, b""))


@given(st.lists(st.text(max_size=300).filter(lambda t: t.isprintable()), min_size=1, max_size=5))
@example(["x" * 300 + ".png", "x" * 301 + ".png", "\N{SUNRISE}" * 80 + ".png"])
@example(["\u00fc.png", "u\u0308.png", "\u00dc.png", "a:b", "a?b", "con", "a.", "a "])
def test_packed_names_are_fit_for_every_disk(texts):
    packed = archives.pack([(text, b"") for text in texts])
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        names = opened.namelist()
    assert len({unicodedata.normalize("NFC", name.casefold()) for name in names}) == len(texts)
    assert all(len(name.encode()) <= 255 for name in names)
    assert not any(set(name) & set('<>:"/\\|?*') for name in names)
    assert all(name.endswith(".png") for name, text in zip(names, texts) if text.endswith("x.png"))  # noqa: B905


def test_one_member_at_a_time_is_in_memory():
    """Four archives of ten files of 20 MB each; 13 MB and 800 MB."""
    body = b"".join(random.Random(1).randbytes(240) + bytes(39_000) for _ in range(510))
    archive = zipped(*((f"{n}.png", body) for n in range(10)))
    assert len(body) > 20_000_000
    tracemalloc.start()
    members = [archives.unpack(archive) for _ in range(4)]
    listed = tracemalloc.get_traced_memory()[1]
    total = sum(len(member.read()) for member in itertools.chain(*members))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 40 * len(body)
    assert listed < 1_000_000
    assert peak < 3 * len(body)


def test_packing_keeps_one_file_beside_the_archive():
    def files():
        for number in range(20):
            yield f"{number}.png", random.Random(number).randbytes(5_000_000)

    tracemalloc.start()
    packed = archives.pack(files())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(packed) > 100_000_000
    assert peak < 1.5 * len(packed)


def test_a_long_comment_and_bytes_before_the_archive_do_no_harm():
    out = io.BytesIO(b"#!/bin/sh\n" * 100)
    out.seek(0, io.SEEK_END)
    with zipfile.ZipFile(out, "a") as made:
        made.writestr("a.png", GOOD)
        made.comment = b"c" * 60_000
    assert read_all(out.getvalue()) == [("a.png", GOOD, "")]


def test_zip64_is_read_and_its_lies_are_not_believed():
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w") as made,
        made.open("a.png", "w", force_zip64=True) as member,
    ):
        member.write(GOOD)
    assert read_all(out.getvalue()) == [("a.png", GOOD, "")]
    for claims in ({"size": 0xFFFFFFFF}, {"packed": 0xFFFFFFFF}, {"offset": 0xFFFFFFFF}):
        try:
            ((_, data, problem),) = read_all(lying(zipped(("a.png", GOOD)), **claims))
        except ArchiveError:
            continue
        assert data == b""
        assert problem
