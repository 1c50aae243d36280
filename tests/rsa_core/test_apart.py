"""Decoding in processes that can be ended: each format's worst case, and nobody holds others up.

The files are made here: small or allowed ones that cost much.
"""

import io
import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image, PngImagePlugin

from rsa_core import PictureError, pictures, png_of, processes, read_picture
from rsa_core.pictures import says_where
from rsa_core.turns import NOBODY, Visitor, asked_by

NOISE = np.random.default_rng(1)
LIMIT = pictures.SECONDS + 2  # seconds: the limit, and some for a busy machine
SMALL = png_of(NOISE.integers(0, 256, (40, 60, 3), np.uint8))


@contextmanager
def on_behalf_of(address, session):
    asked_by(Visitor(session, address))
    yield
    asked_by(NOBODY)


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg_of_scans(width: int, height: int, scans: int) -> bytes:
    """A progressive JPEG of empty scans: each makes the decoder walk the whole picture again.

    libjpeg-turbo, "Two Issues with the JPEG Standard" (2018), LJT-01-003.
    """
    blocks = -(-width // 8) * -(-height // 8)
    out = bytearray(b"\xff\xd8")
    out += segment(0xDB, b"\0" + bytes([1]) * 64)
    out += segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    out += segment(0xC4, b"\x00" + bytes([1] + [0] * 15) + b"\x00")
    out += segment(0xC4, b"\x10" + bytes([1, 1] + [0] * 14) + b"\xe0\x00")
    out += segment(0xDA, b"\x01\x01\x00\x00\x00\x00") + bytes(blocks // 8 + 1)
    bits, left = "", blocks
    while left > 0:
        run = min(left, (1 << 15) - 1)
        if run >= 1 << 14:
            bits, left = bits + "0" + format(run - (1 << 14), "014b"), left - run
        else:
            bits, left = bits + "10", left - 1
    bits += "1" * (-len(bits) % 8)
    data = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    data = data.replace(b"\xff", b"\xff\0")
    out += segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + data
    out += (segment(0xDA, b"\x01\x01\x00\x01\x3f\x10") + data) * scans
    return bytes(out + b"\xff\xd9")


def bmp_rle(width: int, height: int, data: bytes) -> bytes:
    palette = b"".join(bytes([i, i, i, 0]) for i in range(256))
    offset = 14 + 40 + len(palette)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(data), 2835, 2835, 256, 256)
    start = b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset)
    return start + head + palette + data


def gif_of_frames(frames: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b"\x3b"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of_chunks(extra: bytes, count: int) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + extra * count + data


def png_of_one_long_row() -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 16_384, 1525, 16, 6, 0, 0, 1))
    data = zlib.compress(bytes(16_384 * 8 * 1525 + 1525 * 8), 1)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def saved(pixels: np.ndarray, kind: str, **options) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def animation(kind: str) -> bytes:
    frames = [Image.new("RGB", (1000, 1000), (n, n, n)) for n in range(99)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], lossless=True)
    return out.getvalue()


def tiff_of_strips(count: int) -> bytes:
    """Sixteen thousand strips of one row each, deflated to next to nothing."""
    strip = zlib.compress(bytes(1500))
    at = 8 + len(strip)
    offsets, sizes = struct.pack("<I", 8) * count, struct.pack("<I", len(strip)) * count
    tags = [
        (256, 3, 1, 1500),
        (257, 3, 1, count),
        (258, 3, 1, 8),
        (259, 3, 1, 8),
        (262, 3, 1, 1),
        (273, 4, count, at),
        (278, 3, 1, 1),
        (279, 4, count, at + len(offsets)),
    ]
    table = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    start = at + len(offsets) + len(sizes)
    head = b"II*\0" + struct.pack("<I", start)
    return head + strip + offsets + sizes + table + bytes(4)


