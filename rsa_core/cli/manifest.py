"""The manifest: a CSV file that says what became of each file, and lets the next run go on.

    name           path below what was named on the command line
    bytes          length of that file
    scheme         of the envelope
    seconds        that it took
    sha256         SHA-256 of that file, hexadecimal, as `sha256sum` prints it
    outcome        "done"; "skipped": done before, and both files are unchanged; "failed: why";
                   "passed over: why"
    output         the file that was made, below the output folder
    output_sha256  its SHA-256
    keys           fingerprints of the recipients, or of the key that opened, with spaces between
    left_out       what a textbook scheme does not keep of the picture; older manifests end before

UTF-8, lines ended by CR LF (RFC 4180). What a spreadsheet would compute has an apostrophe put
before it, as `rsa_core.csv_cells` says; reading takes it away.

Each process appends its rows itself, and "done" before the output gets its name: whatever is
killed, the next run knows what each file in the output folder is. At the end of a run the rows are
sorted by name; of each file the last one stays and, where that is not about an output, the last
one that is. A lock keeps several runs from losing each other's rows.

The manifest names files and their hashes in clear: it is for the person who ran the command.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rsa_core.cli.console import CommandError, reason
from rsa_core.cli.files import write_whole
from rsa_core.cli.locks import lock
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
    left_out: str = ""

    @property
    def done(self) -> bool:
        """Whether the output was made, now or before."""
        return self.outcome in ("done", "skipped")

    def takes_back(self, other: "Row") -> bool:
        """Whether it says that the output of another row came to nothing."""
        return bool(self.output_sha256) and self.output_sha256 == other.output_sha256


_COLUMNS = tuple(field.name for field in fields(Row))


class Manifest:
    """The rows of all runs so far, this one and those beside it included."""

    def __init__(self, path: Path) -> None:
        """Touches nothing yet; what is pickled is the path."""
        self.path = path
        self._inode, self._read = 0, 0  # of what was read, and how far
        self._done: dict[str, list[Row]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Manifest, (self.path,)

    def start(self) -> None:
        """Makes sure that there is a sound one (CommandError: another kind of file, no access)."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._locked() as handle:
                data = _from(handle, 0)
                if not data:
                    self._append(handle, [])
                elif data != (whole := _whole(_parse(data))):  # cut short when the power failed
                    self._replace(whole)
        except OSError as error:
            raise CommandError(f"{self.path}: {reason(error)}") from None
        except ValueError:
            raise CommandError(
                f"{self.path}: this is not a manifest, and stays as it is; "
                "name another with --manifest"
            ) from None

    def earlier(self, name: str) -> list[Row]:
        """The rows that say that this file was done, the last one first."""
        with suppress(ValueError), self._locked() as handle:
            self._catch_up(handle)
        return self._done.get(name, [])[::-1]

    def outputs(self) -> dict[str, str]:
        """For each file that was done its output."""
        with suppress(ValueError), self._locked() as handle:
            self._catch_up(handle)
        return {name: rows[-1].output for name, rows in self._done.items() if rows}

    def add(self, *rows: Row) -> None:
        """Appends rows, whole or not at all (OSError)."""
        with self._locked() as handle:
            self._append(handle, rows)

    def tidy(self) -> None:
        """Sorts by name, and drops what is superseded."""
        with suppress(ValueError), self._locked() as handle:
            rows = _lasting(_parse(_from(handle, 0)))
            self._replace(_whole(sorted(rows, key=lambda row: row.name)))

    def _replace(self, whole: bytes) -> None:
        # Windows replaces no open file: there the rows stay as they are.
        with suppress(PermissionError):
            write_whole(self.path, whole, force=True, mode=0o600)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The open file, for one process at a time."""
        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                lock(handle)
                # `tidy`, elsewhere, may have put another file in its place meanwhile.
                with suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(handle), self.path.stat()):
                        yield handle
                        return
            finally:
                os.close(handle)

    def _append(self, handle: int, rows: Sequence[Row]) -> None:
        end = os.lseek(handle, 0, os.SEEK_END)
        data = csv_bytes(map(_cells, rows))
        if not end:
            data = _whole([]) + data
        if os.write(handle, data) < len(data):  # the disk is full
            os.ftruncate(handle, end)
            raise OSError(0, "the manifest cannot be written: is the disk full?")

    def _catch_up(self, handle: int) -> None:
        """Reads what was appended since (ValueError: not a manifest)."""
        now = os.fstat(handle)
        if now.st_ino != self._inode or now.st_size < self._read:
            self._inode, self._read = now.st_ino, 0
            self._done.clear()
        whole = not self._read
        data = _from(handle, self._read)
        self._read += len(data)
        for row in _parse(data, headed=whole):
            rows = self._done.setdefault(row.name, [])
            if row.done:
                rows.append(row)
            else:
                rows[:] = [one for one in rows if not row.takes_back(one)]


def _whole(rows: Iterable[Row]) -> bytes:
    return csv_bytes([_COLUMNS, *map(_cells, rows)])


def _lasting(rows: Iterable[Row]) -> Iterator[Row]:
    """Of each file the last row and, where that is not about an output, the last that is."""
    done: dict[str, Row] = {}
    last: dict[str, Row] = {}
    for row in rows:
        last[row.name] = row
        if row.done:
            done[row.name] = row
        elif row.name in done and row.takes_back(done[row.name]):
            del done[row.name]
    for name, row in last.items():
        if name in done and not row.done:
            yield done[name]
        yield row


def _from(handle: int, start: int) -> bytes:
    """All bytes from there on."""
    os.lseek(handle, start, os.SEEK_SET)
    pieces = iter(lambda: os.read(handle, 1 << 20), b"")
    return b"".join(pieces)


def _cells(row: Row) -> list[str]:
    values = (getattr(row, name) for name in _COLUMNS)
    return [f"{one:.3f}" if isinstance(one, float) else str(one) for one in values]


def _parse(data: bytes, *, headed: bool = True) -> list[Row]:
    """The rows; one that was cut short is left out (ValueError: not a manifest)."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        raise ValueError("no CSV") from None
    if headed and (not lines or tuple(lines.pop(0)) not in (_COLUMNS, _COLUMNS[:-1])):
        raise ValueError("another header")
    rows = []
    for line in lines:
        cells = [plain(cell) for cell in line]
        if len(_COLUMNS) - 1 <= len(cells) <= len(_COLUMNS) and cells[1].isdecimal():
            name, size, scheme, seconds, *rest = cells
            rows.append(Row(name, int(size), scheme, _seconds(seconds), *rest))
    return rows


def _seconds(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return 0.0
