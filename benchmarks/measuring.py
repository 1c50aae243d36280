"""Clocks, and lines of a table: medians, ratios, and whether each promise is kept.

Rivals take turns, so that whatever else the machine does falls on all of them alike.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.reports import Row

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PATH": "/usr/local/bin:/usr/bin:/bin"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; figures carry their units, and texts are "" where nothing is compared.

    `other` names what we are compared with; `ratio` says how many times better we are. `kept` is
    None where nothing is promised or could be measured.
    """

    what: str
    ours: str
    other: str = ""
    ratio: float | None = None
    promise: str = ""
    kept: bool | None = None


def medians(
    repeats: int, *rivals: Callable[[], object], tidy: Callable[[], object] | None = None
) -> list[float]:
    """Median seconds of each rival; after one round that does not count, all take turns.

    `tidy` is called after each, outside the measured time.
    """
    times: list[list[float]] = [[] for _ in rivals]
    for number in range(repeats + 1):
        for rival, found in zip(rivals, times, strict=True):
            start = time.perf_counter()
            rival()
            if number:
                found.append(time.perf_counter() - start)
            if tidy is not None:
                tidy()
    return [statistics.median(found) for found in times]


def compared(what: str, ours: float, name: str, other: float, least: float | None = None) -> Line:
    """A line about two times in seconds; `least` is the promised ratio."""
    ratio = other / ours
    return Line(
        what,
        seconds(ours),
        f"{name}: {seconds(other)}",
        ratio,
        "" if least is None else f"at least {least:g} times",
        None if least is None else ratio >= least,
    )


def seconds(value: float) -> str:
    """Three digits with a unit that suits."""
    return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"


def quietly(*command: str | Path, folder: Path | None = None) -> None:
    """Runs a program to its end; what it says is lost, a failure is not."""
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env=ENVIRONMENT)  # noqa: S603  (our own commands)


def printed(code: str, *arguments: str | Path) -> float:
    """The number that a fresh interpreter prints."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )
    return float(done.stdout)


def rows(lines: Iterable[Line], *, judged: bool = True) -> list[Row]:
    """The lines for a report; promises count only where they are judged."""
    return [
        {
            "what": line.what,
            "ours": line.ours,
            "compared with": line.other,
            "ratio": line.ratio,
            "promise": line.promise,
            "kept": line.kept if judged else None,
        }
        for line in lines
    ]
