"""The container of the classroom schemes: file name suffix ".rsaimg".

    head      "RSAIMG" | version u8 = 2 | recipients u16 | recipient ...
    recipient length u16 | n | length u16 | e
    content   scheme u8 | samples u8 | shape | copy ...         one copy for each recipient
    shape     samples 0 (a file's bytes):  length u64
              samples 1 (u8) or 2 (u16):   height u32 | width u32 | channels u8
                                           left out u8 | length u32 | colour profile
    copy      textbook-pixels:             distinct u32 | residue ... | index ...
              textbook-blocks, oaep-blocks: residue ...

Integers are big-endian; n and e are as short as possible; a residue is as long as n. A recipient
is named by the fingerprint of its key, which follows from n and e. Recipients with equal keys
are one recipient. The plaintext of 16-bit samples is their bytes, high byte first. How many
residues a copy has follows from shape and scheme. The digest that a signature covers is SHA-256
of the content.

`parse` accepts exactly what `pack` writes.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np

from rsa_core.classroom import ClassroomPublicKey
from rsa_core.errors import EnvelopeFormatError, KeyFormatError, LimitError
from rsa_core.left_out import ALL
from rsa_core.pictures import MAX_BYTES, MAX_PIXELS, MAX_PROFILE, MAX_SIDE
from rsa_core.residues import MAX_DISTINCT, Blocks, Residues, index_type, joined

MAGIC = b"RSAIMG"
VERSION = 2
MAX_ENVELOPE = 128 * 1024 * 1024
MAX_RECIPIENTS = 1024
MAX_HEAD = 3 << 20  # bytes; as many recipients with the longest keys need 2.1 MB

SchemeName = Literal["textbook-pixels", "textbook-blocks", "oaep-blocks"]
Samples = Literal["file", "u8", "u16"]

_SCHEMES: tuple[SchemeName, ...] = ("textbook-pixels", "textbook-blocks", "oaep-blocks")
_SAMPLES: tuple[Samples, ...] = ("file", "u8", "u16")
_T = TypeVar("_T")
MIN_BITS: Mapping[SchemeName, int] = {
    "textbook-pixels": 9,
    "textbook-blocks": 64,
    "oaep-blocks": 2048,
}
_OAEP_OVERHEAD = 66  # 2 hLen + 2 with SHA-256 (RFC 8017, 7.1.1)


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """One picture, encrypted once for each distinct public key.

    Attributes:
        samples: "file" where a file's bytes are encrypted (oaep-blocks).
        shape: of the samples, (H, W) or (H, W, C) with C from 2 to 4; (length,) for a file.
        copies: `Residues` for textbook-pixels, otherwise `Blocks`; no two under the same key.
        left_out: what the samples do not keep of the picture, as bits of `rsa_core.left_out`.
        profile: the samples' ICC profile, in clear; b"" for none.

    Raises:
        EnvelopeFormatError: when made from parts that do not fit together.
    """

    scheme: SchemeName
    samples: Samples
    shape: tuple[int, ...]
    copies: tuple[Residues | Blocks, ...] = field(repr=False)
    left_out: int = 0
    profile: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        _check_shape(self.scheme, self.samples, self.shape)
        _check_rest(self.samples, self.left_out, self.profile)
        if not 1 <= len(self.copies) <= MAX_RECIPIENTS:
            raise EnvelopeFormatError(
                f"{len(self.copies)} recipients; expected 1 to {MAX_RECIPIENTS}"
            )
        if len({(copy.key.n, copy.key.e) for copy in self.copies}) != len(self.copies):
            raise EnvelopeFormatError("two recipients have the same key")
        wanted_form = Residues if self.scheme == "textbook-pixels" else Blocks
        for copy in self.copies:
            found = copy.indices.size if isinstance(copy, Residues) else len(copy)
            wanted = residues_wanted(self.scheme, self.plaintext_bytes, copy.key)
            if not isinstance(copy, wanted_form) or found != wanted:
                raise EnvelopeFormatError(f"a copy has {found} residues; expected {wanted}")

    @property
    def plaintext_bytes(self) -> int:
        """Length of what was encrypted: all samples, or the file."""
        return math.prod(self.shape) * (2 if self.samples == "u16" else 1)

    def pack(self) -> bytes:
        """The container's bytes (LimitError: more than `MAX_ENVELOPE`)."""
        parts = [self._head(), *self._content()]
        size = sum(memoryview(part).nbytes for part in parts)
        if size > MAX_ENVELOPE:
            raise LimitError(f"the envelope would have {size} bytes; the limit is {MAX_ENVELOPE}")
        return b"".join(parts)

    def digest(self) -> bytes:
        """SHA-256 of the content: all but the recipients, 32 bytes."""
        digest = hashlib.sha256()
        for part in self._content():
            digest.update(part)
        return digest.digest()

    @classmethod
    def parse(cls, data: bytes) -> "Container":
        """Reads exactly what `pack` writes; indices stay views of `data`.

        Anything else raises EnvelopeFormatError, which says what is wrong, and where.
        """
        if len(data) > MAX_ENVELOPE:
            raise EnvelopeFormatError(f"{len(data)} bytes; a container has at most {MAX_ENVELOPE}")
        reader = _Reader(data)
        keys, scheme = _parse_head(reader)
        samples = reader.choice(_SAMPLES, first=0, what="samples")
        shape = _parse_shape(reader, samples)
        _check_shape(scheme, samples, shape)  # before copies of that size are read
        left_out, profile = 0, b""
        if samples != "file":
            left_out = reader.uint(1, "what is left out")
            profile = reader.take(reader.uint(4, "length of the profile"), "colour profile")
        plaintext = math.prod(shape) * (2 if samples == "u16" else 1)
        copies: list[Residues | Blocks] = []
        for key in keys:
            wanted = residues_wanted(scheme, plaintext, key)
            if scheme == "textbook-pixels":
                copies.append(_parse_residues(reader, key, wanted))
            else:
                copies.append(Blocks(key, reader.take(wanted * key.width, "residues")))
        reader.end()
        return cls(scheme, samples, shape, tuple(copies), left_out, profile)

    def _head(self) -> bytes:
        out = bytearray(MAGIC) + VERSION.to_bytes(1, "big") + len(self.copies).to_bytes(2, "big")
        for copy in self.copies:
            for number in (copy.key.n, copy.key.e):
                width = (number.bit_length() + 7) // 8
                out += width.to_bytes(2, "big") + number.to_bytes(width, "big")
        return bytes(out)

    def _content(self) -> Iterable[bytes | memoryview]:
        yield bytes([1 + _SCHEMES.index(self.scheme), _SAMPLES.index(self.samples)])
        if self.samples == "file":
            yield self.shape[0].to_bytes(8, "big")
        else:
            yield self.shape[0].to_bytes(4, "big") + self.shape[1].to_bytes(4, "big")
            yield bytes([self.shape[2] if len(self.shape) == 3 else 1, self.left_out])
            yield len(self.profile).to_bytes(4, "big") + self.profile
        for copy in self.copies:
            if isinstance(copy, Blocks):
                yield copy.data
                continue
            yield len(copy.distinct).to_bytes(4, "big") + joined(copy.distinct, copy.key.width)
            stored = copy.indices.astype(copy.indices.dtype.newbyteorder(">"), copy=False)
            yield np.ascontiguousarray(stored).view(np.uint8).data


