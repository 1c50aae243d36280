"""What Pillow does with a file from outside; runs in a child (`processes`), which can be ended.

Bounded in every direction but time, which is the child's: formats by a list, bytes, pixels, sides
and frames by the constants below, and what is cheap to make and dear to decode by `_check_cost`.
Colour profiles are ignored.

Importing this module sets Pillow's process-wide limits once.
"""

import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from rsa_core.errors import PictureError

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

MAX_BYTES = 50 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_SIDE = 16_384
MAX_FRAMES = 300
MAX_FRAME_PIXELS = 100_000_000  # all frames together
MAX_SLOW_PIXELS = 4_000_000  # where Pillow decodes in Python, about a second for each megapixel
MAX_SCANS = 64  # of a JPEG; cameras and browsers write about ten, and each may cost 60 ms
MAX_CHUNKS = 10_000  # of a PNG

KINDS = {  # Pillow's name: MIME type, suffix, shown by browsers as it is
    "PNG": ("image/png", ".png", True),
    "JPEG": ("image/jpeg", ".jpg", True),
    "GIF": ("image/gif", ".gif", True),
    "BMP": ("image/bmp", ".bmp", True),
    "WEBP": ("image/webp", ".webp", True),
    "TIFF": ("image/tiff", ".tif", False),
    "PPM": ("image/x-portable-anymap", ".pnm", False),
}
_UPRIGHT = {  # EXIF orientation, CIPA DC-008 4.6.4: what brings the stored rows upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# A marker; not stuffed bytes, fill bytes or restarts, which stand inside a scan's data.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
_SOS, _EOI = 0xDA, 0xD9
_GPS = 0x8825  # EXIF: the directory of the place
_UNKNOWN = "This file cannot be read as a picture: use PNG, JPEG, GIF, BMP, WebP, TIFF or PPM."
_DAMAGED = "The picture is damaged or cut short: export it again and use the new file."
_TOO_MANY_PIXELS = f"The picture has more than {MAX_PIXELS // 10**6} megapixels: make it smaller."

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# A bomb is refused, not remarked upon. The filters are the process's own, hence set once, here.
warnings.simplefilter("error", Image.DecompressionBombWarning)
# Remarks about odd metadata quote the file, and what a file says does not belong in a log.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def check(data: bytes) -> tuple[str, int, int, int]:
    """Decodes a file whole: format, columns, rows, frames (PictureError: as `read_picture`)."""
    with _opened(data, tuple(KINDS)) as image:
        name = "JPEG" if image.format == "MPO" else str(image.format)
        size = image.size
        _check_size(size)
        _check_cost(image, name, data)
        image.verify()  # PNG checksums, which decoding does not all look at
    with _opened(data, (name,)) as image:
        frames = _count_frames(image, name)
    if frames > MAX_FRAMES or frames * size[0] * size[1] > MAX_FRAME_PIXELS:
        raise PictureError("The animation is too long: send one picture, or fewer frames.")
    with _opened(data, (name,)) as image:
        image.load()
        width, height = image.size
    return name, width, height, frames


def pixels(data: bytes, name: str) -> Pixels:
    """The first frame's stored samples; as `Picture.pixels` says."""
    with _opened(data, (name,)) as image:
        image.load()
        return np.array(_canonical(image), order="C")


def thumbnail(data: bytes, name: str, side: int) -> bytes:
    """A small upright copy; as `Picture.thumbnail` says."""
    image = _upright(data, name, side)
    out = BytesIO()
    if image.mode in ("LA", "RGBA"):
        image.save(out, "PNG", optimize=True)
    else:
        image.save(out, "JPEG", quality=85)
    return out.getvalue()


def view_png(data: bytes, name: str, side: int | None) -> bytes:
    """An upright PNG; as `Picture.view_png` says."""
    out = BytesIO()
    _upright(data, name, side).save(out, "PNG", compress_level=1)
    return out.getvalue()


def says_where(data: bytes) -> bool:
    """Whether the file's metadata say where the picture was taken."""
    with _opened(data, tuple(KINDS)) as image:
        place = image.getexif().get_ifd(_GPS)
        return bool(place) or b"GPSLatitude" in _xmp(image)


def _xmp(image: Image.Image) -> bytes:
    found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return found.encode() if isinstance(found, str) else bytes(found)


def _upright(data: bytes, name: str, side: int | None) -> Image.Image:
    with _opened(data, (name,)) as image:
        if side is not None and name == "JPEG":
            image.draft(None, (2 * side, 2 * side))  # decodes at 1/2, 1/4 or 1/8 size
        image.load()
        turn = None if name == "TIFF" else _UPRIGHT.get(_orientation(image))
        shown = _eight_bit(_canonical(image))
        if side is not None:
            shown.thumbnail((side, side), reducing_gap=2.0)
        if turn is not None:
            shown = shown.transpose(turn)
        shown.info.clear()  # savers copy profiles and comments from here
        return shown


@contextmanager
def _opened(data: bytes, formats: tuple[str, ...]) -> Iterator[Image.Image]:
    """Opens without decoding. Whatever a hostile file makes Pillow raise becomes PictureError."""
    try:
        # JPEG files of several pictures announce themselves as MPO, which Pillow lists apart.
        with Image.open(BytesIO(data), formats=formats) as image:
            yield image
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureError(_TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise PictureError(_UNKNOWN) from None
    except Exception:  # SyntaxError, struct.error, IndexError ...: see Pillow's own corpus
        raise PictureError(_DAMAGED) from None


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise PictureError(_TOO_MANY_PIXELS)
    if max(width, height) > MAX_SIDE:
        raise PictureError(f"A side is longer than {MAX_SIDE} pixels: make the picture smaller.")


def _check_cost(image: Image.Image, name: str, data: bytes) -> None:
    """Refuses what takes long although it is small, where that is cheap to see."""
    if name == "JPEG" and _scans(data) > MAX_SCANS:
        # Each scan of a progressive picture walks all of it again, whatever the scan holds.
        raise PictureError("This JPEG has too many scans: save it again, or as PNG.")
    if name == "PNG" and _has_more_chunks(data, MAX_CHUNKS):
        raise PictureError("This PNG has too many parts: save it again.")
    if name in ("PPM", "BMP") and isinstance(image, ImageFile.ImageFile):
        slow = any(tile.codec_name != "raw" for tile in image.tile)
        if slow and image.width * image.height > MAX_SLOW_PIXELS:
            raise PictureError(f"This kind of {name} takes too long to decode: save it as PNG.")


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


def _has_more_chunks(data: bytes, most: int) -> bool:
    at = 8
    for _ in range(most):
        if at + 8 > len(data):
            return False
        (size,) = struct.unpack_from(">I", data, at)
        at += 12 + int(size)
    return at + 8 <= len(data)


def _count_frames(image: Image.Image, name: str) -> int:
    if name == "JPEG":
        return 1  # the others of an MPO are other views of the same scene, never decoded
    if name == "TIFF":
        # n_frames would follow a chain of any length, in time quadratic in it; and after a seek
        # over several frames it is wrong.
        for frame in range(1, MAX_FRAMES + 1):
            try:
                image.seek(frame)
            except EOFError:
                return frame
        return MAX_FRAMES + 1
    return int(getattr(image, "n_frames", 1))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # broken EXIF is no reason to refuse a sound picture
        return 1


def _canonical(image: Image.Image) -> Image.Image:
    """Brings any mode to L, LA, RGB, RGBA or I;16, without loss where the mode allows."""
    mode = image.mode
    alpha = image.has_transparency_data
    if mode in ("I", "F") or mode.startswith("I;16"):
        return _wide_grey(image)
    grey = mode in ("1", "L", "LA", "La")
    wanted = ("LA" if alpha else "L") if grey else ("RGBA" if alpha else "RGB")
    return image if mode == wanted else image.convert(wanted)


def _wide_grey(image: Image.Image) -> Image.Image:
    samples: NDArray[Any] = np.asarray(image)
    if samples.dtype.kind in "iu" and samples.min() >= 0 and samples.max() <= 0xFFFF:
        return Image.fromarray(samples.astype(np.uint16))
    return _stretched(samples)


def _eight_bit(image: Image.Image) -> Image.Image:
    return _stretched(np.asarray(image)) if image.mode == "I;16" else image


def _stretched(samples: NDArray[Any]) -> Image.Image:
    """Maps the least sample to 0 and the greatest to 255; a constant picture turns black."""
    finite = np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low = finite.min()
    span = (finite.max() - low) or 1.0
    return Image.fromarray(((finite - low) * (255 / span)).round().astype(np.uint8))
