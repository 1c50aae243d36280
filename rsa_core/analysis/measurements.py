"""One number about a picture, what ideal noise gives, and what the difference means in words.

A test at 5 % rejects ideal noise once in twenty times. So "consistent with random" is the best
there is to say, and over a whole page the p-values are corrected by Holm's method: the chance
that ideal noise fails any test of the page stays below 5 %. Statistics can show weakness, never
strength: see `attacks.exhibit` for ciphers that pass all of them and are broken at once.

Holm, "A simple sequentially rejective multiple test procedure" (1979).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import scipy  # its `special` is imported with the first test

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Measurement:
    """One statistic.

    Attributes:
        value: the number; None ("n/a") where it is not defined, as for a constant picture.
        unit: "%", "bits", "dB", or "" for a bare number.
        ideal: what ideal noise of this size gives on average; None where nothing is ideal.
        low: below it the test rejects at `level`, alone; None where it does not look there.
        high: above it, likewise.
        p_value: chance that ideal noise is at least as far from ideal; None without a test.
        adjusted: the p-value corrected for all tests of the page; the bare one until then.
        verdict: in plain words, by the adjusted p-value.
        explanation: formula and source, in a sentence or two.
        far: what it means when the test rejects.
    """

    name: str
    value: float | None
    unit: str
    ideal: float | None
    low: float | None
    high: float | None
    p_value: float | None
    adjusted: float | None
    level: float
    verdict: str
    explanation: str
    far: str = field(default="", repr=False)

    @property
    def consistent(self) -> bool | None:
        """Whether the test does not reject; None without a test."""
        return None if self.adjusted is None else self.adjusted >= self.level


def judged(
    name: str,
    value: float | None,
    *,
    p_value: float | None,
    explanation: str,
    far: str,
    ideal: float | None = None,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    level: float = LEVEL,
    missing: str = "the picture is constant",
) -> Measurement:
    """A statistic with a test; `missing` says why where `value` is None."""
    if value is None:
        return Measurement(
            name, None, unit, ideal, None, None, None, None, level, f"n/a: {missing}", explanation
        )
    one = Measurement(
        name, value, unit, ideal, low, high, p_value, p_value, level, "", explanation, far
    )
    return replace(one, verdict=_verdict(one))


def judged_normal(
    name: str,
    value: float | None,
    mean: float,
    error: float,
    *,
    below: bool = False,
    level: float = LEVEL,
    **more: Any,  # noqa: ANN401  (as `judged` takes them)
) -> Measurement:
    """A statistic that is normal for noise, with this mean and standard deviation.

    The test is two-sided, or with `below` looks for too small values only.
    """
    reach = -float(scipy.special.ndtri(level if below else level / 2)) * error
    p_value = None
    if value is not None:
        z = (value - mean) / error
        p_value = float(scipy.special.ndtr(z) if below else 2 * scipy.special.ndtr(-abs(z)))
    high = None if below else mean + reach
    return judged(
        name, value, ideal=mean, low=mean - reach, high=high, p_value=p_value, level=level, **more
    )


def unjudged(
    name: str, value: float | None, verdict: str, explanation: str, *, unit: str = ""
) -> Measurement:
    """A statistic for which nothing is ideal."""
    return Measurement(name, value, unit, None, None, None, None, None, LEVEL, verdict, explanation)


def corrected(page: Iterable[Measurement]) -> tuple[Measurement, ...]:
    """The same measurements with Holm's p-values and the verdicts that follow from them."""
    found = list(page)
    with_test = [at for at, one in enumerate(found) if one.p_value is not None]
    adjusted = holm([one.p_value for one in found if one.p_value is not None])
    for at, p_value in zip(with_test, adjusted, strict=True):
        one = replace(found[at], adjusted=p_value)
        found[at] = replace(one, verdict=_verdict(one))
    return tuple(found)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values: the k-th smallest of m times m - k + 1, ascending, at most 1."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = largest
    return adjusted


def _verdict(one: Measurement) -> str:
    percent = f"{100 * one.level:g} %"
    if one.consistent:
        return f"consistent with random at {percent}"
    return f"far from random at {percent}: {one.far}"
