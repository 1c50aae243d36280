"""What Pillow does with a file from outside; runs in a child (`processes`), which can be ended.

A file is looked at, its first frame decoded whole, and what may not or cannot be decoded here is
said: `Facts.problem`. Bounded in every direction but time and memory, which are the child's: kinds
by a list, bytes, pixels, sides and frames by the constants below, and what is cheap to make and
dear to decode by `_slow`.

Importing this module sets Pillow's process-wide limits once.
"""

import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from io import BytesIO
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageFile, PngImagePlugin

from rsa_core import processes
from rsa_core.errors import PictureError
from rsa_core.kinds import HEAD, KINDS, Kind, kind_of
from rsa_core.samples import (
    Pixels,
    keeps_depth,
    left_out,
    load,
    orientation,
    profile_of,
    samples,
    shown,
    upright,
)

MAX_BYTES = 50 * 1024 * 1024
MAX_PIXELS = 25_000_000  # that are decoded to samples
MAX_TAKEN_PIXELS = 250_000_000  # beyond, no program has the memory to show it
MAX_SIDE = 16_384
MAX_VIEW_PIXELS = 8_000_000  # of a view of more than MAX_PIXELS
MAX_FRAMES = 2000
MAX_FRAME_PIXELS = 500_000_000  # all frames together; beyond, a browser gets the first alone
MAX_SLOW_PIXELS = 4_000_000  # where Pillow decodes in Python, about a second for each megapixel
MAX_SCANS = 64  # of a JPEG; cameras and browsers write about ten, and each may cost 60 ms
MAX_CHUNKS = 20_000  # of a PNG
MAX_TEXT = 64 * 1024 * 1024  # that a PNG's profile or texts unpack to

# A marker; not stuffed bytes, fill bytes or restarts, which stand inside a scan's data.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
_SOS, _EOI = 0xDA, 0xD9
_GPS = 0x8825  # EXIF: the directory of the place
_SMALL = 1024  # the side of a view up to which twice as much is decoded, to look good
_SRGB_GAMMA = 0.45455
_SRGB_CHROMATICITY = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
_PLAIN_PRIMARIES, _HDR_TRANSFER = (1, 2, 5, 6), (16, 18)  # ISO/IEC 23091-2
_UNKNOWN = "This file cannot be read as a picture: use PNG, JPEG, GIF, WebP, TIFF, HEIC or AVIF."
_DAMAGED = "The picture is damaged or cut short, or of a rare kind: export it again."

Image.MAX_IMAGE_PIXELS = None  # `check` looks at sizes, and the child's memory is limited
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = MAX_TEXT
# Remarks about odd metadata quote the file, and what a file says does not belong in a log.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


class Facts(NamedTuple):
    """What `Picture` says of a file, by the same names; sizes are 0 where they are unknown."""

    format: str
    width: int = 0
    height: int = 0
    frames: int = 1
    browser_safe: bool = False
    left_out: int = 0
    profile: bytes = b""
    problem: str = ""
    viewable: bool = False  # it is worth trying to make a view


def check(data: bytes) -> Facts:
    """Decodes a file whole, where it may (PictureError: as `read_picture`).

    Tells the facts beforehand: but for the problem they hold, should decoding have to be ended.
    """
    kind = kind_of(data[:HEAD])
    if kind is None:
        raise PictureError(_UNKNOWN)
    if kind.name == "PNG" and sum(1 for _ in islice(_chunks(data), MAX_CHUNKS + 1)) > MAX_CHUNKS:
        return Facts(kind.name, problem="This PNG has too many parts: save it again.")
    try:
        with _opened(data, kind) as image:
            facts = _looked_at(image, kind, data)
            processes.tell(facts)
            image.verify()  # PNG checksums, which decoding does not all look at
    except _UnreadableError:
        if not kind.rare:
            raise
        words = f"This kind of {kind.title} cannot be decoded here: save it as PNG or JPEG."
        return Facts(kind.name, problem=words)
    if facts.problem:
        return facts
    with _opened(data, kind) as image:
        frames = _count_frames(image, kind)
    with _opened(data, kind) as image:
        several = frames > 1 or image.format == "MPO"
        lossy = _bits(image, kind, data) > 8 and not keeps_depth(image)
        load(image)
        size, turn = image.size, orientation(image, kind)
        long = frames > MAX_FRAMES or frames * size[0] * size[1] > MAX_FRAME_PIXELS
        by_browsers = kind.name == "JPEG" and turn == orientation(image, kind, xmp=False)
        width, height = _upright_size(size, turn)
        return facts._replace(
            width=width,
            height=height,
            frames=frames,
            browser_safe=kind.shown and not long and (turn == 1 or by_browsers),
            profile=profile_of(image),
            left_out=left_out(
                image, several=several, lossy=lossy, other_colours=_other_colours(image, data)
            ),
        )


