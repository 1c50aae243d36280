"""`-`: one picture from the standard input, to the standard output, or both; held in memory.

There is no manifest, and nothing is skipped. What an input without a name becomes in a folder is
called after it: "stdin.png.p7m".
"""

from argparse import Namespace
from io import BytesIO
from pathlib import Path

from rsa_core import SCHEMES
from rsa_core.cli.console import (
    DASH,
    DONE,
    USAGE,
    CommandError,
    about,
    data_output,
    read_input,
    tell,
)
from rsa_core.cli.files import picture_suffix, write_whole
from rsa_core.cli.jobs import Opener, Sealer, scheme_of
from rsa_core.cli.streams import Writer
from rsa_core.kinds import HEAD


def is_piped(args: Namespace) -> bool:
    """Whether the command line names the standard input or output."""
    return args.out == DASH or DASH in args.files


def read(args: Namespace) -> bytes:
    """What goes in (CommandError: it is not one file, or cannot be read)."""
    if len(args.files) > 1 or args.files[0].is_dir():
        raise CommandError("- stands for one file: give one file, not several or a folder", USAGE)
    with about(args.files[0]):
        return read_input(args.files[0])


def pass_through(work: Sealer | Opener, data: bytes, source: Path) -> int:
    """Seals or opens it, and writes what came of it whole; gives the exit status."""
    made = BytesIO()
    writer = Writer(made, lambda: False)
    with about(source):
        if isinstance(work, Sealer):
            _, left_out = work.seal(BytesIO(data), len(data), writer, lambda: False, None)
            suffix = picture_suffix(data[:HEAD]) or ""
            target = work.out / f"stdin{suffix}{SCHEMES[work.scheme].suffix}"
        else:
            scheme = SCHEMES[scheme_of(BytesIO(data))]
            left_out = work.open(BytesIO(data), scheme, writer, lambda: False, None)
            target = work.final(work.out / "stdin", scheme, writer.head)
    if left_out:
        tell(f"left out: {left_out}")
    if work.out == DASH:
        data_output().write(made.getbuffer())
    else:
        with about(target):
            write_whole(target, made.getvalue(), force=work.force)
        tell(f"wrote {target}")
    return DONE
