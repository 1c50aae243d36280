"""The comparison as rows: for the screen, for CSV, and for the report.

Measured numbers stay numbers in CSV, one row for each measure, so that a spreadsheet or pandas
can pivot them. On screen they are rounded, and a missing one is "n/a".
"""

import math
from collections.abc import Sequence

from lab.attempts import ATTACK_TITLES, Attempt
from lab.cases import Case
from lab.measuring import Entry
from rsa_core.analysis import Measurement

Row = dict[str, str | int | float]


def overview(entries: Sequence[Entry], attempts: Sequence[Attempt]) -> list[Row]:
    """One row for each case."""
    return [
        {
            "Scheme": entry.case.scheme + (" (insecure)" if entry.case.insecure else ""),
            "Key bits": entry.case.bits,
            "Sealing, ms": round(1000 * entry.seal_seconds, 1),
            "Opening, ms": round(1000 * entry.open_seconds, 1),
            "Expansion": round(entry.expansion, 3),
            "Tests failed": f"{entry.rejected} of {entry.tests}",
            "Broken by": broken_by(entry, attempts),
        }
        for entry in entries
    ]


def broken_by(entry: Entry, attempts: Sequence[Attempt]) -> str:
    """The attacks that succeeded."""
    mine = [one for one in attempts if one.case == entry.case]
    won = ", ".join(ATTACK_TITLES[one.attack] for one in mine if one.broken)
    return won or (f"none of {len(mine)} attacks" if mine else "not attacked")


def side_by_side(cases: Sequence[Case], attempts: Sequence[Attempt]) -> list[Row]:
    """One row for each attack, one column for each case: what it did, and in what time."""
    found = {(one.attack, one.case): _in_short(one) for one in attempts}
    names = [name for name in ATTACK_TITLES if any(name == attack for attack, _ in found)]
    return [
        {
            "Attack": ATTACK_TITLES[name],
            **{case.name: found.get((name, case), "-") for case in cases},
        }
        for name in names
    ]


def _in_short(one: Attempt) -> str:
    if one.broken:
        return f"✗ broken in {seconds(one.seconds)}: {one.gain}"
    if one.estimate:
        return f"✓ estimated: {one.estimate}"
    if one.verdict == "preconditions not met":
        return "✓ does not apply"
    return f"✓ not in {seconds(one.seconds)}"


def statistics(original: Sequence[Measurement], entries: Sequence[Entry]) -> list[Row]:
    """One row for each test, one column for the original and for each case.

    ✓ is consistent with random, ✗ is not. The block length in a test's name is left out, since it
    differs from key to key.
    """
    columns = [("Original", original), *((one.case.name, one.statistics) for one in entries)]
    rows: dict[str, Row] = {}
    for column, measurements in columns:
        for one in measurements:
            name = one.name.partition(" of ")[0]
            mark = " ✗" if one.consistent is False else " ✓" if one.consistent else ""
            rows.setdefault(name, {"Test": name})[column] = number(one) + mark
    names = [column for column, _ in columns]
    return [
        {"Test": str(row["Test"]), **{c: row.get(c, "-") for c in names}} for row in rows.values()
    ]


def measures(measurements: Sequence[Measurement]) -> list[Row]:
    """One row for each measure of one case, with its critical values."""
    return [
        {
            "Measure": one.name,
            "Value": number(one),
            "Ideal noise": rounded(one.ideal),
            "Rejected below": rounded(one.low),
            "Rejected above": rounded(one.high),
            "p (Holm)": rounded(one.adjusted),
            "Verdict": one.verdict,
        }
        for one in measurements
    ]


def likenesses(measurements: Sequence[Measurement]) -> list[Row]:
    """One row for each measure that has no test."""
    return [
        {
            "Measure": one.name,
            "Value": number(one),
            "In words": one.verdict,
            "What it is": one.explanation,
        }
        for one in measurements
    ]


def attacks(attempts: Sequence[Attempt]) -> list[Row]:
    """One row for each attack on one case."""
    return [
        {
            "Attack": ATTACK_TITLES[one.attack],
            "Verdict": one.verdict,
            "Time": seconds(one.seconds),
            "Gives": one.gain or "-",
            "Estimate": one.estimate or "-",
            "Why": one.words,
        }
        for one in attempts
    ]


def everything(
    original: Sequence[Measurement], entries: Sequence[Entry], attempts: Sequence[Attempt]
) -> list[Row]:
    """One row for each measure of each case: the CSV."""
    rows = [_measure_row("original", "", "statistics", one) for one in original]
    for entry in entries:
        scheme, bits = entry.case.scheme, entry.case.bits
        plain = {
            "making the key": (entry.key_seconds, "s"),
            "sealing": (entry.seal_seconds, "s"),
            "opening": (entry.open_seconds, "s"),
            "plaintext": (entry.plain_bytes, "bytes"),
            "envelope": (len(entry.envelope), "bytes"),
            "expansion": (entry.expansion, ""),
        }
        rows += [
            _row(scheme, bits, "cost", name, value=value, unit=unit)
            for name, (value, unit) in plain.items()
        ]
        rows += [_measure_row(scheme, bits, "statistics", one) for one in entry.statistics]
        rows += [_measure_row(scheme, bits, "with original", one) for one in entry.originals]
        rows += [
            _row(
                scheme,
                bits,
                "attack",
                ATTACK_TITLES[one.attack],
                value=one.seconds,
                unit="s",
                verdict=one.verdict,
                remark="; ".join(filter(None, [one.gain, one.estimate, one.words])),
            )
            for one in attempts
            if one.case == entry.case
        ]
    return rows


def number(one: Measurement) -> str:
    """Value and unit, rounded."""
    return f"{rounded(one.value)} {one.unit}".strip() if one.value is not None else "n/a"


def rounded(value: float | None) -> str:
    """Five digits; "-" for nothing."""
    if value is None:
        return "-"
    return "infinite" if math.isinf(value) else f"{value:.5g}"


def seconds(value: float) -> str:
    """A time as people compare it."""
    return (
        "under 1 ms"
        if value < 0.001
        else f"{1000 * value:.0f} ms"
        if value < 1
        else f"{value:.1f} s"
    )


def _measure_row(scheme: str, bits: int | str, section: str, one: Measurement) -> Row:
    return _row(
        scheme,
        bits,
        section,
        one.name,
        value=one.value,
        unit=one.unit,
        ideal=one.ideal,
        low=one.low,
        high=one.high,
        p_value=one.p_value,
        adjusted=one.adjusted,
        verdict=one.verdict,
    )


def _row(
    scheme: str,
    bits: int | str,
    section: str,
    measure: str,
    *,
    value: float | None,
    unit: str,
    ideal: float | None = None,
    low: float | None = None,
    high: float | None = None,
    p_value: float | None = None,
    adjusted: float | None = None,
    verdict: str = "",
    remark: str = "",
) -> Row:
    return {
        "scheme": scheme,
        "key bits": bits,
        "section": section,
        "measure": measure,
        "value": _bare(value),
        "unit": unit,
        "ideal": _bare(ideal),
        "low": _bare(low),
        "high": _bare(high),
        "p": _bare(p_value),
        "p (Holm)": _bare(adjusted),
        "verdict": verdict,
        "remark": remark,
    }


def _bare(value: float | None) -> str | float:
    return "" if value is None else value
