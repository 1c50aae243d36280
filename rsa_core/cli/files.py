"""Files: which are meant, what stands at their beginning, and how they are written.

A folder that is named stands for the files below it, and its tree is kept. What a file is, its
bytes say; what only its name calls a picture comes along too, and fails where all other failures
are. Every other file in the folder is passed over for a reason that is said, so that none is
missed in silence. Files that are named themselves are taken whatever they are called.

Nothing is ever half written: `Draft` writes under a temporary name beside the target, readable by
its owner only, and the target appears whole or not at all. A draft is locked while its process
lives, so that `sweep` knows what a killed one left behind.
"""

import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO

from rsa_core.cli.console import TargetExistsError, reason
from rsa_core.cli.locks import lock, remove_unlocked
from rsa_core.kinds import HEAD, SUFFIXES, kind_of

# What people call pictures, taken or not.
PICTURE_SUFFIXES = SUFFIXES | {
    *(".jxl", ".ico", ".svg", ".psd", ".tga", ".dng", ".pam", ".pfm"),
    *(".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf"),
}
ENVELOPE_SUFFIXES = frozenset((".p7m", ".rsaimg"))

# A container's magic, armour, or the type of CMS AuthEnvelopedData (RFC 5083) at its beginning.
_ENVELOPE = re.compile(
    rb"RSAIMG|-----BEGIN (?:CMS|PKCS7)-----|"
    rb"\x30.{1,9}\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
    re.DOTALL,
)
_DRAFT = ".rsa_core-{}.part"
# What file systems without hard links say.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a command looks for in folders: by the first `HEAD` bytes, or by lower-case suffix."""

    name: str
    suffixes: frozenset[str]
    knows: Callable[[bytes], bool]


PICTURES = Kind("a picture", PICTURE_SUFFIXES, lambda head: kind_of(head) is not None)
ENVELOPES = Kind("an envelope", ENVELOPE_SUFFIXES, lambda head: _ENVELOPE.match(head) is not None)
EITHER = Kind(
    "a picture or an envelope",
    PICTURE_SUFFIXES | ENVELOPE_SUFFIXES,
    lambda head: PICTURES.knows(head) or ENVELOPES.knows(head),
)


@dataclass(frozen=True, slots=True)
class Found:
    """One file that is meant; `name` is its "/" path below what was named on the command line.

    `left_out` says why it is passed over, or is ""; `missed` whether it looks like what is sought.
    """

    source: Path
    name: str
    left_out: str = ""
    missed: bool = False


def find(named: Sequence[Path], kind: Kind, *ours: Path) -> Iterator[Found]:
    """All files that are meant, folders walked, in the order of their names.

    What does not exist or cannot be read comes along too, so that it is missed where all other
    failures are. `ours`, files and folders that the command writes, are not looked at.
    """
    barred = {Path(os.path.realpath(path)) for path in ours}
    for path in named:
        folder = False
        with suppress(OSError):  # such as a way to it that is barred
            folder = path.is_dir()
        if folder:
            yield from _below(path, kind, barred)
        else:
            yield Found(path, readable(path.name))


def _below(top: Path, kind: Kind, barred: set[Path]) -> Iterator[Found]:
    unreadable: list[Path] = []

    def note(error: OSError) -> None:
        unreadable.append(Path(error.filename))

    for folder, subfolders, files in os.walk(top, onerror=note):
        here = Path(folder)
        subfolders.sort()
        for name in (*subfolders,):
            path = here / name
            if _is_one_of(path, barred):
                subfolders.remove(name)
                yield Found(path, _name(path, top) + "/", "the output folder")
            elif path.is_symlink():
                hidden = _is_hidden(path, top)
                words = "hidden" if hidden else "a link to a folder; name it to take what is in it"
                yield Found(path, _name(path, top) + "/", words, missed=not hidden)
        for name in sorted(files):
            path = here / name
            if not (_is_one_of(path, barred) or _is_draft(name)):
                yield _judged(path, top, kind)
    for path in unreadable:
        yield Found(path, _name(path, top))


