"""PEM armour (RFC 7468): which key is in it, and a plain word for what we do not take.

A file holds one block; explanatory text around it, which `openssl pkcs12` writes, is skipped.
`unarmour` gives the DER of a label that is wanted; the key modules decide what the DER is.
"""

import base64
import binascii
import re

from rsa_core.errors import KeyFormatError

MAX_BYTES = 64 * 1024
PUBLIC = "PUBLIC KEY"
PRIVATE = "PRIVATE KEY"
ENCRYPTED = "ENCRYPTED PRIVATE KEY"
TRADITIONAL = "RSA PRIVATE KEY"

_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_HOW = {
    PUBLIC: "a public key",
    PRIVATE: "a private key",
    ENCRYPTED: "a private key under a passphrase",
    TRADITIONAL: "a private key in the traditional format (PKCS #1)",
    "RSA PUBLIC KEY": "a public key in the PKCS #1 format; "
    "`openssl rsa -RSAPublicKey_in -pubout` converts it",
    "CERTIFICATE": "a certificate; `openssl x509 -pubkey -noout` takes the public key out of it",
    "OPENSSH PRIVATE KEY": "an OpenSSH private key; `ssh-keygen -p -m PKCS8 -f FILE` converts it",
    "SSH2 PUBLIC KEY": "an SSH public key; `ssh-keygen -e -m PKCS8 -f FILE` converts it",
    "EC PRIVATE KEY": "an elliptic-curve private key",
    "DSA PRIVATE KEY": "a DSA private key",
    "CERTIFICATE REQUEST": "a certificate request",
    "PGP PUBLIC KEY BLOCK": "an OpenPGP key",
    "PGP PRIVATE KEY BLOCK": "an OpenPGP key",
}


def armour(label: str, der: bytes) -> str:
    """PEM text, lines of 64 characters, with a line feed at its end."""
    body = base64.b64encode(der).decode("ascii")
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def unarmour(data: str | bytes, labels: tuple[str, ...], wanted: str) -> bytes:
    """The DER of the only block, which has one of the labels; `wanted` names them in a refusal.

    Raises:
        KeyFormatError: no block, several, another label, or a damaged one.
    """
    text = _text(data, wanted)
    begins = _BEGIN.findall(text)
    if not begins:
        what = "an SSH public key line" if text.lstrip().startswith("ssh-") else "not PEM text"
        hint = "; `ssh-keygen -e -m PKCS8 -f FILE` converts it" if "SSH" in what else ""
        raise KeyFormatError(f"this is {what}{hint}; expected {wanted}")
    if len(begins) > 1:
        raise KeyFormatError(f"there are {len(begins)} PEM blocks; expected only {wanted}")
    label = begins[0]
    if label not in labels:
        raise KeyFormatError(f"this is {_HOW.get(label, 'something else')}; expected {wanted}")
    begin, end = f"-----BEGIN {label}-----", f"-----END {label}-----"
    body, found, _ = text.partition(begin)[2].partition(end)
    if not found:
        raise KeyFormatError("the PEM block has no end line: it was cut short")
    if "Proc-Type" in body:
        raise KeyFormatError(
            "this is a private key under a passphrase in the traditional format, whose protection "
            f"is weak; `openssl pkcs8 -topk8` converts it; expected {wanted}"
        )
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise KeyFormatError("the PEM block is damaged: it is not base64") from None


def _text(data: str | bytes, wanted: str) -> str:
    if len(data) > MAX_BYTES:
        raise KeyFormatError(f"{len(data)} bytes are too many for a key; expected {wanted}")
    if isinstance(data, str):
        return data
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise KeyFormatError(f"this is not PEM text; expected {wanted}") from None
