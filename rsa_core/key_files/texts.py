"""Keys in text that is not PEM, as PEM would hold them.

ssh-rsa AAAA…          RFC 4253, 6.6; the label stays "ssh-rsa"
{"kty": "RSA", …}      a JWK or a set of them (RFC 7517; RFC 7518, 6.3): PKCS #1
<RSAKeyValue>…         XML Signature, 4.5.2.2, and .NET's private form of it: PKCS #1
MIIB…                  DER in base64 without its armour: "" for a label
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any

from rsa_core.key_files import pkcs1, spki
from rsa_core.key_files.pem import PKCS1_PRIVATE, PKCS1_PUBLIC, PUTTY, SSH_RSA, Block
from rsa_core.numbers import exponents

OTHER_SSH, OTHER_JWK = "other ssh", "other JWK"
_MAX_BITS = 16_384
_SSH_LINE = re.compile(r"(?<![\w-])(ssh-rsa|ssh-\w+|ecdsa-sha2-\w+)[ \t]+(AAAA[A-Za-z0-9+/]+=*)")
_XML = re.compile(r"<RSAKeyValue\b.*?</RSAKeyValue>", re.S)
_XML_FIELDS = {"Modulus": "n", "Exponent": "e", "D": "d", "P": "p", "Q": "q"}
_XML_FIELD = re.compile(rf"<({'|'.join(_XML_FIELDS)})>([^<]*)</")


def ssh_lines(text: str) -> Iterator[Block]:
    """Every line of an SSH public key, as in `id_rsa.pub` and `authorized_keys`."""
    for kind, body in _SSH_LINE.findall(text):
        label = SSH_RSA if kind == SSH_RSA else OTHER_SSH
        try:
            yield Block(label, base64.b64decode(body))
        except binascii.Error:
            yield Block(label, b"", fault="this SSH key line is damaged: it is not base64")


def others(text: str) -> Iterator[Block]:
    """What else the whole text may be: JSON, XML, bare base64, or a PuTTY file."""
    if text.lstrip().startswith("PuTTY-User-Key-File"):
        yield Block(PUTTY, b"")
    for fields in (*_xml(text), *_json(text)):
        yield _record(fields)
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return
    if der[:1] == b"\x30":
        yield Block("", der)


def _xml(text: str) -> Iterator[dict[str, Any]]:
    for record in _XML.findall(text):
        found = {_XML_FIELDS[name]: value for name, value in _XML_FIELD.findall(record)}
        yield {"kty": "RSA", **found}


def _json(text: str) -> Iterator[dict[str, Any]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict):
        found = found.get("keys", [found])
    for record in found if isinstance(found, list) else []:
        if isinstance(record, dict) and "kty" in record:
            yield record


def _record(fields: dict[str, Any]) -> Block:
    """A JWK as an RSAPublicKey or an RSAPrivateKey (RFC 7518, 6.3)."""
    if fields["kty"] != "RSA":
        return Block(OTHER_JWK, b"")
    label = PKCS1_PRIVATE if "d" in fields else PKCS1_PUBLIC
    try:
        n, e = (_number(fields[name]) for name in "ne")
        if "d" not in fields:
            return Block(label, spki.rsa_public_key(n, e))
        if "oth" in fields:
            return Block(label, b"", fault=pkcs1.MULTI_PRIME, for_openssl=False)
        d = _number(fields["d"])
        if "p" not in fields and "q" not in fields:  # RFC 7518 lets them be left out
            p, q = exponents.factors(n, e, d) or (0, 0)
        else:
            p, q = (_number(fields[name]) for name in "pq")
        return Block(label, pkcs1.pack(n, e, d, p, q), for_openssl=False)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        fault = "this RSA key is damaged: a number is missing or wrong"
        return Block(label, b"", fault=fault, for_openssl=False)


def _number(value: object) -> int:
    """An unsigned integer in base64, of either alphabet, with or without padding."""
    if not isinstance(value, str):
        raise TypeError
    plain = "".join(value.split()).replace("-", "+").replace("_", "/").rstrip("=")
    number = int.from_bytes(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True), "big")
    if number.bit_length() > _MAX_BITS:
        raise ValueError
    return number
