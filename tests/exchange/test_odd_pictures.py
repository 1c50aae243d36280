"""Pictures that are large, turned or of a rare kind: delivered exactly, shown where they can be."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from exchange import InputRefused, left_out
from rsa_core import read_picture
from tests.rsa_core.test_kinds import ODD_TIFF, PHONE
from tests.rsa_core.test_large_pictures import flat, header_alone, png_of_rows


def turned(kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (40, 20), (200, 30, 30)).save(out, kind, exif=exif.tobytes())
    return out.getvalue()


def animation():
    frames = [Image.new("L", (9, 9), shade) for shade in (10, 90, 200)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def delivered(room, data):
    sent = room.send("Ada", data, "Bob")
    bob, receiver = room.seats["Bob"], room.exchange.receiver
    return receiver.details(bob, sent.id), receiver.open(bob, sent.id)


def size_of(view):
    return Image.open(io.BytesIO(view)).size


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_a_turned_picture_is_shown_upright_and_its_file_is_unchanged(room, kind):
    data = turned(kind)
    details, opened = delivered(room, data)
    assert opened.file == data
    assert (details.width, details.height) == (20, 40)
    assert size_of(details.thumbnail) == size_of(opened.view) == (20, 40)
    assert opened.view_mime == "image/png"


def test_a_turned_jpeg_is_turned_by_the_browser(room):
    details, opened = delivered(room, turned("JPEG"))
    assert opened.view is opened.file
    assert (details.width, details.height) == size_of(details.thumbnail) == (20, 40)


def test_heic_is_shown_by_conversion_and_handed_out_as_it_is(room):
    details, opened = delivered(room, PHONE)
    assert opened.file == PHONE
    assert (opened.mime, opened.view_mime) == ("image/heif", "image/png")
    assert opened.file_name.endswith(".heic")
    assert size_of(opened.view) == size_of(details.thumbnail) == (64, 48)
    assert read_picture(opened.file).suffix == ".heic", "what is handed out is taken back"


@pytest.mark.parametrize(
    "make", [lambda: flat(8064, 6048), lambda: png_of_rows(1080, 30_000)], ids=["48 MP", "long"]
)
def test_a_large_picture_arrives_exactly_with_a_smaller_view(room, make):
    data = make()
    details, opened = delivered(room, data)
    assert opened.file == data
    assert max(size_of(details.thumbnail)) <= 256
    assert opened.view is not opened.file
    assert opened.view_mime == "image/png"


@pytest.mark.parametrize(
    "data", [bytes.fromhex(ODD_TIFF), header_alone(15_000, 15_000)], ids=["odd TIFF", "bomb"]
)
def test_what_cannot_be_shown_arrives_exactly_all_the_same(room, data):
    details, opened = delivered(room, data)
    assert opened.file == data
    assert (details.thumbnail, opened.view, opened.view_mime) == (b"", b"", "")


def test_four_hundred_frames_arrive(room):
    frames = [Image.fromarray(np.full((6, 8), n % 251, np.uint8)) for n in range(400)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    _, opened = delivered(room, out.getvalue())
    assert opened.view is opened.file == out.getvalue()


def test_large_profiles_and_texts_arrive(room):
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    text = b"notes\0\0" + zlib.compress(b"many words " * 300_000)
    profile = b"profile\0\0" + zlib.compress(bytes(2_000_000))
    chunks = [(b"IHDR", head), (b"iCCP", profile), (b"zTXt", text)]
    chunks += [(b"IDAT", zlib.compress(b"\0\7")), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    assert delivered(room, data)[1].file == data


def test_both_sides_are_told_what_a_scheme_of_pixels_leaves_out(classroom):
    data, words = animation(), ("every frame or page but the first",)
    assert left_out(data, "textbook-pixels") == words
    assert left_out(data, "hybrid") == ()
    assert left_out(b"no picture", "textbook-pixels") == ()
    sent = classroom.send("Ada", data, "Bob", scheme="textbook-pixels")
    opened = classroom.exchange.receiver.open(classroom.seats["Bob"], sent.id)
    assert opened.left_out == words
    whole = classroom.send("Ada", data, "Bob")
    assert classroom.exchange.receiver.open(classroom.seats["Bob"], whole.id).left_out == ()


def test_a_scheme_of_pixels_refuses_what_is_too_large_in_words(classroom):
    with pytest.raises(InputRefused, match="more than 25 megapixels: make it smaller"):
        classroom.send("Ada", flat(8064, 6048), "Bob", scheme="textbook-pixels")
