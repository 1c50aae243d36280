"""How evenly the 256 values occur: histogram, chi-square, entropy, local entropy, bit balance.

Every function takes uint8 samples of any shape. Ideal noise does not reach 8 bits of entropy: many
samples, T, give 8 - 255 / (2 T ln 2) on average, and 2 T ln 2 (8 - H) is chi-square distributed
with 255 degrees of freedom (Wilks 1938).
"""

import math
from functools import cache
from typing import Any

import numpy as np
import scipy  # its `special` is imported with the first test
from numpy.typing import NDArray

from rsa_core.analysis.measurements import LEVEL, Measurement, judged, judged_normal
from rsa_core.residues import count_bytes

Samples = NDArray[np.uint8]

DF = 255
LOCAL_SIDE = 44  # pixels; a block of 1936 samples (Wu and others 2013)
LOCAL_BLOCKS = 30
_ENOUGH = 5 * 256  # samples from which the chi-square distribution is a fair approximation
_SPREAD = 120  # no value occurs so often in 1936 samples of noise: below 1e-90


def histogram(samples: Samples) -> NDArray[np.int64]:
    """How often each value occurs, shape (256,) (ValueError: no samples, or not uint8)."""
    if samples.dtype != np.uint8 or not samples.size:
        raise ValueError("a histogram is of uint8 samples, one or more")
    return count_bytes(samples)


def chi_square(counts: NDArray[np.int64]) -> float:
    """Sum of (o - T/256)^2 / (T/256); ideal noise gives 255 on average (Pearson 1900)."""
    expected = int(counts.sum()) / 256
    return float(((counts - expected) ** 2).sum() / expected)


