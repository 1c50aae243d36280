"""Residues modulo n, in the two forms that classroom ciphertext takes.

`Residues` is a dictionary: each distinct residue once, and an index for each position. A scheme
without randomness has few distinct residues, 256 where samples are encrypted one by one; so this
form is small at any key size, and shows at a glance what is wrong with the scheme.

`Blocks` is plain: fixed-width big-endian integers, one after the other.

Both hold the public key that made them, and no other key, and refuse what is inconsistent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rsa_core.classroom import ClassroomPublicKey
from rsa_core.errors import EnvelopeFormatError

MAX_DISTINCT = 65_536
_PIECE = 1 << 20  # positions counted at once; numpy.bincount widens its input to 8 bytes


@dataclass(frozen=True, slots=True, eq=False)
class Residues:
    """Residues in reading order, as a dictionary (EnvelopeFormatError: its parts do not fit).

    Attributes:
        distinct: the residues that occur, strictly ascending, 1 to `MAX_DISTINCT` of them.
        indices: for each position the place of its residue in `distinct`; uint8 where there are
            at most 256 distinct residues, otherwise uint16; shape (N,), N >= 1.
        counts: how often each distinct residue occurs, int64, shape (len(distinct),).

    `counted` spares counting: the counts, from where the indices were made.
    """

    key: ClassroomPublicKey
    distinct: tuple[int, ...] = field(repr=False)
    indices: NDArray[np.uint8] | NDArray[np.uint16] = field(repr=False)
    counted: InitVar[NDArray[np.int64] | None] = None
    counts: NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self, counted: NDArray[np.int64] | None) -> None:
        size = len(self.distinct)
        if not 1 <= size <= MAX_DISTINCT:
            raise EnvelopeFormatError(f"{size} distinct residues; expected 1 to {MAX_DISTINCT}")
        if self.indices.ndim != 1 or self.indices.dtype != index_type(size):
            raise EnvelopeFormatError("the indices are not of the least width that suffices")
        if any(a >= b for a, b in zip(self.distinct, self.distinct[1:], strict=False)):
            raise EnvelopeFormatError("the distinct residues are not in ascending order")
        if self.distinct[0] < 0 or self.distinct[-1] >= self.key.n:
            raise EnvelopeFormatError("a residue is not below n")
        counts = _counts(self.indices) if counted is None else counted
        if counts[size:].any():
            raise EnvelopeFormatError(f"an index is not below {size}, the number of residues")
        if not counts[:size].all():
            raise EnvelopeFormatError("a distinct residue is never used")
        object.__setattr__(self, "counts", counts[:size])

    def table(self) -> NDArray[np.uint8]:
        """The distinct residues as big-endian bytes, shape (len(distinct), key.width)."""
        return np.frombuffer(joined(self.distinct, self.key.width), np.uint8).reshape(
            len(self.distinct), self.key.width
        )

    def expanded(self, start: int, stop: int) -> bytes:
        """The residues of positions `start` to `stop`, each `key.width` bytes, big-endian."""
        return self.table()[self.indices[start:stop]].tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Residues in reading order: one or more, big-endian, `key.width` bytes each.

    Other bytes raise EnvelopeFormatError.
    """

    key: ClassroomPublicKey
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        width = self.key.width
        if not self.data or len(self.data) % width:
            raise EnvelopeFormatError(f"{len(self.data)} bytes are not residues of {width} bytes")
        limit = self.key.n.to_bytes(width, "big")
        first = np.frombuffer(self.data, np.uint8)[::width]
        for at in np.flatnonzero(first >= limit[0]).tolist():  # the others are below n for sure
            if self.data[at * width : (at + 1) * width] >= limit:
                raise EnvelopeFormatError("a residue is not below n")

    def __len__(self) -> int:
        return len(self.data) // self.key.width


Copy = Residues | Blocks


def residues_of(copy: Copy) -> list[int]:
    """The distinct residues of a dictionary in its order, or all blocks in theirs."""
    if isinstance(copy, Residues):
        return list(copy.distinct)
    width = copy.key.width
    data = copy.data
    return [int.from_bytes(data[at : at + width], "big") for at in range(0, len(data), width)]


def blocks_of(key: ClassroomPublicKey, residues: Iterable[int]) -> Blocks:
    """Residues written out."""
    return Blocks(key, joined(tuple(residues), key.width))


def dictionary_of(
    key: ClassroomPublicKey, residues: Sequence[int], indices: NDArray[np.uint16]
) -> Residues:
    """A sound dictionary of any residues: sorted, each once, those only that occur.

    The residues come in any order, with repetitions and with some that do not occur; each index
    is a place among them.

    Raises:
        EnvelopeFormatError: a residue is not below n, or too many of them are different.
    """
    used = np.flatnonzero(_counts(indices)).tolist()
    distinct = sorted({residues[at] for at in used})
    place = {c: at for at, c in enumerate(distinct)}
    table = np.zeros(len(residues), np.uint16)
    table[used] = [place[residues[at]] for at in used]
    if len(distinct) > MAX_DISTINCT:
        raise EnvelopeFormatError(f"{len(distinct)} distinct residues; expected {MAX_DISTINCT}")
    places = table[indices]
    if len(distinct) <= 256:
        return Residues(key, tuple(distinct), places.astype(np.uint8))
    return Residues(key, tuple(distinct), places)


def index_type(distinct: int) -> np.dtype[np.uint8] | np.dtype[np.uint16]:
    """The dtype of indices into a dictionary of this size."""
    return np.dtype(np.uint8) if distinct <= 256 else np.dtype(np.uint16)


def joined(residues: tuple[int, ...], width: int) -> bytes:
    """Residues as big-endian integers of `width` bytes each."""
    return b"".join(residue.to_bytes(width, "big") for residue in residues)


def count_bytes(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each of the 256 bytes occurs, int64, shape (256,).

    Pillow counts four times as fast as numpy, and without a copy.
    """
    flat = np.ascontiguousarray(data).reshape(1, -1)
    return np.array(Image.fromarray(flat).histogram(), np.int64)


def _counts(indices: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.int64]:
    if indices.dtype == np.uint8:
        return count_bytes(indices.astype(np.uint8, copy=False))
    counts = np.zeros(MAX_DISTINCT, np.int64)
    for at in range(0, indices.size, _PIECE):
        counts += np.bincount(indices[at : at + _PIECE], minlength=MAX_DISTINCT)
    return counts
