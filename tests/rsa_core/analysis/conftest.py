"""A photograph-like picture for the statistics."""

import numpy as np
import pytest

from rsa_core import png_of


@pytest.fixture(scope="session")
def photo():
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:96, 0:128].astype(np.float32)
    planes = [127 + 90 * np.sin(x / (31 + 7 * c)) * np.cos(y / (47 - 5 * c)) for c in range(3)]
    grain = rng.integers(-6, 7, (96, 128, 3))
    return np.clip(np.stack(planes, axis=-1) + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def photo_file(photo):
    return png_of(photo)
