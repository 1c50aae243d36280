"""Children: fresh interpreters that import this package and do one thing for us.

Why not `multiprocessing`: a spawned child runs the parent's `__main__` again, which under
Streamlit is a page, and forking a process that has threads can hang. What is secret travels
through the pipes, never on the command line. A child whose parent is gone reads the end of its
input, and ends.
"""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

Child = subprocess.Popen[bytes]

_ENVIRONMENT = frozenset(
    {
        "HOME",
        "LANG",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "OPENBLAS_CORETYPE",
        "OPENBLAS_L2_SIZE",
        "PATH",
        "SYSTEMROOT",
        "TEMP",
        "TMPDIR",
    }
)
# Each thread of a linear algebra library would reserve memory that a child's limit counts.
_ALONE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_SIZE = 8  # bytes of the length before each frame


def start(code: str, *arguments: str, errors: int | None = None) -> Child:
    """Starts an interpreter on `code`, with pipes for its input and output.

    Of our environment it gets what an interpreter needs, and no secrets.

    Args:
        code: what it runs.
        arguments: its `sys.argv[1:]`.
        errors: where its messages go, as `subprocess.DEVNULL`; None for where ours go.
    """
    root = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    needed = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT}
    return subprocess.Popen(  # noqa: S603  (our own interpreter, our own module)
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={**needed, **_ALONE, "PYTHONPATH": path},
    )


def pipes(child: Child) -> tuple[IO[bytes], IO[bytes]]:
    """Its input and its output."""
    if child.stdin is None or child.stdout is None:
        raise OSError("a child has no pipes")
    return child.stdin, child.stdout


def end(child: Child) -> None:
    """Kills it, whatever it does, and waits for it to be gone."""
    child.kill()
    for pipe in pipes(child):
        with suppress(OSError):  # what was still to be written has no reader any more
            pipe.close()
    child.wait()


def write_frame(out: IO[bytes], data: bytes) -> None:
    """Writes length u64 | data."""
    out.write(len(data).to_bytes(_SIZE, "big"))
    out.write(data)
    out.flush()


def read_frame(source: IO[bytes]) -> bytearray | None:
    """Reads one frame; None at the end of the input, or where it is cut short."""
    head = source.read(_SIZE)
    if len(head) < _SIZE:
        return None
    data = bytearray(int.from_bytes(head, "big"))
    view, at = memoryview(data), 0
    while at < len(data):
        got = source.readinto(view[at:])  # type: ignore[attr-defined]  # a buffered pipe has it
        if not got:
            return None
        at += got
    return data
