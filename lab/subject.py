"""What is compared: one small picture, sealed by each scheme under keys of several lengths.

Every scheme gets the same bytes, the picture as plain PPM or PGM: the schemes that encrypt files
then encrypt the same samples as those that encrypt pixels, and expansion, time and statistics can
be set side by side. A compressed file would be another, smaller plaintext.

Keys are made once for the whole process and used for comparing alone: what they encrypt is shown
in clear beside it, and thirty people need not wait for thirty keys of 4096 bits.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lab.errors import LabError
from rsa_core import (
    SCHEMES,
    SEED_KEY,
    AnyKeyPair,
    ClassroomKeyPair,
    KeyPair,
    Picture,
    PictureError,
    png_of,
    ppm_of,
    read_picture,
    views,
)
from rsa_core.analysis import one_changed

Samples = NDArray[np.uint8]

SIDES = (128, 256, 512)
DEFAULT_SIDE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A picture to compare or to experiment on: upright, opaque, 8 bits a sample.

    Attributes:
        pixels: uint8, shape (H, W) or (H, W, 3).
        origin: where it comes from, in constant words; nothing that a user typed.
    """

    pixels: Samples = field(repr=False)
    origin: str

    @property
    def png(self) -> bytes:
        """The picture as PNG, to look at."""
        return png_of(self.pixels)

    @property
    def size(self) -> str:
        """Width, height and channels in words."""
        height, width = self.pixels.shape[:2]
        return f"{width} x {height}, {'grey' if self.pixels.ndim == 2 else 'RGB'}"

    @property
    def sha256(self) -> str:
        """SHA-256 of the PPM or PGM that is encrypted, hexadecimal."""
        return hashlib.sha256(ppm_of(self.pixels)).hexdigest()

    def picture(self) -> Picture:
        """What the schemes encrypt."""
        return read_picture(ppm_of(self.pixels))

    def neighbour(self) -> Picture:
        """The same with one sample changed in its lowest bit."""
        return read_picture(ppm_of(one_changed(self.pixels)))

    def miniature(self, side: int) -> "Subject":
        """A copy of at most `side` a side in 32 shades."""
        return Subject(views.thinned(self.pixels, side) & np.uint8(0xF8), self.origin)


def uploaded(data: bytes, side: int = DEFAULT_SIDE) -> Subject:
    """The first picture of a file, reduced to at most `side` pixels a side, on opaque ground.

    Raises:
        LabError: the bytes are not an accepted picture; says why.
    """
    try:
        pixels = read_picture(read_picture(data).view_png(side)).pixels()
    except PictureError as error:
        raise LabError(str(error)) from None
    return Subject(_opaque(pixels.astype(np.uint8)), "An uploaded picture")


