"""All statistics of one capture, and what their plots show, as plain numbers and small PNGs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exchange.interceptor import CapturedPicture
from rsa_core import png_of
from rsa_core.analysis import (
    CANNOT_SHOW,
    DIRECTIONS,
    Measurement,
    bit_plane,
    duplicate_map,
    histogram,
    measured,
    report,
    scatter,
)

__all__ = ["CANNOT_SHOW", "Duplicates", "Statistics", "statistics"]

_PAIRS = 1000  # points of a scatter plot
_CELLS = 48  # of the heat map's longer side
_PLANE_SIDE = 160


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Where blocks of ciphertext repeat.

    Attributes:
        width: bytes of a block.
        blocks: how many there are.
        distinct: how many different ones.
        repeated: how many have a twin.
        heat: rows of cells in reading order; each number says how often the most frequent block
            of its part occurs. 1 everywhere when no block repeats.
    """

    width: int
    blocks: int
    distinct: int
    repeated: int
    heat: tuple[tuple[int, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics of one capture.

    Attributes:
        words: which samples were measured.
        size: how many.
        table: one row for each statistic, corrected for their number.
        counts: how often each of the 256 byte values occurs.
        neighbours: for each direction some pairs of neighbouring samples.
        duplicates: None where there is not one whole block.
        planes: the bit planes as PNGs, the highest bit first.
    """

    words: str
    size: int
    table: tuple[Measurement, ...]
    counts: tuple[int, ...] = field(repr=False)
    neighbours: Mapping[str, tuple[tuple[int, int], ...]] = field(repr=False)
    duplicates: Duplicates | None
    planes: tuple[bytes, ...] = field(repr=False)


def statistics(captured: CapturedPicture) -> Statistics:
    """Measures a capture; two seconds or so for twelve megapixels."""
    seen = measured(captured.facts)
    samples = seen.samples
    plane = samples if samples.ndim == 2 else samples[..., 0]
    pairs = {direction: scatter(plane, direction, _PAIRS).tolist() for direction in DIRECTIONS}
    step = -(-max(samples.shape[:2]) // _PLANE_SIDE)
    small = np.ascontiguousarray(plane[::step, ::step])
    return Statistics(
        words=seen.words,
        size=samples.size,
        table=report(samples, block=seen.block),
        counts=tuple(histogram(samples).tolist()),
        neighbours={name: tuple((x, y) for x, y in found) for name, found in pairs.items()},
        duplicates=_duplicates(samples, seen.block),
        planes=tuple(png_of(bit_plane(small, bit)) for bit in range(7, -1, -1)),
    )


def _duplicates(samples: NDArray[np.uint8], width: int) -> Duplicates | None:
    if samples.size < width:
        return None
    found = duplicate_map(samples, width)
    row = samples.size // samples.shape[0]
    # As wide as the picture where its rows are whole blocks, so that the map resembles it.
    columns = row // width if row % width == 0 else max(1, round(found.blocks**0.5))
    return Duplicates(
        found.width, found.blocks, found.distinct, found.repeated, _reduced(found.heat(columns))
    )


def _reduced(heat: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    """The largest number of each part, so that no side has more than `_CELLS` parts."""
    for axis in (0, 1):
        size = heat.shape[axis]
        parts = min(size, _CELLS)
        heat = np.maximum.reduceat(heat, np.arange(parts) * size // parts, axis=axis)
    return tuple(tuple(row) for row in heat.tolist())
