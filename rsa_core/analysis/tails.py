"""Tails of the normal and the chi-square distribution, without a statistics library.

The chi-square tail is the regularised incomplete gamma function Q(df / 2, x / 2): by its series
below the mean and by Lentz's continued fraction above it (Press and others, Numerical Recipes,
6.2; DLMF 8.11.4 and 8.9.2). Good to twelve digits for what is asked here.
"""

import math
from functools import cache
from statistics import NormalDist

_NORMAL = NormalDist()
_TINY = 1e-300
_EPSILON = 1e-15
_MAX_TERMS = 10_000


def normal_tail(z: float) -> float:
    """P(Z > z) for a standard normal Z."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def two_sided(z: float) -> float:
    """P(|Z| > |z|)."""
    return math.erfc(abs(z) / math.sqrt(2))


def normal_quantile(tail: float) -> float:
    """The z with P(Z > z) = `tail`; 1.6449 at 0.05 and 1.9600 at 0.025."""
    return -_NORMAL.inv_cdf(tail)


def chi_square_tail(x: float, df: float) -> float:
    """P(X > x) for a chi-square X with `df` degrees of freedom."""
    if x <= 0:
        return 1.0
    a, half = df / 2, x / 2
    return 1 - _lower_series(a, half) if half < a + 1 else _upper_fraction(a, half)


@cache
def chi_square_quantile(tail: float, df: float) -> float:
    """The x with P(X > x) = `tail`, by bisection; 293.248 at 0.05 and 255 degrees of freedom.

    Raises:
        ValueError: `tail` is not between 0 and 1.
    """
    if not 0 < tail < 1:
        raise ValueError("a tail is between 0 and 1")
    low, high = 0.0, df + 1
    while chi_square_tail(high, df) > tail:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if chi_square_tail(middle, df) > tail:
            low = middle
        else:
            high = middle
    return high


def _scale(a: float, x: float) -> float:
    return math.exp(a * math.log(x) - x - math.lgamma(a))


def _lower_series(a: float, x: float) -> float:
    term = total = 1 / a
    for k in range(1, _MAX_TERMS):
        term *= x / (a + k)
        total += term
        if term < total * _EPSILON:
            break
    return min(1.0, total * _scale(a, x))


def _upper_fraction(a: float, x: float) -> float:
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    result = d
    for k in range(1, _MAX_TERMS):
        numerator = -k * (k - a)
        b += 2
        d = numerator * d + b
        d = 1 / (d if abs(d) > _TINY else _TINY)
        c = b + numerator / c
        c = c if abs(c) > _TINY else _TINY
        result *= c * d
        if abs(c * d - 1) < _EPSILON:
            break
    return result * _scale(a, x)
