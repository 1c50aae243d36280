"""Zip files for tests, hostile ones too."""

import io
import struct
import zipfile

CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
CENTRAL_FIELDS = {  # offset within the entry, and how the field is packed (APPNOTE 4.3.12)
    "version": (6, "<H"), "flags": (8, "<H"), "method": (10, "<H"), "crc": (16, "<I"),
    "packed": (20, "<I"), "size": (24, "<I"), "name length": (28, "<H"),
    "extra length": (30, "<H"), "offset": (42, "<I"),
}  # fmt: skip


def named(raw: bytes, data: bytes, *, flags: int = 0, extra: bytes = b"") -> bytes:
    """One stored file whose name has these bytes."""
    info = zipfile.ZipInfo("x" * len(raw))
    info.extra = extra
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(info, data)
    archive = bytearray(renamed(out.getvalue(), b"x" * len(raw), raw))
    struct.pack_into("<H", archive, 6, flags)
    return lying(bytes(archive), flags=flags)


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in files:
            made.writestr(name, data)
    return out.getvalue()


def directory(archive: bytes) -> list[int]:
    """Where each entry of the directory begins."""
    places, at = [], archive.find(CENTRAL)
    while at >= 0:
        places.append(at)
        at = archive.find(CENTRAL, at + 4)
    return places


def lying(archive: bytes, number: int = 0, **claims: int) -> bytes:
    """The archive with other numbers in one entry of its directory."""
    changed = bytearray(archive)
    for name, value in claims.items():
        offset, form = CENTRAL_FIELDS[name.replace("_", " ")]
        struct.pack_into(form, changed, directory(archive)[number] + offset, value)
    return bytes(changed)


def renamed(archive: bytes, old: bytes, new: bytes) -> bytes:
    """Another name of the same length, in both places."""
    assert len(old) == len(new)
    assert archive.count(old) == 2
    return archive.replace(old, new)


def nameless() -> bytes:
    """A sound file whose name has no letter, after one that has a name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("good.png", b"good")
        made.writestr(zipfile.ZipInfo("x"), b"nameless")
    archive = out.getvalue()
    local, central = archive.index(LOCAL, 4), directory(archive)[1]
    changed = bytearray(archive)
    struct.pack_into("<H", changed, local + 26, 0)
    struct.pack_into("<H", changed, local + 28, 1)  # the letter counts as an extra field now
    struct.pack_into("<H", changed, central + 28, 0)
    struct.pack_into("<H", changed, central + 30, 1)
    return bytes(changed)


def of_many_names(number: int) -> bytes:
    """A directory of that many entries, all of one empty file: 47 bytes each."""
    first = struct.pack("<4sHHHHHIIIHH", LOCAL, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    entry = struct.pack(
        "<4sHHHHHHIIIHHHHHII", CENTRAL, 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0
    )
    entries = (entry + b"a") * number
    end = struct.pack(
        "<4sHHHHIIH", END, 0, 0, number & 0xFFFF, number & 0xFFFF, len(entries), len(first), 0
    )
    return first + entries + end


def quoting(count: int, size: int) -> bytes:
    """A bomb of overlapping members: every entry names the same packed bytes."""
    archive = zipped(("a.png", bytes(size)))
    (at,) = directory(archive)
    entry = archive[at : archive.index(END)]
    entries = b"".join(entry.replace(b"a.png", b"%04d." % n) for n in range(count))
    end = struct.pack("<4sHHHHIIH", END, 0, 0, count, count, len(entries), at, 0)
    return archive[:at] + entries + end
