"""`textbook-blocks`: k - 1 bytes of samples at a time, m^e mod n without padding. Insecure.

With k the width of n in bytes, a block of k - 1 bytes is below n whatever it says. Blocks are cut
from all samples in reading order; the last may be short, and is read as a smaller number. No
codebook holds these blocks, but equal blocks still look equal, and small exponents fall.
"""

from collections.abc import Sequence

import numpy as np

from rsa_core.classroom import ClassroomKeyPair, ClassroomPublicKey
from rsa_core.envelopes.container import MIN_BITS
from rsa_core.errors import KeyFormatError
from rsa_core.numbers.powers import private_power, public_power
from rsa_core.pictures import Picture
from rsa_core.schemes.base import Cancelled, Opened, Progress, Sealed
from rsa_core.schemes.blocks import BlockScheme, Work, each_block
from rsa_core.schemes.copies import Plain, copy_for, distinct_keys, opened_pixels


class TextbookBlocks(BlockScheme):
    """The scheme; see `Scheme` and `BlockScheme` for what its members promise."""

    name = "textbook-blocks"
    title = "Textbook RSA in blocks (insecure)"
    summary = (
        "Insecure: blocks of samples are raised to e modulo n without padding, so equal blocks "
        "look equal, and small exponents or related keys give the picture away."
    )

    @staticmethod
    def encryptor(public_der: bytes) -> Work:
        """As `BlockScheme` says."""
        key = ClassroomPublicKey.from_der(public_der)
        width, power = key.width, public_power(key.e, key.n)

        def encrypt(block: bytes) -> bytes:
            return power(int.from_bytes(block, "big")).to_bytes(width, "big")

        return each_block(width - 1, encrypt)

    @staticmethod
    def decryptor(private_der: bytes) -> Work:
        """As `BlockScheme` says."""
        key = ClassroomKeyPair.from_private_der(private_der)
        width, power = key.public.width, private_power(key.d, key.p, key.q)

        def decrypt(residue: bytes) -> bytes:
            return power(int.from_bytes(residue, "big")).to_bytes(width, "big")[1:]

        return each_block(width, decrypt)

    @staticmethod
    def private_seconds(bits: int) -> float:
        """As `BlockScheme` says."""
        return 2e-6 + 6e-11 * bits**2 + 6e-14 * bits**3

    @staticmethod
    def public_seconds(bits: int, e: int) -> float:
        """As `BlockScheme` says; an exponent as long as n costs four private powers."""
        return 2e-6 + 2.5e-13 * bits**2 * e.bit_length()

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

        Raises as `Scheme.seal`, with KeyFormatError for a key shorter than 64 bits.
        """
        keys = distinct_keys(recipients)
        for key in keys:
            if key.bits < MIN_BITS["textbook-blocks"]:
                raise KeyFormatError(f"a key of {key.bits} bits; expected 64 bits or more")
        return self._sealed(
            Plain.of(picture),
            keys,
            processes=processes,
            progress=progress,
            cancelled=cancelled,
        )

    def open(
        self,
        envelope: bytes,
        key: ClassroomKeyPair,
        *,
        processes: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Opened:
        """Decrypts the copy that was made under this key; raises as `Scheme.open`.

        Nothing tells a changed residue from a true one: whatever it decrypts to is shown, and of
        what is larger than its block the low bytes are shown.
        """
        container = self._parsed(envelope)
        copy = copy_for(container, key.public)
        *pieces, end = self._opened(
            container,
            copy,
            key.private_der(),
            processes=processes,
            progress=progress,
            cancelled=cancelled,
        )
        size = container.plaintext_bytes
        # The last block has a full block's width here; its leading zeros are not samples.
        last = size - (self.blocks(size, copy.key) - 1) * (copy.key.width - 1)
        samples = bytearray().join([*pieces, end[-last:]])
        return opened_pixels(container, np.frombuffer(samples, np.uint8))


TEXTBOOK_BLOCKS = TextbookBlocks()
