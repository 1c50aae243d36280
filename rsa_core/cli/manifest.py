"""The manifest: a CSV file that says what became of each file, and lets the next run go on.

    name           path below what was named on the command line
    bytes          length of that file
    scheme         of the envelope
    seconds        that it took
    sha256         SHA-256 of that file, hexadecimal, as `sha256sum` prints it
    outcome        "done"; "skipped": done before, and both files are unchanged; "failed: why"
    output         the file that was made, below the output folder
    output_sha256  its SHA-256
    keys           fingerprints of the recipients, or of the key that opened, with spaces between

UTF-8, lines ended by CR LF (RFC 4180). What a spreadsheet would compute has an apostrophe put
before it, as `rsa_core.csv_cells` says; reading takes it away. Rows are appended while the work
goes on, so that a run that was killed is remembered; at the end they are sorted by name, and those
of files that were done again dropped.

The manifest names files and their hashes in clear: it is for the person who ran the command.
"""

import csv
import io
import os
from dataclasses import dataclass, fields
from pathlib import Path

from rsa_core.cli.console import CommandError, reason
from rsa_core.cli.files import write_whole
from rsa_core.csv_cells import csv_bytes, plain


@dataclass(frozen=True, slots=True)
class Row:
    """One line; the attributes are the columns."""

    name: str
    bytes: int
    scheme: str
    seconds: float
    sha256: str
    outcome: str
    output: str
    output_sha256: str
    keys: str

    @property
    def done(self) -> bool:
        """Whether the output was made, now or before."""
        return self.outcome in ("done", "skipped")


_COLUMNS = tuple(field.name for field in fields(Row))


class Manifest:
    """The rows of earlier runs, and those of this one."""

    def __init__(self, path: Path) -> None:
        """Reads what is there (CommandError: another kind of file, or it cannot be read)."""
        self._path = path
        try:
            self._earlier = _parse(path.read_bytes()) if path.exists() else []
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(
                os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b", buffering=0
            )
        except OSError as error:
            raise CommandError(f"{path}: {reason(error)}") from None
        except ValueError:
            raise CommandError(
                f"{path}: this is not a manifest, and stays as it is; name another with --manifest"
            ) from None
        self._done = {row.name: row for row in self._earlier if row.done}  # the last one counts
        self._rows: list[Row] = []
        self._file.write(self._missing_head())

    def earlier(self, name: str) -> Row | None:
        """The last row that says that this file was done."""
        return self._done.get(name)

    def add(self, row: Row) -> None:
        """Remembers a row, on the disk too."""
        self._rows.append(row)
        self._file.write(csv_bytes([_cells(row)]))

    def close(self) -> None:
        """Drops the earlier rows of the files that were done again, and sorts by name."""
        self._file.close()
        again = {row.name for row in self._rows}
        rows = [row for row in self._earlier if row.name not in again] + self._rows
        rows.sort(key=lambda row: row.name)  # processes finish in any order
        whole = csv_bytes([_COLUMNS, *map(_cells, rows)])
        write_whole(self._path, whole, force=True, mode=0o600)

    def _missing_head(self) -> bytes:
        size = self._file.seek(0, os.SEEK_END)
        if not size:
            return csv_bytes([_COLUMNS])
        self._file.seek(size - 1)
        return b"" if self._file.read(1) == b"\n" else b"\r\n"  # the last run was cut short


def _cells(row: Row) -> list[str]:
    values = (getattr(row, name) for name in _COLUMNS)
    return [f"{one:.3f}" if isinstance(one, float) else str(one) for one in values]


def _parse(data: bytes) -> list[Row]:
    """The rows; one that was cut short is left out (ValueError: not a manifest)."""
    if not data:
        return []
    text = data.decode("utf-8", "surrogateescape")
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        raise ValueError("no CSV") from None
    if not lines or tuple(lines[0]) != _COLUMNS:
        raise ValueError("another header")
    rows = []
    for line in lines[1:]:
        cells = [plain(cell) for cell in line]
        if len(cells) == len(_COLUMNS) and cells[1].isdecimal():
            name, size, scheme, seconds, *rest = cells
            rows.append(Row(name, int(size), scheme, _seconds(seconds), *rest))
    return rows


def _seconds(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return 0.0