BIG = (5000, 5000, 3)
DENSE = (3200, 3200, 3)  # noise that is not packed stays below the limit of size
WORST = {
    "JPEG, 400 empty scans": lambda: jpeg_of_scans(16_384, 1525, 400),
    "JPEG, scans just below the limit": lambda: jpeg_of_scans(16_384, 1525, 60),
    "JPEG, noise, progressive": lambda: saved(
        NOISE.integers(0, 256, BIG, np.uint8), "JPEG", progressive=True, quality=95
    ),
    "BMP, runs of one": lambda: bmp_rle(5000, 5000, b"\x01\x07" * 25_000_000),
    "BMP, ends of lines": lambda: bmp_rle(5000, 5000, b"\x00\x00" * 24_000_000 + b"\x00\x01"),
    "GIF, 500,000 frames": lambda: gif_of_frames(500_000),
    "GIF, large frames": lambda: animation("GIF"),
    "PNG, a million texts": lambda: png_of_chunks(chunk(b"tEXt", b"k\0v"), 1_000_000),
    "PNG, a text that unpacks to 60 MB": lambda: png_of_chunks(
        chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(60_000_000))), 1
    ),
    "PNG, 3 million empty parts": lambda: png_of_chunks(chunk(b"IDAT", b""), 3_000_000),
    "PNG, 16 bits, interlaced, empty": png_of_one_long_row,
    "WEBP, noise, lossless": lambda: saved(
        NOISE.integers(0, 256, DENSE, np.uint8), "WEBP", lossless=True, method=0
    ),
    "WEBP, animation": lambda: animation("WEBP"),
    "TIFF, noise, LZW": lambda: saved(
        NOISE.integers(0, 256, DENSE, np.uint8), "TIFF", compression="tiff_lzw"
    ),
    "TIFF, strips of a row": lambda: tiff_of_strips(16_384),
    "PPM, 4 megapixels in words": lambda: b"P3 2000 2000 255 " + b"7 " * 12_000_000,
}


def sentence_or_size(data: bytes) -> str | tuple[int, int]:
    try:
        picture = read_picture(data)
    except PictureError as error:
        return str(error)
    return picture.problem or (picture.width, picture.height)


@pytest.mark.parametrize("name", WORST)
def test_the_worst_of_each_format_ends_in_time(name):
    data = WORST[name]()
    assert len(data) <= 50 << 20, "or the size alone would refuse it"
    begun = time.monotonic()
    said = sentence_or_size(data)
    assert time.monotonic() - begun < LIMIT
    if isinstance(said, str):
        assert ":" in said, "a refusal says what to do"


def test_a_camera_that_appends_a_film_is_no_attack():
    """Only markers before the first picture's end are scans; a film holds any bytes."""
    photo = saved(NOISE.integers(0, 256, (64, 64, 3), np.uint8), "JPEG", progressive=True)
    exif = Image.Exif()
    exif[0x010E] = "\xff\xda" * 100
    with_text = saved(np.zeros((9, 9, 3), np.uint8), "JPEG", exif=exif.tobytes())
    assert read_picture(photo + b"\xff\xda" * 1000).width == 64
    assert read_picture(with_text).width == 9


def test_slow_pictures_hold_nobody_else_up():
    """Ten from one address, each of which would take a minute."""
    slow = WORST["WEBP, noise, lossless"]()
    ended = []

    def stranger(number: int) -> None:
        with on_behalf_of("stranger", f"tab {number}"):
            ended.append(sentence_or_size(slow))

    strangers = [threading.Thread(target=stranger, args=(n,)) for n in range(10)]
    for one in strangers:
        one.start()
    time.sleep(1)
    waits = []
    for number in range(5):
        begun = time.monotonic()
        with on_behalf_of("school", f"pupil {number}"):
            assert sentence_or_size(SMALL) == (60, 40)
        waits.append(time.monotonic() - begun)
    for one in strangers:
        one.join()
    assert max(waits) < pictures.SECONDS / 2, waits
    assert len(ended) == 10


def test_two_at_one_address_share_its_places_by_turns():
    """A pupil beside somebody who sends one slow picture after the other, behind one router."""
    slow = WORST["WEBP, noise, lossless"]()
    end = threading.Event()

    def neighbour() -> None:
        with on_behalf_of("school", "neighbour"):
            while not end.is_set():
                sentence_or_size(slow)

    threads = [threading.Thread(target=neighbour) for _ in range(2)]
    for one in threads:
        one.start()
    time.sleep(0.5)
    begun = time.monotonic()
    with on_behalf_of("school", "pupil"):
        sentence_or_size(SMALL)
    waited = time.monotonic() - begun
    end.set()
    for one in threads:
        one.join()
    assert waited < pictures.SECONDS / 2


