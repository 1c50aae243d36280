"""What one capture shows without a key: statistics with their plots, and its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rsa_core import Capture, png_of, views
from rsa_core.analysis import (
    DIRECTIONS,
    Measurement,
    bit_plane,
    duplicate_map,
    histogram,
    measured,
    report,
    scatter,
)
from rsa_core.attacks import stages

Samples = NDArray[np.uint8]

_CELLS = 48  # of the heat map's longer side
_PLANE_SIDE = 160
_STAGE_SIDE = 320
_SHOWN = 32  # bytes of a difference
_LEAD = 8


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """How samples are distributed.

    Attributes:
        counts: how often each value 0 to 255 occurs.
        pairs: neighbouring samples of the first channel, drawn at random: uint8, shape (N, 2),
            for each direction.
    """

    counts: tuple[int, ...] = field(repr=False)
    pairs: Mapping[str, Samples] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Where blocks of ciphertext repeat.

    Attributes:
        width: bytes of a block.
        blocks: number of blocks.
        distinct: number of different blocks.
        repeated: number of blocks that have a twin.
        heat: cells in reading order; each says how often the most frequent block of its part
            occurs, and is 1 everywhere when no block repeats.
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
        table: the tests, Holm-corrected.
        shape: of the samples.
        duplicates: None where there is less than one block.
        planes: the bit planes as PNGs, the highest bit first.
    """

    words: str
    size: int
    table: tuple[Measurement, ...]
    shape: Shape
    duplicates: Duplicates | None
    planes: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """How one envelope differs from another.

    Attributes:
        words: how many bytes differ, or both lengths.
        start: offset of the first byte shown.
        before, after: hexadecimal, up to 32 bytes of each, the first change among them.
    """

    words: str
    start: int
    before: str
    after: str


def statistics(capture: Capture) -> Statistics:
    """Measures a capture; about two seconds for twelve megapixels."""
    seen = measured(capture)
    samples = seen.samples
    small = views.thinned(samples if samples.ndim == 2 else samples[..., 0], _PLANE_SIDE)
    return Statistics(
        words=seen.words,
        size=samples.size,
        table=report(samples, block=seen.block),
        shape=shape_of(samples, 1000),
        duplicates=_duplicates(samples, seen.block),
        planes=tuple(png_of(bit_plane(small, bit)) for bit in range(7, -1, -1)),
    )


def shape_of(samples: Samples, pairs: int) -> Shape:
    """Histogram of all channels; at most `pairs` neighbours of the first, in each direction."""
    plane = samples if samples.ndim == 2 else np.ascontiguousarray(samples[..., 0])
    found = {str(direction): scatter(plane, direction, pairs) for direction in DIRECTIONS}
    return Shape(tuple(histogram(samples).tolist()), found)


def noise_picture(capture: Capture) -> bytes:
    """The ciphertext drawn as pixels: a PNG of at most 512 a side."""
    return png_of(views.noise_picture(capture))


def hex_dump(capture: Capture, size: int) -> str:
    """The first `size` bytes of the ciphertext: offset and hexadecimal, 16 bytes a line."""
    return views.hex_rows(views.ciphertext_head(capture, size))


def appearing(capture: Capture, envelope: bytes) -> tuple[bytes, ...]:
    """What a codebook knows after each of its 16 steps: PNGs of at most 320 a side.

    The whole dictionary is made too fast to be seen. Empty where a residue hides more than one
    sample: a codebook of samples then finds nothing.
    """
    if capture.shape is None:
        return ()
    return tuple(png_of(views.thinned(one, _STAGE_SIDE)) for one in stages(envelope))


def difference(before: bytes, after: bytes) -> Difference:
    """Where two envelopes differ, byte by byte."""
    common = min(len(before), len(after))
    a, b = (np.frombuffer(data, np.uint8, common) for data in (before, after))
    places = np.flatnonzero(a != b)
    start = max(0, (int(places[0]) if places.size else common) - _LEAD)
    words = f"{len(before)} bytes before, {len(after)} bytes after."
    if len(before) == len(after):
        words = f"{places.size} of {len(before)} bytes differ."
    shown = slice(start, start + _SHOWN)
    return Difference(words, start, before[shown].hex(" "), after[shown].hex(" "))


def _duplicates(samples: Samples, width: int) -> Duplicates | None:
    if samples.size < width:
        return None
    found = duplicate_map(samples, width)
    row = samples.size // samples.shape[0]
    # As wide as the picture where its rows are whole blocks, so that the map resembles it.
    columns = row // width if row % width == 0 else max(1, round(found.blocks**0.5))
    heat = found.heat(columns)
    for axis in (0, 1):
        size = heat.shape[axis]
        parts = min(size, _CELLS)
        heat = np.maximum.reduceat(heat, np.arange(parts) * size // parts, axis=axis)
    cells = tuple(tuple(row) for row in heat.tolist())
    return Duplicates(found.width, found.blocks, found.distinct, found.repeated, cells)
