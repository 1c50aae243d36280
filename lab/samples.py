"""Pictures made by code, for comparing without an upload.

    Landscape    a sunset over hills: large flat areas, as in posters and scans
    Photograph   smooth shades with grain: no two blocks are equal
    Drawing      a checkerboard and discs in four colours: outlines and nothing else

Which scheme looks safe depends on the picture; that is what they are chosen for.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]


def landscape(width: int, height: int) -> Samples:
    """A sunset over hills; uint8, shape (height, width, 3)."""
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


def photograph(width: int, height: int) -> Samples:
    """Waves of light with grain, the same at every call; uint8, shape (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width] * (256 / max(width, height))
    planes = [127 + 90 * np.sin(x / (31 + 7 * c) + 2) * np.cos(y / (47 - 5 * c)) for c in range(3)]
    grain = np.random.default_rng(7).integers(-6, 7, (height, width, 3))
    lit: Samples = np.clip(np.stack(planes, axis=-1) + grain, 0, 255).astype(np.uint8)
    return lit


def drawing(width: int, height: int) -> Samples:
    """A checkerboard with three discs; uint8, shape (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    square = max(1, width // 8)
    picture = np.where(((x // square + y // square) % 2)[..., None], (246, 240, 226), (60, 72, 88))
    for place, colour in ((0.22, (196, 60, 48)), (0.5, (40, 120, 170)), (0.78, (230, 170, 40))):
        disc = (x - place * width) ** 2 + (y - height / 2) ** 2 < (0.13 * width) ** 2
        picture[disc] = colour
    return picture.astype(np.uint8)


SAMPLES: Mapping[str, Callable[[int, int], Samples]] = MappingProxyType(
    {"Landscape": landscape, "Photograph": photograph, "Drawing": drawing}
)
