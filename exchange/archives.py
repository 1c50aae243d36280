"""Folders as zip files: pictures going in, opened pictures coming out.

An archive from outside is hostile until it is read: how many files, how large each claims to be
and how large it is, how hard it is squeezed are all bounded before and while it is unpacked.
Nothing is ever written to a disk, so a member's name is only a name; `texts.file_name` judges it
like any other upload's.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from exchange.errors import InputRefused

MAX_FILES = 500
MAX_FILE_BYTES = 50 * 1024 * 1024  # what `rsa_core.pictures` takes
MAX_TOTAL_BYTES = 500 * 1024 * 1024
MAX_RATIO = 200  # pictures are compressed already; more than this is a bomb
_RATIO_FROM = 1024 * 1024  # small files of one colour are squeezed harder than that
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; `problem` says why it cannot be read, or is ""."""

    name: str = field(repr=False)
    data: bytes = field(repr=False)
    problem: str


def unpack(archive: bytes) -> list[Member]:
    """The files of a zip, folders and the litter of some systems left out.

    Raises:
        InputRefused: it is no zip, or is larger unpacked than we take. A single bad member is
            only that member's problem.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            infos = [info for info in opened.infolist() if _wanted(info)]
            _check_whole(infos)
            return [_member(opened, info) for info in infos]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise InputRefused("This is no zip file that can be read. Make it again.") from None


def pack(files: Iterable[tuple[str, bytes]]) -> bytes:
    """One zip of all files, stored without compression, under names that are all different.

    Names that differ in case only are made different too: some disks take them for one.
    """
    out = io.BytesIO()
    used: set[str] = set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for name, data in files:
            made.writestr(zipfile.ZipInfo(_unused(name, used)), data)
    return out.getvalue()


def _wanted(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    litter = "__MACOSX" in parts or (bool(parts) and parts[-1] in {".DS_Store", "Thumbs.db"})
    return not info.is_dir() and not litter


def _check_whole(infos: list[zipfile.ZipInfo]) -> None:
    if not infos:
        raise InputRefused("This zip file is empty.")
    if len(infos) > MAX_FILES:
        raise InputRefused(f"This zip file holds more than {MAX_FILES} files. Send it in parts.")
    total = sum(info.file_size for info in infos)
    if total > MAX_TOTAL_BYTES:
        limit = MAX_TOTAL_BYTES // 1024**2
        raise InputRefused(f"This zip file unpacks to more than {limit} MB. Send it in parts.")


def _member(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    if info.flag_bits & _ENCRYPTED:
        return Member(info.filename, b"", "This file is encrypted within the zip.")
    if info.file_size > MAX_FILE_BYTES:
        return Member(info.filename, b"", "This file is larger than 50 MB.")
    if info.file_size > max(_RATIO_FROM, MAX_RATIO * info.compress_size):
        return Member(info.filename, b"", "This file is squeezed too hard to be a picture.")
    try:
        with opened.open(info) as stream:
            data = stream.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError):
        return Member(info.filename, b"", "This file is damaged within the zip.")
    if len(data) != info.file_size:
        return Member(info.filename, b"", "This file is damaged within the zip.")
    return Member(info.filename, data, "")


def _unused(name: str, used: set[str]) -> str:
    """The name, with a number before its suffix when something like it was used already."""
    path = PurePosixPath(name)
    candidate, number = name, 1
    while candidate.casefold() in used:
        number += 1
        candidate = f"{path.stem} ({number}){path.suffix}"
    used.add(candidate.casefold())
    return candidate
