"""How a content key travels: RSAES-OAEP (RFC 8017, 7.1), one KeyTransRecipientInfo a recipient.

    KeyTransRecipientInfo ::= SEQUENCE {                             RFC 5652, 6.2.1
        version                 INTEGER 2 (named by key id) or 0 (by issuer and serial number),
        rid                     [0] subject key identifier, or SEQUENCE issuerAndSerialNumber,
        keyEncryptionAlgorithm  RSAES-OAEP with its parameters        RFC 4055, 4.1
        encryptedKey            OCTET STRING, as long as the modulus }

We write version 2, SHA-256 for both hashes (with NULL parameters), no label. We read SHA-1,
SHA-256, SHA-384 and SHA-512 in any pairing, because OpenSSL offers them all; PKCS #1 v1.5, never.
Algorithm identifiers are looked up as whole byte strings: there is nothing to parse, and hence
nothing to be lenient about. A wrapping that is not read here is passed over, as are other kinds of
recipients; only the owner of the key is told why.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from types import ModuleType
from typing import Any

from Crypto.Cipher import oaep
from Crypto.Hash import SHA1, SHA256, SHA384, SHA512
from Crypto.PublicKey.RSA import RsaKey

from rsa_core.envelopes import der
from rsa_core.errors import EnvelopeFormatError, RecipientError
from rsa_core.keys import KeyPair, PublicKey

CONTENT_KEY_BYTES = 32
# Each try is a private operation: a hostile envelope may ask for half a second of them.
_MAX_TRIES = 100
_MAX_NAME_BYTES = 4096
_MAX_ALGORITHM_BYTES = 256
_MAX_WRAPPED_BYTES = 2048
_CLASS = 0xC0
_BY_KEY_ID = der.small_integer(2)
_BY_ISSUER = der.small_integer(0)

_OAEP = der.object_id("1.2.840.113549.1.1.7")
_MGF1 = der.object_id("1.2.840.113549.1.1.8")
_NOT_OAEP, _OTHER_OAEP = "not RSAES-OAEP", "RSAES-OAEP with other parameters"
_REFUSALS = {
    _NOT_OAEP: "the content key is not wrapped by RSAES-OAEP",
    _OTHER_OAEP: "parameters of RSAES-OAEP that are not read here; "
    "expected SHA-1, SHA-256, SHA-384 or SHA-512, MGF1, and no label",
}
_NO_LABEL = der.element(
    0xA2, der.sequence(der.object_id("1.2.840.113549.1.1.9"), der.octet_string(b""))
)
_HASHES: dict[str, tuple[str, ModuleType, Callable[[bytes], Any]]] = {
    "SHA-1": ("1.3.14.3.2.26", SHA1, hashlib.sha1),
    "SHA-256": ("2.16.840.1.101.3.4.2.1", SHA256, hashlib.sha256),
    "SHA-384": ("2.16.840.1.101.3.4.2.2", SHA384, hashlib.sha384),
    "SHA-512": ("2.16.840.1.101.3.4.2.3", SHA512, hashlib.sha512),
}


@dataclass(frozen=True, slots=True)
class Wrapping:
    """The two hash functions of an RSAES-OAEP, by name: the padding's, and its mask's (MGF1)."""

    hash_name: str
    mask_hash_name: str

    def __str__(self) -> str:
        if self.hash_name == self.mask_hash_name:
            return f"RSAES-OAEP, {self.hash_name}"
        return f"RSAES-OAEP, {self.hash_name}, MGF1 with {self.mask_hash_name}"

    def wrap(self, content_key: bytes, public: PublicKey) -> bytes:
        """Encrypts a content key; as long as the modulus."""
        return self._cipher(public.engine()).encrypt(content_key)

    def unwrap(self, wrapped_key: bytes, key: KeyPair) -> bytes | None:
        """Decrypts a wrapped key; None if it does not open, for whatever reason."""
        try:
            return self._cipher(key.engine).decrypt(wrapped_key)
        except ValueError:
            return None

    def _cipher(self, engine: RsaKey) -> oaep.PKCS1OAEP_Cipher:
        mask_hash = _HASHES[self.mask_hash_name][2]
        return oaep.new(
            engine,
            hashmod=_HASHES[self.hash_name][1],
            mask_func=lambda seed, size: _mask(seed, size, mask_hash),
        )


def _mask(seed: bytes, size: int, hashed: Callable[[bytes], Any]) -> bytes:
    """MGF1 (RFC 8017, B.2.1).

    By the standard library's hashes: with pycryptodome's, a mask takes as long as the power.
    """
    mask = b""
    counter = 0
    while len(mask) < size:
        mask += hashed(seed + counter.to_bytes(4, "big")).digest()
        counter += 1
    return mask[:size]


def _encodings(name: str, tag: int, *, mask: bool) -> Iterable[bytes]:
    """Every encoding of one hash parameter that is in use: NULL or nothing; defaults left out."""
    for parameters in (der.NULL_ELEMENT, b""):
        algorithm = der.sequence(der.object_id(_HASHES[name][0]), parameters)
        yield der.element(tag, der.sequence(_MGF1, algorithm) if mask else algorithm)
    if name == "SHA-1":
        yield b""


def _algorithms() -> dict[bytes, Wrapping]:
    known = {}
    for name, mask_name in product(_HASHES, _HASHES):
        for parts in product(
            _encodings(name, 0xA0, mask=False),
            _encodings(mask_name, 0xA1, mask=True),
            (b"", _NO_LABEL),
        ):
            known[der.sequence(_OAEP, der.sequence(*parts))] = Wrapping(name, mask_name)
    return known


_ALGORITHMS = _algorithms()
OURS = Wrapping("SHA-256", "SHA-256")
_OUR_ALGORITHM = next(code for code, wrapping in _ALGORITHMS.items() if wrapping == OURS)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of an envelope; the wrapped key is as long as the modulus.

    `key_id` is the subject key identifier, usually 20 bytes; None where the recipient is named by
    the issuer and serial number of a certificate. `wrapping` is None where it is not read here,
    and `how` says in words how the key is wrapped.
    """

    key_id: bytes | None
    wrapping: Wrapping | None
    wrapped_key: bytes
    how: str


