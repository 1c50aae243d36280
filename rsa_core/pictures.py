"""Pictures: which files are taken, what they decode to, and how they are shown.

`read_picture` is the only door. It takes the bytes of one file, checks them whole, and gives a
`Picture` that carries those bytes unchanged: they are never re-encoded. Everything else is
derived from them on demand: samples, thumbnail, a PNG for the browser.

Decoding is the dangerous part, so it is bounded in every direction: formats by a list, bytes,
pixels, sides and frames by the constants below, and simultaneous decodings by `DECODE_SLOTS`
(about 12 MB of memory for each megapixel). Colour profiles are ignored.

Importing this module sets Pillow's process-wide limits once.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
DECODE_SLOTS = 2

_KINDS = {  # Pillow's name: MIME type, suffix, shown by browsers as it is
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
_UNKNOWN = "This is no picture that can be read here: use PNG, JPEG, GIF, BMP, WebP, TIFF or PPM."
_DAMAGED = "The picture is damaged or cut short: export it again and use the new file."
_TOO_MANY_PIXELS = f"The picture has more than {MAX_PIXELS // 10**6} megapixels: make it smaller."

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# A bomb is refused, not remarked upon. The filters are the process's own, hence set once, here.
warnings.simplefilter("error", Image.DecompressionBombWarning)
# Remarks about odd metadata quote the file, and what a file says does not belong in a log.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

_slots = threading.BoundedSemaphore(DECODE_SLOTS)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture file, checked; made by `read_picture`.

    Attributes:
        data: the file's own bytes, never re-encoded.
        format: "PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF" or "PPM".
        mime: MIME type that belongs to the format.
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
        return _KINDS[self.format][2]

    def pixels(self) -> Pixels:
        """Decodes the first frame to its stored samples; EXIF orientation is not applied.

        Returns:
            A new C-contiguous array: uint8 of shape (H, W) for grey, (H, W, 2) for grey and
            alpha, (H, W, 3) for RGB, (H, W, 4) for RGB and alpha; uint16 of shape (H, W) for
            grey of 16 bits. Palette, bilevel, CMYK and YCbCr become the nearest of those. Two
            limits are Pillow's: 16-bit colour arrives as its high bytes, and TIFF arrives with
            its orientation applied. Grey of more than 16 bits or in floating point is
            stretched between its extremes to 8 bits.
        """
        with _decoding(self.data, self.format) as image:
            image.load()
            return np.array(_canonical(image), order="C")

    def thumbnail(self, side: int = 256) -> bytes:
        """Makes a small upright copy of at most `side` x `side` pixels, without metadata.

        Returns:
            PNG where the picture has an alpha channel, JPEG otherwise.
        """
        image = self._upright(side)
        out = BytesIO()
        if image.mode in ("LA", "RGBA"):
            image.save(out, "PNG", optimize=True)
        else:
            image.save(out, "JPEG", quality=85)
        return out.getvalue()

    def view_png(self, side: int | None = None) -> bytes:
        """Makes an upright PNG of 8-bit samples that any browser shows, without metadata.

        Args:
            side: longest side of the result in pixels; None keeps the size.
        """
        out = BytesIO()
        self._upright(side).save(out, "PNG", compress_level=1)
        return out.getvalue()

    def _upright(self, side: int | None) -> Image.Image:
        with _decoding(self.data, self.format) as image:
            if side is not None and self.format == "JPEG":
                image.draft(None, (2 * side, 2 * side))  # decodes at 1/2, 1/4 or 1/8 size
            image.load()
            turn = None if self.format == "TIFF" else _UPRIGHT.get(_orientation(image))
            shown = _eight_bit(_canonical(image))
            if side is not None:
                shown.thumbnail((side, side), reducing_gap=2.0)
            if turn is not None:
                shown = shown.transpose(turn)
            shown.info.clear()  # savers copy profiles and comments from here
            return shown


def read_picture(data: bytes) -> Picture:
    """Checks a file whole, by decoding it, and says what it is.

    Args:
        data: the bytes of one file, at most `MAX_BYTES`.

    Raises:
        PictureError: with one short sentence for people; it holds nothing of the file's text.
    """
    if not data:
        raise PictureError("The file is empty: choose a picture.")
    if len(data) > MAX_BYTES:
        raise PictureError(f"The file is larger than {MAX_BYTES >> 20} MB: make it smaller.")
    with _opened(data, tuple(_KINDS)) as image:
        name = "JPEG" if image.format == "MPO" else str(image.format)
        size = image.size
        _check_size(size)
        _check_slow(image)
        image.verify()  # PNG checksums, which decoding does not all look at
    with _opened(data, (name,)) as image:
        frames = _count_frames(image, name)
    if frames > MAX_FRAMES or frames * size[0] * size[1] > MAX_FRAME_PIXELS:
        raise PictureError("The animation is too long: send one picture, or fewer frames.")
    with _decoding(data, name) as image:
        image.load()
        width, height = image.size
    mime, suffix, _ = _KINDS[name]
    return Picture(data, name, mime, suffix, width, height, frames)


def png_of(pixels: Pixels) -> bytes:
    """Writes samples as a PNG that decodes to the same array.

    Args:
        pixels: any array that `Picture.pixels` can give.

    Returns:
        A PNG without metadata. Colour under alpha 0 is kept.

    Raises:
        ValueError: a dtype or shape that `Picture.pixels` never gives.
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


@contextmanager
def _decoding(data: bytes, name: str) -> Iterator[Image.Image]:
    with _slots, _opened(data, (name,)) as image:
        yield image


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise PictureError(_TOO_MANY_PIXELS)
    if max(width, height) > MAX_SIDE:
        raise PictureError(f"A side is longer than {MAX_SIDE} pixels: make the picture smaller.")


def _check_slow(image: Image.Image) -> None:
    if image.format == "PPM" and isinstance(image, ImageFile.ImageFile):
        slow = any(tile.codec_name != "raw" for tile in image.tile)
        if slow and image.width * image.height > MAX_SLOW_PIXELS:
            raise PictureError("This kind of PPM takes too long to decode: save it as PNG.")


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
