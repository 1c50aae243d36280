"""The little ASN.1 that CMS needs: DER out, DER and one kind of BER in (X.690).

Writing is DER. `Reader` walks a seekable file and loads only what is asked for, so that the
ciphertext in the middle of an envelope costs no memory. Lengths are minimal, tags have one byte;
an indefinite length, which BER has and DER has not, is taken only where the caller says so.
"""

import io
from collections.abc import Iterable
from typing import BinaryIO

from Crypto.Util.asn1 import DerObjectId

from rsa_core.errors import EnvelopeFormatError

INTEGER = 0x02
OCTET_STRING = 0x04
SEQUENCE = 0x30
SET = 0x31
CONTEXT_0 = 0x80
CONTEXT_0_CONSTRUCTED = 0xA0
NULL_ELEMENT = b"\x05\x00"
END_OF_CONTENTS = b"\x00\x00"

_CONSTRUCTED = 0x20
_LONG_TAG = 0x1F
_INDEFINITE = 0x80
_MAX_LENGTH_BYTES = 8


def length(size: int) -> bytes:
    """Length octets, definite and minimal (X.690, 10.1)."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def element(tag: int, content: bytes) -> bytes:
    """One element: tag, length, content."""
    return bytes([tag]) + length(len(content)) + content


def sequence(*items: bytes) -> bytes:
    """SEQUENCE of encoded items."""
    return element(SEQUENCE, b"".join(items))


def set_of(items: Iterable[bytes]) -> bytes:
    """SET OF encoded items, sorted as DER wants it (X.690, 11.6)."""
    return element(SET, b"".join(sorted(items)))


def octet_string(content: bytes) -> bytes:
    """OCTET STRING, primitive."""
    return element(OCTET_STRING, content)


def small_integer(value: int) -> bytes:
    """INTEGER from 0 to 127."""
    return element(INTEGER, bytes([value]))


def object_id(dotted: str) -> bytes:
    """OBJECT IDENTIFIER."""
    return DerObjectId(dotted).encode()


class Reader:
    """Reads elements one after the other from a seekable file, from its current position on."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        """Reads up to the offset `end` of the file."""
        self._file = file
        self._end = end

    @classmethod
    def of(cls, data: bytes) -> "Reader":
        """Reads bytes in memory."""
        return cls(io.BytesIO(data), len(data))

    @property
    def at(self) -> int:
        """Offset of the next byte."""
        return self._file.tell()

    def take(self, count: int) -> bytes:
        """The next bytes, all of them (EnvelopeFormatError: there are fewer)."""
        self._need(count)
        data = self._file.read(count)
        if len(data) != count:
            raise EnvelopeFormatError(f"cut short at byte {self.at}")
        return data

    def skip(self, count: int) -> None:
        """Steps over bytes without loading them (EnvelopeFormatError: there are fewer)."""
        self._need(count)
        self._file.seek(count, io.SEEK_CUR)

    def header(self) -> tuple[int, int | None]:
        """Tag and length of the next element; None for an indefinite length.

        Raises:
            EnvelopeFormatError: a tag of several bytes, or a length that is not minimal, that
                reaches beyond the end, or that is indefinite on a primitive element.
        """
        at = self.at
        tag, first = self.take(2)
        if tag & _LONG_TAG == _LONG_TAG:
            raise EnvelopeFormatError(f"at byte {at}: a tag of several bytes; expected one byte")
        if first == _INDEFINITE:
            if not tag & _CONSTRUCTED:
                raise EnvelopeFormatError(f"at byte {at}: an indefinite length on a primitive")
            return tag, None
        size = first
        if first & 0x80:
            count = first & 0x7F
            if count > _MAX_LENGTH_BYTES:
                raise EnvelopeFormatError(
                    f"at byte {at}: a length of {count} bytes; expected 1 to 8"
                )
            octets = self.take(count)
            size = int.from_bytes(octets, "big")
            if length(size) != bytes([first]) + octets:
                raise EnvelopeFormatError(f"at byte {at}: the length is not minimal")
        self._need(size)
        return tag, size

    def enter(self, tag: int, what: str, *, indefinite: bool = False) -> int | None:
        """Goes into an element; gives the offset of its end, None for an indefinite length.

        Raises:
            EnvelopeFormatError: another tag, or an indefinite length where none is allowed.
        """
        at = self.at
        found, size = self.header()
        if found != tag:
            raise EnvelopeFormatError(
                f"at byte {at}: tag {found:#04x}; expected {tag:#04x} ({what})"
            )
        if size is not None:
            return self.at + size
        if not indefinite:
            raise EnvelopeFormatError(f"at byte {at}: an indefinite length ({what})")
        return None

    def leave(self, end: int | None, what: str) -> None:
        """Goes out of an element that ends at `end` (EnvelopeFormatError: content is left over)."""
        at = self.at
        if end is None:
            if self.take(2) != END_OF_CONTENTS:
                raise EnvelopeFormatError(f"at byte {at}: more than expected ({what})")
        elif at != end:
            raise EnvelopeFormatError(f"at byte {at}: expected the end at byte {end} ({what})")

    def whole(self, what: str, limit: int) -> bytes:
        """The next element with its header (EnvelopeFormatError: indefinite, or over the limit)."""
        at = self.at
        _, size = self.header()
        if size is None or size > limit:
            raise EnvelopeFormatError(f"at byte {at}: expected at most {limit} bytes ({what})")
        header = self.at - at
        self._file.seek(at)
        return self.take(header + size)

    def content(self, tag: int, what: str, limit: int) -> bytes:
        """The content of the next element (EnvelopeFormatError: another tag, or as for `whole`)."""
        at = self.at
        found, size = self.header()
        if found != tag:
            raise EnvelopeFormatError(
                f"at byte {at}: tag {found:#04x}; expected {tag:#04x} ({what})"
            )
        if size is None or size > limit:
            raise EnvelopeFormatError(f"at byte {at}: expected at most {limit} bytes ({what})")
        return self.take(size)

    def _need(self, count: int) -> None:
        if self.at + count > self._end:
            raise EnvelopeFormatError(
                f"cut short: {count} bytes wanted at byte {self.at}, the end is at {self._end}"
            )
