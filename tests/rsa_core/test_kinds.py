"""Kinds of files: known by their bytes, taken under every usual suffix, HEIC and AVIF too."""

import base64
import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rsa_core import HYBRID, KeyPair, decoding, left_out, pictures
from rsa_core.errors import PictureError
from rsa_core.kinds import HEAD, KINDS, SUFFIXES, kind_of
from rsa_core.pictures import read_picture

PHONE = base64.b64decode(
    """
AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaptZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAA
AAAAAA5waXRtAAAAAAACAAAAEGlkYXQAAAAAAEAAMAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHOAAEAAAAAAAAAQAACAAEA
AAAAAAAAAQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAA
AADVaXBycAAAALNpcGNvAAAAc2h2Y0MBA3AAAAAAAAAAAAAe8AD8/fj4AAAPAyAAAQAYQAEMAf//A3AAAAMAkAAAAwAAAwAe
ugJAIQABACdCAQEDcAAAAwCQAAADAAADAB6gIIEFlurkprmwIAAAAwAgAAADACEiAAEABkQBwXPAiQAAABRpc3BlAAAAAAAA
AEAAAABAAAAAFGlzcGUAAAAAAAAAQAAAADAAAAAQcGl4aQAAAAADCAgIAAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QAAAAa
aXJlZgAAAAAAAAAOZGltZwACAAEAAQAAAEhtZGF0AAAAPCgBrxOA9WciYbd0/LwROw/gaKCDI5FrmiAooVo6pYHddnveVzzI
S6m2RFqTCPdH3kxKUZfzH7MaHPOF4A==
"""
)
RNG = np.random.default_rng(7)
RGB = RNG.integers(0, 256, (20, 30, 3), np.uint8)


def saved(kind, **options):
    out = io.BytesIO()
    Image.fromarray(RGB).save(out, kind, **options)
    return out.getvalue()


FILES = {name: saved(name) for name in KINDS if name != "HEIF"} | {"HEIF": PHONE}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_known_by_its_first_bytes_and_taken(name):
    picture = read_picture(FILES[name])
    assert kind_of(FILES[name][:HEAD]) is KINDS[name]
    assert (picture.format, picture.data, picture.problem) == (name, FILES[name], "")
    assert picture.mime == KINDS[name].mime
    assert picture.suffix in SUFFIXES
    assert picture.pixels().shape[:2] == (picture.height, picture.width)
    assert Image.open(io.BytesIO(picture.thumbnail())).width <= 256


def test_usual_suffixes_are_known_once():
    usual = ".png .apng .jpg .jpeg .jfif .jpe .mpo .gif .bmp .webp .tif .tiff .ppm .pgm .pbm .pnm"
    assert {*usual.split(), ".heic", ".heif", ".avif", ".jp2"} <= SUFFIXES
    assert sum(len(kind.suffixes) for kind in KINDS.values()) == len(SUFFIXES)


@given(st.binary(max_size=HEAD))
def test_any_bytes_are_of_a_kind_or_of_none(head):
    kind = kind_of(head)
    assert kind is None or KINDS[kind.name] is kind


def ftyp(major, *compatible):
    body = major + bytes(4) + b"".join(compatible)
    return (len(body) + 8).to_bytes(4, "big") + b"ftyp" + body


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (ftyp(b"heic", b"mif1", b"heic"), "HEIF"),
        (ftyp(b"mif1", b"heic"), "HEIF"),
        (ftyp(b"mif1", b"avif", b"miaf"), "AVIF"),
        (ftyp(b"avis", b"msf1"), "AVIF"),
        (ftyp(b"isom", b"mp42"), None),
        (ftyp(b"qt  "), None),
        (b"BM this is a text", None),
    ],
)
def test_a_film_is_no_picture_and_brands_tell_heic_from_avif(head, name):
    kind = kind_of(head)
    assert (kind and kind.name) == name


def test_heic_is_shown_by_conversion_and_sealed_as_it_is():
    picture = read_picture(PHONE)
    assert (picture.width, picture.height, picture.browser_safe) == (64, 48, False)
    assert Image.open(io.BytesIO(picture.view_png())).size == (64, 48)
    pair = KeyPair.generate(2048)
    assert HYBRID.open(HYBRID.seal(picture, [pair.public]).envelope, pair).file == PHONE


def test_of_several_pictures_in_a_heic_the_first_is_shown():
    """The file is one of pi-heif's own tests (BSD)."""
    picture = read_picture((Path(__file__).parent / "two_pictures.heic").read_bytes())
    assert (picture.width, picture.height, picture.frames) == (16, 16, 2)
    assert picture.left_out == left_out.FRAMES
    assert Image.open(io.BytesIO(picture.thumbnail(8))).size == (8, 8)
    assert Image.open(io.BytesIO(picture.view_png())).size == (16, 16)


def test_avif_is_shown_by_conversion():
    picture = read_picture(FILES["AVIF"])
    assert not picture.browser_safe
    assert Image.open(io.BytesIO(picture.view_png())).size == (30, 20)


def test_without_a_decoder_heic_is_a_picture_that_cannot_be_shown(monkeypatch):
    """As in a child without the package: `check` runs here, and its telling is caught."""
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    monkeypatch.setattr(decoding.processes, "tell", lambda _: None)
    registered = dict(Image.OPEN)
    monkeypatch.setattr(Image, "OPEN", {n: r for n, r in registered.items() if n != "HEIF"})
    decoding._register_heif.cache_clear()
    facts = decoding.check(PHONE)
    decoding._register_heif.cache_clear()
    picture = pictures.Picture(PHONE, *facts)
    assert picture.problem == "This kind of HEIC cannot be decoded here: save it as PNG or JPEG."
    for wanted in (picture.pixels, picture.thumbnail, picture.view_png):
        with pytest.raises(PictureError, match="This kind of HEIC"):
            wanted()


ODD_TIFF = (  # 64-bit floating point, which Pillow does not read
    "49492a0068000000" + "00" * 96 + "0900"
    "000103000100000002000000" "010103000100000002000000" "020103000100000040000000"
    "030103000100000001000000" "060103000100000002000000" "110104000100000008000000"
    "150103000100000003000000" "170104000100000060000000" "530103000100000003000000"
    "00000000"
)  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [bytes.fromhex(ODD_TIFF), saved("BMP")[:14] + b"\x10\0\0\0" + bytes(30), PHONE[:100]],
    ids=["TIFF", "BMP", "HEIC"],
)
def test_a_variety_that_is_not_read_is_taken_and_named(data):
    picture = read_picture(data)
    assert picture.data == data
    title = KINDS[picture.format].title
    assert picture.problem.startswith(f"This kind of {title} cannot be decoded here")
    assert (picture.width, picture.height, picture.browser_safe) == (0, 0, False)
    with pytest.raises(PictureError, match="cannot be decoded here"):
        picture.pixels()


def test_the_documentation_lists_every_suffix():
    text = (Path(__file__).parents[2] / "docs" / "pictures.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`." in line]
    listed = {name for row in rows for name in re.findall(r"`(\.\w+)`", row)}
    assert listed == SUFFIXES
    assert len(rows) == len(KINDS)
