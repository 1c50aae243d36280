"""Samples: what Pillow decodes, as arrays, without loss where the file's mode allows that.

Pillow has no colour of 16 bits a channel. Its unpackers for such files take the high or the low
byte of each sample, by the byte order that they are told: so both are had, in two passes.
"""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from rsa_core.kinds import Kind
from rsa_core.left_out import COLOURS, DEPTH, FRAMES, PROFILE

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Again = Callable[[], AbstractContextManager[ImageFile.ImageFile]]  # opens the same file once more

MAX_PROFILE = 4 * 1024 * 1024  # bytes of a colour profile

_ORIENTATION = 0x0112
_UPRIGHT: dict[int, Callable[[Any], Any]] = {  # EXIF orientation, CIPA DC-008 4.6.4
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}
_TURNED_BY_PILLOW = ("TIFF", "HEIF")  # while it decodes
_GREY = ("1", "L", "LA", "La", "I", "F")
_OTHER_COLOURS = ("CMYK", "LAB", "HSV")
_STEPS = {"L;2": 85, "L;4": 17}
_NATIVE = "L" if sys.byteorder == "little" else "B"


def upright(array: Pixels, image: Image.Image, kind: Kind) -> Pixels:
    """The array as people see it, C-contiguous; the image was loaded."""
    turned: Pixels = np.ascontiguousarray(_UPRIGHT[orientation(image, kind)](array))
    return turned


def orientation(image: Image.Image, kind: Kind, *, xmp: bool = True) -> int:
    """How what is, or will be, decoded is turned: EXIF's number, 1 for upright.

    Where EXIF says nothing, XMP does, unless it is left out. Before it is loaded, a picture that
    Pillow will turn says how it is stored.
    """
    if kind.name in _TURNED_BY_PILLOW and getattr(image, "_im", None) is not None:
        return 1
    try:
        if xmp:
            exif = Image.Image.getexif(image)  # a PNG's own method would decode all of it first
        else:
            exif = Image.Exif()
            exif.load(image.info.get("exif", b""))
        found = int(exif.get(_ORIENTATION, 1))
    except Exception:  # broken EXIF is no reason to refuse a sound picture
        return 1
    return found if found in _UPRIGHT else 1


def load(image: ImageFile.ImageFile) -> None:
    """As `image.load`, but a PPM of 16 bits is not decoded in Python."""
    if keeps_depth(image) and image.tile[0].codec_name == "ppm":
        image.tile = [_told(tile, _halves(tile)[0]) for tile in image.tile]
    image.load()


def samples(image: ImageFile.ImageFile, again: Again) -> Pixels:
    """All samples as stored; loads the image. Shapes and dtypes are those of `Picture.pixels`."""
    found = _wide(image, again)
    if found is None:
        return np.array(_eight_bits(image), order="C")
    key = image.info.get("transparency")
    if key is None or found.dtype != np.uint16:
        return found
    hit = found == key if found.ndim == 2 else (found == np.asarray(key)).all(axis=2)
    alpha = np.where(hit, 0, 0xFFFF).astype(np.uint16)
    return np.concatenate([np.atleast_3d(found), alpha[..., None]], axis=2, dtype=np.uint16)


def shown(image: ImageFile.ImageFile, again: Again) -> Image.Image:
    """All samples as stored, for eyes: L, LA, RGB or RGBA. Grey of more bits is stretched."""
    if not (_is_wide_grey(image) or (keeps_depth(image) and "transparency" in image.info)):
        return _eight_bits(image)
    found = samples(image, again)
    if found.dtype == np.uint8:
        return Image.fromarray(found)
    high = (found >> 8).astype(np.uint8)
    if found.ndim == 2:
        high = _stretched(found)
    elif found.shape[2] == 2:
        high[..., 0] = _stretched(found[..., 0])
    return Image.fromarray(high)


def keeps_depth(image: ImageFile.ImageFile) -> bool:
    """Whether `samples` will give 16 bits a channel; asked before the image is loaded."""
    return bool(image.tile) and all(_halves(tile) for tile in image.tile)


def left_out(image: Image.Image, *, several: bool, lossy: bool, other_colours: bool) -> int:
    """What `samples` and `profile_of` do not keep, as bits of `rsa_core.left_out`.

    Args:
        image: loaded.
        several: the file has more than this frame.
        lossy: it has more than 8 bits a channel, and `keeps_depth` said no.
        other_colours: it says in another way than by a profile that its colours are not sRGB.
    """
    bits = FRAMES if several else 0
    if _is_wide_grey(image):
        lossy = not _fits(np.asarray(image))
    if lossy:
        bits |= DEPTH
    if ("icc_profile" in image.info or other_colours) and not profile_of(image):
        bits |= PROFILE
    if image.mode in _OTHER_COLOURS:
        bits |= COLOURS
    return bits


