"""`textbook-pixels`: every sample m becomes m^e mod n, and nothing else. Insecure on purpose.

A sample has 256 values, so a picture has at most 256 different residues, whatever the size of
the key. That makes the scheme fast (a table of 256 powers) and breaks it (the same table, made
from the public key by anyone). Samples of 16 bits are two bytes, each encrypted.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rsa_core.classroom import ClassroomKeyPair, ClassroomPublicKey
from rsa_core.errors import KeyFormatError, LimitError
from rsa_core.numbers.powers import private_power, public_power
from rsa_core.pictures import Picture
from rsa_core.residues import Residues, count_bytes
from rsa_core.schemes.base import Cancelled, Opened, Progress, Sealed
from rsa_core.schemes.copies import (
    ContainerScheme,
    Plain,
    check_size,
    copy_for,
    distinct_keys,
    opened_pixels,
)

# An honest envelope has 256 distinct residues at most; a forged one has more, and each costs the
# receiver a private power. The work grows with the cube of the length: this is some seconds.
_MAX_WORK = 4 * 10**13
_PIECE = 1 << 16  # samples looked up at once: what is copied on the way stays in the cache


class TextbookPixels(ContainerScheme):
    """The scheme; see `Scheme` for what its attributes and methods promise."""

    name = "textbook-pixels"
    title = "Textbook RSA, sample by sample (insecure)"
    summary = (
        "Insecure: each sample is raised to e modulo n, so equal samples look equal and anyone "
        "can undo it with a table of 256 entries."
    )

    def seal(
        self,
        picture: Picture,
        recipients: Sequence[ClassroomPublicKey],
        *,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Sealed:
        """Encrypts the samples; recipients with equal keys share one copy.

        Raises as `Scheme.seal`, with KeyFormatError for a key that gives two samples one residue.
        """
        keys = distinct_keys(recipients)
        plain = Plain.of(picture)
        check_size(len(keys), len(plain.data) * len(keys))
        samples = np.frombuffer(plain.data, np.uint8)
        return self._packed(plain, [encrypt_samples(samples, key) for key in keys])

    def open(
        self,
        envelope: bytes,
        key: ClassroomKeyPair,
        *,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Opened:
        """Decrypts the copy that was made under this key.

        Nothing tells a changed residue from a true one: whatever it decrypts to is shown, and
        what is larger than a sample can be is shown as 255. Raises as `Scheme.open`, with
        LimitError for a forged envelope, whose many different residues take too long.
        """
        container = self._parsed(envelope)
        copy = copy_for(container, key.public)
        if not isinstance(copy, Residues):
            raise TypeError("this scheme has dictionaries alone")
        return opened_pixels(container, decrypt_samples(copy, key))


TEXTBOOK_PIXELS = TextbookPixels()


def encrypt_samples(samples: NDArray[np.uint8], key: ClassroomPublicKey) -> Residues:
    """m^e mod n for each byte m, shape (N,), N >= 1 (KeyFormatError: two share a residue)."""
    powers = [*map(public_power(key.e, key.n), range(256))]
    if len(set(powers)) != 256:
        raise KeyFormatError(
            "under this key two different samples get the same residue: e shares a factor with "
            "p - 1 or q - 1, or n is not a product of distinct primes"
        )
    counts = count_bytes(samples)
    present = np.flatnonzero(counts).tolist()
    present.sort(key=powers.__getitem__)
    table = np.zeros(256, np.uint8)
    table[present] = np.arange(len(present))
    distinct = tuple(powers[m] for m in present)
    return Residues(key, distinct, _looked_up(table, samples), counts[present])


def decrypt_samples(residues: Residues, key: ClassroomKeyPair) -> NDArray[np.uint8]:
    """Undoes `encrypt_samples`: one private power for each distinct residue.

    Where a changed residue gives more, the byte is 255. Raises LimitError where there are more
    residues than samples have values, and they would take many seconds.
    """
    if len(residues.distinct) > 256 and len(residues.distinct) * key.public.bits**3 > _MAX_WORK:
        raise LimitError(
            f"{len(residues.distinct)} different residues of {key.public.bits} bits take too "
            "long to decrypt; an honest envelope has at most 256"
        )
    power = private_power(key.d, key.p, key.q)
    values = np.array([min(power(c), 255) for c in residues.distinct], np.uint8)
    if residues.indices.dtype == np.uint8:
        return _looked_up(values, residues.indices.view(np.uint8))
    return values[residues.indices]


def _looked_up(table: NDArray[np.uint8], indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """table[indices]. Twice as fast as numpy's, which widens indices to 8 bytes."""
    padded = table.tobytes().ljust(256, b"\0")
    found = np.empty_like(indices)
    for at in range(0, indices.size, _PIECE):
        piece = indices[at : at + _PIECE].tobytes().translate(padded)
        found[at : at + _PIECE] = np.frombuffer(piece, np.uint8)
    return found
