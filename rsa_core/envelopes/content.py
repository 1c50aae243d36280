"""What is done to the content of an envelope: AES-256-GCM, the digest, the commitment.

    digest      SHA-256 of authEncryptedContentInfo and mac (see `cms`)
    commitment  SHA-256("rsa-image-content-key-v1" | 0 | content key)

AES-GCM does not commit to its key: somebody who knows two keys can make one ciphertext and tag
that opens under both, to two pictures. Who signs the commitment cannot. Pieces are at most 1 MiB,
so that a piece is still in the cache when it is hashed after it was encrypted.
"""

import hashlib
from collections.abc import Iterator

from Crypto.Cipher import AES

from rsa_core.envelopes.cms import TAG_BYTES, Layout
from rsa_core.errors import DecryptionError

PIECE = 1 << 20
_LABEL = b"rsa-image-content-key-v1\0"


def commitment_to(content_key: bytes) -> bytes:
    """SHA-256 commitment to a content key, 32 bytes."""
    return hashlib.sha256(_LABEL + content_key).digest()


def slices(view: memoryview) -> Iterator[memoryview]:
    """The same bytes in pieces of at most 1 MiB, without copying."""
    return (view[at : at + PIECE] for at in range(0, len(view), PIECE))


class Sealing:
    """Encrypts one content in one pass."""

    def __init__(self, content_key: bytes, layout: Layout) -> None:
        """Begins; the content key and the layout's nonce are fresh."""
        self._cipher = AES.new(content_key, AES.MODE_GCM, nonce=layout.nonce, mac_len=TAG_BYTES)
        self._hash = layout.hasher()

    def seal(self, plaintext: memoryview, ciphertext: memoryview) -> None:
        """Encrypts the next piece into `ciphertext`, which is as long."""
        self._cipher.encrypt(plaintext, output=ciphertext)
        self._hash.update(ciphertext)

    def finish(self) -> tuple[bytes, bytes]:
        """What follows the ciphertext, and the digest."""
        tail = Layout.tail(self._cipher.digest())
        self._hash.update(tail)
        return tail, self._hash.digest()


class Opening:
    """Decrypts one content in one pass; nothing is to be believed before `finish` returns."""

    def __init__(self, content_key: bytes, layout: Layout) -> None:
        """Begins."""
        self._cipher = AES.new(content_key, AES.MODE_GCM, nonce=layout.nonce, mac_len=TAG_BYTES)
        self._hash = layout.hasher()

    def open(self, ciphertext: memoryview, plaintext: memoryview) -> None:
        """Decrypts the next piece into `plaintext`, which is as long."""
        self._hash.update(ciphertext)
        self._cipher.decrypt(ciphertext, output=plaintext)

    def finish(self, tag: bytes) -> bytes:
        """The digest, if the tag is right.

        Raises:
            DecryptionError: the tag is wrong: another key, or a changed envelope.
        """
        try:
            self._cipher.verify(tag)
        except ValueError:
            raise DecryptionError from None
        self._hash.update(Layout.tail(tag))
        return self._hash.digest()
