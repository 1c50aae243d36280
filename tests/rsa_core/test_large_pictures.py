"""Large but honest pictures: sealed as files exactly, shown where that can be done in time."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from rsa_core import HYBRID, TEXTBOOK_PIXELS, KeyPair, pictures
from rsa_core.classroom import SEED_KEY
from rsa_core.errors import PictureError
from rsa_core.pictures import read_picture
from tests.rsa_core.test_apart import jpeg_of_scans

PAIR = KeyPair.generate(2048)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def flat(width, height, kind="JPEG", **options):
    return saved(Image.new("RGB", (width, height), (200, 90, 30)), kind, **options)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of_rows(width, height):
    """Grey, and small as a file."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(1)
    row = b"\0" + bytes(range(256)) * (width // 256 + 1)
    data = b"".join(packer.compress(row[: width + 1]) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


LARGE = {
    "48 megapixels": lambda: flat(8064, 6048),
    "48 megapixels, PNG": lambda: png_of_rows(8064, 6048),
    "200 megapixels": lambda: flat(16_320, 12_240),
    "a screenshot of a long page": lambda: png_of_rows(1080, 30_000),
    "a panorama": lambda: flat(40_000, 3000),
    "a narrow strip": lambda: png_of_rows(3, 50_000),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_picture_is_sealed_exactly_and_shown_small(name):
    data = LARGE[name]()
    picture = read_picture(data)
    assert HYBRID.open(HYBRID.seal(picture, [PAIR.public]).envelope, PAIR).file == data
    assert not picture.browser_safe
    small = Image.open(io.BytesIO(picture.thumbnail()))
    assert max(small.size) <= 256
    view = Image.open(io.BytesIO(picture.view_png()))
    assert max(view.size) <= pictures.MAX_SIDE
    assert view.width * view.height <= 8_100_000
    assert view.width / view.height == pytest.approx(picture.width / picture.height, rel=0.5)


def test_a_scheme_of_pixels_says_that_it_is_too_large():
    with pytest.raises(PictureError, match="more than 25 megapixels: make it smaller"):
        TEXTBOOK_PIXELS.seal(read_picture(flat(8064, 6048)), [SEED_KEY.public])
    with pytest.raises(PictureError, match="longer than 16384 pixels"):
        TEXTBOOK_PIXELS.seal(read_picture(png_of_rows(3, 50_000)), [SEED_KEY.public])


def header_alone(width, height):
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body


@pytest.mark.parametrize("size", [(20_000, 20_000), (2**31 - 1, 2**31 - 1)], ids=str)
def test_a_bomb_is_refused(size):
    with pytest.raises(PictureError, match="more than 250 megapixels"):
        read_picture(header_alone(*size))


@pytest.mark.parametrize("size", [(15_000, 15_000), (1, 100_000_000)], ids=str)
def test_a_header_that_promises_too_much_gives_nothing_to_look_at(size):
    """No browser is handed it as it is, and a view is refused, not tried at any price."""
    picture = read_picture(header_alone(*size))
    assert not picture.browser_safe
    for wanted in (picture.pixels, picture.thumbnail, picture.view_png):
        with pytest.raises(PictureError):
            wanted()


def test_a_large_profile_and_a_large_text_are_taken():
    noise = np.random.default_rng(1).bytes(3_000_000)
    profile = bytes(16) + b"RGB " + noise
    info = PngImagePlugin.PngInfo()
    info.add_text("notes", "many words " * 200_000, zip=True)
    data = flat(8, 8, "PNG", icc_profile=profile, pnginfo=info)
    picture = read_picture(data)
    assert picture.profile == profile
    assert picture.pixels().shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"P3 2001 2000 255 " + b"1 " * 9, "too long to decode"),
        (b"P6 2001 2000 254 " + b"1 " * 9, "too long to decode"),
    ],
)
def test_what_is_dear_to_decode_is_not_decoded(data, words):
    picture = read_picture(data)
    assert words in picture.problem
    for wanted in (picture.pixels, picture.thumbnail, picture.view_png):
        with pytest.raises(PictureError, match=words):
            wanted()


def test_a_wide_ppm_of_any_size_is_quick():
    assert read_picture(b"P6 2001 2000 65535\n" + bytes(2001 * 2000 * 6)).problem == ""


def test_what_takes_too_long_is_a_picture_without_samples(monkeypatch):
    data = jpeg_of_scans(16_384, 1525, 60)
    read_picture(flat(8, 8))
    monkeypatch.setattr(pictures, "SECONDS", 0.3)
    picture = read_picture(data)
    assert (picture.width, picture.height, picture.browser_safe) == (16_384, 1525, False)
    for wanted in (picture.pixels, picture.thumbnail):
        with pytest.raises(PictureError, match="takes too long to decode"):
            wanted()
