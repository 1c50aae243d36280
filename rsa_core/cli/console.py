"""What the commands say, and with which status they end.

Results go to the standard output. An error is one line on the standard error, "rsa_core: ...".
Names of files come from strangers: what a terminal would obey is replaced before it is shown.

    0    everything was done, or was done before and is intact
    1    something could not be done, or looks like a picture and was passed over; the standard
         error says what
    2    the command line is wrong
    3    a key or a passphrase cannot be used; nothing was done
    4    `attack`: the attack did not break it
    130  interrupted
"""

import errno
import io
import signal
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import BinaryIO

from rsa_core import RsaCoreError

DONE = 0
FAILED = 1
USAGE = 2
KEY_TROUBLE = 3
NOT_BROKEN = 4
INTERRUPTED = 130

# What ends a command tidily: Ctrl-C, `kill`, a terminal that is closed.
ENDINGS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
DASH = Path("-")  # stands for the standard input or output

_data: list[BinaryIO] = []
_TURNING = frozenset(
    map(chr, (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
_OBEYED = ("Cc", "Cs", "Zl", "Zp")  # controls, halves of characters, line breaks
_WORDS = {
    errno.ENAMETOOLONG: "the name is too long for this disk: give the file a shorter one",
    errno.EEXIST: "there is something else where a folder is needed",
    errno.ENOTDIR: "there is something else where a folder is needed",
}


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
    """The text on one line, without what a terminal would obey or turn around."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if letter in _TURNING or unicodedata.category(letter) in _OBEYED
        else letter
        for letter in text
    )


def error_line(message: str) -> str:
    """The one line of an error."""
    return f"rsa_core: {printable(message)}"


def complain(message: str) -> None:
    """Writes one line to the standard error, where that is still open."""
    with suppress(OSError):
        print(error_line(message), file=sys.stderr)


def tell(message: str) -> None:
    """Writes one line to the standard output."""
    print(printable(message))


def survive_any_text() -> None:
    """Lets the output say what its encoding has no character for by its number."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


@contextmanager
def giving_data() -> Iterator[None]:
    """Keeps the standard output for `data_output`; what is told goes to the standard error.

    Raises CommandError where it is a terminal, or closed.
    """
    if sys.stdout is None or sys.stdout.isatty():
        raise CommandError("bytes go to the standard output: send it to a file, or to a program")
    out = sys.stdout.buffer
    with redirect_stdout(sys.stderr):
        _data.append(out)
        try:
            yield
            out.flush()
        finally:
            _data.clear()


def data_output() -> BinaryIO:
    """The standard output as bytes, within `giving_data`."""
    return _data[0]


def read_input(path: Path) -> bytes:
    """A whole file, or for `-` the standard input (OSError, or CommandError: it is closed)."""
    if path != DASH:
        return path.read_bytes()
    if sys.stdin is None:
        raise CommandError("the standard input is closed")
    return sys.stdin.buffer.read()


def reason(error: BaseException) -> str:
    """Why something failed, without paths: the caller knows which file it concerns."""
    if isinstance(error, OSError):
        words = _WORDS.get(error.errno or 0, error.strerror)
        return words or "the file cannot be read or written"
    return str(error)


@contextmanager
def about(path: Path, status: int = FAILED) -> Iterator[None]:
    """Says of a file why what is done inside failed."""
    try:
        yield
    except (OSError, RsaCoreError, TargetExistsError) as error:
        raise CommandError(f"{path}: {reason(error)}", status) from None
