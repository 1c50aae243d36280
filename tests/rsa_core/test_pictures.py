"""Pictures: what is taken, what it decodes to, and that every refusal is one clear sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rsa_core import pictures
from rsa_core.errors import PictureError
from rsa_core.pictures import png_of, read_picture
from tests.rsa_core.arrays import ANY_SAMPLES

RNG = np.random.default_rng(20)
RGB = RNG.integers(0, 256, (5, 7, 3), np.uint8)
WIDE = RNG.integers(0, 65536, (5, 7), np.uint16)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_header(width, height, depth=8, colour=0):
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = png_chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + data + png_chunk(b"IEND", b"")


def tiff_of(frames):
    """A TIFF whose pages all show the same one-pixel strip."""
    tags = [
        (256, 1),
        (257, 1),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, 1),
        (279, 1),
    ]
    out = bytearray(struct.pack("<2sHI", b"II", 42, 12) + b"\x80\0\0\0")
    for number in range(frames):
        out += struct.pack("<H", len(tags))
        out += b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in tags)
        out += struct.pack("<I", 0 if number == frames - 1 else len(out) + 4)
    return bytes(out)


def gif_of(frames, side=1):
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b";"


FORMATS = {
    "PNG": ("image/png", ".png"),
    "JPEG": ("image/jpeg", ".jpg"),
    "GIF": ("image/gif", ".gif"),
    "BMP": ("image/bmp", ".bmp"),
    "WEBP": ("image/webp", ".webp"),
    "TIFF": ("image/tiff", ".tif"),
    "PPM": ("image/x-portable-anymap", ".pnm"),
}


@given(ANY_SAMPLES)
@settings(max_examples=80, deadline=None)
def test_a_png_gives_back_the_samples_it_was_made_of(samples):
    picture = read_picture(png_of(samples))
    back = picture.pixels()
    assert back.dtype == samples.dtype
    assert np.array_equal(back, samples)
    assert (picture.height, picture.width) == samples.shape[:2]


def test_colour_under_alpha_zero_is_kept():
    samples = np.dstack([RGB, np.zeros((5, 7), np.uint8)])
    assert np.array_equal(read_picture(png_of(samples)).pixels(), samples)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((2, 2), np.float64),
        np.zeros((2, 2), np.int8),
        np.zeros((2, 2, 5), np.uint16),
        np.zeros((2, 2, 1), np.uint16),
        np.zeros((2, 2, 1), np.uint8),
        np.zeros((2, 2, 5), np.uint8),
        np.zeros((4,), np.uint8),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
def test_a_png_is_made_of_pictures_samples_only(samples):
    with pytest.raises(ValueError, match=r"samples|two axes"):
        png_of(samples)


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_known_by_its_bytes_and_the_bytes_are_kept(kind):
    data = saved(Image.fromarray(RGB), kind)
    picture = read_picture(data)
    assert picture.data == data
    assert (picture.format, picture.mime, picture.suffix) == (kind, *FORMATS[kind])
    assert (picture.width, picture.height, picture.frames) == (7, 5, 1)
    assert picture.browser_safe == (kind not in ("TIFF", "PPM"))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_formats_give_the_exact_samples(kind):
    assert np.array_equal(read_picture(saved(Image.fromarray(RGB), kind)).pixels(), RGB)


def test_what_follows_the_picture_in_its_file_is_kept():
    data = png_of(RGB) + b"<html>trailing</html>"
    assert read_picture(data).data == data


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_grey_is_exact(kind):
    back = read_picture(saved(Image.fromarray(WIDE), kind)).pixels()
    assert back.dtype == np.uint16
    assert np.array_equal(back, WIDE)


def palette_picture(transparent):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    return saved(image, "PNG", **({"transparency": 1} if transparent else {}))


@pytest.mark.parametrize(
    ("data", "samples"),
    [
        (palette_picture(False), [[[10, 20, 30], [40, 50, 60]]]),
        (palette_picture(True), [[[10, 20, 30, 255], [40, 50, 60, 0]]]),
        (saved(Image.fromarray(np.array([[True, False]])), "PNG"), [[255, 0]]),
        (saved(Image.new("L", (1, 1), 9), "PNG", transparency=9), [[[9, 0]]]),
        (
            saved(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG", transparency=(1, 2, 3)),
            [[[1, 2, 3, 0]]],
        ),
        (saved(Image.new("CMYK", (1, 1), (0, 255, 255, 0)), "TIFF"), [[[255, 0, 0]]]),
    ],
    ids=["palette", "palette with alpha", "bilevel", "grey key", "colour key", "cmyk"],
)
def test_other_modes_become_the_nearest_of_ours(data, samples):
    back = read_picture(data).pixels()
    assert back.dtype == np.uint8
    assert back.tolist() == samples


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_grey_beyond_sixteen_bits_is_stretched_to_eight(dtype):
    samples = np.array([[-1000, 0, 100_000]], dtype)
    assert read_picture(saved(Image.fromarray(samples), "TIFF")).pixels().tolist() == [[0, 3, 255]]


def test_samples_that_are_no_numbers_count_as_zero():
    samples = np.array([[np.nan, np.inf, 2.0]], np.float32)
    assert read_picture(saved(Image.fromarray(samples), "TIFF")).pixels().tolist() == [[0, 0, 255]]


def turned_jpeg(orientation):
    """20 x 10, left half black, as a camera held upside down or sideways stores it."""
    image = Image.new("L", (20, 10), 255)
    image.paste(0, (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "SECRET PLACE"
    return saved(image, "JPEG", exif=exif, comment=b"SECRET PLACE", icc_profile=b"SECRET PLACE")


def test_orientation_turns_everything_but_the_file():
    data = turned_jpeg(6)
    picture = read_picture(data)
    assert picture.data == data
    assert (picture.width, picture.height) == (10, 20)
    assert picture.pixels().shape == (20, 10)
    assert picture.pixels()[:8].max() < 60
    for shown in (picture.view_png(), picture.thumbnail()):
        upright = np.asarray(Image.open(io.BytesIO(shown)))
        assert upright.shape == (20, 10)
        assert upright[:8].max() < 60
        assert upright[12:].min() > 200


def test_broken_orientation_is_no_reason_to_refuse():
    picture = read_picture(turned_jpeg(77))
    assert Image.open(io.BytesIO(picture.view_png())).size == (20, 10)


@pytest.mark.parametrize("shown", ["thumbnail", "view_png"])
def test_views_carry_no_metadata(shown):
    data = getattr(read_picture(turned_jpeg(1)), shown)()
    image = Image.open(io.BytesIO(data))
    assert b"SECRET" not in data
    assert not image.getexif()
    assert not {"icc_profile", "comment", "exif"} & set(image.info)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_a_thumbnail_fits_its_square(mode):
    picture = read_picture(saved(Image.new(mode, (600, 200)), "PNG"))
    image = Image.open(io.BytesIO(picture.thumbnail(128)))
    assert image.size == (128, 43)
    assert image.format == ("PNG" if mode.endswith("A") else "JPEG")


def test_a_thumbnail_never_grows():
    assert Image.open(io.BytesIO(read_picture(png_of(RGB)).thumbnail())).size == (7, 5)


def test_a_view_of_sixteen_bits_is_stretched_to_eight():
    shown = Image.open(
        io.BytesIO(read_picture(png_of(np.array([[7, 1007]], np.uint16))).view_png())
    )
    assert np.asarray(shown).tolist() == [[0, 255]]


def test_a_view_without_a_side_keeps_every_sample():
    shown = Image.open(io.BytesIO(read_picture(png_of(RGB)).view_png()))
    assert np.array_equal(np.asarray(shown), RGB)


def test_pictures_of_several_views_are_read_as_jpeg():
    image = Image.fromarray(RGB)
    data = saved(image, "MPO", save_all=True, append_images=[image])
    assert Image.open(io.BytesIO(data)).format == "MPO"
    picture = read_picture(data)
    assert (picture.format, picture.frames) == ("JPEG", 1)
    assert picture.pixels().shape == RGB.shape


def test_the_first_frame_of_an_animation_is_decoded():
    frames = [Image.new("L", (3, 2), shade) for shade in (10, 200)]
    picture = read_picture(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert picture.frames == 2
    assert np.unique(picture.pixels()).tolist() == [10]


def with_flipped_checksum(png):
    """The checksum of the last IDAT, which ends 8 bytes before the name of IEND."""
    at = png.index(b"IEND") - 8
    return png[:at] + bytes([png[at] ^ 1]) + png[at + 1 :]


JPEG = saved(Image.fromarray(np.kron(RGB, np.ones((16, 16, 1), np.uint8))), "JPEG")
REFUSED = {
    "nothing": (b"", "is empty"),
    "too many bytes": (b"\0" * (pictures.MAX_BYTES + 1), "larger than 50 MB"),
    "text": (b"evil text that is no picture", "cannot be read as a picture"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "cannot be read as a picture"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cannot be read as"),
    "icon": (saved(Image.fromarray(RGB), "ICO"), "cannot be read as a picture"),
    "jpeg of 60 %": (JPEG[: len(JPEG) * 6 // 10], "damaged or cut short"),
    "jpeg of 99 %": (JPEG[: len(JPEG) * 99 // 100], "damaged or cut short"),
    "png with a wrong checksum": (with_flipped_checksum(png_of(RGB)), "damaged or cut short"),
    "a png of nothing but its beginning": (png_of(RGB)[:12], "damaged or cut short"),
    "a jpeg of nothing but its beginning": (JPEG[:12], "damaged or cut short"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_one_sentence_that_quotes_nothing(name):
    data, reason = REFUSED[name]
    with pytest.raises(PictureError, match=reason) as caught:
        read_picture(data)
    message = str(caught.value)
    assert message.endswith(".")
    assert message.count(".") == 1
    assert len(message) < 100
    assert "evil" not in message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("data", [gif_of(400), tiff_of(400)], ids=["gif", "tiff"])
def test_four_hundred_frames_are_taken(data):
    picture = read_picture(data)
    assert picture.frames == 400
    assert picture.browser_safe == (picture.format == "GIF")


@pytest.mark.parametrize(
    "data", [gif_of(2001), gif_of(200, 2000), tiff_of(20_000)], ids=["many", "large", "chain"]
)
def test_of_what_no_browser_should_play_the_first_frame_is_shown(data):
    picture = read_picture(data)
    assert not picture.browser_safe
    assert picture.pixels().shape[:2] == (picture.height, picture.width)


SOUND = [saved(Image.fromarray(RGB), kind) for kind in FORMATS] + [gif_of(3), tiff_of(3)]


@given(
    st.sampled_from(SOUND),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
    st.floats(0.2, 1),
)
@settings(max_examples=200, deadline=None)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data, edits, kept):
    damaged = bytearray(data)
    for place, value in edits:
        damaged[int(place * len(damaged))] = value
    data = bytes(damaged[: max(1, int(kept * len(damaged)))])
    try:
        picture = read_picture(data)
    except PictureError:
        return
    assert picture.data == data
    if picture.problem:
        assert picture.format in ("BMP", "TIFF") or max(picture.width, picture.height) > 16_384
        return
    assert picture.pixels().shape[:2] == (picture.height, picture.width)
    picture.thumbnail()


def test_a_picture_does_not_print_its_bytes():
    picture = read_picture(saved(Image.fromarray(RGB), "BMP"))
    assert repr(picture.data[:4])[2:-1] not in repr(picture)
