"""Clocks, and the Markdown table: medians, ratios, and whether each promise is kept.

Rivals take turns, so that whatever else the machine does falls on all of them alike.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

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


def table(lines: Sequence[Line], *, judged: bool) -> str:
    """The lines as Markdown."""
    rows = [("what", "ours", "compared with", "ratio", "promise", "kept")]
    rows.append(("---", "---:", "---", "---:", "---", "---"))
    for line in lines:
        verdict = {True: "yes", False: "NO", None: ""}[line.kept if judged else None]
        ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
        rows.append((line.what, line.ours, line.other, ratio, line.promise, verdict))
    return markdown(rows)


def markdown(rows: Iterable[Sequence[str]]) -> str:
    """Rows as a Markdown table; the first two are its head and the rule below."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def machine() -> dict[str, str | int | float]:
    """What the figures were measured on, and how busy it was."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0,
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0,
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
    }


def save(file: Path | None, benchmark: str, figures: Sequence[Mapping[str, object]]) -> None:
    """Writes the figures as JSON, with the machine; nothing where there is no file."""
    if file is not None:
        made = {"benchmark": benchmark, "machine": machine(), "figures": figures}
        file.write_text(json.dumps(made, indent=2) + "\n")


def status(lines: Sequence[Line]) -> int:
    """1 when a promise is missed, otherwise 0."""
    return int(any(line.kept is False for line in lines))
