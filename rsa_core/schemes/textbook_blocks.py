"""`textbook-blocks`: k - 1 bytes of samples at a time, m^e mod n without padding. Insecure.

With k the width of n in bytes, a block of k - 1 bytes is below n whatever it says. Blocks are cut
from all samples in reading order; the last may be short, and is read as a smaller number. No
codebook holds these blocks, but equal blocks still look equal, and small exponents fall.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from rsa_core.classroom import ClassroomKeyPair, ClassroomPublicKey
from rsa_core.envelopes.container import MIN_BITS, Container
from rsa_core.errors import KeyFormatError, RecipientError
from rsa_core.pictures import Picture, png_of
from rsa_core.residues import Blocks
from rsa_core.schemes.base import Cancelled, Capture, Opened, Progress, RecipientFacts, Sealed
from rsa_core.schemes.blocks import check_time, cut, each_block, part_of, processes_for, run
from rsa_core.schemes.copies import (
    bytes_of,
    check_size,
    distinct_keys,
    kind_of,
    parsed,
    pixels_of,
    public_parameters,
)


class TextbookBlocks:
    """The scheme; see `Scheme` for what its attributes and methods promise."""

    name = "textbook-blocks"
    title = "Textbook RSA in blocks (insecure)"
    summary = (
        "Insecure: blocks of samples are raised to e modulo n without padding, so equal blocks "
        "look equal, and small exponents or related keys give the picture away."
    )
    secure = False
    authenticated = False
    key_kind: Literal["key pair", "classroom key"] = "classroom key"
    keeps: Literal["file", "pixels"] = "pixels"
    suffix = ".rsaimg"

    def seal(
        self,
        picture: Picture,
        recipients: Sequence[ClassroomPublicKey],
        *,
        processes: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Sealed:
        """Encrypts the samples; recipients with equal keys share one copy.

        Args:
            picture: whose samples are encrypted.
            recipients: one or more, from 64 bits up.
            processes: how many to use; None decides by the amount of work.
            progress: called with the part done, 0 to 1.
            cancelled: asked now and then whether to stop.

        Raises:
            ValueError: no recipients.
            KeyFormatError: a key shorter than 64 bits.
            LimitError: the copies together would be too large, or take too long to open.
            CancelledError: `cancelled` said so.
        """
        keys = distinct_keys(recipients)
        for key in keys:
            if key.bits < MIN_BITS["textbook-blocks"]:
                raise KeyFormatError(f"a key of {key.bits} bits; wanted: 64 bits or more")
        pixels = picture.pixels()
        samples = bytes_of(pixels).tobytes()
        check_size(len(keys), sum(_blocks(len(samples), key) * key.width for key in keys))
        for key in keys:
            cost = max(_private_seconds(len(samples), key), _public_seconds(len(samples), key))
            check_time(cost, key.bits, len(samples))
        copies = []
        for number, key in enumerate(keys):
            pieces = run(
                encryptor,
                key.der(),
                cut(samples, key.width - 1),
                processes=processes_for(_public_seconds(len(samples), key), processes),
                progress=part_of(progress, number, len(keys)),
                cancelled=cancelled,
            )
            copies.append(Blocks(key, b"".join(pieces)))
        container = Container("textbook-blocks", kind_of(pixels), pixels.shape, tuple(copies))
        return Sealed(container.pack(), container.digest(), None)

    def open(
        self,
        envelope: bytes,
        key: ClassroomKeyPair,
        *,
        processes: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Opened:
        """Decrypts the copy that was made under this key; keyword arguments as in `seal`.

        Nothing tells a changed residue from a true one: whatever it decrypts to is shown, and of
        what is larger than its block the low bytes are shown.

        Raises:
            EnvelopeFormatError: the bytes are no envelope of this scheme.
            RecipientError: no copy was made under this key.
            LimitError: the envelope would take too long to open.
            CancelledError: `cancelled` said so.
        """
        container = parsed(envelope, "textbook-blocks")
        copy = next((copy for copy in container.copies if copy.key == key.public), None)
        if not isinstance(copy, Blocks):
            raise RecipientError("the envelope has no copy for this classroom key")
        size = container.plaintext_bytes
        seconds = _private_seconds(size, key.public)
        check_time(seconds, key.public.bits, size)
        pieces = run(
            decryptor,
            key.private_der(),
            cut(copy.data, key.public.width),
            processes=processes_for(seconds, processes),
            progress=progress,
            cancelled=cancelled,
        )
        samples = bytearray().join(pieces)
        # The last block has a full block's width here; its leading zeros are no samples.
        last = size - (len(copy) - 1) * (key.public.width - 1)
        del samples[size - last : len(samples) - last]
        pixels = pixels_of(np.frombuffer(samples, np.uint8), container)
        return Opened(png_of(pixels), pixels, container.digest(), None)

    def capture(self, envelope: bytes) -> Capture:
        """Reads what is public.

        Raises:
            EnvelopeFormatError: the bytes are no envelope of this scheme.
        """
        container = parsed(envelope, "textbook-blocks")
        copies = [copy for copy in container.copies if isinstance(copy, Blocks)]
        return Capture(
            scheme=self.name,
            size=len(envelope),
            recipients=tuple(RecipientFacts(c.key.fingerprint, c.key.bits) for c in copies),
            parameters=public_parameters(container),
            ciphertext=copies[0].data,
            residue_width=copies[0].key.width,
            shape=None,
            moduli=tuple((c.key.n, c.key.e) for c in copies),
        )


TEXTBOOK_BLOCKS = TextbookBlocks()


def encryptor(public_der: bytes) -> Callable[[bytes], bytes]:
    """For one piece: blocks of samples to residues."""
    key = ClassroomPublicKey.from_der(public_der)
    n, e, width = key.n, key.e, key.width

    def encrypt(block: bytes) -> bytes:
        return pow(int.from_bytes(block, "big"), e, n).to_bytes(width, "big")

    return each_block(width - 1, encrypt)


def decryptor(private_der: bytes) -> Callable[[bytes], bytes]:
    """For one piece: residues to blocks of samples, each of full width."""
    key = ClassroomKeyPair.from_private_der(private_der)
    width = key.public.width

    def decrypt(residue: bytes) -> bytes:
        return key.power(int.from_bytes(residue, "big")).to_bytes(width, "big")[1:]

    return each_block(width, decrypt)


def _blocks(size: int, key: ClassroomPublicKey) -> int:
    return -(-size // (key.width - 1))


def _private_seconds(size: int, key: ClassroomPublicKey) -> float:
    """About what one core needs to open: measured with Python 3.11, good to a factor of two."""
    return _blocks(size, key) * (1.2e-5 + 1e-12 * key.bits**3)


def _public_seconds(size: int, key: ClassroomPublicKey) -> float:
    """About what one core needs to seal; an exponent as long as n costs four private powers."""
    return _blocks(size, key) * (3e-6 + 4e-12 * key.bits**2 * key.e.bit_length())
