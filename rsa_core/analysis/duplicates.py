"""Equal blocks of ciphertext: what no scheme with randomness ever has.

Among N random blocks of w bytes about N^2 / 2^(8w + 1) pairs are equal by chance: none at 8 bytes
and more. So a single pair is proof that equal plaintexts stay equal.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd
_SHIFT = np.uint64(29)


@dataclass(frozen=True, slots=True, eq=False)
class DuplicateMap:
    """Where blocks of `width` bytes repeat.

    Of the whole blocks `distinct` are different, and `repeated` have at least one twin. `times`
    says for each how often its value occurs: int64, shape (blocks,).
    """

    width: int
    blocks: int
    distinct: int
    repeated: int
    times: NDArray[np.int64] = field(repr=False)

    def heat(self, columns: int) -> NDArray[np.int64]:
        """`times` as a table of `columns` columns, filled up with 0: shape (rows, columns)."""
        lines = -(-self.blocks // columns)
        table = np.zeros(lines * columns, np.int64)
        table[: self.blocks] = self.times
        return table.reshape(lines, columns)


def duplicate_map(data: NDArray[np.uint8], width: int = 16) -> DuplicateMap:
    """Finds equal blocks at multiples of `width`, 1 or more (ValueError: not one whole block).

    `data` has any shape and is read in order; what is left over at the end is not looked at.
    """
    classes, counts = block_classes(data, width)
    return DuplicateMap(
        width, classes.size, counts.size, int(counts[counts > 1].sum()), counts[classes]
    )


def block_classes(
    data: NDArray[np.uint8], width: int
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """For each whole block the number of its class, and for each class how many blocks it has.

    Blocks are compared by 64 bits of a mixture of their bytes, exact up to 8 bytes; two different
    ones are taken for equal with probability N^2 / 2^65. Raises as `duplicate_map`.
    """
    _, classes, counts = np.unique(_mixed(data, width), return_inverse=True, return_counts=True)
    return classes.reshape(-1), counts.astype(np.int64)


def count_equal(data: NDArray[np.uint8], width: int) -> tuple[int, int, int]:
    """How many whole blocks there are, how many different ones, and how many have a twin.

    Counts and raises as `duplicate_map` does, ten times as fast.
    """
    ordered = np.sort(_mixed(data, width))
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    alone = int((np.diff(starts, append=ordered.size) == 1).sum())
    return ordered.size, starts.size, ordered.size - alone


def _mixed(data: NDArray[np.uint8], width: int) -> NDArray[np.uint64]:
    """64 bits for each whole block, the same for equal ones."""
    flat = np.ascontiguousarray(data, np.uint8).reshape(-1)
    count = flat.size // width if width > 0 else 0
    if not count:
        raise ValueError(f"{flat.size} bytes hold no block of {width}")
    words = -(-width // 8)
    padded = np.zeros((count, words * 8), np.uint8)
    padded[:, :width] = flat[: count * width].reshape(count, width)
    table = padded.view(np.uint64)
    mixed = table[:, 0].copy()
    for column in range(1, words):
        mixed *= _MIX
        mixed ^= mixed >> _SHIFT
        mixed ^= table[:, column]
    return mixed
