"""Pictures: which files are taken, what they decode to, and how they are shown.

`read_picture` is the only door. It takes the bytes of one file, checks them, and gives a
`Picture` that carries those bytes unchanged: they are never re-encoded. Everything else is
derived from them on demand: samples, thumbnail, a PNG for the browser.

What is too large to decode, or of a rare kind, is a picture all the same, to be sealed as a file;
`problem` says why it gives no samples.

Decoding is the dangerous part. `decoding` does it in a child that is kept warm, and that is ended
when a call takes more than `SECONDS` or `MEMORY`. Callers get places by turns, so nobody's slow
pictures hold others up.
"""

import atexit
import operator
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Any
from zlib import compress, crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rsa_core import decoding
from rsa_core.decoding import MAX_BYTES, MAX_PIXELS, MAX_SIDE
from rsa_core.errors import BusyError, DecodingError, PictureError
from rsa_core.kinds import KINDS, SUFFIXES, Kind, kind_of
from rsa_core.processes import Child, EndedError
from rsa_core.samples import MAX_PROFILE, Pixels
from rsa_core.turns import DECODING, asking

__all__ = [
    "KINDS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_PROFILE",
    "MAX_SIDE",
    "SUFFIXES",
    "Kind",
    "Picture",
    "Pixels",
    "kind_of",
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
        format: its kind, by Pillow's name: a key of `KINDS`.
        width: columns as people see it, upright; 0 where that is unknown.
        height: rows likewise.
        frames: frames or pages in the file; only the first is decoded.
        browser_safe: every current browser shows `data` as it is, upright, without much work.
        left_out: what `pixels` and `profile` do not keep of it, as bits of `rsa_core.left_out`.
        profile: the ICC profile that belongs to `pixels()`; b"" for none.
        problem: why there are no samples, in a sentence that says what to do; "" where there are.
        viewable: there may be a thumbnail or a view, even where there are no samples.
    """

    data: bytes = field(repr=False)
    format: str
    width: int
    height: int
    frames: int = 1
    browser_safe: bool = False
    left_out: int = 0
    profile: bytes = field(default=b"", repr=False)
    problem: str = ""
    viewable: bool = True

    @property
    def mime(self) -> str:
        """Media type of the file."""
        return KINDS[self.format].mime

    @property
    def suffix(self) -> str:
        """File name suffix that belongs to the kind, with its dot."""
        return KINDS[self.format].suffixes[0]

    def pixels(self) -> Pixels:
        """Decodes the first frame, upright (PictureError: there is a `problem`).

        A new C-contiguous array: uint8, or uint16 where the file has more than 8 bits a channel
        and they can be had; shape (H, W) for grey, (H, W, 2) for grey and alpha, (H, W, 3) for RGB,
        (H, W, 4) for RGB and alpha. Palette, bilevel, CMYK, Lab and YCbCr become the nearest of
        those. Grey of more than 16 bits, or in floating point, is stretched between its extremes to
        8 bits.
        """
        if self.problem:
            raise PictureError(self.problem)
        samples: Pixels = _decoded(decoding.pixels, self.data, self.format)
        return samples

    def thumbnail(self, side: int = 256) -> bytes:
        """Makes a small upright copy of at most `side` x `side` pixels, without metadata.

        PNG where the picture has an alpha channel, JPEG otherwise. PictureError where there can be
        none.
        """
        return self._viewed(decoding.thumbnail, side)

    def view_png(self, side: int | None = None) -> bytes:
        """Makes an upright PNG of 8-bit samples that any browser shows, without metadata.

        Its longest side has at most `side` pixels; None keeps the size, up to `MAX_PIXELS` and
        `MAX_SIDE`. PictureError where there can be none.
        """
        return self._viewed(decoding.view_png, side)

    def shown(self) -> tuple[bytes, str]:
        """Bytes that any browser shows and their media type, or two empty ones."""
        if self.browser_safe:
            return self.data, self.mime
        try:
            return self.view_png(), "image/png"
        except DecodingError:
            raise
        except PictureError:
            return b"", ""

    def _viewed(self, make: Callable[..., bytes], side: int | None) -> bytes:
        if not self.viewable:
            raise PictureError(self.problem)
        try:
            made: bytes = _decoded(make, self.data, self.format, side)
        except _TooMuchError:
            if self.problem:  # it was to be expected, and will be so next time
                raise PictureError(self.problem) from None
            raise
        return made


def read_picture(data: bytes) -> Picture:
    """Checks a file of at most `MAX_BYTES`, whole where it can be decoded, and says what it is.

    Raises:
        PictureError: with one short sentence for people; it holds nothing of the file's text.
        DecodingError: the same, where there was no time to look at it and the file may be sound.
            So it is for each function of `Picture`.
    """
    if not data:
        raise PictureError("The file is empty: choose a picture.")
    if len(data) > MAX_BYTES:
        raise PictureError(f"The file is larger than {MAX_BYTES >> 20} MB: make it smaller.")
    seen: list[decoding.Facts] = []
    try:
        facts: decoding.Facts = _decoded(decoding.check, data, hear=seen.append)
    except _TooMuchError as error:
        if not seen:
            raise
        # It is ended before its samples were had: a view would take as long.
        draft = seen[0].format == "JPEG"
        facts = seen[0]._replace(problem=str(error), viewable=seen[0].viewable and draft)
    return Picture(data, *facts)


def says_where(data: bytes) -> bool:
    """Whether metadata (EXIF, XMP) say where a picture was taken (PictureError: not a picture)."""
    found: bool = _decoded(decoding.says_where, data)
    return found


def png_of(pixels: Pixels, profile: bytes = b"") -> bytes:
    """Writes samples as a PNG that decodes to the same array; of metadata an ICC profile alone.

    Colour under alpha 0 is kept. Raises ValueError for a dtype or shape that no picture has.
    """
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.ndim not in (2, 3) or channels > 4 or pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"no picture has samples {pixels.dtype} of shape {pixels.shape}")
    if pixels.ndim == 3 and channels == 1:
        raise ValueError("grey pictures have two axes")
    if pixels.dtype == np.uint16 and channels > 1:
        return _wide_png(pixels, channels, profile)
    out = BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.save(out, "PNG", compress_level=1, icc_profile=profile or None)
    return out.getvalue()


def _wide_png(pixels: Pixels, channels: int, profile: bytes) -> bytes:
    """Colour, or alpha, of 16 bits, which Pillow does not write (ISO/IEC 15948)."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc32(name + body))

    height, width = pixels.shape[:2]
    rows = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    rows[1:] -= rows[:-1].copy()  # filter 2, Up
    filters = np.full((height, 1), 2, np.uint8)
    colour = {2: 4, 3: 2, 4: 6}[channels]
    parts = [
        b"\x89PNG\r\n\x1a\n",
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)),
    ]
    if profile:
        parts.append(chunk(b"iCCP", b"ICC Profile\0\0" + compress(profile)))
    parts.append(chunk(b"IDAT", compress(np.hstack([filters, rows]).tobytes(), 1)))
    return b"".join([*parts, chunk(b"IEND", b"")])


def ppm_of(pixels: NDArray[np.uint8]) -> bytes:
    """Writes 8-bit samples, (H, W) or (H, W, 3), as binary PGM or PPM (netpbm), uncompressed."""
    kind = b"P5" if pixels.ndim == 2 else b"P6"
    return b"%s\n%d %d\n255\n" % (kind, pixels.shape[1], pixels.shape[0]) + pixels.tobytes()


class _TooMuchError(DecodingError):
    """A call was ended."""


_idle: list[Child] = []


def _decoded(
    work: Callable[..., Any], *arguments: object, hear: Callable[[Any], None] | None = None
) -> Any:  # noqa: ANN401  (of `decoding`)
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
                result = child.call(work, *arguments, seconds=SECONDS, hear=hear)
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
        raise _TooMuchError(_SLOW if error.why == "too slow" else _LARGE) from None
    except MemoryError:
        raise _TooMuchError(_LARGE) from None
    return result


def _end_idle() -> None:
    while _idle:
        _idle.pop().end()


atexit.register(_end_idle)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # they are the parent's