def block_bytes(scheme: SchemeName, key: ClassroomPublicKey) -> int:
    """Plaintext bytes in one residue: 1, k - 1, or k - 66 with k the width of n in bytes."""
    if scheme == "textbook-pixels":
        return 1
    return key.width - (1 if scheme == "textbook-blocks" else _OAEP_OVERHEAD)


def residues_wanted(scheme: SchemeName, plaintext_bytes: int, key: ClassroomPublicKey) -> int:
    """How many residues a copy has (EnvelopeFormatError: the key is too short for this scheme)."""
    if key.bits < MIN_BITS[scheme]:
        raise EnvelopeFormatError(f"a key of {key.bits} bits is too short for {scheme}")
    return -(-plaintext_bytes // block_bytes(scheme, key))


def scheme_in(data: bytes) -> SchemeName:
    """Which scheme a container is of, by its first `MAX_HEAD` bytes (or EnvelopeFormatError)."""
    return _parse_head(_Reader(data))[1]


def _parse_head(reader: "_Reader") -> tuple[list[ClassroomPublicKey], SchemeName]:
    if reader.take(len(MAGIC), "magic") != MAGIC:
        raise EnvelopeFormatError('the bytes do not begin with "RSAIMG"')
    version = reader.uint(1, "version")
    if version != VERSION:
        raise EnvelopeFormatError(f"version {version}; expected {VERSION}")
    recipients = reader.uint(2, "number of recipients")
    if not 1 <= recipients <= MAX_RECIPIENTS:
        raise EnvelopeFormatError(f"{recipients} recipients; expected 1 to {MAX_RECIPIENTS}")
    keys = [_parse_key(reader) for _ in range(recipients)]
    return keys, reader.choice(_SCHEMES, first=1, what="scheme")


class _Reader:
    """Takes a container apart from front to back; every length is checked before it is used."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._at = 0

    def take(self, count: int, what: str) -> bytes:
        return self.data[self.skip(count, what) : self._at]

    def skip(self, count: int, what: str) -> int:
        """Moves on, and says where the part began."""
        start, left = self._at, len(self.data) - self._at
        if count > left:
            raise EnvelopeFormatError(
                f"cut short at byte {start} ({what}): {count} bytes wanted, {left} left"
            )
        self._at += count
        return start

    def uint(self, width: int, what: str) -> int:
        return int.from_bytes(self.take(width, what), "big")

    def choice(self, choices: tuple[_T, ...], first: int, what: str) -> _T:
        number = self.uint(1, what) - first
        if not 0 <= number < len(choices):
            raise EnvelopeFormatError(f"unknown {what}: {number + first}")
        return choices[number]

    def number(self, what: str) -> int:
        """A length of 2 bytes and an integer without leading zeros."""
        raw = self.take(self.uint(2, what), what)
        if not raw or raw[0] == 0:
            raise EnvelopeFormatError(f"{what} is empty or has leading zeros")
        return int.from_bytes(raw, "big")

    def end(self) -> None:
        left = len(self.data) - self._at
        if left:
            raise EnvelopeFormatError(f"{left} bytes follow after the end")


def _parse_key(reader: _Reader) -> ClassroomPublicKey:
    n, e = reader.number("n"), reader.number("e")
    try:
        return ClassroomPublicKey(n, e)
    except KeyFormatError as error:
        raise EnvelopeFormatError(f"a recipient's key: {error}") from None


def _parse_shape(reader: _Reader, samples: Samples) -> tuple[int, ...]:
    if samples == "file":
        return (reader.uint(8, "length"),)
    height, width = reader.uint(4, "height"), reader.uint(4, "width")
    channels = reader.uint(1, "channels")
    return (height, width) if channels == 1 else (height, width, channels)


def _parse_residues(reader: _Reader, key: ClassroomPublicKey, wanted: int) -> Residues:
    size = reader.uint(4, "number of distinct residues")
    if not 1 <= size <= MAX_DISTINCT:
        raise EnvelopeFormatError(f"{size} distinct residues; expected 1 to {MAX_DISTINCT}")
    width = key.width
    table = reader.take(size * width, "distinct residues")
    distinct = tuple(
        int.from_bytes(table[at : at + width], "big") for at in range(0, len(table), width)
    )
    start = reader.skip(wanted * index_type(size).itemsize, "indices")
    if index_type(size) == np.uint8:
        return Residues(key, distinct, np.frombuffer(reader.data, np.uint8, wanted, start))
    stored = np.frombuffer(reader.data, ">u2", wanted, start)
    return Residues(key, distinct, stored.astype(np.uint16))


def _check_shape(scheme: SchemeName, samples: Samples, shape: tuple[int, ...]) -> None:
    if (samples == "file") != (scheme == "oaep-blocks"):
        raise EnvelopeFormatError(f"{scheme} does not encrypt {samples}")
    if samples == "file":
        if len(shape) != 1 or not 1 <= shape[0] <= MAX_BYTES:
            raise EnvelopeFormatError(f"a file has 1 to {MAX_BYTES} bytes, not {shape}")
        return
    channels = shape[2] if len(shape) == 3 else 1
    if len(shape) not in (2, 3) or channels not in ((2, 3, 4) if len(shape) == 3 else (1,)):
        raise EnvelopeFormatError(f"no picture has the shape {shape}")
    if not 1 <= min(shape[:2]) <= max(shape[:2]) <= MAX_SIDE or shape[0] * shape[1] > MAX_PIXELS:
        raise EnvelopeFormatError(f"a picture of the shape {shape} is not taken")


def _check_rest(samples: Samples, left_out: int, profile: bytes) -> None:
    if samples == "file" and (left_out or profile):
        raise EnvelopeFormatError("a file is kept whole, and has no colour profile beside it")
    if left_out & ~ALL:
        raise EnvelopeFormatError(f"left out is {left_out}; expected 0 to {ALL}")
    if len(profile) > MAX_PROFILE:
        raise EnvelopeFormatError(f"a profile of {len(profile)} bytes; the limit is {MAX_PROFILE}")
