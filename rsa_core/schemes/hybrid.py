"""The scheme for real use: AES-256-GCM, its key wrapped by RSAES-OAEP for each recipient.

The envelope is CMS AuthEnvelopedData (`envelopes.cms`), the content the file's own bytes:
`openssl cms -decrypt -inform DER -in photo.p7m -inkey receiver.pem -out photo.png` gives the file
back without any of this code. `seal_bytes` and `open_bytes` do the same for any bytes.

A changed envelope is refused: public bytes with an exact message, everything behind the wrapped
key in one voice and after the same work. That holds for the recipients too (`envelopes.roll`),
against everybody but the sealer and the recipients, who can add one with `share_bytes`. A
signature says whom the sender meant, and who the sender is (`signatures`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from Crypto.Random import get_random_bytes

from rsa_core.envelopes import cms, wrapping
from rsa_core.envelopes.content import Digest, Opening, Sealing, commitment_to, gathered, slices
from rsa_core.keys import KeyPair, PublicKey
from rsa_core.schemes.base import Cancelled, Capture, Opened, Progress, RecipientFacts, Sealed

if TYPE_CHECKING:
    from rsa_core.pictures import Picture


@dataclass(frozen=True, slots=True)
class OpenedBytes:
    """What came out of an envelope; digest and commitment are those of `schemes.base.Opened`."""

    data: bytes = field(repr=False)
    digest: bytes
    commitment: bytes


def seal_bytes(data: bytes, recipients: Sequence[PublicKey]) -> Sealed:
    """Encrypts any bytes, even none (ValueError: no recipients, one twice, or more than 1000)."""
    content_key = get_random_bytes(wrapping.CONTENT_KEY_BYTES)
    layout = cms.Layout.fresh(content_key, recipients, len(data))
    head = layout.head()
    digest = Digest(layout)
    sealing = Sealing(content_key, layout, digest)
    with _filled(len(head) + len(data) + len(layout.tail(bytes(cms.TAG_BYTES)))) as (out, view):
        view[: len(head)] = head
        at = len(head)
        for piece in slices(memoryview(data)):
            sealing.seal(piece, view[at : at + len(piece)])
            at += len(piece)
        tag = sealing.finish()
        view[at:] = layout.tail(tag)
        found = digest.finish(tag)
    return Sealed(out.getvalue(), found, commitment_to(content_key), content_key)


def open_bytes(envelope: bytes, key: KeyPair) -> OpenedBytes:
    """Decrypts an envelope of ours, or one that OpenSSL made (see `envelopes.cms`).

    Raises:
        EnvelopeFormatError: not such an envelope.
        RecipientError: no recipient is this key pair.
        DecryptionError: anything else, in one voice.
    """
    parsed = cms.parse(io.BytesIO(envelope))
    return _opened(envelope, parsed, parsed.content_key(key))


def _opened(envelope: bytes, parsed: cms.Parsed, content_key: bytes) -> OpenedBytes:
    digest = Digest(parsed.layout)
    opening = Opening(content_key, parsed.layout, digest)
    with _filled(parsed.layout.size) as (out, view):
        at = 0
        for piece in gathered(_ciphertext(envelope, parsed)):
            opening.open(piece, view[at : at + len(piece)])
            at += len(piece)
        found = digest.finish(parsed.tag)
        opening.finish(parsed.tag)
    return OpenedBytes(out.getvalue(), found, commitment_to(content_key))


def share_bytes(envelope: bytes, key: KeyPair | bytes, recipient: PublicKey) -> Sealed:
    """Adds a recipient: the content key is wrapped once more, the ciphertext stays as it is.

    The envelope is opened on the way, so that nothing is shared that does not open. Digest and
    commitment stay the same. An envelope that OpenSSL wrote in BER comes back in DER.

    Args:
        envelope: as `open_bytes` takes it.
        key: a recipient's key pair, or what its sealer kept: `Sealed.content_key`.
        recipient: who gets it, too.

    Raises:
        ValueError: the recipient is one already, or there are 1000.
        EnvelopeFormatError, RecipientError, DecryptionError: as `open_bytes`.
    """
    parsed = cms.parse(io.BytesIO(envelope))
    content_key = key if isinstance(key, bytes) else parsed.content_key(key)
    opened = _opened(envelope, parsed, content_key)
    return _rewritten(envelope, parsed, parsed.with_recipient(content_key, recipient), opened)


def readdress_bytes(envelope: bytes, key: KeyPair, recipient: PublicKey) -> Sealed:
    """Replaces the recipient that holds `key` by another; returns like `share_bytes`.

    Raises:
        ValueError: the envelope names `key` by a certificate, as only OpenSSL does.
        EnvelopeFormatError, RecipientError, DecryptionError: as `open_bytes`.
    """
    opened = open_bytes(envelope, key)
    parsed = cms.parse(io.BytesIO(envelope))
    layout = parsed.readdressed(parsed.content_key(key), key.public, recipient)
    return _rewritten(envelope, parsed, layout, opened)


def _rewritten(
    envelope: bytes, parsed: cms.Parsed, layout: cms.Layout, opened: OpenedBytes
) -> Sealed:
    """The same ciphertext and tag under other recipients."""
    parts: list[bytes | memoryview] = [
        layout.head(),
        *_ciphertext(envelope, parsed),
        layout.tail(parsed.tag),
    ]
    return Sealed(b"".join(parts), opened.digest, opened.commitment)


class Hybrid:
    """The scheme's interface (`schemes.base.Scheme`)."""

    name: str = "hybrid"
    title: str = "Hybrid (RSA-OAEP and AES-GCM)"
    summary: str = (
        "AES-256-GCM encrypts the file, RSA-OAEP wraps the key for each recipient; "
        "any change is noticed."
    )
    secure: bool = True
    authenticated: bool = True
    key_kind: Literal["key pair", "classroom key"] = "key pair"
    keeps: Literal["file", "pixels"] = "file"
    suffix: str = ".p7m"

    def seal(
        self,
        picture: Picture,
        recipients: Sequence[PublicKey],
        *,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Sealed:
        """Encrypts the picture's file, byte for byte."""
        return seal_bytes(picture.data, recipients)

    def open(
        self,
        envelope: bytes,
        key: KeyPair,
        *,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Opened:
        """Gives the file back, byte for byte."""
        opened = open_bytes(envelope, key)
        return Opened(opened.data, None, opened.digest, opened.commitment)

    def capture(self, envelope: bytes) -> Capture:
        """Reads recipients, parameters and ciphertext."""
        parsed = cms.parse(io.BytesIO(envelope))
        wrappings = {one.how for one in parsed.recipients}
        return Capture(
            scheme=self.name,
            size=len(envelope),
            recipients=tuple(
                RecipientFacts(one.key_id, 8 * len(one.wrapped_key)) for one in parsed.recipients
            ),
            parameters=(
                ("Format", "CMS AuthEnvelopedData"),
                ("Content cipher", "AES-256-GCM"),
                ("Nonce", parsed.layout.nonce.hex()),
                ("Tag", parsed.tag.hex()),
                ("Key wrapping", "; ".join(sorted(wrappings))),
            ),
            ciphertext=b"".join(_ciphertext(envelope, parsed)),
            residue_width=1,
            shape=None,
            moduli=(),
        )


HYBRID = Hybrid()


def _ciphertext(envelope: bytes, parsed: cms.Parsed) -> Iterator[memoryview]:
    whole = memoryview(envelope)
    for at, size in parsed.pieces:
        yield from slices(whole[at : at + size])


@contextmanager
def _filled(size: int) -> Iterator[tuple[io.BytesIO, memoryview]]:
    """A buffer of `size` bytes and the view that fills it.

    `BytesIO.getvalue` hands its bytes out without a copy, which `bytes(bytearray)` cannot: at
    50 MB the copy would cost as much as the encryption. It copies after all while somebody still
    has a piece of the view, so that the digest is to be finished before.
    """
    out = io.BytesIO()
    if size:
        out.seek(size - 1)
        out.write(b"\0")
    with out.getbuffer() as view:
        yield out, view
