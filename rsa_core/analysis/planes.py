"""Bit planes: one black-and-white picture for each bit of the samples.

In a photograph the upper planes show the picture and the lower ones noise; of ciphertext all
eight should look like noise.
"""

import numpy as np
from numpy.typing import NDArray


def bit_plane(pixels: NDArray[np.uint8], bit: int) -> NDArray[np.uint8]:
    """One plane as 0 and 255, same shape; bit 7 is highest (ValueError: no such bit or dtype)."""
    if pixels.dtype != np.uint8 or not 0 <= bit <= 7:
        raise ValueError("a plane is bit 0 to 7 of uint8 samples")
    return (pixels >> np.uint8(bit) & np.uint8(1)) * np.uint8(255)
