"""Folders as zip files: pictures going in, opened pictures coming out.

An archive's directory is bounded before it is parsed: a million names cost nothing. Then how many
files, how large each claims to be and how hard it is squeezed are looked at, over all archives of
one sending; and no file is unpacked before its turn, so that one at a time is in memory. However a
file is compressed, no more is unpacked than its directory claims. Nothing is written to a disk, so
whoever takes a member's name judges it like any other upload's.
"""

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath

from rsa_core.errors import ArchiveError
from rsa_core.names import Names, safe_name, split

MAX_FILES = 500
MAX_FILE_BYTES = 50 * 1024 * 1024  # what `rsa_core.pictures` takes
MAX_TOTAL_BYTES = 500 * 1024 * 1024
MAX_DIRECTORY_BYTES = 512 * 1024  # 500 files with long names, folders and litter beside them
MAX_RATIO = 200  # pictures are compressed already; more than this is a bomb
_RATIO_FROM = 1024 * 1024  # small files of one colour are squeezed harder than that
_ENCRYPTED = 0x1
_UTF_8 = 0x800  # the name is
_UNICODE_PATH = 0x7075  # an extra field: the name in UTF-8 (APPNOTE 4.6.9)
_LOCAL_HEADER = 30  # bytes, its name and its extra field not counted (APPNOTE 4.3.7)
_MAX_DICTIONARY = 80 * 1024 * 1024  # bytes that LZMA may take
_LITTER = {".ds_store", "thumbs.db", "desktop.ini"}
_DAMAGED = "This file is damaged within the zip."
_NO_ZIP = "This zip file cannot be read. Please create it again."


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, not unpacked yet; `problem` says why it cannot be, or is ""."""

    name: str = field(repr=False)
    problem: str
    _archive: zipfile.ZipFile = field(repr=False)
    _info: zipfile.ZipInfo = field(repr=False)

    def read(self) -> bytes:
        """Unpacks at most `MAX_FILE_BYTES`, whatever is claimed (ArchiveError: it is damaged)."""
        if self.problem:
            raise ArchiveError(self.problem)
        wanted = self._info.file_size
        try:
            # Python unpacks the rarer methods without a limit, whatever size is claimed.
            if squeezed := _RARER.get(self._info.compress_type):
                data = squeezed(_packed(self._archive, self._info), wanted + 1)
                if zlib.crc32(data) != self._info.CRC:
                    raise ArchiveError(_DAMAGED)
            else:
                with self._archive.open(self._info) as stream:
                    data = stream.read(wanted + 1)
        except Exception:  # `zipfile` raises a dozen kinds at hostile bytes
            raise ArchiveError(_DAMAGED) from None
        if len(data) != wanted:
            raise ArchiveError(_DAMAGED)
        return data


@dataclass(slots=True)
class Allowance:
    """What all archives of one sending may hold together."""

    files: int = MAX_FILES
    size: int = MAX_TOTAL_BYTES

    def take(self, files: int, size: int) -> None:
        """Counts one more archive (ArchiveError: it is too much, and is not counted)."""
        first = self.files == MAX_FILES
        holder = "This zip file holds" if first else "The zip files together hold"
        unpacked = "This zip file unpacks" if first else "The zip files together unpack"
        if files > self.files:
            raise ArchiveError(f"{holder} more than {MAX_FILES} files. Send them in parts.")
        if size > self.size:
            limit = MAX_TOTAL_BYTES // 1024**2
            raise ArchiveError(f"{unpacked} to more than {limit} MB. Send them in parts.")
        self.files -= files
        self.size -= size


class _Bounded(io.BytesIO):
    """A file that gives no large piece away: `zipfile` reads a directory in one."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._length = len(data)  # asking the buffer itself would make a copy of it
        self.bounded = True

    def read(self, size: int | None = -1, /) -> bytes:
        left = self._length - self.tell()
        wanted = left if size is None or size < 0 else min(size, left)
        if self.bounded and wanted > MAX_DIRECTORY_BYTES:
            raise ArchiveError(
                f"This zip file holds far more than {MAX_FILES} files. Send it in parts."
            )
        return super().read(size)


def unpack(archive: bytes, allowance: Allowance | None = None) -> list[Member]:
    """The files of a zip, each to be read in its turn; folders and some systems' litter left out.

    Archives that are sent together share an allowance. A bad member is only that member's problem.

    Raises:
        ArchiveError: not a zip, or it holds more than we take.
    """
    file = _Bounded(archive)
    try:
        opened = zipfile.ZipFile(file)
        file.bounded = False
        infos = opened.infolist()
        wanted = [info for info in infos if _wanted(info)]
        overlapping = _overlapping(infos, opened.start_dir)
    except ArchiveError:
        raise
    except Exception:  # as above; a directory is as hostile as what it lists
        raise ArchiveError(_NO_ZIP) from None
    if not wanted:
        raise ArchiveError("This zip file is empty.")
    sizes = [info.file_size for info in wanted if info.file_size <= MAX_FILE_BYTES]
    (allowance or Allowance()).take(len(wanted), sum(sizes))
    return [
        Member(
            _name(info) or "(no name)",
            _DAMAGED if id(info) in overlapping else _problem(info),
            opened,
            info,
        )
        for info in wanted
    ]


