"""RSA keys in the files that people have, whatever program wrote them.

    public     SubjectPublicKeyInfo, PKCS #1, X.509 certificates (PEM or DER); ssh-rsa lines,
               RFC 4716; JWK and sets of them (RFC 7517); XML (RSAKeyValue)
    private    PKCS #8 in clear or under a passphrase, PKCS #1 in clear (PEM or DER); OpenSSH;
               JWK and XML

A file may hold several keys, and other things between them. All RSA keys of the kind that is wanted
are given; where there is none, the error says what there is and which command converts it. Numbers
come out as they stand: whether they make a sound key is for `keys` and `classroom` to say.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from Crypto.Util.asn1 import DerObjectId, DerSequence

from rsa_core.errors import KeyFormatError, PassphraseError
from rsa_core.key_files import passphrases, pem, pkcs1, spki, texts
from rsa_core.key_files.pem import CERTIFICATE, OPENSSH, PKCS1_PRIVATE, PKCS1_PUBLIC, Block
from rsa_core.key_files.texts import OTHER_JWK, OTHER_SSH
from rsa_core.key_files.unlocking import OLD_CIPHERS, private_key

_CERTIFICATES = (CERTIFICATE, "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
_SSH = ("SSH2 PUBLIC KEY", pem.SSH_RSA)
_PUBLIC = (pem.PUBLIC, PKCS1_PUBLIC, *_CERTIFICATES, *_SSH)
_PRIVATE = (pem.PRIVATE, pem.ENCRYPTED, PKCS1_PRIVATE, OPENSSH)
_MAX_LOCKED = 4

_PKCS7, _PKCS12, _ENVELOPE = "PKCS7", "PKCS12", "CMS"
_SIGNED = DerObjectId("1.2.840.113549.1.7.2").encode()  # which certificates alone come as
_SHAPES = {
    "int int": PKCS1_PUBLIC,
    "30 03": pem.PUBLIC,
    "30 04": pem.ENCRYPTED,
    "int 30 04": pem.PRIVATE,
    "30 30 03": CERTIFICATE,
    "06 a0": _PKCS7,
}
# PKCS #12 is often BER, whose length may be left open.
_PKCS12_START = re.compile(
    rb"\x30(\x80|\x81.|\x82..|\x83...|[^\x80-\xff])\x02\x01\x03\x30", re.DOTALL
)
_TAGS = re.compile(rb"[\x01-\x08]")  # of DER, near the start; text hardly has them

_HOW = {
    OTHER_SSH: "an SSH key of another kind than RSA",
    OTHER_JWK: "a JWK of another kind than RSA",
    "EC PRIVATE KEY": "an elliptic-curve private key",
    "DSA PRIVATE KEY": "a DSA private key",
    "CERTIFICATE REQUEST": "a certificate request; "
    "`openssl req -in FILE -pubkey -noout` takes the public key out of it",
    _PKCS7: "a bundle of certificates; "
    "`openssl pkcs7 -print_certs -in FILE -out CERT.pem` takes them out of it",
    _ENVELOPE: "an envelope",
    pem.PUTTY: "a PuTTY key; `puttygen FILE -O private-openssh -o KEY` converts it",
    "PGP PUBLIC KEY BLOCK": "an OpenPGP key",
    "PGP PRIVATE KEY BLOCK": "an OpenPGP key",
}
_HALF = {OPENSSH: "ssh-keygen -y -f FILE"}

T = TypeVar("T")


def public_keys(data: str | bytes, wanted: str) -> list[tuple[int, int]]:
    """Gives n and e of every RSA public key in a file, each once, in its order.

    A certificate that signed another one of the same file is passed over.

    Raises:
        KeyFormatError: there is none; says what there is, and what is `wanted`.
    """
    found = _each(data, _PUBLIC, lambda block: _public(block, wanted), wanted)
    issuers = {one.issuer for one in found if one.issuer != one.subject}
    leaves = [one for one in found if not one.subject or one.subject not in issuers]
    return list(dict.fromkeys(one.numbers for one in leaves or found))


def private_keys(data: str | bytes, passphrase: str | bytes | None, wanted: str) -> list[bytes]:
    """RSAPrivateKey (RFC 8017, A.1.2) of every RSA private key in a file, each once.

    Raises:
        KeyFormatError: there is none; says what there is, and what is `wanted`.
        PassphraseError: a passphrase is missing, or opens none of them.
    """
    secrets = passphrases.forms(passphrase) if passphrase else ()
    found = _each(data, _PRIVATE, lambda block: private_key(block, secrets, wanted), wanted)
    return list(dict.fromkeys(found))


def only(found: list[T], what: str) -> T:
    """The one key of a list (KeyFormatError: there are several)."""
    if len(found) > 1:
        raise KeyFormatError(f"there are {len(found)} different {what}s; keep one of them")
    return found[0]


def _each(
    data: str | bytes, labels: tuple[str, ...], read: Callable[[Block], T], wanted: str
) -> list[T]:
    """What `read` makes of each block with such a label; the likeliest refusal if nothing."""
    found: list[T] = []
    refused: list[KeyFormatError] = []
    ranks = (labels, _PUBLIC + _PRIVATE, _HOW)
    blocks = sorted(
        _blocks(data, wanted), key=lambda block: [block.label not in rank for rank in ranks]
    )
    if sum(block.label in (pem.ENCRYPTED, OPENSSH) for block in blocks) > _MAX_LOCKED:
        raise KeyFormatError(f"there are more than {_MAX_LOCKED} private keys; keep one of them")
    wrong: PassphraseError | None = None
    for block in blocks:
        try:
            if block.label not in labels:
                raise KeyFormatError(_other(block, wanted, private=labels is _PRIVATE))
            if block.fault:
                raise KeyFormatError(block.fault)
            found.append(read(block))
        except PassphraseError as error:
            wrong = error
            if error.missing:
                break
        except KeyFormatError as error:
            refused.append(error)
    if wrong is not None and (wrong.missing or not found):
        raise wrong
    if not found:
        raise refused[0]
    return found


def _blocks(data: str | bytes, wanted: str) -> list[Block]:
    """Everything in a file that may be a key (KeyFormatError: nothing)."""
    if len(data) > pem.MAX_BYTES:
        raise KeyFormatError(f"{len(data)} bytes are too many for a key; expected {wanted}")
    if isinstance(data, bytes) and _is_der(data):
        return [Block(_label_of(data), data)]
    text = pem.text_of(data)
    found = [*pem.blocks(text), *texts.ssh_lines(text)] or [*texts.others(text)]
    if not found:
        what = "there is no key in this file" if text.strip() else "this is empty"
        raise KeyFormatError(f"{what}; expected {wanted}")
    return [block if block.label else Block(_label_of(block.der), block.der) for block in found]


def _is_der(data: bytes) -> bool:
    return data[:1] == b"\x30" and _TAGS.search(data[:32]) is not None and b"--BEGIN" not in data


def _other(block: Block, wanted: str, *, private: bool) -> str:
    """What a block is that was not asked for."""
    what = _HOW.get(block.label, "something else")
    if block.label in _PRIVATE:
        what = "a private key"
        if block.for_openssl:
            half = _HALF.get(block.label, "openssl pkey -in FILE -pubout")
            what += f"; `{half}` writes its public half"
    elif block.label in _CERTIFICATES:
        what = "a certificate, which has no private key in it"
    elif block.label in _PUBLIC:
        what = "a public key"
    elif block.label == _PKCS12:
        legacy = " -legacy" if any(cipher in block.der for cipher in OLD_CIPHERS) else ""
        take = "-nocerts -out KEY.pem" if private else "-nokeys -out CERT.pem"
        what = f"a PKCS #12 file; `openssl pkcs12{legacy} -in FILE {take}` converts it"
    return f"this is {what}; expected {wanted}"


def _label_of(der: bytes) -> str:
    """Which label a PEM block with this content would have."""
    if _PKCS12_START.match(der):
        return _PKCS12
    try:
        items = DerSequence().decode(der)[:]
    except (ValueError, TypeError, IndexError):
        return "unknown"
    kinds = ["int" if isinstance(item, int) else item[:1].hex() for item in items]
    if pkcs1.is_private_key(der):
        return PKCS1_PRIVATE
    label = _SHAPES.get(" ".join(kinds[:3]), "unknown")
    return _ENVELOPE if label == _PKCS7 and _SIGNED not in der[:24] else label


def _public(block: Block, wanted: str) -> spki.Certificate:
    """The numbers of a public block; without names where it is no certificate."""
    if block.label in _CERTIFICATES:
        return spki.parse_certificate(block.der, wanted)
    if block.label in _SSH:
        numbers = _ssh_numbers(block.der, wanted)
    else:
        parse = spki.parse if block.label == pem.PUBLIC else spki.parse_rsa_public_key
        numbers = parse(block.der, wanted)
    return spki.Certificate(b"", b"", numbers)


def _ssh_numbers(blob: bytes, wanted: str) -> tuple[int, int]:
    """Gives n and e of an SSH public key (RFC 4253, 6.6)."""
    parts = []
    while blob:
        size = int.from_bytes(blob[:4], "big")
        parts.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    if parts[:1] != [b"ssh-rsa"]:
        raise KeyFormatError(f"this is {_HOW[OTHER_SSH]}; expected {wanted}")
    if len(parts) != 3:
        raise KeyFormatError("this SSH key is damaged")
    e, n = (int.from_bytes(part, "big") for part in parts[1:])
    return n, e
