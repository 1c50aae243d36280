"""The kinds of picture files: names, suffixes, and the bytes that each begins with. One table."""

import re
from dataclasses import dataclass, field

HEAD = 64  # bytes of a file that tell its kind
_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of picture file.

    Attributes:
        name: Pillow's name for it.
        title: for people.
        suffixes: lower-case, with their dots; the first is the one we hand out.
        shown: every current browser shows such a file as it is.
        rare: it has variants that Pillow does not read, or not everywhere.
        begins: what the file begins with.
    """

    name: str
    title: str
    mime: str
    suffixes: tuple[str, ...]
    shown: bool
    rare: bool
    begins: re.Pattern[bytes] | None = field(default=None, repr=False)


def _begins(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)


_HEIF = Kind("HEIF", "HEIC", "image/heif", (".heic", ".heif", ".hif"), False, True)
_AVIF = Kind("AVIF", "AVIF", "image/avif", (".avif",), False, True)
_BY_BEGINNING = (
    Kind(
        "PNG", "PNG", "image/png", (".png", ".apng"), True, False,
        _begins(rb"\x89PNG\r\n\x1a\n"),
    ),
    Kind(
        "JPEG", "JPEG", "image/jpeg", (".jpg", ".jpeg", ".jfif", ".jpe", ".mpo"), True, False,
        _begins(rb"\xff\xd8\xff"),
    ),
    Kind("GIF", "GIF", "image/gif", (".gif",), True, False, _begins(rb"GIF8[79]a")),
    Kind("WEBP", "WebP", "image/webp", (".webp",), True, False, _begins(rb"RIFF....WEBP")),
    Kind(
        "TIFF", "TIFF", "image/tiff", (".tif", ".tiff"), False, True,
        _begins(rb"II[*+]\0|MM\0[*+]"),
    ),
    Kind(
        "BMP", "BMP", "image/bmp", (".bmp", ".dib"), True, True,
        _begins(rb"BM.{12}[\x0c\x10(48@l|]\0\0\0"),  # the length of the header that follows
    ),
    Kind(
        "PPM", "PPM", "image/x-portable-anymap", (".pnm", ".ppm", ".pgm", ".pbm"), False, False,
        _begins(rb"P[1-6](\s+\d|\s*#)"),
    ),
    Kind(
        "JPEG2000", "JPEG 2000", "image/jp2", (".jp2", ".j2k", ".jpx"), False, True,
        _begins(rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"),
    ),
)  # fmt: skip
KINDS = {kind.name: kind for kind in (*_BY_BEGINNING, _HEIF, _AVIF)}
SUFFIXES = frozenset(suffix for kind in KINDS.values() for suffix in kind.suffixes)


def kind_of(head: bytes) -> Kind | None:
    """The kind of the picture file that begins with these bytes; None for no picture.

    `HEAD` bytes are enough for every kind.
    """
    if head[4:8] == b"ftyp":  # ISO/IEC 14496-12, 4.3: the major brand, then compatible ones
        end = min(int.from_bytes(head[:4], "big"), len(head))
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, end, 4))}
        if brands & {b"avif", b"avis"}:
            return _AVIF
        return _HEIF if brands & _BRANDS else None
    return next((kind for kind in _BY_BEGINNING if kind.begins and kind.begins.match(head)), None)