def entropy(counts: NDArray[np.int64]) -> float:
    """-sum p log2 p in bits, 0 to 8 (Shannon 1948)."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def expected_entropy(size: int) -> float:
    """Average for `size` samples of ideal noise, in bits: 0 of one, 7.9972 at 256 x 256."""
    if size >= _ENOUGH:
        return 8 - DF / (2 * size * math.log(2))
    counts = np.arange(min(size, _SPREAD) + 1)
    f = scipy.special.entr(counts / size) / math.log(2)
    return 256 * float(_binomial(counts, size, 1 / 256) @ f)  # exact


def chi_square_test(counts: NDArray[np.int64], level: float = LEVEL) -> Measurement:
    """Whether all values are equally frequent; one-sided, 293.248 at 5 %."""
    size = int(counts.sum())
    value = chi_square(counts)
    return judged(
        "Histogram chi-square",
        value if size >= _ENOUGH else None,
        ideal=DF,
        high=float(scipy.special.chdtri(DF, level)),
        p_value=float(scipy.special.chdtrc(DF, value)),
        level=level,
        missing=f"fewer than {_ENOUGH} samples",
        far="some values are more frequent than others",
        explanation="Sum of (observed - expected)^2 / expected over the 256 values; chi-square "
        "with 255 degrees of freedom (Pearson 1900).",
    )


def entropy_test(counts: NDArray[np.int64], level: float = LEVEL) -> Measurement:
    """Whether the entropy is as high as that of noise of the same size; one-sided."""
    size = int(counts.sum())
    value = entropy(counts)
    scale = 2 * size * math.log(2)
    return judged(
        "Shannon entropy",
        value if size >= _ENOUGH else None,
        unit="bits",
        ideal=expected_entropy(size),
        low=8 - float(scipy.special.chdtri(DF, level)) / scale,
        p_value=float(scipy.special.chdtrc(DF, scale * (8 - value))),
        level=level,
        missing=f"fewer than {_ENOUGH} samples",
        far="some values are more frequent than others",
        explanation="-sum p log2 p; noise of this size stays a little below 8 bits, and "
        "2 T ln 2 (8 - H) is chi-square with 255 degrees of freedom.",
    )


def bit_balance_test(counts: NDArray[np.int64], level: float = LEVEL) -> Measurement:
    """Whether each of the 8 bit planes has as many ones as zeros.

    The value is the share of ones in the plane that is farthest from half, in percent.
    """
    size = int(counts.sum())
    ones = [int(counts[np.arange(256) >> bit & 1 == 1].sum()) for bit in range(8)]
    scores = [(2 * count - size) / math.sqrt(size) for count in ones]
    worst = max(range(8), key=lambda bit: abs(scores[bit]))
    return judged(
        "Bit balance",
        100 * ones[worst] / size,
        unit="%",
        ideal=50.0,
        p_value=float(scipy.special.chdtrc(8, sum(z * z for z in scores))),
        level=level,
        far="one bit is set more often than another",
        explanation="Share of ones in the bit plane farthest from half; the squared deviations "
        "of all 8 planes add up to chi-square with 8 degrees of freedom.",
    )


def local_entropy(pixels: Samples, seed: int = 0) -> tuple[float, int] | None:
    """Mean entropy of up to 30 blocks of 44 x 44 pixels that do not overlap, and their number.

    Takes shape (H, W) or (H, W, C), where each channel has its own blocks; `seed` says which,
    where there are more than 30. The mean is in bits, 7.9025 for ideal noise. None where not one
    block fits. Wu and others, "Local Shannon entropy measure with statistical tests for image
    randomness" (2013).
    """
    planes = pixels.reshape(*pixels.shape[:2], -1)
    rows, columns, channels = (
        planes.shape[0] // LOCAL_SIDE,
        planes.shape[1] // LOCAL_SIDE,
        planes.shape[2],
    )
    places = rows * columns * channels
    if not places:
        return None
    chosen = np.random.default_rng(seed).permutation(places)[:LOCAL_BLOCKS]
    found = []
    for place in chosen.tolist():
        at, channel = divmod(place, channels)
        y, x = (LOCAL_SIDE * part for part in divmod(at, columns))
        found.append(entropy(count_bytes(planes[y : y + LOCAL_SIDE, x : x + LOCAL_SIDE, channel])))
    return sum(found) / len(found), len(found)


def local_entropy_test(pixels: Samples, level: float = LEVEL) -> Measurement:
    """Whether small blocks are as random as the whole; two-sided.

    The interval usually quoted, 7.901901 to 7.903037, divides the standard deviation by 30 where
    its root is meant; with the root it is 7.89936 to 7.90558 at 5 %.
    """
    mean, deviation = local_entropy_moments(LOCAL_SIDE**2)
    found = local_entropy(pixels)
    value, blocks = found if found is not None else (None, 1)
    return judged_normal(
        "Local entropy",
        value,
        mean,
        deviation / math.sqrt(blocks),
        unit="bits",
        level=level,
        missing=f"no block of {LOCAL_SIDE} x {LOCAL_SIDE} pixels fits",
        far="parts of the picture are less random than the whole",
        explanation=f"Mean entropy of {blocks} blocks of 44 x 44 pixels (Wu and others 2013), "
        "with the standard error of that many blocks.",
    )


@cache
def local_entropy_moments(size: int) -> tuple[float, float]:
    """Exact mean and standard deviation of the entropy of `size` samples of noise, in bits.

    Sums over the binomial distribution of one count, and the joint one of two:
    Var H = 256 Var f(o) + 256 x 255 Cov(f(o), f(o')) with f(o) = -(o / T) log2 (o / T).
    """
    counts = np.arange(min(size, _SPREAD) + 1)
    f = scipy.special.entr(counts / size) / math.log(2)
    one = _binomial(counts, size, 1 / 256)
    both = one[:, None] * _binomial(counts, size - counts[:, None], 1 / 255)
    mean = float(one @ f)
    variance = float(one @ f**2) - mean**2
    covariance = float(f @ both @ f) - mean**2
    return 256 * mean, math.sqrt(256 * variance + 256 * 255 * covariance)


def _binomial(k: NDArray[np.int64], n: Any, p: float) -> NDArray[np.float64]:  # noqa: ANN401
    """P(k successes in n trials); `scipy.stats` would take half a second to import."""
    rest = np.maximum(n - k, 0)
    chance: NDArray[np.float64] = scipy.special.binom(n, k) * p**k * (1 - p) ** rest
    return chance
