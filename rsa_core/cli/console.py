"""What the commands say, and with which status they end.

Results go to the standard output. An error is one line on the standard error, "rsa_core: ...".
Names of files come from strangers: what a terminal would obey is replaced before it is shown.

    0    everything was done, or was done before and is intact
    1    something could not be done; the lines on the standard error say what
    2    the command line is wrong
    3    a key or a passphrase cannot be used; nothing was done
    4    `attack`: the attack did not break it
    130  interrupted
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rsa_core import RsaCoreError

DONE = 0
FAILED = 1
USAGE = 2
KEY_TROUBLE = 3
NOT_BROKEN = 4
INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot go on; `status` is the exit status that belongs to it."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


class TargetExistsError(Exception):
    """The output's name is taken."""

    def __init__(self, message: str = "the output exists already; --force overwrites it") -> None:
        super().__init__(message)


def printable(text: str) -> str:
    """The text on one line, without control characters, bidirectional ones included."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def error_line(message: str) -> str:
    """The one line of an error."""
    return f"rsa_core: {printable(message)}"


def complain(message: str) -> None:
    """Writes one line to the standard error."""
    print(error_line(message), file=sys.stderr)


def tell(message: str) -> None:
    """Writes one line to the standard output."""
    print(printable(message))


def reason(error: BaseException) -> str:
    """Why something failed, without paths: the caller knows which file it concerns."""
    if isinstance(error, OSError):
        return error.strerror or "the file cannot be read or written"
    return str(error)


@contextmanager
def about(path: Path, status: int = FAILED) -> Iterator[None]:
    """Says of a file why what is done inside failed."""
    try:
        yield
    except (OSError, RsaCoreError, TargetExistsError) as error:
        raise CommandError(f"{path}: {reason(error)}", status) from None
