"""What is done to the content of an envelope: AES-256-GCM, the digest, the commitment.

    digest      SHA-256 of authEncryptedContentInfo and mac (see `cms`)
    commitment  SHA-256("rsa-image-content-key-v1" | 0 | content key)

AES-GCM does not commit to its key: anyone who knows two keys can make one ciphertext and tag
that opens under both, to two pictures. Anyone who signs the commitment cannot.

A large content is hashed by a second thread while the first encrypts: both release the interpreter
lock, and the digest would otherwise double the time. Without a signature no digest is needed.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from Crypto.Cipher import AES

from rsa_core.envelopes.cms import TAG_BYTES, Layout
from rsa_core.errors import DecryptionError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

PIECE = 1 << 20
_SECOND_THREAD_FROM = 16 * PIECE
_BEHIND = 4  # pieces that wait for the second thread; they bound the memory of a stream
_LABEL = b"rsa-image-content-key-v1\0"


def commitment_to(content_key: bytes) -> bytes:
    """SHA-256 commitment to a content key, 32 bytes."""
    return hashlib.sha256(_LABEL + content_key).digest()


def slices(view: memoryview) -> Iterator[memoryview]:
    """The same bytes in pieces of at most 1 MiB, without copying."""
    return (view[at : at + PIECE] for at in range(0, len(view), PIECE))


def gathered(pieces: Iterable[bytes | memoryview]) -> Iterator[memoryview]:
    """The same bytes in pieces of 1 MiB or a little less; only small pieces are copied.

    OpenSSL's pieces of 4 KiB would cost more in calls than in work.
    """
    waiting: list[bytes | memoryview] = []
    size = 0
    for piece in pieces:
        if size + len(piece) > PIECE and waiting:
            yield _joined(waiting)
            waiting, size = [], 0
        waiting.append(piece)
        size += len(piece)
    if waiting:
        yield _joined(waiting)


def _joined(pieces: list[bytes | memoryview]) -> memoryview:
    return memoryview(pieces[0] if len(pieces) == 1 else b"".join(pieces))


class Sealing:
    """Encrypts one content in one pass."""

    def __init__(self, content_key: bytes, layout: Layout, digest: "Digest | None") -> None:
        """Begins, with a fresh key and nonce; `digest`, unless None, hashes the ciphertext too."""
        self._cipher = AES.new(content_key, AES.MODE_GCM, nonce=layout.nonce, mac_len=TAG_BYTES)
        self._digest = digest

    def seal(self, plaintext: memoryview, ciphertext: memoryview) -> None:
        """Encrypts the next piece into `ciphertext`, as long and not to be used again."""
        self._cipher.encrypt(plaintext, output=ciphertext)
        if self._digest is not None:
            self._digest.update(ciphertext)

    def finish(self) -> bytes:
        """The tag."""
        return self._cipher.digest()


class Opening:
    """Decrypts one content in one pass; nothing is to be believed before `finish` returns."""

    def __init__(self, content_key: bytes, layout: Layout, digest: "Digest | None") -> None:
        """Begins; `digest` as for `Sealing`."""
        self._cipher = AES.new(content_key, AES.MODE_GCM, nonce=layout.nonce, mac_len=TAG_BYTES)
        self._digest = digest

    def open(self, ciphertext: memoryview, plaintext: memoryview) -> None:
        """Decrypts the next piece, not to be changed later, into `plaintext`, which is as long."""
        if self._digest is not None:
            self._digest.update(ciphertext)
        self._cipher.decrypt(ciphertext, output=plaintext)

    def finish(self, tag: bytes) -> None:
        """Returns if the tag is right (DecryptionError: another key, or a changed envelope)."""
        try:
            self._cipher.verify(tag)
        except ValueError:
            raise DecryptionError from None


class Digest:
    """The envelope's digest, on a second thread where that pays."""

    def __init__(self, layout: Layout) -> None:
        """Begins with what stands before the ciphertext."""
        self._hash = hashlib.sha256(layout.content_head())
        self._thread = _second_thread() if layout.size >= _SECOND_THREAD_FROM else None
        self._pending: deque[Future[None]] = deque()

    def update(self, piece: memoryview) -> None:
        """Takes the next piece of ciphertext, not to be changed later."""
        if self._thread is None:
            self._hash.update(piece)
            return
        if len(self._pending) == _BEHIND:
            self._pending.popleft().result()
        self._pending.append(self._thread.submit(self._hash.update, piece))

    def finish(self, tag: bytes) -> bytes:
        """The digest, 32 bytes."""
        if self._thread is not None:
            self._thread.shutdown()
        for future in self._pending:
            future.result()
        self._hash.update(Layout.tail(tag))
        return self._hash.digest()


def _second_thread() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  (small files need none)

    return ThreadPoolExecutor(1)
