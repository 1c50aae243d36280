"""Public keys in DER: RSAPublicKey, SubjectPublicKeyInfo and certificates.

    RSAPublicKey          SEQUENCE { n, e }                                      RFC 8017, A.1.1
    SubjectPublicKeyInfo  SEQUENCE { { rsaEncryption, NULL }, BIT STRING }       RFC 5280, 4.1.2.7

Packing is strict. Parsing also takes what others write and OpenSSL reads: parameters that are left
out, integers with zeros in front. A certificate only lends its key: no signature and no date is
checked, because the person who hands it over vouches for it, as for a bare public key.
"""

import functools
from dataclasses import dataclass

from Crypto.Util.asn1 import DerBitString, DerInteger, DerNull, DerObjectId, DerSequence

from rsa_core.errors import KeyFormatError

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
_OTHER_KEYS = {
    "1.2.840.10045.2.1": "an elliptic-curve key",
    "1.3.101.110": "an X25519 key",
    "1.3.101.111": "an X448 key",
    "1.3.101.112": "an Ed25519 key",
    "1.3.101.113": "an Ed448 key",
    "1.2.840.10040.4.1": "a DSA key",
    "1.2.840.113549.1.1.7": "an RSA key that is restricted to OAEP",
    "1.2.840.113549.1.1.10": "an RSA key that is restricted to PSS",
}
_BROKEN = (ValueError, TypeError, IndexError)

# What follows from a public key is asked for again with every envelope, and a class has some tens
# of keys: encoding one takes longer than wrapping a content key under it.
remembered = functools.lru_cache(maxsize=256)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is read of a certificate: two names in DER, and the numbers of its key."""

    issuer: bytes
    subject: bytes
    numbers: tuple[int, int]


@remembered
def rsa_public_key(n: int, e: int) -> bytes:
    """RSAPublicKey, DER."""
    return DerSequence([DerInteger(n), DerInteger(e)]).encode()


@remembered
def pack(n: int, e: int) -> bytes:
    """SubjectPublicKeyInfo, DER."""
    algorithm = DerSequence([DerObjectId(RSA_ENCRYPTION), DerNull()])
    return DerSequence([algorithm, DerBitString(rsa_public_key(n, e))]).encode()


def parse(data: bytes, wanted: str) -> tuple[int, int]:
    """Gives n and e (KeyFormatError: says what the bytes are instead, and what is `wanted`)."""
    try:
        spki = DerSequence().decode(data, nr_elements=2)
        algorithm = DerSequence().decode(spki[0], nr_elements=(1, 2))
        name = DerObjectId().decode(algorithm[0]).value
        key = DerBitString().decode(spki[1], strict=True).value
    except _BROKEN:
        raise KeyFormatError(f"these bytes are not a public key; expected {wanted}") from None
    check_algorithm(name, wanted)
    if algorithm[1:] not in ([], [DerNull().encode()]):
        raise KeyFormatError(f"this RSA key has parameters that RSA has not; expected {wanted}")
    return parse_rsa_public_key(key, wanted)


def parse_rsa_public_key(data: bytes, wanted: str) -> tuple[int, int]:
    """Gives n and e; raises as `parse`."""
    try:
        n, e = DerSequence().decode(data, nr_elements=2, only_ints_expected=True)[:]
    except _BROKEN:
        raise KeyFormatError(f"this RSA key is damaged; expected {wanted}") from None
    return n, e


def parse_certificate(data: bytes, wanted: str) -> Certificate:
    """Reads an X.509 certificate, and passes over what follows it; raises as `parse`."""
    try:
        whole = DerSequence().decode(_first(data), nr_elements=3)
        fields = DerSequence().decode(whole[0])[:]
        if isinstance(fields[0], bytes):  # [0] version, left out in version 1
            fields = fields[1:]
        _, _, issuer, _, subject, spki, *_ = fields
    except _BROKEN:
        raise KeyFormatError(f"this certificate is damaged; expected {wanted}") from None
    return Certificate(issuer, subject, parse(spki, wanted))


def check_algorithm(name: str, wanted: str) -> None:
    """Refuses the name of another algorithm than RSA by name."""
    if name != RSA_ENCRYPTION:
        what = _OTHER_KEYS.get(name, "a key of another kind")
        raise KeyFormatError(f"this is {what}; expected {wanted}")


def _first(data: bytes) -> bytes:
    """The first element: OpenSSL's "TRUSTED CERTIFICATE" has a second one behind it."""
    count = data[1] & 0x7F if data[1] & 0x80 else 0
    size = int.from_bytes(data[2 : 2 + count], "big") if count else data[1]
    return data[: 2 + count + size]
