"""Tables for people, JSON for programs, and where `docs/performance.md` keeps the newest.

A table of the document lies between `<!-- NAME -->` and `<!-- /NAME -->`; `--markdown FILE` puts
the new one there, with the command and the machine.
"""

import argparse
import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import psutil

Cell = str | int | float | bool | None
Row = Mapping[str, Cell]


def arguments_of(
    parser: argparse.ArgumentParser,
    given: Sequence[str] | None,
    name: Callable[[argparse.Namespace], str],
) -> argparse.Namespace:
    """What was asked for, with `--json`, `--markdown`, and the command and the table's name.

    Ends the program where a file could not be written, before anything is measured.
    """
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="put the table into this document, too"
    )
    wanted = parser.parse_args(given)
    wanted.table = name(wanted)
    words = " ".join([parser.prog, *(sys.argv[1:] if given is None else given)])
    wanted.command = re.sub(r"://\S+", "://...", words)  # a database's address holds its password
    if wanted.json and not wanted.json.absolute().parent.is_dir():
        parser.error(f"there is no folder {wanted.json.parent}")
    if wanted.markdown and not has_place(wanted.markdown, wanted.table):
        parser.error(f"{wanted.markdown} has no place for {wanted.table}")
    return wanted


def told(wanted: argparse.Namespace, rows: Sequence[Row]) -> int:
    """Prints and writes what `arguments_of` was told to; 1 when a promise is missed, else 0."""
    text = report(wanted.command, rows)
    sys.stdout.write(text + "\n")
    if wanted.json:
        dump(wanted.json, wanted.command, **{wanted.table: rows})
    if wanted.markdown:
        rewrite(wanted.markdown, wanted.table, text)
    return int(any(row.get("kept") is False for row in rows))


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table under the names of the first; numbers are on the right."""
    names = list(rows[0])
    lines = [
        names,
        ["---:" if _are_numbers(row[name] for row in rows) else "---" for name in names],
    ]
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
        f"Python {version}, load {psutil.getloadavg()[1]:.1f}"
    )


def _are_numbers(values: Iterable[Cell]) -> bool:
    kinds = {type(value) for value in values} - {type(None)}
    return bool(kinds) and kinds <= {int, float}


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
