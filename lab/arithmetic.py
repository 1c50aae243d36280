"""One sample of a textbook capture with its real numbers: m, e, n, c, and how c comes from m.

The ciphertext has c, the public key e and n. Where c hides one sample, m is looked up among all
256; where it hides a block, m is known once an attack has recovered the picture.
"""

from dataclasses import dataclass

import numpy as np

from lab.errors import LabError
from rsa_core import Capture, PictureError, read_picture
from rsa_core.analysis import Step, square_and_multiply


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The numbers behind one sample.

    Attributes:
        place: which residue it is, in words.
        m: the plaintext; None while it is unknown.
        e, n: the first recipient's public key.
        c: the residue, m^e mod n.
        steps: square-and-multiply from m to c; empty while m is unknown.
        words: how m was found.
    """

    place: str
    m: int | None
    e: int
    n: int
    c: int
    steps: tuple[Step, ...]
    words: str


def arithmetic(
    capture: Capture, *, x: int, y: int, channel: int, recovered: bytes | None = None
) -> Arithmetic:
    """The numbers behind sample (x, y, channel).

    Args:
        capture: of `textbook-pixels` or `textbook-blocks`.
        x: column, from 0.
        y: row, from 0.
        channel: from 0; for 16-bit samples of `textbook-pixels` 0 is the high byte.
        recovered: the exact picture as a file, where an attack has found it.

    Raises:
        LabError: another scheme, a place outside the picture, or a block not yet recovered.
    """
    if not capture.moduli:
        raise LabError("Only the textbook schemes compute with numbers that can be shown.")
    (n, e), place = capture.moduli[0], (y, x, channel)
    m: int | None
    if capture.shape is not None:
        index = _index(place, capture.shape)
        residues = capture.residues[0]
        c = residues.distinct[int(residues.indices[index])]
        m = next((m for m in range(256) if pow(m, e, n) == c), None)
        name = f"Residue {index}, one sample"
        words = "m was found by trying all 256 samples under the public key."
        if m is None:
            words = "No sample has this residue: the ciphertext was changed."
    elif recovered is None:
        raise LabError(
            "A residue hides a whole block here. Recover the exact picture with an attack first; "
            "then the numbers of each block can be shown."
        )
    else:
        number, m, c = _block(capture, place, recovered)
        if pow(m, e, n) != c:
            raise LabError("The recovered picture does not belong to this ciphertext.")
        name = f"Block {number}"
        words = (
            f"m is the number that the block's {capture.residue_width - 1} bytes make; an attack "
            "has recovered them."
        )
    steps = () if m is None else square_and_multiply(m, e, n)
    return Arithmetic(name, m, e, n, c, steps, words)


def _block(capture: Capture, place: tuple[int, ...], recovered: bytes) -> tuple[int, int, int]:
    """Number, m and c of the block that holds the sample."""
    try:
        pixels = read_picture(recovered).pixels()
    except PictureError:
        raise LabError("The recovered picture cannot be read.") from None
    width = capture.residue_width
    size = width - 1  # bytes of a block
    plain = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    number = _index(place, pixels.shape) * pixels.itemsize // size
    m = int.from_bytes(plain[number * size : (number + 1) * size], "big")
    return number, m, int.from_bytes(capture.ciphertext[number * width :][:width], "big")


def _index(place: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """Reading order; a picture without channels has channel 0."""
    full = shape if len(shape) == 3 else (*shape, 1)
    if not all(0 <= at < size for at, size in zip(place, full, strict=True)):
        raise LabError("This place is outside the picture.")
    return int(np.ravel_multi_index(place, full))
