"""Experiments on a picture of the student's own: no capture is opened, everything is known.

The chosen-plaintext experiment seals a test picture twice under a captured public key. The
exhibit encrypts it with ciphers that pass the tests, and breaks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from exchange.interceptor import CapturedPicture
from lab.errors import LabError
from rsa_core import SCHEMES, KeyFormatError, LimitError, PictureError, png_of, read_picture
from rsa_core.analysis import Measurement, report, sealed_twice
from rsa_core.attacks.exhibit import show

TEST_SIDE = 256

EXHIBITS: Mapping[str, str] = MappingProxyType(
    {
        "xor": "A perfect keystream from a key of 16 bits",
        "blocks": "RSA without padding, blocks under 128 bits",
        "shuffle": "Pixels moved about by a secret permutation",
    }
)

Samples = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ShownExhibit:
    """One cipher, measured and broken.

    Attributes:
        title: for people.
        words: how it was broken.
        seconds: what that took.
        cipher: the ciphertext as a PNG.
        recovered: what the attack gave back, a PNG; None where it failed.
        exact: whether that is the picture to the last bit.
        alone: statistics of the one ciphertext.
        paired: with a second one, whose picture differs in one sample.
    """

    title: str
    words: str
    seconds: float
    cipher: bytes = field(repr=False)
    recovered: bytes | None = field(repr=False)
    exact: bool
    alone: tuple[Measurement, ...]
    paired: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TestPicture:
    """A picture to experiment on.

    Attributes:
        pixels: uint8, shape (H, W) or (H, W, C), no side longer than `TEST_SIDE`.
        png: the same as a file.
    """

    __test__ = False  # no test class, whatever pytest makes of its name

    pixels: Samples = field(repr=False)
    png: bytes = field(repr=False)


def picture_for_tests(data: bytes | None) -> TestPicture:
    """An uploaded picture, reduced, or a sample made here.

    Raises:
        LabError: the upload is no picture.
    """
    if data is None:
        pixels = _sample()
        return TestPicture(pixels, png_of(pixels))
    try:
        png = read_picture(data).view_png(TEST_SIDE)
        small = read_picture(png).pixels()
    except PictureError as error:
        raise LabError(str(error)) from None
    return TestPicture(np.asarray(small, np.uint8), png)


def experiment(captured: CapturedPicture, picture: TestPicture) -> tuple[Measurement, ...]:
    """Seals the picture, changes one sample, seals it again, and compares.

    Raises:
        LabError: no recipient's public key is known, or it cannot take the picture.
    """
    if not captured.keys:
        raise LabError("The public key of this capture is not known in the channel.")
    scheme = SCHEMES[captured.item.scheme]
    try:
        pair = sealed_twice(scheme, picture.pixels, captured.keys[0])
    except PictureError as error:
        raise LabError(str(error)) from None
    except (KeyFormatError, LimitError) as error:
        raise LabError(f"The captured key cannot take this picture: {error}.") from None
    return report(pair.first.samples, partner=pair.second.samples, block=pair.first.block)


def exhibit(name: str, picture: TestPicture) -> ShownExhibit:
    """Encrypts the picture with one of `EXHIBITS`, measures it, and breaks it.

    Raises:
        LabError: there is no such exhibit, or it cannot take the picture.
    """
    if name not in EXHIBITS:
        raise LabError("Choose an exhibit from the list.")
    try:
        shown = show(name, picture.pixels)
    except PictureError as error:
        raise LabError(str(error)) from None
    except LimitError as error:
        raise LabError(f"The exhibit cannot take this picture: {error}.") from None
    recovered = shown.recovered
    return ShownExhibit(
        title=shown.title,
        words=shown.words,
        seconds=shown.seconds,
        cipher=png_of(shown.cipher),
        recovered=None if recovered is None else png_of(recovered),
        exact=recovered is not None and np.array_equal(recovered, picture.pixels),
        alone=report(shown.cipher),
        paired=report(shown.cipher, partner=shown.partner),
    )


def _sample() -> Samples:
    """A sun over hills, with the grain of a photograph: without it, equal blocks would show."""
    height, width = 160, 240
    y, x = np.mgrid[0:height, 0:width]
    share = (y / height)[..., None]
    sky = (1 - share) * (90, 120, 200) + share * (250, 150, 80)
    sky[(x - 170) ** 2 + (y - 62) ** 2 < 22**2] = (255, 235, 150)
    for level, colour in ((0.55, (110, 90, 120)), (0.68, (70, 70, 90)), (0.82, (30, 45, 50))):
        sky[y > height * (level + 0.07 * np.sin(x / 27 + level * 20))] = colour
    grain = np.random.default_rng(1).integers(-6, 7, sky.shape)
    return np.asarray(np.clip(sky + grain, 0, 255), np.uint8)