def pack(files: Iterable[tuple[str, bytes]]) -> bytes:
    """One zip of all files, stored without compression, under names that are all different.

    A generator keeps only one file in memory beside the archive. Names that differ in case only
    are made different too: some disks take them for one.
    """
    out = io.BytesIO()
    names = Names()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for name, data in files:
            stem, suffix = split(safe_name(_path(name).name))
            made.writestr(zipfile.ZipInfo(names.fresh(stem, suffix) + suffix), data)
    return out.getvalue()


def _path(name: str) -> PurePosixPath:
    """Some zips are made on Windows by programs that write its separators."""
    return PurePosixPath(name.replace("\\", "/"))


def _name(info: zipfile.ZipInfo) -> str:
    """The name with "/" for separators, in the best reading there is of its bytes.

    Without the flag for UTF-8 they are of code page 437, as the format has it; but many programs
    write UTF-8 all the same, which other text hardly ever happens to be.
    """
    name = info.filename
    if not info.flag_bits & _UTF_8:
        raw = info.orig_filename.encode("cp437", "replace").partition(b"\0")[0]
        for candidate in (_unicode_path(info.extra, raw), raw):
            try:
                name = candidate.decode() or name
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _unicode_path(extra: bytes, raw: bytes) -> bytes:
    """What the extra field says the name is, if it is still about this name; else the name."""
    about = zlib.crc32(raw).to_bytes(4, "little")
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + size]
        if kind == _UNICODE_PATH and body[:5] == b"\1" + about and body[5:]:
            return body[5:]
        at += 4 + size
    return raw


def _wanted(info: zipfile.ZipInfo) -> bool:
    name = _name(info)
    parts = PurePosixPath(name).parts
    last = parts[-1] if parts else ""
    litter = "__MACOSX" in parts or last.lower() in _LITTER or last.startswith("._")
    return not name.endswith("/") and not litter


def _packed(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The bytes of a member as they are stored, found by its local header (APPNOTE 4.3.7)."""
    file = archive.fp
    if file is None:
        raise ArchiveError(_DAMAGED)
    file.seek(info.header_offset)
    head = file.read(_LOCAL_HEADER)
    name, extra = struct.unpack_from("<HH", head, 26)
    file.seek(name + extra, io.SEEK_CUR)
    if head[:4] != b"PK\3\4":
        raise ArchiveError(_DAMAGED)
    return file.read(info.compress_size)


def _bunzip2(packed: bytes, most: int) -> bytes:
    return bz2.BZ2Decompressor().decompress(packed, most)


def _unlzma(packed: bytes, most: int) -> bytes:
    """Version, length of the properties, properties, stream (APPNOTE 5.8)."""
    size = int.from_bytes(packed[2:4], "little")
    alone = packed[4 : 4 + size] + b"\xff" * 8 + packed[4 + size :]  # as a file of its own
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MAX_DICTIONARY)
    return unpacker.decompress(alone, most)


_RARER: Mapping[int, Callable[[bytes, int], bytes]] = {
    zipfile.ZIP_BZIP2: _bunzip2,
    zipfile.ZIP_LZMA: _unlzma,
}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, *_RARER)


def _overlapping(infos: Sequence[zipfile.ZipInfo], end: int) -> set[int]:
    """The members, by identity, whose bytes are another's too: a known way to make a bomb."""
    found: set[int] = set()
    in_order = sorted(infos, key=lambda info: info.header_offset)
    for one, following in pairwise([*in_order, None]):
        if one is not None:
            limit = end if following is None else following.header_offset
            if one.header_offset + _LOCAL_HEADER + one.compress_size > limit:
                found.add(id(one))
                if following is not None:
                    found.add(id(following))
    return found


def _problem(info: zipfile.ZipInfo) -> str:
    """Why the member is not to be read, by what the directory says of it; or ""."""
    if not info.filename:
        return "This file has no name within the zip."
    if info.flag_bits & _ENCRYPTED:
        return "This file is encrypted within the zip."
    if info.compress_type not in _METHODS:
        return "This file is compressed in a rare way. Make an ordinary zip file."
    if info.file_size > MAX_FILE_BYTES:
        return "This file is larger than 50 MB."
    if info.file_size > max(_RATIO_FROM, MAX_RATIO * info.compress_size):
        return "This file is squeezed too hard to be a picture."
    return ""
