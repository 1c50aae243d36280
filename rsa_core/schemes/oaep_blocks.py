"""`oaep-blocks`: a file in RSAES-OAEP-SHA256 blocks, RSA alone. Confidential, slow, unbound.

Each block of k - 66 bytes of the file is encrypted by itself (RFC 8017, 7.1), under an ordinary
key pair, for each recipient once more. Nobody reads it without a key; but nothing binds a block
to its neighbours, so an interceptor can drop, repeat and swap blocks, or insert their own, since
the public key is public. And opening costs one private power for each block: thousands of times
what `hybrid` needs.
"""

from collections.abc import Sequence
from typing import Literal

from Crypto.Cipher import oaep
from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA

from rsa_core.classroom import ClassroomPublicKey
from rsa_core.crew import PieceError
from rsa_core.envelopes.container import block_bytes
from rsa_core.errors import DecryptionError, KeyFormatError
from rsa_core.keys import KeyPair, PublicKey
from rsa_core.pictures import Picture
from rsa_core.schemes.base import Cancelled, Opened, Progress, Sealed
from rsa_core.schemes.blocks import BLOCKS_PER_PIECE, BlockScheme, Work, each_block
from rsa_core.schemes.copies import Plain, copy_for, distinct_keys

MAX_BITS = 4096


class OaepBlocks(BlockScheme):
    """The scheme; see `Scheme` and `BlockScheme` for what its members promise."""

    name = "oaep-blocks"
    title = "RSA-OAEP in blocks (RSA alone)"
    summary = (
        "Confidential, but blocks can be cut and pasted without being noticed, and opening takes "
        "thousands of times as long as hybrid."
    )
    key_kind: Literal["key pair", "classroom key"] = "key pair"
    keeps: Literal["file", "pixels"] = "file"

    @staticmethod
    def encryptor(public_der: bytes) -> Work:
        """As `BlockScheme` says."""
        key = RSA.import_key(public_der)
        cipher = oaep.new(key, hashmod=SHA256)
        return each_block(key.size_in_bytes() - 66, cipher.encrypt)

    @staticmethod
    def decryptor(private_der: bytes) -> Work:
        """As `BlockScheme` says."""
        key = RSA.import_key(private_der)
        return each_block(key.size_in_bytes(), oaep.new(key, hashmod=SHA256).decrypt)

    @staticmethod
    def private_seconds(bits: int) -> float:
        """As `BlockScheme` says."""
        return 3e-4 + 6e-14 * bits**3

    @staticmethod
    def public_seconds(bits: int, e: int) -> float:
        """As `BlockScheme` says."""
        del bits, e
        return 5e-4

    def seal(
        self,
        picture: Picture,
        recipients: Sequence[PublicKey],
        *,
        processes: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Sealed:
        """Encrypts the file's bytes once for each recipient; raises as `Scheme.seal`."""
        keys = distinct_keys([_named(key) for key in recipients])
        if len(keys) != len(recipients):
            raise ValueError("the same recipient twice")
        data = picture.data
        return self._sealed(
            Plain(data, "file", (len(data),)),
            keys,
            processes=processes,
            progress=progress,
            cancelled=cancelled,
        )

    def open(
        self,
        envelope: bytes,
        key: KeyPair,
        *,
        processes: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Opened:
        """Decrypts the copy that was made under this key; raises as `Scheme.open`.

        A block that does not decrypt, or not to the length of its place, is refused. A block
        that belongs elsewhere is not.
        """
        container = self._parsed(envelope)
        copy = copy_for(container, key.public)
        try:
            pieces = self._opened(
                container,
                copy,
                key.der(),
                processes=processes,
                progress=progress,
                cancelled=cancelled,
            )
        except PieceError:
            raise DecryptionError from None
        # No block holds more than its place, so a piece of the right length has no short block.
        size, block = container.plaintext_bytes, block_bytes("oaep-blocks", copy.key)
        last = size - (self.blocks(size, copy.key) - 1) * block
        step = BLOCKS_PER_PIECE * block
        wanted = [min(step, size - last - at) for at in range(0, size - last, step)]
        if [len(piece) for piece in pieces] != [*wanted, last]:
            raise DecryptionError
        return Opened(b"".join(pieces), None, container.digest(), None)


OAEP_BLOCKS = OaepBlocks()


def _named(key: PublicKey) -> ClassroomPublicKey:
    """The key as a container names it: the same numbers, the same fingerprint."""
    if key.bits > MAX_BITS:
        raise KeyFormatError(f"oaep-blocks takes keys of up to {MAX_BITS} bits")
    return ClassroomPublicKey(key.n, key.e)
