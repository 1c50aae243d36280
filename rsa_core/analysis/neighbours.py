"""Correlation of adjacent pixels: 0.9 and more in photographs, 0 in noise.

r over all pairs of neighbours, per channel and then averaged. For noise r sqrt(N - 1) is standard
normal, N being the number of pairs (Fisher 1915). Papers take a few thousand random pairs, whose
figures scatter in the third digit; all pairs cost little more.

The sums are integers, and exact: of bytes, sum (x - y)^2 comes from the histogram of |x - y|.
"""

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rsa_core.analysis.measurements import LEVEL, Measurement, judged_normal
from rsa_core.residues import count_bytes

Direction = Literal["horizontal", "vertical", "diagonal"]
DIRECTIONS: tuple[Direction, ...] = ("horizontal", "vertical", "diagonal")

Samples = NDArray[Any]  # uint8 or uint16

_VALUES = np.arange(256, dtype=np.int64)


def correlation(plane: Samples, direction: Direction) -> float | None:
    """Pearson's r, -1 to 1, over all adjacent pairs of one channel: uint8 or uint16, (H, W).

    The neighbour is to the right, below, or below to the right. None where there is no pair, or
    the samples are constant.
    """
    first, second = _pairs(plane, direction)
    if not first.size:
        return None
    return pearson(first, second)


def pearson(first: Samples, second: Samples) -> float | None:
    """Pearson's r of two arrays of one shape and dtype; None where one is constant."""
    size = first.size
    sx, sxx, sy, syy, twice_sxy = (_sums if first.dtype == np.uint8 else _wide_sums)(first, second)
    spread_x, spread_y = size * sxx - sx * sx, size * syy - sy * sy
    if not spread_x or not spread_y:
        return None
    twice = size * twice_sxy - 2 * sx * sy
    return twice / 2 / math.sqrt(spread_x) / math.sqrt(spread_y)


def _sums(first: Samples, second: Samples) -> tuple[int, ...]:
    x, y = count_bytes(first), count_bytes(second)
    apart = count_bytes(np.maximum(first, second) - np.minimum(first, second))
    squares = _VALUES * _VALUES
    sxx, syy, sdd = int(x @ squares), int(y @ squares), int(apart @ squares)
    return int(x @ _VALUES), sxx, int(y @ _VALUES), syy, sxx + syy - sdd


def _wide_sums(first: Samples, second: Samples) -> tuple[int, ...]:
    x, y = first.astype(np.uint64), second.astype(np.uint64)
    return (
        int(x.sum()),
        int((x * x).sum()),
        int(y.sum()),
        int((y * y).sum()),
        2 * int((x * y).sum()),
    )


def correlation_test(pixels: Samples, direction: Direction, level: float = LEVEL) -> Measurement:
    """Whether neighbours are unrelated; two-sided.

    The value is the mean of the channels' r; constant channels, such as opaque alpha, are left
    out. None where every channel is constant or too small.
    """
    planes = pixels.reshape(*pixels.shape[:2], -1)
    found = [
        r
        for channel in range(planes.shape[2])
        if (r := correlation(np.ascontiguousarray(planes[..., channel]), direction)) is not None
    ]
    pairs = _pairs(planes[..., 0], direction)[0].size
    value = sum(found) / len(found) if found and pairs > 1 else None
    return judged_normal(
        f"Correlation, {direction}",
        value,
        0.0,
        1.0 if value is None else 1 / math.sqrt(len(found) * (pairs - 1)),
        level=level,
        missing="the picture is constant or has no such neighbours",
        far="neighbouring pixels still resemble each other",
        explanation=f"Pearson's r over all {pairs} pairs of {direction} neighbours per channel; "
        "for noise r sqrt(N - 1) is standard normal.",
    )


def scatter(
    plane: NDArray[np.uint8], direction: Direction, count: int = 2000, seed: int = 0
) -> NDArray[np.uint8]:
    """Random adjacent pairs for a scatter plot, shape (N, 2), N at most `count`."""
    first, second = _pairs(plane, direction)
    pairs = np.stack([first.reshape(-1), second.reshape(-1)], axis=1)
    if len(pairs) <= count:
        return pairs
    return pairs[np.random.default_rng(seed).choice(len(pairs), count, replace=False)]


def _pairs(plane: Samples, direction: Direction) -> tuple[Samples, Samples]:
    if direction == "horizontal":
        return plane[:, :-1], plane[:, 1:]
    if direction == "vertical":
        return plane[:-1], plane[1:]
    return plane[:-1, :-1], plane[1:, 1:]
