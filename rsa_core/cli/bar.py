"""The progress bar. It is drawn on a terminal only: in a log it would be noise.

tqdm is imported where a bar is drawn, and takes a fiftieth of a second: more than ten pictures.
"""

import sys
from typing import Any

from rsa_core.cli.console import complain, error_line


class Bar:
    """How many files are done, on the standard error."""

    def __init__(self, what: str, total: int) -> None:
        """Draws it, empty."""
        self._bar: Any = None
        if sys.stderr.isatty():
            from tqdm import tqdm  # noqa: PLC0415  (see above)

            tqdm.monitor_interval = 0  # its thread would be there when the processes are forked
            self._bar = tqdm(total=total, unit="file", desc=what, file=sys.stderr, leave=False)

    def reach(self, files: float) -> None:
        """Shows so many files as done; the last one may be done in part."""
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

    def close(self) -> None:
        """Wipes it out."""
        if self._bar is not None:
            self._bar.close()
