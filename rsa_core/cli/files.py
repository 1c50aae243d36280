"""Files: which are meant, what they are called on the other side, and how they are written.

A folder that is named stands for the files below it, and its tree is kept. Symbolic links to
folders are not followed, hidden files are passed over. Files that are named themselves are taken
whatever they are called.

Nothing is ever half written: `Draft` writes under a temporary name beside the target, and the
target appears whole or not at all.
"""

import errno
import os
import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from rsa_core.cli.console import TargetExistsError

PICTURE_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
) | {".pbm", ".pgm", ".ppm", ".pnm"}
ENVELOPE_SUFFIXES = frozenset((".p7m", ".rsaimg"))

_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), ".png"),
    (re.compile(rb"\xff\xd8\xff"), ".jpg"),
    (re.compile(rb"GIF8[79]a"), ".gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), ".webp"),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), ".tif"),
    (re.compile(rb"BM"), ".bmp"),
    (re.compile(rb"P[1-6][\s#]"), ".pnm"),
)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\ud800-\udfff]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # device names of Windows
_MAX_NAME_BYTES = 240
# What file systems without hard links say.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)


@dataclass(frozen=True, slots=True)
class Found:
    """One file that is meant; `name` is its "/" path below what was named on the command line."""

    source: Path
    name: str


def find(named: Sequence[Path], suffixes: Collection[str], leave_out: Path) -> Iterator[Found]:
    """The files that are meant, folders walked, in the order of their names.

    What does not exist or cannot be read comes along too, so that it is missed where all other
    failures are. In folders files with one of the lower-case `suffixes` count; `leave_out`, where
    the output goes, is not entered.
    """
    barred = leave_out.resolve()
    for path in named:
        if not path.is_dir():
            yield Found(path, path.name)
            continue
        unreadable: list[Path] = []
        tree = os.walk(path, onerror=lambda error: unreadable.append(Path(str(error.filename))))  # noqa: B023  (walked before it changes)
        for folder, subfolders, files in tree:
            here = Path(folder)
            subfolders[:] = sorted(
                name
                for name in subfolders
                if not name.startswith(".") and (here / name).resolve() != barred
            )
            for name in sorted(files):
                if Path(name).suffix.lower() in suffixes and not name.startswith("."):
                    yield Found(here / name, (here / name).relative_to(path).as_posix())
        for folder_path in unreadable:
            yield Found(folder_path, folder_path.name)


def picture_suffix(head: bytes) -> str | None:
    """The suffix that belongs to a picture file's first 16 bytes; None for no picture."""
    return next((suffix for pattern, suffix in _SIGNATURES if pattern.match(head)), None)


def safe_name(name: str) -> str:
    """A file name that is harmless in any folder: one component, visible, on every system.

    At most 240 bytes in UTF-8, never empty, with no separators, control characters or characters
    that Windows refuses, and with neither dots nor spaces at its ends.
    """
    cleaned = _UNSAFE.sub("_", name).strip(". ")
    stem, dot, suffix = cleaned.rpartition(".")
    while len(cleaned.encode()) > _MAX_NAME_BYTES:
        stem, suffix = (stem[:-1], suffix) if dot and stem else ("", suffix[:-1])
        cleaned = f"{stem}.{suffix}" if stem else suffix
    if _RESERVED.fullmatch(cleaned):
        cleaned = f"_{cleaned}"
    return cleaned or "picture"


def target_of(name: str, out: Path, *, sealing: bool, suffix: str = "") -> Path:
    """Where the output of a file goes; `name` is as in `Found`.

    Sealing adds the scheme's suffix. Opening removes that of an envelope, and makes what is left,
    which is the sender's choice, harmless.
    """
    path = out / name
    if sealing:
        return path.with_name(path.name + suffix)
    stem = path.stem if path.suffix.lower() in ENVELOPE_SUFFIXES else path.name
    return path.with_name(safe_name(stem))


class Draft:
    """A file in the making, unbuffered, beside its target; without `keep` its `with` removes it."""

    def __init__(self, folder: Path, mode: int = 0o666) -> None:
        """Makes the folder if missing, and the temporary file; `mode` is as the umask leaves it."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f".rsa_core-{secrets.token_hex(8)}.part"
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        self.file: BinaryIO = os.fdopen(handle, "wb", buffering=0)

    def keep(self, target: Path, *, force: bool) -> None:
        """Gives the file its name, in its folder (TargetExistsError: taken, and no `force`)."""
        self.file.close()
        if not force:
            try:
                # Unlike a look before a rename, this refuses even what appeared a moment ago.
                os.link(self._path, target)
            except FileExistsError:
                raise TargetExistsError from None
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                check_free(target, force=False)
            else:
                return
        self._path.replace(target)

    def __enter__(self) -> "Draft":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.file.close()
        self._path.unlink(missing_ok=True)


def check_free(target: Path, *, force: bool) -> None:
    """Refuses a name that is taken (TargetExistsError), unless `force` says to replace it."""
    if not force and os.path.lexists(target):
        raise TargetExistsError


def write_whole(target: Path, data: bytes, *, force: bool, mode: int = 0o666) -> None:
    """Writes a file, whole or not at all (TargetExistsError, as `check_free`; or OSError)."""
    check_free(target, force=force)
    with Draft(target.parent, mode) as draft:
        draft.file.write(data)
        draft.keep(target, force=force)
