"""NPCR, UACI and bit change: two ciphertexts whose plaintexts differ in one sample.

They are for two *ciphertexts*; between a picture and its ciphertext they say nothing. A scheme
with randomness passes even for two identical plaintexts, and that is right. A scheme without it
passes only if one sample changes everything.

Critical values by size: Wu, Noonan and Agaian, "NPCR and UACI randomness tests for image
encryption" (2011).
"""

import math

import numpy as np
from numpy.typing import NDArray

from rsa_core.analysis.measurements import LEVEL, Measurement, judged_normal
from rsa_core.residues import count_bytes

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

_BITS = np.array([value.bit_count() for value in range(256)], np.int64)
_EXPLAINED = "of two ciphertexts whose plaintexts differ in one sample (Wu, Noonan, Agaian 2011)."


def npcr(first: Pixels, second: Pixels) -> float:
    """Number of pixels change rate between two ciphertext pictures: percent of unequal samples.

    Both are uint8 or both uint16, of the same shape. Independent uniform noise of 8 bits gives
    99.61 on average (255/256).

    Raises:
        ValueError: shapes or dtypes differ, or there are no samples.
    """
    top = check_pair(first, second)
    if top == 255:
        return 100 * (1 - int(distances(first, second)[0]) / first.size)
    return 100 * int(np.count_nonzero(first != second)) / first.size


def uaci(first: Pixels, second: Pixels) -> float:
    """Unified average changing intensity: mean of |a - b| in percent of the largest value.

    Takes and raises what `npcr` does. Independent uniform noise of 8 bits gives 33.46 on average
    (257/768).
    """
    top = check_pair(first, second)
    counts = distances(first, second)
    return 100 * int(counts @ np.arange(counts.size)) / (top * first.size)


def bit_change(first: Pixels, second: Pixels) -> float:
    """Percent of unequal bits, 0 to 100; noise gives 50. Takes and raises what `npcr` does."""
    check_pair(first, second)
    unequal = int(_BITS @ count_bytes((first ^ second).view(np.uint8)))
    return 100 * unequal / (8 * first.nbytes)


def npcr_test(first: Pixels, second: Pixels, level: float = LEVEL) -> Measurement:
    """Whether as many samples change as between independent noise; one-sided."""
    return judged_normal(
        "NPCR",
        npcr(first, second),
        *_npcr_moments(first.size, check_pair(first, second)),
        below=True,
        level=level,
        unit="%",
        far="equal plaintexts stay equal: a change shows where it was made",
        explanation=f"Share of unequal samples {_EXPLAINED}",
    )


def uaci_test(first: Pixels, second: Pixels, level: float = LEVEL) -> Measurement:
    """Whether samples change by as much as between independent noise; two-sided."""
    return judged_normal(
        "UACI",
        uaci(first, second),
        *_uaci_moments(first.size, check_pair(first, second)),
        level=level,
        unit="%",
        far="samples change by another amount than noise does",
        explanation=f"Mean absolute difference in percent of the largest value, {_EXPLAINED}",
    )


def bit_change_test(first: Pixels, second: Pixels, level: float = LEVEL) -> Measurement:
    """Whether half of all bits change (avalanche); two-sided."""
    return judged_normal(
        "Bit change",
        bit_change(first, second),
        50.0,
        50 / math.sqrt(8 * first.nbytes),
        level=level,
        unit="%",
        far="one changed sample does not change half of the bits",
        explanation="Share of unequal bits of two ciphertexts whose plaintexts differ in one "
        "sample; half is ideal (Feistel 1973, Webster and Tavares 1985).",
    )


def check_pair(first: Pixels, second: Pixels) -> int:
    """The largest sample value of two arrays (ValueError: as for `npcr`, or not unsigned)."""
    if first.shape != second.shape or first.dtype != second.dtype or not first.size:
        raise ValueError("two pictures must have one shape and dtype, and at least one sample")
    if first.dtype not in (np.uint8, np.uint16):
        raise ValueError("samples are uint8 or uint16")
    return int(np.iinfo(first.dtype).max)


def distances(first: Pixels, second: Pixels) -> NDArray[np.int64]:
    """Histogram of |a - b|, shape (256,) or (65536,). Never by a difference that wraps round."""
    apart = np.maximum(first, second) - np.minimum(first, second)
    if apart.dtype == np.uint8:
        return count_bytes(apart.astype(np.uint8, copy=False))
    return np.bincount(apart.reshape(-1), minlength=1 << 16).astype(np.int64)


def _npcr_moments(size: int, top: int) -> tuple[float, float]:
    """Mean and standard deviation for noise, in percent."""
    return 100 * top / (top + 1), 100 * math.sqrt(top / size) / (top + 1)


def _uaci_moments(size: int, top: int) -> tuple[float, float]:
    mean = (top + 2) / (3 * top + 3)
    variance = (top + 2) * (top * top + 2 * top + 3) / (18 * (top + 1) ** 2 * top * size)
    return 100 * mean, 100 * math.sqrt(variance)
