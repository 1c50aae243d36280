"""Pictures: which files are taken, what they decode to, and how they are shown.

`read_picture` is the only door. It takes the bytes of one file, checks them whole, and gives a
`Picture` that carries those bytes unchanged: they are never re-encoded. Everything else is
derived from them on demand: samples, thumbnail, a PNG for the browser.

Decoding is the dangerous part. `decoding` does it in a child that is kept warm, and that is ended
when a call takes more than `SECONDS` or `MEMORY`: the picture is then refused. Callers get places
by turns, so nobody's slow pictures hold others up.
"""

import atexit
import operator
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rsa_core import decoding
from rsa_core.decoding import (
    MAX_BYTES,
    MAX_FRAME_PIXELS,
    MAX_FRAMES,
    MAX_PIXELS,
    MAX_SIDE,
    MAX_SLOW_PIXELS,
    Pixels,
)
from rsa_core.errors import BusyError, DecodingError, PictureError
from rsa_core.processes import Child, EndedError
from rsa_core.turns import DECODING, asking

__all__ = [
    "MAX_BYTES",
    "MAX_FRAMES",
    "MAX_FRAME_PIXELS",
    "MAX_PIXELS",
    "MAX_SIDE",
    "MAX_SLOW_PIXELS",
    "Picture",
    "Pixels",
    "png_of",
    "ppm_of",
    "read_picture",
    "says_where",
]

SECONDS = 5.0  # for one call
MEMORY = 1 << 30  # bytes that a child may take
WARM = 2  # children kept for the next calls

_SLOW = "The picture takes too long to decode: save it again, smaller or as another kind."
_LARGE = "The picture takes too much memory to decode: make it smaller."


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture file, checked; made by `read_picture`.

    Attributes:
        data: the file's own bytes, never re-encoded.
        format: "PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF" or "PPM".
        suffix: file name suffix that belongs to the format, with its dot.
        width: columns of `pixels()`, 1 to `MAX_SIDE`.
        height: rows of `pixels()`, 1 to `MAX_SIDE`.
        frames: pictures in the file, 1 to `MAX_FRAMES`; only the first is decoded.
    """

    data: bytes = field(repr=False)
    format: str
    mime: str
    suffix: str
    width: int
    height: int
    frames: int

    @property
    def browser_safe(self) -> bool:
        """Whether every current browser shows `data` as it is."""
        return decoding.KINDS[self.format][2]

    def pixels(self) -> Pixels:
        """Decodes the first frame to its stored samples; EXIF orientation is not applied.

        A new C-contiguous array: uint8 of shape (H, W) for grey, (H, W, 2) for grey and alpha,
        (H, W, 3) for RGB, (H, W, 4) for RGB and alpha; uint16 of shape (H, W) for grey of 16 bits.
        Palette, bilevel, CMYK and YCbCr become the nearest of those. Two limits are Pillow's:
        16-bit colour arrives as its high bytes, and TIFF with its orientation applied. Grey of more
        than 16 bits or in floating point is stretched between its extremes to 8 bits.
        """
        samples: Pixels = _decoded(decoding.pixels, self.data, self.format)
        return samples

    def thumbnail(self, side: int = 256) -> bytes:
        """Makes a small upright copy of at most `side` x `side` pixels, without metadata.

        PNG where the picture has an alpha channel, JPEG otherwise.
        """
        made: bytes = _decoded(decoding.thumbnail, self.data, self.format, side)
        return made

    def view_png(self, side: int | None = None) -> bytes:
        """Makes an upright PNG of 8-bit samples that any browser shows, without metadata.

        Its longest side has `side` pixels; None keeps the size.
        """
        made: bytes = _decoded(decoding.view_png, self.data, self.format, side)
        return made


def read_picture(data: bytes) -> Picture:
    """Checks a file of at most `MAX_BYTES` whole, by decoding it, and says what it is.

    Raises:
        PictureError: with one short sentence for people; it holds nothing of the file's text.
        DecodingError: the same, where decoding took too long and the file may be sound. So it is
            for each function of `Picture`.
    """
    if not data:
        raise PictureError("The file is empty: choose a picture.")
    if len(data) > MAX_BYTES:
        raise PictureError(f"The file is larger than {MAX_BYTES >> 20} MB: make it smaller.")
    name, width, height, frames = _decoded(decoding.check, data)
    mime, suffix, _ = decoding.KINDS[name]
    return Picture(data, name, mime, suffix, width, height, frames)


def says_where(data: bytes) -> bool:
    """Whether metadata (EXIF, XMP) say where a picture was taken (PictureError: not a picture)."""
    found: bool = _decoded(decoding.says_where, data)
    return found


def png_of(pixels: Pixels) -> bytes:
    """Writes samples as a PNG without metadata that decodes to the same array.

    Colour under alpha 0 is kept. Raises ValueError for a dtype or shape that no picture has.
    """
    shapes = {np.dtype(np.uint8): (1, 2, 3, 4), np.dtype(np.uint16): (1,)}
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.ndim not in (2, 3) or channels not in shapes.get(pixels.dtype, ()):
        raise ValueError(f"no picture has samples {pixels.dtype} of shape {pixels.shape}")
    if pixels.ndim == 3 and channels == 1:
        raise ValueError("grey pictures have two axes")
    out = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def ppm_of(pixels: NDArray[np.uint8]) -> bytes:
    """Writes 8-bit samples, (H, W) or (H, W, 3), as binary PGM or PPM (netpbm), uncompressed."""
    kind = b"P5" if pixels.ndim == 2 else b"P6"
    return b"%s\n%d %d\n255\n" % (kind, pixels.shape[1], pixels.shape[0]) + pixels.tobytes()


_idle: list[Child] = []


def _decoded(work: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401  (of `decoding`)
    """Does one call in a child when its turn has come; raises as `read_picture` says."""
    visitor = asking()
    try:
        with DECODING.taken(visitor, channel=visitor.address):
            try:
                child = _idle.pop()
            except IndexError:
                child = Child(partial, operator.call, memory=MEMORY)
            sound = False
            try:
                result = child.call(work, *arguments, seconds=SECONDS)
                sound = True
            except PictureError:  # the child says so, and goes on
                sound = True
                raise
            finally:
                if sound and child.killed is None and len(_idle) < WARM:
                    _idle.append(child)
                else:
                    child.end()
    except BusyError as error:
        raise DecodingError(str(error)) from None
    except EndedError as error:
        raise DecodingError(_SLOW if error.why == "too slow" else _LARGE) from None
    except MemoryError:
        raise DecodingError(_LARGE) from None
    return result


def _end_idle() -> None:
    while _idle:
        _idle.pop().end()


atexit.register(_end_idle)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # they are the parent's
