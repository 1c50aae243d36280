"""What a picture's samples are: exact in every depth, upright, and what is left out is named."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageCms, PngImagePlugin

from rsa_core import left_out
from rsa_core.pictures import png_of, read_picture

RNG = np.random.default_rng(44)
RGB = RNG.integers(0, 256, (5, 7, 3), np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}  # channels: colour type


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(samples, depth, key=None, extra=b"", late=b""):
    """A PNG written by hand; samples are (H, W) or (H, W, C), below 2^depth."""
    height, width, *channels = samples.shape
    rows = samples.reshape(height, -1)
    if depth == 16:
        rows = rows.astype(">u2").view(np.uint8).reshape(height, -1)
    elif depth < 8:
        bits = np.unpackbits(rows.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
        rows = np.packbits(bits.reshape(height, -1), axis=1)
    raw = b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in rows)
    colour = COLOURS[channels[0] if channels else 1]
    out = b"\x89PNG\r\n\x1a\n"
    out += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)) + extra
    if key is not None:
        out += chunk(b"tRNS", b"".join(struct.pack(">H", one) for one in key))
    return out + chunk(b"IDAT", zlib.compress(raw)) + late + chunk(b"IEND", b"")


def oriented(number):
    exif = Image.Exif()
    exif[0x0112] = number
    return exif.tobytes()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_of_sixteen_bits_is_exact(channels):
    shape = (4, 5) if channels == 1 else (4, 5, channels)
    samples = RNG.integers(0, 65536, shape, np.uint16)
    picture = read_picture(png(samples, 16))
    assert picture.left_out == 0
    back = picture.pixels()
    assert back.dtype == np.uint16
    assert np.array_equal(back, samples)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_grey_is_transparent_in_every_depth(depth):
    top = 2**depth - 1
    samples = np.array([[0, top, 1, top - 1, top]])
    back = read_picture(png(samples, depth, [top])).pixels()
    full = 65535 if depth == 16 else 255
    assert back.shape == (1, 5, 2)
    assert back[0, :, 0].tolist() == [value * (full // top) for value in samples[0]]
    assert back[0, :, 1].tolist() == [0 if value == top else full for value in samples[0]]


@pytest.mark.parametrize("depth", [8, 16])
def test_a_transparent_colour_is_transparent_in_every_depth(depth):
    """In 16 bits a colour that differs in its low byte alone is another colour."""
    key = [2 ** (depth - 1) + one for one in (1, 2, 3)]
    samples = np.array([[key, [key[0], key[1], key[2] + 1]]])
    back = read_picture(png(samples, depth, key)).pixels()
    assert back[..., :3].tolist() == samples.tolist()
    assert back[0, :, 3].tolist() == [0, 2**depth - 1]


def test_transparency_is_seen_in_a_view():
    for data in (
        png(np.array([[7, 9]]), 4, [9]),
        png(np.array([[700, 900]]), 16, [900]),
        png(np.array([[[700] * 3, [900] * 3]]), 16, [900] * 3),
        png(np.array([[[700, 65535], [900, 0]]]), 16),
    ):
        shown = Image.open(io.BytesIO(read_picture(data).view_png()))
        assert np.asarray(shown.convert("RGBA"))[0, :, 3].tolist() == [255, 0]


def tiff16(samples, order="<", *, compress=False, photometric=None, orientation=1):
    """A TIFF of 16 bits a sample, one strip, written by hand."""
    height, width, *channels = samples.shape
    count = channels[0] if channels else 1
    data = samples.astype(f"{order}u2").tobytes()
    if compress:
        data = zlib.compress(data)
    photometric = (1 if count < 3 else 2) if photometric is None else photometric
    tags = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, count, 0),
        (259, 3, 1, 8 if compress else 1), (262, 3, 1, photometric), (273, 4, 1, 8),
        (274, 3, 1, orientation), (277, 3, 1, count), (278, 4, 1, height), (279, 4, 1, len(data)),
    ]  # fmt: skip
    if count in (2, 4):
        tags.append((338, 3, 1, 2))
    end = 8 + len(data)
    bits = struct.pack(f"{order}{count}H", *[16] * count)
    out = struct.pack(f"{order}H", len(tags))
    for tag, kind, number, value in tags:
        if tag == 258:
            held = bits.ljust(4, b"\0") if len(bits) <= 4 else struct.pack(f"{order}I", end)
        elif kind == 3:
            held = struct.pack(f"{order}HH", value, 0)
        else:
            held = struct.pack(f"{order}I", value)
        out += struct.pack(f"{order}HHI", tag, kind, number) + held
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(f"{order}I", end + len(bits)) + data + bits + out + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_tiff_of_sixteen_bits_is_exact(order, compress, channels):
    shape = (4, 5) if channels == 1 else (4, 5, channels)
    samples = RNG.integers(0, 65536, shape, np.uint16)
    picture = read_picture(tiff16(samples, order, compress=compress))
    assert picture.left_out == 0
    assert np.array_equal(picture.pixels(), samples)


def test_a_tiff_in_which_white_is_zero_is_no_negative():
    samples = np.array([[0, 1000, 65535]], np.uint16)
    picture = read_picture(tiff16(samples, photometric=0))
    assert picture.pixels().tolist() == [[65535, 64535, 0]]
    shown = np.asarray(Image.open(io.BytesIO(picture.view_png())))
    assert shown[0, 0] > shown[0, 2]


def test_a_wide_ppm_is_exact():
    samples = RNG.integers(0, 65536, (3, 4, 3), np.uint16)
    data = b"P6 4 3 65535\n" + samples.astype(">u2").tobytes()
    picture = read_picture(data)
    assert picture.left_out == 0
    assert np.array_equal(picture.pixels(), samples)


@pytest.mark.parametrize(
    "data",
    [
        b"P6 1 1 1023\n" + bytes(6),
        b"P3 1 1 65535\n7 8 9",
        saved(Image.fromarray(np.array([[0.5, 2.0]], np.float32)), "TIFF"),
        saved(Image.fromarray(np.array([[-5, 7]], np.int32)), "TIFF"),
        saved(Image.fromarray(np.array([[5, 70_000]], np.int32)), "TIFF"),
    ],
)
def test_depth_that_cannot_be_kept_is_named(data):
    assert read_picture(data).left_out == left_out.DEPTH


UPRIGHT = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
STORED = {  # what a camera stores that is held so: the inverse of each orientation
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.T,
    6: np.rot90(UPRIGHT),
    7: UPRIGHT[::-1, ::-1].T,
    8: np.rot90(UPRIGHT, -1),
}


@pytest.mark.parametrize("number", STORED)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "late PNG", "XMP", "AVIF"])
def test_samples_view_and_size_are_upright(number, kind):
    stored = Image.fromarray(np.ascontiguousarray(STORED[number]))
    if kind == "late PNG":
        data = png(STORED[number], 8, late=chunk(b"eXIf", oriented(number)[6:]))
    elif kind == "XMP":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", f'<x tiff:Orientation="{number}"/>')
        data = saved(stored, "PNG", pnginfo=info)
    else:
        options = {"WEBP": {"lossless": True}, "AVIF": {"quality": 100}}.get(kind, {})
        data = saved(stored, kind, exif=oriented(number), **options)
    picture = read_picture(data)
    assert (picture.width, picture.height) == (4, 3)
    grey = picture.pixels().reshape(3, 4, -1)[..., 0].astype(int)
    near = 12 if kind == "AVIF" else 0
    assert np.abs(grey - UPRIGHT).max() <= near
    view = np.asarray(Image.open(io.BytesIO(picture.view_png())).convert("L")).astype(int)
    assert np.abs(view - UPRIGHT).max() <= near
    assert picture.browser_safe == (kind not in ("TIFF", "AVIF") and number == 1)


def test_a_tiff_of_sixteen_bits_is_upright_too():
    samples = RNG.integers(0, 65536, (4, 5, 3), np.uint16)
    picture = read_picture(tiff16(samples, orientation=6))
    assert (picture.width, picture.height) == (4, 5)
    assert np.array_equal(picture.pixels(), np.rot90(samples, -1))


def test_browsers_turn_jpegs_by_exif_alone():
    image = Image.new("L", (8, 4))
    assert read_picture(saved(image, "JPEG", exif=oriented(6))).browser_safe
    turned = read_picture(saved(image, "JPEG", xmp=b'<x tiff:Orientation="6"/>'))
    assert (turned.width, turned.height, turned.browser_safe) == (4, 8, False)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("body", [b"", b"II*\0", b"\xff" * 40, b"II*\0\x08\0\0\0\x09\0\x12\x01"])
def test_broken_exif_is_no_reason_to_refuse(kind, body):
    data = saved(Image.fromarray(RGB), kind, exif=b"Exif\0\0" + body)
    picture = read_picture(data)
    assert (picture.width, picture.height) == (7, 5)
    assert picture.pixels().shape == RGB.shape
    assert Image.open(io.BytesIO(picture.view_png())).size == (7, 5)


def frames_of(kind):
    frames = [Image.new("RGB", (3, 2), (shade, 0, 0)) for shade in (10, 90, 200)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "AVIF", "MPO"])
def test_other_frames_are_named_as_left_out(kind):
    assert read_picture(frames_of(kind)).left_out == left_out.FRAMES


def test_a_profile_is_kept_where_it_fits_the_samples():
    image = Image.fromarray(RGB)
    kept = read_picture(saved(image, "JPEG", icc_profile=SRGB))
    assert (kept.profile, kept.left_out) == (SRGB, 0)
    other = read_picture(saved(image.convert("L"), "PNG", icc_profile=SRGB))
    assert (other.profile, other.left_out) == (b"", left_out.PROFILE)


def test_gamma_without_a_profile_is_named():
    extra = chunk(b"gAMA", struct.pack(">I", 100_000))
    assert read_picture(png(RGB, 8, extra=extra)).left_out == left_out.PROFILE
    usual = chunk(b"gAMA", struct.pack(">I", 45_455))
    assert read_picture(png(RGB, 8, extra=usual)).left_out == 0


def test_colours_that_become_rgb_are_named():
    cmyk = Image.new("CMYK", (2, 2), (10, 20, 30, 40))
    for data in (saved(cmyk, "JPEG"), saved(cmyk, "TIFF"), saved(Image.new("LAB", (2, 2)), "TIFF")):
        assert read_picture(data).left_out == left_out.COLOURS
    both = read_picture(saved(cmyk, "TIFF", icc_profile=SRGB))
    assert both.left_out == left_out.COLOURS | left_out.PROFILE


def test_a_plain_picture_leaves_nothing_out():
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000", "AVIF"):
        assert read_picture(saved(Image.fromarray(RGB), kind)).left_out == 0, kind


@given(
    hnp.arrays(np.uint16, st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(2, 4))),
    st.sampled_from([b"", SRGB]),
)
@settings(max_examples=30, deadline=None)
def test_our_png_of_sixteen_bits_is_one_to_others(samples, profile):
    """Pillow reads the high bytes; a checksum or a length that is wrong it would refuse."""
    with Image.open(io.BytesIO(png_of(samples, profile))) as image:
        image.verify()
    with Image.open(io.BytesIO(png_of(samples, profile))) as image:
        high = np.asarray(image)
        assert image.info.get("icc_profile", b"") == profile
    wanted = samples >> 8
    if samples.shape[2] == 2:
        wanted = wanted[..., [0, 0, 0, 1]]
    assert np.array_equal(high, wanted)


def test_words_are_one_for_each_bit():
    assert left_out.words_for(0) == ()
    assert len(left_out.words_for(left_out.ALL)) == 4
    assert left_out.words_for(left_out.FRAMES) == ("every frame or page but the first",)
