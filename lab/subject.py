"""The one picture that is compared: small, upright, opaque, 8 bits a sample.

Every scheme gets the same bytes, the picture as plain PPM or PGM (netpbm): the schemes that
encrypt files then encrypt the same samples as those that encrypt pixels, and expansion, time and
statistics can be set side by side. A compressed file would be another, smaller plaintext.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lab.errors import LabError
from lab.samples import SAMPLES
from rsa_core import Picture, PictureError, png_of, ppm_of, read_picture
from rsa_core.analysis import one_changed
from rsa_core.views import thinned

SIDES = (128, 256, 512)
DEFAULT_SIDE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A picture to be compared.

    Attributes:
        pixels: uint8, shape (H, W) or (H, W, 3).
        origin: where it comes from, in constant words; nothing that a user typed.
    """

    pixels: NDArray[np.uint8] = field(repr=False)
    origin: str

    @property
    def png(self) -> bytes:
        """The picture as PNG, for eyes."""
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
        """The same with one sample in its middle changed in its lowest bit."""
        return read_picture(ppm_of(one_changed(self.pixels)))

    def miniature(self, side: int) -> "Subject":
        """Every n-th pixel in 32 shades, so that no side is longer than `side`."""
        return Subject(thinned(self.pixels, side) & np.uint8(0xF8), self.origin)


def uploaded(data: bytes, side: int = DEFAULT_SIDE) -> Subject:
    """The first picture of a file, reduced to at most `side` pixels a side; alpha is left out.

    Raises:
        LabError: the bytes are no picture that is taken; says why.
    """
    try:
        pixels = read_picture(read_picture(data).view_png(side)).pixels()
    except PictureError as error:
        raise LabError(str(error)) from None
    if pixels.ndim == 3:
        pixels = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]
    return Subject(np.ascontiguousarray(pixels, np.uint8), "An uploaded picture")


def sample(name: str, side: int = DEFAULT_SIDE) -> Subject:
    """One of `SAMPLES`, `side` pixels wide and two thirds of that high.

    Raises:
        LabError: there is no such sample.
    """
    if name not in SAMPLES:
        raise LabError("There is no such sample. Choose one of the list.")
    return Subject(SAMPLES[name](side, side * 2 // 3), f"The sample {name!r}, made by code")