def _judged(path: Path, top: Path, kind: Kind) -> Found:
    name = _name(path, top)
    hidden = _is_hidden(path, top)
    called = path.suffix.lower() in kind.suffixes and not hidden
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Found(path, name, "not a regular file", missed=called)
        if called:
            return Found(path, name)
        with path.open("rb", buffering=0) as file:
            known = kind.knows(file.read(HEAD))
    except OSError as error:
        if called:
            return Found(path, name)
        return Found(path, name, reason(error), missed=not hidden)
    if known and not hidden:
        return Found(path, name)
    return Found(path, name, "hidden" if hidden else f"not {kind.name}", missed=known)


def _name(path: Path, top: Path) -> str:
    return readable(path.relative_to(top).as_posix() if path != top else path.name)


def readable(name: str) -> str:
    """The name, as text in any case: bytes that are not UTF-8 as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _is_one_of(path: Path, barred: set[Path]) -> bool:
    return any(path.name == one.name for one in barred) and Path(os.path.realpath(path)) in barred


def _is_hidden(path: Path, top: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(top).parts)


def _is_draft(name: str) -> bool:
    return PurePosixPath(name).match(_DRAFT.format("*"))


def picture_suffix(head: bytes) -> str | None:
    """The suffix that belongs to a picture file's first `HEAD` bytes; None for no picture."""
    kind = kind_of(head)
    return None if kind is None else kind.suffixes[0]


class Draft:
    """A file in the making, unbuffered, beside its target; without `keep` its `with` removes it."""

    def __init__(self, folder: Path, mode: int = 0o666) -> None:
        """Makes the folder if missing, and the temporary file; `mode`, less the umask, is final."""
        folder.mkdir(parents=True, exist_ok=True)
        self._mode = mode
        while True:
            self._path = folder / _DRAFT.format(secrets.token_hex(8))
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            lock(handle)
            if os.fstat(handle).st_nlink:  # else `sweep` came between the two
                break
            os.close(handle)
        self.file: BinaryIO = os.fdopen(handle, "wb", buffering=0)
        # The lock lasts until the file has its name. Windows renames no open file.
        self._held = None if sys.platform == "win32" else os.dup(handle)

    def keep(self, target: Path, *, force: bool, like: os.stat_result | None = None) -> None:
        """Gives the file its name, in its folder (TargetExistsError: taken, and no `force`).

        `like` is the file whose time of change it gets.
        """
        self.file.close()
        with suppress(OSError):  # not every disk has modes and times
            self._path.chmod(self._mode & ~_umask())
            if like is not None:
                os.utime(self._path, ns=(like.st_atime_ns, like.st_mtime_ns))
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
        if self._held is not None:
            os.close(self._held)


def check_free(target: Path, *, force: bool) -> None:
    """Refuses a name that is taken (TargetExistsError), unless `force` says to replace it."""
    if not force and os.path.lexists(target):
        raise TargetExistsError


def write_whole(target: Path, data: bytes, *, force: bool, mode: int = 0o666) -> None:
    """Writes a file, whole or not at all (TargetExistsError, as `check_free`; or OSError)."""
    check_free(target, force=force)
    with Draft(target.parent, mode) as draft:
        write_all(draft.file, data)
        draft.keep(target, force=force)


def write_all(file: BinaryIO, data: bytes | bytearray | memoryview) -> None:
    """Writes all of the bytes: an unbuffered file may take less than it is given."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def sweep(folders: Iterable[Path]) -> None:
    """Removes the drafts in these folders that no process works on any more."""
    for folder in folders:
        for path in folder.glob(_DRAFT.format("*")):
            remove_unlocked(path)


def _umask() -> int:
    """Cannot be asked for without being set: to the strictest one meanwhile."""
    mask = os.umask(0o777)
    os.umask(mask)
    return mask