def pixels(data: bytes, name: str) -> Pixels:
    """The first frame's samples, upright; as `Picture.pixels` says."""
    with _opened(data, KINDS[name]) as image:
        return upright(samples(image, lambda: _opened(data, KINDS[name])), image, KINDS[name])


def thumbnail(data: bytes, name: str, side: int) -> bytes:
    """A small upright copy; as `Picture.thumbnail` says."""
    image = _view(data, KINDS[name], side)
    out = BytesIO()
    if image.mode in ("LA", "RGBA"):
        image.save(out, "PNG", optimize=True)
    else:
        image.save(out, "JPEG", quality=85)
    return out.getvalue()


def view_png(data: bytes, name: str, side: int | None) -> bytes:
    """An upright PNG; as `Picture.view_png` says."""
    out = BytesIO()
    _view(data, KINDS[name], side).save(out, "PNG", compress_level=1)
    return out.getvalue()


def says_where(data: bytes) -> bool:
    """Whether the file's metadata say where the picture was taken."""
    kind = kind_of(data[:HEAD])
    if kind is None:
        raise PictureError(_UNKNOWN)
    with _opened(data, kind) as image:
        exif = Image.Image.getexif(image)  # a PNG's own method would decode all of it
        if kind.name == "PNG" and "exif" not in image.info:
            late = (body for name, body in _chunks(data) if name == b"eXIf")
            exif.load(next(late, b""))
        return bool(exif.get_ifd(_GPS)) or b"GPSLatitude" in _xmp(image)


class _UnreadableError(PictureError):
    """Pillow knows no such file: damaged at its beginning, or a variant it does not read."""


@contextmanager
def _opened(data: bytes, kind: Kind) -> Iterator[ImageFile.ImageFile]:
    """Opens without decoding. Whatever a hostile file makes Pillow raise becomes PictureError."""
    if kind.name == "HEIF":
        _register_heif()
    try:
        image = Image.open(BytesIO(data), formats=(kind.name,))
    except MemoryError:
        raise
    except Exception:  # UnidentifiedImageError, KeyError, OSError ...: see Pillow's own corpus
        raise _UnreadableError(_DAMAGED) from None
    try:
        with image:
            yield image
    except (PictureError, MemoryError):
        raise
    except Exception:
        raise PictureError(_DAMAGED) from None


def _looked_at(image: ImageFile.ImageFile, kind: Kind, data: bytes) -> Facts:
    """What the header says, and whether decoding it here is out of the question."""
    width, height = image.size
    problem = ""
    if width * height > MAX_TAKEN_PIXELS:
        raise PictureError(_too_many(MAX_TAKEN_PIXELS))
    if width * height > MAX_PIXELS:
        problem = _too_many(MAX_PIXELS)
    elif max(width, height) > MAX_SIDE:
        problem = f"A side is longer than {MAX_SIDE} pixels: make the picture smaller."
    slow = _slow(image, kind, data)
    size = _upright_size(image.size, orientation(image, kind))
    return Facts(kind.name, *size, problem=slow or problem, viewable=not slow)


def _too_many(most: int) -> str:
    return f"The picture has more than {most // 10**6} megapixels: make it smaller."


def _upright_size(size: tuple[int, int], turn: int) -> tuple[int, int]:
    return size if turn < 5 else size[::-1]


def _slow(image: ImageFile.ImageFile, kind: Kind, data: bytes) -> str:
    """Why it takes long to decode although it is small, where that is cheap to see; or ""."""
    if kind.name == "JPEG" and _scans(data) > MAX_SCANS:
        # Each scan of a progressive picture walks all of it again, whatever the scan holds.
        return "This JPEG has too many scans: save it again, or as PNG."
    if kind.name in ("PPM", "BMP") and any(tile.codec_name != "raw" for tile in image.tile):
        by_halves = keeps_depth(image)  # then Pillow need not decode it in Python
        if not by_halves and image.width * image.height > MAX_SLOW_PIXELS:
            return f"This kind of {kind.title} takes too long to decode: save it as PNG."
    return ""


