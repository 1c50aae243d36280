"""Tables for people, JSON for programs, and where `docs/performance.md` keeps the newest.

A table of the document lies between `<!-- NAME -->` and `<!-- /NAME -->`; `--markdown FILE` writes
it anew together with the command and the machine.
"""

import json
import math
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

Cell = str | int | float | bool | None
Row = Mapping[str, Cell]


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table under the names of the first; numbers are on the right."""
    names = list(rows[0])
    lines = [names, ["---:" if _is_number(rows[0][name]) else "---" for name in names]]
    lines += [[_words(row[name]) for name in names] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(command: str, rows: Sequence[Row]) -> str:
    """What is printed, and what a document keeps."""
    where = f"`{command}`, {time.strftime('%d %b %Y', time.gmtime())}; {machine()}"
    return f"{where}\n\n{markdown(rows)}"


def has_place(document: Path, name: str) -> bool:
    """Whether the document keeps this table."""
    return document.is_file() and len(_place(name).findall(document.read_text("utf-8"))) == 1


def rewrite(document: Path, name: str, text: str) -> None:
    """Puts the text where the document has its place.

    Raises:
        ValueError: it has none.
    """
    if not has_place(document, name):
        raise ValueError(f"{document} has no place for {name}")
    old = document.read_text("utf-8")
    document.write_text(
        _place(name).sub(lambda found: f"{found[1]}{text}\n{found[2]}", old), "utf-8"
    )


def _place(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)


def dump(file: Path, command: str, **tables: Sequence[Row]) -> None:
    """The same as JSON; what was never seen is null."""
    found = {
        "command": command,
        "machine": machine(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **{
            name: [{key: _finite(value) for key, value in row.items()} for row in rows]
            for name, rows in tables.items()
        },
    }
    file.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def machine() -> str:
    """What the figures are of, in a line; the load is what else this machine did meanwhile."""
    information = Path("/proc/cpuinfo")
    text = information.read_text() if information.exists() else ""
    model = re.search(r"model name\s*:\s*(.+)", text)
    memory = psutil.virtual_memory().total / 2**30
    version = ".".join(map(str, sys.version_info[:3]))
    return (
        f"{model[1] if model else 'unknown processor'}, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"Python {version}, load {os.getloadavg()[1]:.1f}"
    )


def _is_number(value: Cell) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: Cell) -> Cell:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _words(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "NO"
        case float() if math.isnan(value):
            return ""
        case float() if math.isinf(value):
            return "never"
        case float():
            return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return str(value)
