"""`oaep-blocks`: a file in RSAES-OAEP-SHA256 blocks, RSA alone. Confidential, slow, unbound.

Each block of k - 66 bytes of the file is encrypted by itself (RFC 8017, 7.1), under an ordinary
key pair, for each recipient once more. Nobody reads it without a key; but nothing binds a block
to its neighbours, so an interceptor can drop, repeat and exchange blocks, or put blocks of its
own making in their place, since the public key is public. And opening costs one private power
for each block: thousands of times what `hybrid` needs. That is the lesson.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from Crypto.Cipher import oaep
from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA

from rsa_core.classroom import ClassroomPublicKey
from rsa_core.envelopes.container import Container, block_bytes
from rsa_core.errors import DecryptionError, KeyFormatError, RecipientError
from rsa_core.keys import KeyPair, PublicKey
from rsa_core.pictures import Picture
from rsa_core.processes import PieceError
from rsa_core.residues import Blocks
from rsa_core.schemes.base import Cancelled, Capture, Opened, Progress, RecipientFacts, Sealed
from rsa_core.schemes.blocks import (
    BLOCKS_PER_PIECE,
    check_time,
    cut,
    each_block,
    part_of,
    processes_for,
    run,
)
from rsa_core.schemes.copies import check_size, distinct_keys, parsed, public_parameters

MAX_BITS = 4096


class OaepBlocks:
    """The scheme; see `Scheme` for what its attributes and methods promise."""

    name = "oaep-blocks"
    title = "RSA-OAEP in blocks (RSA alone)"
    summary = (
        "Confidential, but blocks can be cut and pasted without being noticed, and opening takes "
        "thousands of times as long as hybrid."
    )
    secure = False
    authenticated = False
    key_kind: Literal["key pair", "classroom key"] = "key pair"
    keeps: Literal["file", "pixels"] = "file"
    suffix = ".rsaimg"

    def seal(
        self,
        picture: Picture,
        recipients: Sequence[PublicKey],
        *,
        processes: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Sealed:
        """Encrypts the file's bytes once for each recipient.

        Args:
            picture: whose file is encrypted.
            recipients: one or more, all different.
            processes: how many to use; None decides by the amount of work.
            progress: called with the part done, 0 to 1.
            cancelled: asked now and then whether to stop.

        Raises:
            ValueError: no recipients, or the same one twice.
            KeyFormatError: a key longer than `MAX_BITS`.
            LimitError: the copies together would be too large, or take too long to open.
            CancelledError: `cancelled` said so.
        """
        keys = distinct_keys([_named(key) for key in recipients])
        if len(keys) != len(recipients):
            raise ValueError("the same recipient twice")
        data = picture.data
        check_size(len(keys), sum(_blocks(len(data), key) * key.width for key in keys))
        for key in keys:
            check_time(_private_seconds(len(data), key), key.bits, len(data))
        copies = []
        for number, key in enumerate(keys):
            seconds = _blocks(len(data), key) * 5e-4
            pieces = run(
                encryptor,
                key.der(),
                cut(data, block_bytes("oaep-blocks", key)),
                processes=processes_for(seconds, processes),
                progress=part_of(progress, number, len(keys)),
                cancelled=cancelled,
            )
            copies.append(Blocks(key, b"".join(pieces)))
        container = Container("oaep-blocks", "file", (len(data),), tuple(copies))
        return Sealed(container.pack(), container.digest(), None)

    def open(
        self,
        envelope: bytes,
        key: KeyPair,
        *,
        processes: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Opened:
        """Decrypts the copy that was made under this key; keyword arguments as in `seal`.

        A block that does not decrypt, or not to the length of its place, is refused. A block
        that belongs elsewhere is not.

        Raises:
            EnvelopeFormatError: the bytes are no envelope of this scheme.
            RecipientError: no copy was made under this key.
            LimitError: the envelope would take too long to open.
            CancelledError: `cancelled` said so.
            DecryptionError: anything else.
        """
        container = parsed(envelope, "oaep-blocks")
        numbers = (key.public.n, key.public.e)
        copy = next((c for c in container.copies if (c.key.n, c.key.e) == numbers), None)
        if not isinstance(copy, Blocks):
            raise RecipientError("the envelope has no copy for this key pair")
        size, width = container.plaintext_bytes, copy.key.width
        seconds = _private_seconds(size, copy.key)
        check_time(seconds, copy.key.bits, size)
        try:
            pieces = run(
                decryptor,
                key.der(),
                [*cut(copy.data[:-width], width), copy.data[-width:]],
                processes=processes_for(seconds, processes),
                progress=progress,
                cancelled=cancelled,
            )
        except PieceError:
            raise DecryptionError from None
        # No block holds more than its place, so a piece of the right length has no short block.
        step = BLOCKS_PER_PIECE * block_bytes("oaep-blocks", copy.key)
        last = size - (len(copy) - 1) * block_bytes("oaep-blocks", copy.key)
        wanted = [min(step, size - last - at) for at in range(0, size - last, step)]
        if [len(piece) for piece in pieces] != [*wanted, last]:
            raise DecryptionError
        return Opened(b"".join(pieces), None, container.digest(), None)

    def capture(self, envelope: bytes) -> Capture:
        """Reads what is public.

        Raises:
            EnvelopeFormatError: the bytes are no envelope of this scheme.
        """
        container = parsed(envelope, "oaep-blocks")
        copies = [copy for copy in container.copies if isinstance(copy, Blocks)]
        return Capture(
            scheme=self.name,
            size=len(envelope),
            recipients=tuple(RecipientFacts(c.key.fingerprint, c.key.bits) for c in copies),
            parameters=public_parameters(container),
            ciphertext=copies[0].data,
            residue_width=copies[0].key.width,
            shape=None,
            moduli=(),
        )


OAEP_BLOCKS = OaepBlocks()


def encryptor(public_der: bytes) -> Callable[[bytes], bytes]:
    """For one piece: blocks of the file to ciphertext blocks."""
    key = RSA.import_key(public_der)
    cipher = oaep.new(key, hashmod=SHA256)
    return each_block(key.size_in_bytes() - 66, cipher.encrypt)


def decryptor(private_der: bytes) -> Callable[[bytes], bytes]:
    """For one piece: ciphertext blocks to blocks of the file."""
    key = RSA.import_key(private_der)
    return each_block(key.size_in_bytes(), oaep.new(key, hashmod=SHA256).decrypt)


def _named(key: PublicKey) -> ClassroomPublicKey:
    """The key as a container names it: the same numbers, the same fingerprint."""
    if key.bits > MAX_BITS:
        raise KeyFormatError(f"oaep-blocks takes keys of up to {MAX_BITS} bits")
    return ClassroomPublicKey(key.n, key.e)


def _blocks(size: int, key: ClassroomPublicKey) -> int:
    return -(-size // block_bytes("oaep-blocks", key))


def _private_seconds(size: int, key: ClassroomPublicKey) -> float:
    """About what one core needs to open: measured, good to a factor of two."""
    return _blocks(size, key) * (3e-4 + 6e-14 * key.bits**3)