def _scans(data: bytes) -> int:
    """Start-of-scan markers of a JPEG's first picture (ITU-T T.81, annex B)."""
    at, scans = 2, 0
    while (found := _MARKER.search(data, at)) is not None:
        marker, at = found[0][1], found.end()
        if marker == _EOI:
            break
        scans += marker == _SOS
        if scans > MAX_SCANS:
            break
        if at + 2 <= len(data):
            at += int.from_bytes(data[at : at + 2], "big")
    return scans


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each chunk of a PNG; the body of EXIF alone is copied."""
    at = 8
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        yield name, data[at + 8 : at + 8 + size] if name == b"eXIf" else b""
        at += 12 + size


def _count_frames(image: ImageFile.ImageFile, kind: Kind) -> int:
    """Frames or pages; `MAX_FRAMES` + 1 where a TIFF has more."""
    if kind.name == "JPEG":
        return 1  # the others of an MPO are other views of the same scene, never decoded
    if kind.name == "TIFF":
        # n_frames would follow a chain of any length, in time quadratic in it; and after a seek
        # over several frames it is wrong.
        for frame in range(1, MAX_FRAMES + 1):
            try:
                image.seek(frame)
            except EOFError:
                return frame
        return MAX_FRAMES + 1
    return int(getattr(image, "n_frames", 1))


def _bits(image: ImageFile.ImageFile, kind: Kind, data: bytes) -> int:
    """Bits of a sample, as the file says; the image is not loaded yet."""
    found = 8
    if kind.name == "PNG":
        found = data[24]  # IHDR
    elif kind.name == "TIFF":
        found = max(image.tag_v2.get(258, (1,)))  # type: ignore[attr-defined]
    elif kind.name == "PPM" and isinstance(args := image.tile[0].args, tuple):
        found = 16 if args[1] > 255 else 8
    elif kind.name == "HEIF":
        found = image.info.get("bit_depth", 8)
    elif kind.name == "AVIF" and (at := data.find(b"av1C")) >= 0:
        found = 10 if data[at + 6] & 0x40 else 8  # high_bitdepth (AV1 in ISOBMFF, 2.3.3)
    elif kind.name == "JPEG2000" and (at := data.find(b"\xff\x4f\xff\x51")) >= 0:
        found = (data[at + 42] & 0x7F) + 1  # Ssiz of the first component (T.800, A.5.1)
    return int(found)


def _other_colours(image: Image.Image, data: bytes) -> bool:
    """Whether the file says without a profile that its colours are not sRGB."""
    said = (image.info.get("gamma", _SRGB_GAMMA), *image.info.get("chromaticity", ()))
    usual = (_SRGB_GAMMA, *_SRGB_CHROMATICITY)
    if "srgb" not in image.info and any(abs(a - b) > 0.01 for a, b in zip(said, usual)):  # noqa: B905
        return True
    at = data.find(b"colrnclx", 0, 1 << 16)  # ISO/IEC 14496-12, 12.1.5
    if at < 0:
        return False
    primaries, transfer = struct.unpack_from(">HH", data, at + 8)
    return primaries not in _PLAIN_PRIMARIES or transfer in _HDR_TRANSFER


def _xmp(image: Image.Image) -> bytes:
    found: Any = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return found.encode() if isinstance(found, str) else bytes(found)


def _view(data: bytes, kind: Kind, side: int | None) -> Image.Image:
    """Upright, 8 bits a sample; at most `side` a side, or small enough to be shown."""
    with _opened(data, kind) as image:
        width, height = image.size
        longest = max(width, height)
        if side is None and (width * height > MAX_PIXELS or longest > MAX_SIDE):
            part = min(MAX_SIDE / longest, (MAX_VIEW_PIXELS / width / height) ** 0.5)
            side = max(1, int(longest * part))
        if side is not None and kind.name == "JPEG":
            part = side / longest * (2 if side <= _SMALL else 1)
            image.draft(None, (int(width * part), int(height * part)))  # 1/2, 1/4 or 1/8 size
        small = shown(image, lambda: _opened(data, kind))
        if side is not None:
            small.thumbnail((side, side), reducing_gap=2.0)
        return Image.fromarray(upright(np.asarray(small), image, kind))


@cache
def _register_heif() -> None:
    with suppress(ImportError):  # then such pictures are sealed all the same, and not shown
        import pi_heif  # noqa: PLC0415  (in the child alone)

        pi_heif.register_heif_opener(thumbnails=False, decode_threads=1)
