"""A comparison as rows: for the page, the report, and CSV.

Rows for people are rounded. CSV has one row for each number, unrounded, so that a spreadsheet or
pandas can pivot them.
"""

from collections.abc import Mapping, Sequence

from lab.comparing import ATTACK_TITLES, Attempt, Entry
from lab.subject import Case
from rsa_core.analysis import NUMBERS, Measurement, numbers_of, value_of

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
            "Broken by": _broken_by(entry, attempts),
        }
        for entry in entries
    ]


def _broken_by(entry: Entry, attempts: Sequence[Attempt]) -> str:
    tried = [one for one in attempts if one.case == entry.case]
    won = ", ".join(ATTACK_TITLES[one.attack] for one in tried if one.broken)
    return won or (f"none of {len(tried)} attacks" if tried else "not attacked")


def statistics(original: Sequence[Measurement], entries: Sequence[Entry]) -> list[Row]:
    """One row for each test, one column for the original and for each case.

    ✓ is consistent with random, ✗ is not. The block length in a test's name is left out, since it
    differs from key to key.
    """
    columns = [("Original", original), *((one.case.name, one.statistics) for one in entries)]
    marks = {True: " ✓", False: " ✗", None: ""}
    cells = {
        (one.name.partition(" of ")[0], column): value_of(one) + marks[one.consistent]
        for column, measurements in columns
        for one in measurements
    }
    return [
        {"Test": test, **{column: cells.get((test, column), "-") for column, _ in columns}}
        for test in dict.fromkeys(test for test, _ in cells)
    ]


def side_by_side(cases: Sequence[Case], attempts: Sequence[Attempt]) -> list[Row]:
    """One row for each attack, one column for each case: what it did, and in what time."""
    cells = {(one.attack, one.case): _in_short(one) for one in attempts}
    tried = {attack for attack, _ in cells}
    return [
        {"Attack": title, **{case.name: cells.get((name, case), "-") for case in cases}}
        for name, title in ATTACK_TITLES.items()
        if name in tried
    ]


def _in_short(one: Attempt) -> str:
    if one.broken:
        return f"✗ broken in {seconds(one.seconds)}: {one.gain}"
    if one.gain:
        return f"✗ {one.gain}, in {seconds(one.seconds)}"
    if one.estimate:
        return f"✓ estimated: {one.estimate}"
    if one.verdict == "preconditions not met":
        return "✓ does not apply"
    return f"✓ not in {seconds(one.seconds)}"


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
    """The CSV: one row for each number of each case."""
    rows = [_row("original", "", "statistics", one.name, numbers_of(one)) for one in original]
    for entry in entries:
        place = entry.case.scheme, entry.case.bits
        rows += [
            _row(*place, "cost", name, {"value": value, "unit": unit})
            for name, value, unit in (
                ("making the key", entry.key_seconds, "s"),
                ("sealing", entry.seal_seconds, "s"),
                ("opening", entry.open_seconds, "s"),
                ("plaintext", entry.plain_bytes, "bytes"),
                ("envelope", len(entry.envelope), "bytes"),
                ("expansion", entry.expansion, ""),
            )
        ]
        rows += [
            _row(*place, section, one.name, numbers_of(one))
            for section, measurements in (
                ("statistics", entry.statistics),
                ("with original", entry.originals),
            )
            for one in measurements
        ]
        for one in attempts:
            if one.case == entry.case:
                outcome: Row = {
                    "value": one.seconds,
                    "unit": "s",
                    "verdict": one.verdict,
                    "remark": "; ".join(filter(None, [one.gain, one.estimate, one.words])),
                }
                rows.append(_row(*place, "attack", ATTACK_TITLES[one.attack], outcome))
    return rows


def _row(
    scheme: str, bits: str | int, section: str, measure: str, numbers: Mapping[str, str | float]
) -> Row:
    known: Row = {"scheme": scheme, "key bits": bits, "section": section, "measure": measure}
    return known | {name: numbers.get(name, "") for name in (*NUMBERS, "remark")}


def seconds(value: float) -> str:
    """A time in units that are easy to compare."""
    if value < 0.001:
        return "under 1 ms"
    return f"{1000 * value:.0f} ms" if value < 1 else f"{value:.1f} s"
