"""Large files: sealed in one pass, opened in two, in some megabytes of memory.

Opening reads the envelope twice. The first pass decrypts into a buffer that is thrown away and
checks the tag; only then does the second write. So nothing of a changed envelope is ever
released, not even into a temporary file: that is the trap of streaming authenticated encryption,
and OpenSSL before 3.0.22 is in it. The second pass checks again, in case the file changed between.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from Crypto.Random import get_random_bytes

from rsa_core.envelopes import cms, wrapping
from rsa_core.envelopes.content import PIECE, Digest, Opening, Sealing, commitment_to, gathered
from rsa_core.errors import EnvelopeFormatError
from rsa_core.keys import KeyPair, PublicKey


@dataclass(frozen=True, slots=True)
class Streamed:
    """What is known of an envelope that went from file to file.

    `size` is the content's, in bytes; `digest` that of the content part (see `content`), 32 bytes,
    or None where it was not wanted; `commitment` is to the content key, 32 bytes.
    """

    size: int
    digest: bytes | None
    commitment: bytes


def seal_stream(
    source: BinaryIO,
    target: BinaryIO,
    size: int,
    recipients: Sequence[PublicKey],
    *,
    with_digest: bool = True,
) -> Streamed:
    """Encrypts what is left of a file, exactly `size` bytes, in one pass.

    DER puts the lengths first, so they must be known before. The target is worthless if this
    raises. `with_digest` says whether the envelope will be signed: hashing it takes as long as
    encrypting.

    Raises:
        ValueError: the source has another size; or as `cms.Layout.fresh`.
    """
    content_key = get_random_bytes(wrapping.CONTENT_KEY_BYTES)
    layout = cms.Layout.fresh(content_key, recipients, size)
    digest = Digest(layout) if with_digest else None
    sealing = Sealing(content_key, layout, digest)
    target.write(layout.head())
    done = 0
    while piece := source.read(PIECE):
        done += len(piece)
        if done > size:
            break
        ciphertext = memoryview(bytearray(len(piece)))
        sealing.seal(memoryview(piece), ciphertext)
        target.write(ciphertext)
    if done != size:
        raise ValueError("the source has another size than was said")
    tag = sealing.finish()
    target.write(layout.tail(tag))
    found = None if digest is None else digest.finish(tag)
    return Streamed(size, found, commitment_to(content_key))


def open_stream(
    source: BinaryIO, target: BinaryIO, key: KeyPair, *, with_digest: bool = True
) -> Streamed:
    """Decrypts an envelope from a seekable file, in two passes.

    Nothing is written before the whole envelope was found to be unchanged. `with_digest` says
    whether a signature will be checked, as in `seal_stream`.

    Raises:
        EnvelopeFormatError: not such an envelope.
        RecipientError: no recipient is this key pair.
        DecryptionError: anything else, in one voice.
    """
    parsed = cms.parse(source)
    content_key = parsed.content_key(key)
    _pass(source, None, parsed, content_key, None)
    digest = Digest(parsed.layout) if with_digest else None
    _pass(source, target, parsed, content_key, digest)
    found = None if digest is None else digest.finish(parsed.tag)
    return Streamed(parsed.layout.size, found, commitment_to(content_key))


def _pass(
    source: BinaryIO,
    target: BinaryIO | None,
    parsed: cms.Parsed,
    content_key: bytes,
    digest: Digest | None,
) -> None:
    opening = Opening(content_key, parsed.layout, digest)
    buffer = memoryview(bytearray(PIECE))
    for piece in gathered(_ciphertext(source, parsed)):
        plaintext = buffer[: len(piece)]
        opening.open(piece, plaintext)
        if target is not None:
            target.write(plaintext)
    opening.finish(parsed.tag)


def _ciphertext(source: BinaryIO, parsed: cms.Parsed) -> Iterator[bytes]:
    for at, size in parsed.pieces:
        source.seek(at)
        left = size
        while left:
            piece = source.read(min(left, PIECE))
            if not piece:
                raise EnvelopeFormatError("the envelope became shorter while it was read")
            left -= len(piece)
            yield piece
