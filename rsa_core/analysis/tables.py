"""Measurements as rows: one set of headings and one number format, whoever shows them.

`rows_of` is for people and rounds; `numbers_of` is for CSV and does not.
"""

import math
from collections.abc import Sequence

from rsa_core.analysis.measurements import Measurement

NUMBERS = ("value", "unit", "ideal", "low", "high", "p_value", "adjusted", "verdict")


def rows_of(
    measurements: Sequence[Measurement], *, explained: bool = False
) -> list[dict[str, str]]:
    """One row for each measurement, all tested at one level; empty columns are left out.

    `explained` adds a column with formula and source.
    """
    rows = [
        {
            "Statistic": one.name,
            "Verdict": _verdict(one),
            "Value": value_of(one),
            "Ideal noise": _number(one.ideal),
            f"Accepted at {100 * one.level:g} %, alone": _range(one),
            "p-value": _probability(one.p_value),
            "p-value, Holm": _probability(one.adjusted),
            "What it is": one.explanation * explained,
        }
        for one in measurements
    ]
    return [{name: row[name] for name in row if any(r[name] for r in rows)} for row in rows]


def meanings_of(measurements: Sequence[Measurement]) -> list[str]:
    """What each rejection means, one line each."""
    return [f"{one.name}: {one.far}" for one in measurements if one.consistent is False]


def numbers_of(one: Measurement) -> dict[str, str | float]:
    """The fields in `NUMBERS`, unrounded; "" for None."""
    fields = ((name, getattr(one, name)) for name in NUMBERS)
    return {name: "" if value is None else value for name, value in fields}


def value_of(one: Measurement) -> str:
    """Value and unit, rounded."""
    return "n/a" if one.value is None else f"{_number(one.value)} {one.unit}".strip()


def _verdict(one: Measurement) -> str:
    """Short: `meanings_of` says what a rejection means."""
    if one.consistent is None:
        return one.verdict
    return "consistent" if one.consistent else "far from random"


def _range(one: Measurement) -> str:
    if one.low is not None and one.high is not None:
        return f"{_number(one.low)} to {_number(one.high)}"
    if one.low is not None:
        return f"from {_number(one.low)}"
    return f"up to {_number(one.high)}" if one.high is not None else ""


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if math.isinf(value):
        return "infinite"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:.1f}"


def _probability(p_value: float | None) -> str:
    if p_value is None:
        return ""
    return f"{p_value:.3f}" if p_value >= 0.001 else "below 0.001"
