"""Flipped bits. Without authentication each is a change that nobody notices.

In the textbook schemes one bit of each residue in a region of the picture: the region turns into
noise, or white where the noise is more than a sample can be, and all else stays. In `oaep-blocks`
one bit of one block, whose padding no longer holds then; in `hybrid` one bit of the ciphertext,
which AES-GCM's tag covers. Residues stay below n, so that the envelope still parses.

Menezes, van Oorschot and Vanstone, Handbook of Applied Cryptography, 9.6.5 (integrity).
"""

import io
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from rsa_core.envelopes import cms
from rsa_core.envelopes.container import MAGIC, Container, block_bytes
from rsa_core.residues import Blocks, Copy, Residues, blocks_of, dictionary_of, residues_of
from rsa_core.tampering.values import Altered

REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "square": "a square in the middle",
        "band": "a band across the middle",
        "one": "one pixel in the middle",
    }
)


def flip(envelope: bytes, region: str = "square") -> Altered:
    """Flips bits of the ciphertext in an envelope of any scheme.

    The schemes that keep no pixels apart have a single bit flipped, whatever the region.

    Raises:
        EnvelopeFormatError: not an envelope.
        ValueError: not one of `REGIONS`.
    """
    if region not in REGIONS:
        raise ValueError("no such region")
    if not envelope.startswith(MAGIC):
        return _hybrid(envelope)
    container = Container.parse(envelope)
    copies: tuple[Copy, ...]
    if container.scheme == "oaep-blocks":
        copies = tuple(_one_block(copy) for copy in container.copies)
        words = "one bit of one block"
    else:
        mask = _mask(container, region)
        copies = tuple(_in_region(container, copy, mask) for copy in container.copies)
        words = f"one bit of each residue in {REGIONS[region]}"
    return Altered(replace(container, copies=copies).pack(), words)


def _hybrid(envelope: bytes) -> Altered:
    pieces = cms.parse(io.BytesIO(envelope)).pieces
    start, size = pieces[len(pieces) // 2]
    changed = bytearray(envelope)
    changed[start + size // 2] ^= 1
    return Altered(bytes(changed), "one bit of the ciphertext")


def _mask(container: Container, region: str) -> NDArray[np.bool_]:
    """Which bytes of the plaintext lie in the region, shape (plaintext_bytes,)."""
    height, width = container.shape[:2]
    inside = np.zeros((height, width), np.bool_)
    if region == "square":
        inside[_part(height, 1, 3, 4), _part(width, 1, 3, 4)] = True
    elif region == "band":
        inside[_part(height, 3, 5, 8)] = True
    else:
        inside[height // 2, width // 2] = True
    return np.repeat(inside.reshape(-1), container.plaintext_bytes // inside.size)


def _part(size: int, first: int, last: int, of: int) -> slice:
    """From `first` to `last` parts of the side, never nothing."""
    start = size * first // of
    return slice(start, max(start + 1, size * last // of))


def _in_region(container: Container, copy: Copy, mask: NDArray[np.bool_]) -> Copy:
    residues = residues_of(copy)
    if isinstance(copy, Residues):
        flipped = [_flipped(c, copy.key.n) for c in residues]
        indices = copy.indices.astype(np.uint16)
        indices[mask] += len(residues)
        return dictionary_of(copy.key, residues + flipped, indices)
    step = block_bytes(container.scheme, copy.key)
    for at in {int(place) // step for place in np.flatnonzero(mask)}:
        residues[at] = _flipped(residues[at], copy.key.n)
    return blocks_of(copy.key, residues)


def _one_block(copy: Copy) -> Blocks:
    residues = residues_of(copy)
    middle = len(residues) // 2
    residues[middle] = _flipped(residues[middle], copy.key.n)
    return blocks_of(copy.key, residues)


def _flipped(c: int, n: int) -> int:
    """The residue with one bit flipped: the lowest but one, or the next that keeps it below n.

    Not the lowest: 0 and 1 are their own powers, and would only change places.
    """
    bit = 2
    while c ^ bit >= n:  # ends at the latest at a bit that is set
        bit <<= 1
    return c ^ bit
