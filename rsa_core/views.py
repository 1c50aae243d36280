"""Ciphertext made visible: as a picture, as a histogram, as hexadecimal.

A view is derived and lossy, for eyes only; what is kept and handed on is the envelope.
"""

import math
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from rsa_core.schemes.base import Capture

Array = TypeVar("Array", bound=NDArray[Any])


def noise_picture(capture: Capture, side: int = 512) -> NDArray[np.uint8]:
    """The ciphertext as a picture of at most `side` x `side`.

    For `textbook-pixels` the first copy's residues in the picture's own shape, c scaled to
    c * 255 // (n - 1) and `thinned`: shape (H, W) or, for RGB, (H, W, 3). Alpha, which would hide
    the rest, and the low bytes of 16-bit samples are left out. For the other schemes the first
    bytes of the ciphertext, row after row in a near-square: shape (H, W); what would not fill its
    last row is left out.
    """
    if capture.shape is None:
        data = np.frombuffer(capture.ciphertext[: side * side], np.uint8)
        width = max(1, math.isqrt(data.size))
        rows = data.size // width
        return data[: rows * width].reshape(rows, width).copy()
    residues = capture.residues[0]
    top = residues.key.n - 1
    scaled = np.array([c * 255 // top for c in residues.distinct], np.uint8)
    grid = residues.indices.reshape(capture.shape)
    if capture.wide:
        grid = grid[..., ::2]
    if grid.ndim == 3:
        grid = grid[..., :3] if grid.shape[2] > 2 else grid[..., 0]
    return scaled[thinned(grid, side)]


def ciphertext_head(capture: Capture, size: int = 256) -> bytes:
    """The first `size` bytes of the ciphertext, residues written out."""
    if not capture.residues:
        return capture.ciphertext[:size]
    residues = capture.residues[0]
    return residues.expanded(0, -(-size // capture.residue_width))[:size]


def hex_rows(data: bytes) -> str:
    """Rows of 16 bytes, as `xxd` prints them, without its text column."""
    return "\n".join(
        f"{at:08x}: {data[at : at + 16].hex(' ', -2)}" for at in range(0, len(data), 16)
    )


def thinned(pixels: Array, side: int) -> Array:
    """Every n-th row and column, so that no side is longer than `side`; leaves noise noise."""
    step = -(-max(pixels.shape[:2]) // side)
    return cast(Array, np.ascontiguousarray(pixels[::step, ::step]))
