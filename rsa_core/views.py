"""Ciphertext made visible: as a picture, as a histogram, as hexadecimal.

A view is derived and lossy, for eyes only; what is kept and handed on is the envelope.
"""

import math
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from rsa_core.residues import count_bytes
from rsa_core.schemes.base import Capture

Grid = TypeVar("Grid", bound=NDArray[Any])


def noise_picture(capture: Capture, side: int = 512) -> NDArray[np.uint8]:
    """The ciphertext as a picture of at most `side` x `side`.

    Returns:
        For `textbook-pixels` the first copy's residues in the picture's own shape, c scaled to
        c * 255 // (n - 1) and thinned: (H, W) or, for RGB, (H, W, 3). Alpha, which would hide
        the rest, and the low bytes of 16-bit samples are left out. For the other schemes the
        first bytes of the ciphertext, row after row in a near-square: (H, W); what would not
        fill its last row is left out.
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
    if grid.ndim == 3:
        grid = grid[..., :3] if grid.shape[2] > 2 else grid[..., 0]
    return scaled[thinned(grid, side)]


def thinned(pixels: Grid, side: int) -> Grid:
    """Every n-th row and column, so that no side is longer than `side`.

    Unlike averaging, it leaves noise what it is.
    """
    step = -(-max(pixels.shape[:2]) // side)
    return cast("Grid", np.ascontiguousarray(pixels[::step, ::step]))


def byte_histogram(capture: Capture) -> NDArray[np.int64]:
    """How often each byte occurs in the ciphertext, shape (256,).

    For `textbook-pixels` that is the first copy's residues written out, `residue_width` bytes
    each, though they are never written out to count them.
    """
    if not capture.residues:
        return count_bytes(np.frombuffer(capture.ciphertext, np.uint8))
    residues = capture.residues[0]
    histogram = np.zeros(256, np.int64)
    for column in residues.table().T:
        np.add.at(histogram, column, residues.counts)
    return histogram


def entropy(histogram: NDArray[np.int64]) -> float:
    """Shannon entropy in bits per byte, 0 to 8; ideal noise of N bytes has 8 - 184 / N.

    Raises:
        ValueError: the histogram is empty.
    """
    total = int(histogram.sum())
    if total <= 0:
        raise ValueError("an empty histogram has no entropy")
    shares = histogram[histogram > 0] / total
    return float(-(shares * np.log2(shares)).sum()) + 0.0


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
