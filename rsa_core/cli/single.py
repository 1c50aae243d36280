"""One file in, one file out: what the commands that look at single files share.

`-` is the standard input, and as an output the standard output.
"""

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from rsa_core import SCHEMES, Capture
from rsa_core.cli.console import DASH, about, data_output, read_input, tell
from rsa_core.cli.files import check_free, write_whole
from rsa_core.cli.jobs import scheme_of
from rsa_core.envelopes.armoured import binary


def captured(path: Path) -> Capture:
    """What an interceptor sees of an envelope (CommandError)."""
    return captured_in(read(path), path)


def captured_in(data: bytes, path: Path) -> Capture:
    """The same of what was read from there."""
    with about(path):
        scheme, bare = _bare(data)
        return SCHEMES[scheme].capture(bare)


def envelope(path: Path) -> bytes:
    """An envelope without the mail or the PEM that it came in (CommandError: it is none)."""
    data = read(path)
    with about(path):
        return _bare(data)[1]


def _bare(data: bytes) -> tuple[str, bytes]:
    """The scheme that made an envelope, and its own bytes."""
    file: BinaryIO = BytesIO(data)
    scheme = scheme_of(file)
    return scheme, (binary(file) if scheme == "hybrid" else file).read()


def read(path: Path) -> bytes:
    """The whole file (CommandError)."""
    with about(path):
        return read_input(path)


def check_outputs(*paths: Path | None, force: bool) -> None:
    """Before any work: are the names free? (CommandError: one is not)."""
    for path in paths:
        if path is not None and path != DASH:
            with about(path):
                check_free(path, force=force)


def write(path: Path, data: bytes, *, force: bool, mode: int = 0o666) -> None:
    """Writes the file whole, and tells (CommandError)."""
    with about(path):
        if path == DASH:
            data_output().write(data)
            return
        write_whole(path, data, force=force, mode=mode)
    tell(f"wrote {path}")
