"""Pictures and keys to be broken. Weak keys are made once; 512 bits are enough to show each."""

from functools import cache

import numpy as np
import pytest

from rsa_core import ClassroomKeyPair, make_weak, png_of, read_picture


@pytest.fixture(scope="session")
def keys():
    """Makes a weak key once: keys("small-d")."""
    return cache(lambda name, bits=512: make_weak(name, bits))


@pytest.fixture(scope="session")
def sound():
    """A key of a length and shape that nothing here breaks."""
    return ClassroomKeyPair.generate(512)


@pytest.fixture(scope="session")
def photo():
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:24, 0:36].astype(np.float32)
    planes = [127 + 90 * np.sin(x / (7 + 2 * c)) * np.cos(y / (9 - c)) for c in range(3)]
    grain = rng.integers(-6, 7, (24, 36, 3))
    return np.clip(np.stack(planes, axis=-1) + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def picture(photo):
    return read_picture(png_of(photo))


@pytest.fixture(scope="session")
def other_picture(photo):
    return read_picture(png_of(photo[::-1].copy()))


@pytest.fixture(scope="session")
def every_kind():
    """One small picture of each kind of samples."""
    rng = np.random.default_rng(3)
    shapes = [(5, 7), (6, 5, 2), (4, 6, 3), (5, 4, 4)]
    eight = [rng.integers(0, 256, shape, np.uint8) for shape in shapes]
    wide = [rng.integers(0, 65536, shape, np.uint16) for shape in ((4, 3, 4), (6, 5))]
    return [*eight, *wide]