def children_of(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def test_a_refusal_costs_no_child(monkeypatch):
    read_picture(SMALL)
    started, start = [], processes._start
    monkeypatch.setattr(processes, "_start", lambda quiet: started.append(1) or start(quiet))
    for _ in range(20):
        with pytest.raises(PictureError):
            read_picture(SMALL[:-40])
    assert len(started) <= 1


def test_what_takes_too_long_is_ended_and_the_next_is_read(monkeypatch):
    slow = WORST["WEBP, noise, lossless"]()
    monkeypatch.setattr(pictures, "SECONDS", 0.2)
    begun = time.monotonic()
    with pytest.raises(PictureError, match="too long"):
        read_picture(slow).pixels()
    assert time.monotonic() - begun < 2
    monkeypatch.undo()
    assert sentence_or_size(SMALL) == (60, 40)
    assert all(child.status() != psutil.STATUS_ZOMBIE for child in children_of(os.getpid()))


def test_a_child_knows_no_secret_of_its_parents_environment(monkeypatch):
    monkeypatch.setenv("STORE_PEPPER", "a-secret-pepper")
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:a-secret-password@host/name")
    child = processes.Child(partial, Path.read_bytes, Path("/proc/self/environ"))
    known = child.call()
    child.end()
    assert b"PATH" in known
    assert b"secret" not in known


def test_a_child_that_was_taken_over_gives_nothing_but_data(tmp_path):
    """It answers with a pickle that would run a command here."""
    file = tmp_path / "file"
    hostile = (
        f"type('', (), {{'__reduce__': lambda _: (__import__('os').mkdir, ({str(file)!r},))}})()"
    )
    with pytest.raises(processes.EndedError):
        processes.in_child(eval, hostile, memory=1 << 28, seconds=10)
    assert not file.exists()


def test_a_child_that_was_killed_is_replaced():
    read_picture(SMALL)
    for child in children_of(os.getpid()):
        if any("rsa_core.processes" in part for part in child.cmdline()):
            child.kill()
    said = {str(sentence_or_size(SMALL)) for _ in range(4)}
    assert "(60, 40)" in said


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is of Linux")
def test_memory_has_a_limit():
    with pytest.raises(MemoryError):
        processes.in_child(bytes, 300 << 20, memory=120 << 20, seconds=10)
    assert processes.in_child(len, bytes(100 << 20), memory=1 << 20, seconds=10) == 100 << 20


PARENT = """
import sys, threading, time
from rsa_core import read_picture, PictureError
data = open(sys.argv[1], "rb").read()
threading.Thread(target=read_picture, args=(data,), daemon=True).start()
time.sleep(0.7)
print("busy", flush=True)
time.sleep(60)
"""


def test_no_child_outlives_its_parent(tmp_path):
    file = tmp_path / "slow.webp"
    file.write_bytes(WORST["WEBP, noise, lossless"]())
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(file)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout.readline() == "busy\n"
        (child,) = children_of(parent.pid)
        parent.kill()
    child.wait(pictures.SECONDS + 10)


def test_importing_starts_nothing_and_a_plain_script_works(tmp_path):
    script = tmp_path / "script.py"  # without `if __name__ == "__main__"`
    script.write_text(
        "import psutil, pathlib, sys\n"
        "from rsa_core import read_picture\n"
        "assert not psutil.Process().children()\n"
        "print(read_picture(pathlib.Path(sys.argv[1]).read_bytes()).width)\n"
    )
    (tmp_path / "small.png").write_bytes(SMALL)
    said = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "small.png")],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (said.stdout, said.stderr) == ("60\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_process_has_children_of_its_own():
    read_picture(SMALL)
    before = set(children_of(os.getpid()))
    code = (
        "import os, sys\n"
        "from rsa_core import read_picture, png_of\n"
        "import numpy as np\n"
        "data = png_of(np.zeros((2, 3, 3), np.uint8))\n"
        "read_picture(data)\n"
        "if os.fork() == 0:\n"
        "    os._exit(read_picture(data).width)\n"
        "_, status = os.wait()\n"
        "print(os.waitstatus_to_exitcode(status), read_picture(data).width)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["3", "3"]
    assert before <= set(children_of(os.getpid())) | before


def exif_of_a_place() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_that_says_where_it_was_taken_is_known(kind):
    pixels = np.zeros((8, 8, 3), np.uint8)
    assert says_where(saved(pixels, kind, exif=exif_of_a_place().tobytes()))
    assert not says_where(saved(pixels, kind))


def test_a_place_in_xmp_is_known():
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", '<x exif:GPSLatitude="52,31.2N"/>')
    assert says_where(saved(np.zeros((8, 8, 3), np.uint8), "PNG", pnginfo=info))