def profile_of(image: Image.Image) -> bytes:
    """The ICC profile, where it is one for the samples that we keep; else nothing."""
    profile = image.info.get("icc_profile") or b""
    grey = image.mode in _GREY or image.mode.startswith("I;16")
    fits = profile[16:20] == (b"GRAY" if grey else b"RGB ") and len(profile) <= MAX_PROFILE
    return bytes(profile) if fits and image.mode not in _OTHER_COLOURS else b""


def _wide(image: ImageFile.ImageFile, again: Again) -> Pixels | None:
    """Samples of more than 8 bits; None where there are none, or no way to have them."""
    if not keeps_depth(image):
        if not _is_wide_grey(image):
            return None
        white_is_zero = image.format == "TIFF" and image.tag_v2.get(262) == 0  # type: ignore[attr-defined]
        image.load()
        grey = np.asarray(image)
        if not _fits(grey):
            return _stretched(grey)
        wide = grey.astype(np.uint16)
        return np.uint16(0xFFFF) - wide if white_is_zero else wide
    plan = [_halves(tile) for tile in image.tile]
    image.tile = [_told(tile, halves[0]) for tile, halves in zip(image.tile, plan, strict=True)]
    image.load()
    high = np.asarray(image)
    if plan[0][0] == "RGBA":  # grey and alpha: the four bytes of a pixel, in one pass
        return high.view(">u2").astype(np.uint16)
    with again() as other:
        other.tile = [_told(tile, halves[1]) for tile, halves in zip(other.tile, plan, strict=True)]
        other.load()
        both: NDArray[np.uint16] = np.left_shift(high, 8, dtype=np.uint16)
        both |= np.asarray(other)
        return both


def _halves(tile: Any) -> tuple[str, ...]:  # noqa: ANN401  (Pillow's own)
    """Raw modes for the high and the low bytes; nothing where there are none."""
    args = (tile.args,) if isinstance(tile.args, str) else tuple(tile.args or ())
    if tile.codec_name == "ppm" and args == ("RGB", 0xFFFF):
        args = ("RGB;16B",)
    if not args or not isinstance(args[0], str):
        return ()
    if args[0] == "LA;16B":
        return ("RGBA",)
    mode, _, order = args[0].partition(";16")
    if mode not in ("RGB", "RGBX", "RGBA") or order not in ("L", "B", "N"):
        return ()
    high = _NATIVE if order == "N" else order
    return f"{mode};16{high}", f"{mode};16{'B' if high == 'L' else 'L'}"


def _told(tile: Any, rawmode: str) -> Any:  # noqa: ANN401
    if tile.codec_name == "ppm":
        return tile._replace(codec_name="raw", args=rawmode)
    args = rawmode if isinstance(tile.args, str) else (rawmode, *tile.args[1:])
    return tile._replace(args=args)


def _is_wide_grey(image: Image.Image) -> bool:
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _fits(grey: NDArray[Any]) -> bool:
    return grey.dtype.kind in "iu" and bool(grey.min() >= 0 and grey.max() <= 0xFFFF)


def _eight_bits(image: ImageFile.ImageFile) -> Image.Image:
    """Any other mode as L, LA, RGB or RGBA, without loss where the mode allows."""
    # Pillow spreads grey of 2 and 4 bits over 8, but not the key in tRNS.
    rawmode = image.tile[0].args if image.tile else None
    step = _STEPS.get(rawmode, 1) if isinstance(rawmode, str) else 1
    load(image)
    grey = image.mode in _GREY
    key = image.info.get("transparency")
    if key is not None and image.mode in ("1", "L", "RGB"):
        plain = image.convert("L" if grey else "RGB")
        colours = np.asarray(plain)
        if grey:
            hit = colours == (key if image.mode == "1" else key * step)
        else:
            hit = (colours == np.asarray(key) % 256).all(axis=2)
        plain.putalpha(Image.fromarray(np.where(hit, 0, 255).astype(np.uint8)))
        return plain
    alpha = image.has_transparency_data
    wanted = ("LA" if alpha else "L") if grey else ("RGBA" if alpha else "RGB")
    if image.mode != wanted:
        return image.convert(wanted)
    # pi-heif decodes a file of several pictures once more at each use, over what was made of it.
    return image.copy() if image.format == "HEIF" else image


def _stretched(grey: NDArray[Any]) -> NDArray[np.uint8]:
    """Maps the least sample to 0 and the greatest to 255; a constant picture turns black."""
    finite = np.nan_to_num(grey.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low = finite.min()
    span = (finite.max() - low) or 1.0
    spread: NDArray[np.uint8] = ((finite - low) * (255 / span)).round().astype(np.uint8)
    return spread
