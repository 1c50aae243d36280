"""One sample of a textbook capture with its real numbers: m, e, n, c, and how c comes from m.

The ciphertext has c, the public key e and n. Where c hides one sample, m is looked up among all
256; where it hides a block, m is known once an attack has recovered the picture.
"""

from dataclasses import dataclass

import numpy as np

from exchange.interceptor import CapturedPicture
from lab.errors import LabError
from rsa_core import ClassroomPublicKey, PictureError, read_picture
from rsa_core.analysis import Step, square_and_multiply


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The numbers behind one sample.

    Attributes:
        place: which residue it is, in words.
        m: the plaintext; None while nobody knows it.
        e, n: the first recipient's public key.
        c: the residue, m^e mod n.
        steps: square-and-multiply from m to c; none while m is not known.
        words: how m was found, or what stands in the way.
    """

    place: str
    m: int | None
    e: int
    n: int
    c: int
    steps: tuple[Step, ...]
    words: str


def arithmetic(
    captured: CapturedPicture, *, x: int, y: int, channel: int, recovered: bytes | None = None
) -> Arithmetic:
    """The numbers behind sample (x, y, channel).

    Args:
        captured: a capture of `textbook-pixels` or `textbook-blocks`.
        x: column, from 0.
        y: row, from 0.
        channel: from 0; for 16-bit samples of `textbook-pixels` 0 is the high byte.
        recovered: the exact picture as a file, where an attack has found it.

    Raises:
        LabError: another scheme, a place outside of the picture, or a block of which nothing
            is known yet.
    """
    if not captured.facts.moduli:
        raise LabError("Only the textbook schemes compute with numbers that can be shown.")
    key = ClassroomPublicKey(*captured.facts.moduli[0])
    if captured.facts.shape is not None:
        return _of_sample(captured, key, (y, x, channel))
    if recovered is None:
        raise LabError(
            "A residue hides a whole block here. Recover the exact picture with an attack first; "
            "then the numbers of each block can be shown."
        )
    return _of_block(captured, key, (y, x, channel), recovered)


def _of_sample(
    captured: CapturedPicture, key: ClassroomPublicKey, place: tuple[int, ...]
) -> Arithmetic:
    index = _index(place, captured.facts.shape or ())
    residues = captured.facts.residues[0]
    c = residues.distinct[int(residues.indices.reshape(-1)[index])]
    m = next((m for m in range(256) if pow(m, key.e, key.n) == c), None)
    words = (
        "m was found by trying all 256 samples under the public key."
        if m is not None
        else "No sample has this residue: somebody changed the ciphertext."
    )
    return _shown(f"Residue {index}, one sample", key, m, c, words)


def _of_block(
    captured: CapturedPicture, key: ClassroomPublicKey, place: tuple[int, ...], recovered: bytes
) -> Arithmetic:
    try:
        pixels = read_picture(recovered).pixels()
    except PictureError:
        raise LabError("The recovered picture cannot be read.") from None
    width, data = captured.facts.residue_width, captured.facts.ciphertext
    size = width - 1  # bytes of a block
    plain = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    number = _index(place, pixels.shape) * pixels.itemsize // size
    m = int.from_bytes(plain[number * size : (number + 1) * size], "big")
    c = int.from_bytes(data[number * width : (number + 1) * width], "big")
    if pow(m, key.e, key.n) != c:
        raise LabError("The recovered picture does not belong to this ciphertext.")
    words = f"m is the number that the block's {size} bytes make; an attack has recovered them."
    return _shown(f"Block {number}", key, m, c, words)


def _index(place: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """Reading order; a picture without channels has channel 0."""
    full = shape if len(shape) == 3 else (*shape, 1)
    if not all(0 <= at < size for at, size in zip(place, full, strict=True)):
        raise LabError("This place is outside of the picture.")
    return int(np.ravel_multi_index(place, full))


def _shown(place: str, key: ClassroomPublicKey, m: int | None, c: int, words: str) -> Arithmetic:
    steps = () if m is None else square_and_multiply(m, key.e, key.n)
    return Arithmetic(place, m, key.e, key.n, c, steps, words)
