"""The progress bar. It is drawn on a terminal only: in a log it would be noise."""

import sys
from typing import Any

from rsa_core.cli.console import complain, error_line, printable, tell


class Bar:
    """How many files are done, on the standard error."""

    def __init__(self, what: str, total: int) -> None:
        """Draws it, empty."""
        self._bar: Any = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit="file", desc=what, file=sys.stderr, leave=False)

    def reach(self, files: float) -> None:
        """Shows this number of files as done; the last one may be done in part."""
        if self._bar is not None:
            self._bar.n = files
            self._bar.update(0)

    def complain(self, message: str) -> None:
        """Writes the one line of an error, above the bar."""
        if self._bar is None:
            complain(message)
        else:
            self._bar.refresh()
            self._bar.write(error_line(message), file=sys.stderr)

    def tell(self, message: str) -> None:
        """Writes one line to the standard output, above the bar."""
        if self._bar is None:
            tell(message)
        else:
            self._bar.write(printable(message), file=sys.stdout)

    def close(self) -> None:
        """Wipes it out."""
        if self._bar is not None:
            self._bar.close()
