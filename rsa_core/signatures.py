"""Who sent it: a detached RSASSA-PSS signature over a canonical manifest.

The manifest is ASCII JSON without spaces, keys sorted, bytes in lower-case hexadecimal:

    {"channel":"…","image":"…","parts":[{"commitment":"…","digest":"…","name":"…"},…],
     "recipients":["…",…],"scheme":"…","sender":"…","version":1}

Parts are sorted by name, recipients by value; no part and no recipient stands twice. `parse`
accepts exactly what `pack` writes. The signature is RSASSA-PSS (RFC 8017, 8.1) with SHA-256,
MGF1-SHA-256 and a salt of 32 bytes, so that `openssl dgst` can check it.

A part names an envelope by its digest, which does not cover the recipients, so that an envelope
can be shared later; and by a commitment to its content key, since AES-GCM alone does not commit
to its key: a dishonest sender could make one ciphertext that opens to two pictures.
"""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from Crypto.Hash import SHA256
from Crypto.Signature import pss

from rsa_core.errors import EnvelopeFormatError, SignatureError
from rsa_core.keys import KeyPair, PublicKey

VERSION = 1
MAX_BYTES = 1024 * 1024
SALT_BYTES = 32
_DIGEST_BYTES = 32
_TEXT = re.compile(r"[ -~]{1,200}")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Part:
    """One envelope that the signature covers (ValueError: a field is out of bounds).

    Attributes:
        name: what it holds, such as "content" or "details"; printable ASCII, 1 to 200 characters.
        digest: the envelope's (`schemes.base.Sealed`), 32 bytes.
        commitment: to the content key, 32 bytes.
    """

    name: str
    digest: bytes
    commitment: bytes

    def __post_init__(self) -> None:
        _check_text("name", self.name)
        _check_digest("digest", self.digest)
        _check_digest("commitment", self.commitment)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a sender signs about one picture (ValueError: out of bounds, or something twice).

    Attributes:
        channel: its identifier; printable ASCII, 1 to 200 characters, as the next two.
        picture: its identifier, random, used once.
        scheme: its name.
        sender: fingerprint of the sender's public key, 32 bytes.
        recipients: fingerprints of the recipients' public keys, kept sorted.
        parts: the signed envelopes, kept sorted by name.
    """

    channel: str
    picture: str
    scheme: str
    sender: bytes
    recipients: tuple[bytes, ...]
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        for name in ("channel", "picture", "scheme"):
            _check_text(name, getattr(self, name))
        _check_digest("sender", self.sender)
        for recipient in self.recipients:
            _check_digest("recipient", recipient)
        if not self.recipients:
            raise ValueError("a manifest names at least one recipient")
        if len(set(self.recipients)) != len(self.recipients):
            raise ValueError("a recipient stands twice")
        if len({part.name for part in self.parts}) != len(self.parts):
            raise ValueError("a part's name stands twice")
        object.__setattr__(self, "recipients", tuple(sorted(self.recipients)))
        object.__setattr__(self, "parts", tuple(sorted(self.parts, key=lambda part: part.name)))

    def check_part(self, name: str, digest: bytes, commitment: bytes | None) -> None:
        """Returns if it vouches for this opened envelope and content key (else SignatureError)."""
        named = [part for part in self.parts if part.name == name]
        if [(part.digest, part.commitment) for part in named] != [(digest, commitment)]:
            raise SignatureError

    def pack(self) -> bytes:
        """The canonical bytes: what is signed."""
        record = {
            "version": VERSION,
            "channel": self.channel,
            "image": self.picture,
            "scheme": self.scheme,
            "sender": self.sender.hex(),
            "recipients": [recipient.hex() for recipient in self.recipients],
            "parts": [
                {
                    "name": part.name,
                    "digest": part.digest.hex(),
                    "commitment": part.commitment.hex(),
                }
                for part in self.parts
            ],
        }
        return json.dumps(record, sort_keys=True, separators=(",", ":")).encode("ascii")

    @classmethod
    def parse(cls, data: bytes) -> "Manifest":
        """Reads exactly what `pack` writes (EnvelopeFormatError: anything else)."""
        if len(data) > MAX_BYTES:
            raise EnvelopeFormatError(
                f"a manifest of {len(data)} bytes; expected {MAX_BYTES} at most"
            )
        try:
            record = json.loads(data.decode("ascii"))
        except (ValueError, RecursionError):
            raise EnvelopeFormatError("the manifest is not ASCII JSON") from None
        if not isinstance(record, dict) or record.get("version") != VERSION:
            raise EnvelopeFormatError(f"the manifest's version is unknown; expected {VERSION}")
        try:
            manifest = _manifest_of(record)
        except (KeyError, TypeError, ValueError):
            raise EnvelopeFormatError("the manifest's fields are not those of version 1") from None
        if manifest.pack() != data:
            raise EnvelopeFormatError("the manifest is not in its canonical form")
        return manifest


def sign(manifest: bytes, key: KeyPair) -> bytes:
    """Signs the bytes of a packed manifest; the signature is as long as the modulus."""
    return pss.new(key.engine, salt_bytes=SALT_BYTES).sign(SHA256.new(manifest))


def verify(manifest: bytes, signature: bytes, key: PublicKey) -> None:
    """Returns if `key` signed these very bytes; else SignatureError, in one voice."""
    try:
        pss.new(key.engine(), salt_bytes=SALT_BYTES).verify(SHA256.new(manifest), signature)
    except ValueError:
        raise SignatureError from None


def sign_share(manifest: bytes, recipient: PublicKey, key: KeyPair) -> bytes:
    """By which its sender or a recipient shares a picture with someone the manifest does not name.

    Returns:
        Fingerprint of the one who shares, 32 bytes, then the signature (docs/formats.md, "Share").
    """
    return key.public.fingerprint + sign(_share(manifest, key.public, recipient), key)


def accept(
    manifest: bytes,
    signature: bytes,
    *,
    sender: PublicKey,
    channel: str,
    picture: str,
    scheme: str,
    recipient: PublicKey,
    share: bytes | None = None,
    sharer: PublicKey | None = None,
) -> Manifest:
    """A receiver's rules in one place: what must hold before anything is opened or shown.

    Each argument but the first two is what the receiver knows from elsewhere: the key that is
    pinned for this sender, the channel it is in, the identifier under which the picture arrived,
    its scheme, its own key; and of a picture that somebody shared, their share and key. That a
    picture identifier comes once is the caller's to see to. When an envelope was opened,
    `Manifest.check_part` follows.

    Raises:
        SignatureError: the signature is not this sender's; or the manifest was signed for another
            channel, picture, scheme or sender; or not for this recipient, and neither its sender
            nor anyone it is for shared it with this recipient.
        EnvelopeFormatError: signed by this sender, but no manifest.
    """
    found = _signed(manifest, signature, sender)
    said = (found.channel, found.picture, found.scheme, found.sender)
    if said != (channel, picture, scheme, sender.fingerprint):
        raise SignatureError
    if recipient.fingerprint in found.recipients:
        return found
    sharers = (found.sender, *found.recipients)
    if share is None or sharer is None or sharer.fingerprint not in sharers:
        raise SignatureError
    verify(_share(manifest, sharer, recipient), share[_DIGEST_BYTES:], sharer)
    return found


@functools.lru_cache(maxsize=16)
def _signed(manifest: bytes, signature: bytes, sender: PublicKey) -> Manifest:
    """All receivers of a picture ask for the same, at the same moment."""
    verify(manifest, signature, sender)
    return Manifest.parse(manifest)


def _share(manifest: bytes, by: PublicKey, recipient: PublicKey) -> bytes:
    record = {
        "version": VERSION,
        "by": by.fingerprint.hex(),
        "manifest": SHA256.new(manifest).hexdigest(),
        "recipient": recipient.fingerprint.hex(),
    }
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode("ascii")


def _manifest_of(record: Mapping[str, Any]) -> Manifest:
    return Manifest(
        channel=record["channel"],
        picture=record["image"],
        scheme=record["scheme"],
        sender=_unhex(record["sender"]),
        recipients=tuple(_unhex(text) for text in record["recipients"]),
        parts=tuple(
            Part(part["name"], _unhex(part["digest"]), _unhex(part["commitment"]))
            for part in record["parts"]
        ),
    )


def _unhex(text: object) -> bytes:
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise ValueError("expected 64 hexadecimal digits")
    return bytes.fromhex(text)


def _check_text(name: str, text: object) -> None:
    if not isinstance(text, str) or not _TEXT.fullmatch(text):
        raise ValueError(f"{name}: expected 1 to 200 printable ASCII characters")


def _check_digest(name: str, digest: object) -> None:
    if not isinstance(digest, bytes) or len(digest) != _DIGEST_BYTES:
        raise ValueError(f"{name}: expected {_DIGEST_BYTES} bytes")
