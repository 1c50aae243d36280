"""Which samples of a capture are measured: bytes, since the tests are about bytes.

RSA residues are not uniform bytes: n is not a power of 256, so the leading byte is biased whatever
the cipher. It says nothing about the picture, and is left out; how, is said in words.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rsa_core.schemes.base import Capture

BLOCK = 16
_LEADING = 2  # bytes; the second still carries one part in 256 of the bias


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Samples to be measured.

    Attributes:
        samples: uint8; (H, W) or (H, W, C) in the picture's own shape where residues have it,
            otherwise the ciphertext's bytes in a near-square, without a short last row.
        words: what they are, for people.
        block: bytes after which a new residue begins, as `report` wants it; 16 without blocks.
    """

    samples: NDArray[np.uint8] = field(repr=False)
    words: str
    block: int = BLOCK


def measured(capture: Capture) -> Measured:
    """The samples of a capture, of the first recipient's copy."""
    if capture.shape is not None:
        residues = capture.residues[0]
        low = np.array([c & 255 for c in residues.distinct], np.uint8)
        return Measured(
            low[residues.indices].reshape(capture.shape),
            "the low byte of each residue, in the picture's own shape",
        )
    data = np.frombuffer(capture.ciphertext, np.uint8)
    width, block = capture.residue_width, BLOCK
    words = "the bytes of the ciphertext in a near-square"
    if width > _LEADING:
        block = width - _LEADING
        data = data.reshape(-1, width)[:, _LEADING:].reshape(-1)
        words = (
            f"the bytes of the residues in a near-square, without the {_LEADING} leading bytes of "
            "each, which are biased under any modulus"
        )
    columns = max(1, math.isqrt(data.size))
    rows = data.size // columns
    return Measured(data[: rows * columns].reshape(rows, columns), words, block)
