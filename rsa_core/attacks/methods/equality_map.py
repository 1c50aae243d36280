"""Equality map: draw equal ciphertext in equal shades. No key at all, not even the public one.

What the "ECB penguin" shows for block ciphers: where the same plaintext always has the same
ciphertext, outlines of flat areas stay. Small blocks leak photographs; large ones leak drawings.
"""

import numpy as np
from numpy.typing import NDArray

from rsa_core.analysis.duplicates import block_classes
from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.values import Target
from rsa_core.envelopes.container import Container, block_bytes
from rsa_core.residues import Blocks, Residues


def equality_map(_target: Target, reading: Reading, course: Course) -> Found:
    """An outline: uint8, (H, W) or (H, W, C), equal shades for equal residues.

    For blocks 0 where a block occurs once.
    """
    container = reading.textbook()
    copy = container.copies[0]
    if isinstance(copy, Residues):
        course.note(f"{copy.indices.size} samples, {len(copy.distinct)} different residues")
        pixels = _samples(container, copy)
    else:
        pixels = _blocks(container, copy, course)
    course.show(pixels)
    return Found(
        "Equal plaintexts have equal ciphertexts, and so the outlines show. This takes no key at "
        "all, not even the public one.",
        pixels,
    )


def _samples(container: Container, copy: Residues) -> NDArray[np.uint8]:
    """Shades by the order of the residues, for 16-bit samples of the high byte."""
    shades = (np.arange(len(copy.distinct)) * 255 // max(1, len(copy.distinct) - 1)).astype(
        np.uint8
    )
    indices = copy.indices[::2] if container.samples == "u16" else copy.indices
    return shades[indices].reshape(container.shape)


def _blocks(container: Container, copy: Blocks, course: Course) -> NDArray[np.uint8]:
    classes, counts = block_classes(np.frombuffer(copy.data, np.uint8), copy.key.width)
    repeated = int(counts[counts > 1].sum())
    course.note(f"{len(copy)} blocks, {counts.size} different, {repeated} not unique")
    if not repeated:
        raise NotMetError(
            "No two blocks are equal: the picture has no flat area as long as a block of "
            f"{block_bytes(container.scheme, copy.key)} samples. Equal blocks would still show."
        )
    order = np.argsort(-counts, kind="stable")
    shades = np.zeros(counts.size, np.uint8)
    several = int((counts > 1).sum())
    shades[order[:several]] = 255 - np.arange(several) * 191 // several
    spread = np.repeat(shades[classes], block_bytes(container.scheme, copy.key))
    samples = spread[: container.plaintext_bytes]
    if container.samples == "u16":
        samples = samples[::2]
    grid = samples.reshape(container.shape)
    return grid if grid.ndim == 2 else np.ascontiguousarray(grid[..., 0])


ATTACK = Attack(
    name="equality-map",
    title="Equality map",
    summary="Draws equal ciphertext in equal shades; flat areas and outlines appear.",
    citation="Menezes, van Oorschot and Vanstone, Handbook of Applied Cryptography, 7.2.2 (ECB)",
    needs="Nothing but the capture.",
    gives="an outline",
    work=equality_map,
    stopped_by={
        "hybrid": "Equal samples would have to look equal. AES-GCM adds a keystream that never "
        "repeats, so that equal samples have unrelated ciphertext.",
        "oaep-blocks": "Equal blocks would have to look equal. RSA-OAEP mixes 256 random bits into "
        "every block, so that no two are ever the same.",
    },
)