def _opaque(pixels: Samples) -> Samples:
    """Without alpha: on white, or on black where what is seen is bright itself."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels
    colours, part = pixels[..., :-1].astype(np.float64), pixels[..., -1:] / 255
    seen = part.sum() * colours.shape[2]
    ground = 0 if seen and (colours * part).sum() / seen > 127 else 255
    mixed = (colours * part + ground * (1 - part)).round().astype(np.uint8)
    return mixed[..., 0] if mixed.shape[2] == 1 else mixed


def sample(name: str, side: int = DEFAULT_SIDE) -> Subject:
    """One of `SAMPLES`, `side` pixels wide and two thirds of that high.

    Raises:
        LabError: there is no such sample.
    """
    if name not in SAMPLES:
        raise LabError("Choose a sample from the list.")
    return Subject(SAMPLES[name](side, side * 2 // 3), f"The sample {name!r}, made by code")


def built_in() -> Subject:
    """The sunset with the grain of a photograph: without it, equal blocks would show."""
    return Subject(_grained(_landscape(240, 160)), "A sample, made by code")


def _landscape(width: int, height: int) -> Samples:
    """A sunset over hills: large flat areas, as in posters and scans."""
    y, x = np.mgrid[0:height, 0:width]
    part = (y / height)[..., None]
    sky = (1 - part) * (90, 120, 200) + part * (250, 150, 80)
    sun = (x - 0.7 * width) ** 2 + (y - 0.42 * height) ** 2 < (0.13 * height) ** 2
    sky[sun] = (255, 235, 150)
    for share, colour in ((0.55, (110, 90, 120)), (0.68, (70, 70, 90)), (0.82, (30, 45, 50))):
        edge = height * (share + 0.07 * np.sin(x / width * 9 + share * 20))
        sky[y > edge] = colour
    painted: Samples = (sky // 8 * 8).astype(np.uint8)
    return painted


def _photograph(width: int, height: int) -> Samples:
    """Waves of light with grain: no two blocks are equal."""
    y, x = np.mgrid[0:height, 0:width] * (256 / max(width, height))
    planes = [127 + 90 * np.sin(x / (31 + 7 * c) + 2) * np.cos(y / (47 - 5 * c)) for c in range(3)]
    return _grained(np.stack(planes, axis=-1))


def _drawing(width: int, height: int) -> Samples:
    """A checkerboard with three discs: outlines and nothing else."""
    y, x = np.mgrid[0:height, 0:width]
    square = max(1, width // 8)
    picture = np.where(((x // square + y // square) % 2)[..., None], (246, 240, 226), (60, 72, 88))
    for place, colour in ((0.22, (196, 60, 48)), (0.5, (40, 120, 170)), (0.78, (230, 170, 40))):
        disc = (x - place * width) ** 2 + (y - height / 2) ** 2 < (0.13 * width) ** 2
        picture[disc] = colour
    return picture.astype(np.uint8)


def _grained(picture: NDArray[np.float64] | Samples) -> Samples:
    grain = np.random.default_rng(7).integers(-6, 7, picture.shape)
    return np.asarray(np.clip(picture + grain, 0, 255), np.uint8)


# Which scheme looks safe depends on the picture; that is what these are chosen for.
SAMPLES: Mapping[str, Callable[[int, int], Samples]] = MappingProxyType(
    {"Landscape": _landscape, "Photograph": _photograph, "Drawing": _drawing}
)


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """One column of the comparison.

    Attributes:
        scheme: name of the scheme.
        bits: length of the modulus.
    """

    scheme: str
    bits: int

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.scheme}, {self.bits} bits"

    @property
    def insecure(self) -> bool:
        """Whether the scheme is meant to be broken."""
        return SCHEMES[self.scheme].key_kind == "classroom key"


def _cases(lengths: Mapping[str, Sequence[int]]) -> tuple[Case, ...]:
    return tuple(Case(scheme, bits) for scheme, offered in lengths.items() for bits in offered)


CASES = _cases(
    {
        "textbook-pixels": (12, 64, 128, 192, 2048, 4096),
        "textbook-blocks": (64, 128, 192, 2048, 4096),
        "oaep-blocks": (2048, 3072, 4096),
        "hybrid": (2048, 3072, 4096),
    }
)
DEFAULT_CASES = _cases(
    {
        "textbook-pixels": (12, 128, 2048),
        "textbook-blocks": (64, 128, 2048),
        "oaep-blocks": (2048, 3072),
        "hybrid": (2048, 3072),
    }
)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key pair, and the seconds that making it took."""

    pair: AnyKeyPair
    seconds: float


_lock = threading.Lock()
_made: dict[tuple[str, int], MadeKey] = {}


def key_for(case: Case) -> MadeKey:
    """The process's key of this kind and length; made at the first call, up to some seconds."""
    kind = SCHEMES[case.scheme].key_kind
    with _lock:
        if (kind, case.bits) not in _made:
            start = time.perf_counter()
            pair: AnyKeyPair
            if kind == "key pair":
                pair = KeyPair.generate(case.bits)
            else:
                published = case.bits == SEED_KEY.public.bits
                pair = SEED_KEY if published else ClassroomKeyPair.generate(case.bits)
            _made[kind, case.bits] = MadeKey(pair, time.perf_counter() - start)
        return _made[kind, case.bits]