def wrap(content_key: bytes, public: PublicKey) -> bytes:
    """KeyTransRecipientInfo, DER: the content key for one recipient."""
    return der.sequence(
        _BY_KEY_ID,
        der.element(der.CONTEXT_0, public.key_id),
        _OUR_ALGORITHM,
        der.octet_string(OURS.wrap(content_key, public)),
    )


def parse(info: bytes) -> Recipient | None:
    """Reads one RecipientInfo, a whole element.

    None for another choice than KeyTransRecipientInfo, even an unknown one: RFC 5652 wants those
    to be passed over.
    A damaged KeyTransRecipientInfo raises EnvelopeFormatError.
    """
    if info[0] & _CLASS == der.CONTEXT_0:
        return None
    reader = der.Reader.of(info)
    end = reader.enter(der.SEQUENCE, "recipient")
    version = reader.whole("recipient's version", 1)
    name = reader.whole("recipient's name", _MAX_NAME_BYTES)
    key_id = None
    if name[0] == der.CONTEXT_0 and version == _BY_KEY_ID:
        key_id = der.Reader.of(name).content(der.CONTEXT_0, "key id", _MAX_NAME_BYTES)
    elif name[0] != der.SEQUENCE or version != _BY_ISSUER:
        raise EnvelopeFormatError(
            "a recipient's version and kind of name do not agree; "
            "expected 2 with a key id, or 0 with issuer and serial number"
        )
    algorithm = reader.whole("key wrapping", _MAX_ALGORITHM_BYTES)
    wrapped_key = reader.content(der.OCTET_STRING, "wrapped key", _MAX_WRAPPED_BYTES)
    reader.leave(end, "recipient")
    wrapping = _ALGORITHMS.get(algorithm)
    other = _OTHER_OAEP if _OAEP in algorithm[: 4 + len(_OAEP)] else _NOT_OAEP
    return Recipient(key_id, wrapping, wrapped_key, str(wrapping or other))


def content_key_for(key: KeyPair, recipients: Sequence[Recipient]) -> bytes | None:
    """The content key, 32 bytes; None if the wrapped key does not open, for whatever reason.

    Raises:
        RecipientError: no recipient is this public key; that is public.
        EnvelopeFormatError: two are, or it is wrapped in a way that is not read here.
    """
    mine = [recipient for recipient in recipients if recipient.key_id == key.public.key_id]
    if len(mine) > 1:
        raise EnvelopeFormatError("two recipients have the same key id")
    if not mine:
        # Named by certificate: which of them is ours shows only when one opens.
        mine = [
            recipient
            for recipient in recipients
            if recipient.key_id is None and len(recipient.wrapped_key) == key.public.width
        ]
        if len(mine) > _MAX_TRIES:
            raise EnvelopeFormatError(
                f"{len(mine)} recipients named by certificate; expected at most {_MAX_TRIES}"
            )
    if not mine:
        raise RecipientError("this envelope is for other recipients than this key pair")
    if all(recipient.wrapping is None for recipient in mine):
        raise EnvelopeFormatError(_REFUSALS[mine[0].how])
    for recipient in mine:
        if recipient.wrapping is not None:
            content_key = recipient.wrapping.unwrap(recipient.wrapped_key, key)
            if content_key is not None and len(content_key) == CONTENT_KEY_BYTES:
                return content_key
    return None
