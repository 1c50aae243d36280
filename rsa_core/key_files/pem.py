"""PEM armour (RFC 7468): one block written, and every block found in whatever surrounds it.

Found are blocks after a byte order mark, in UTF-16, between bag attributes in any encoding, with
any line ends or none, within JSON strings, and with the four dashes of RFC 4716.
What the DER in a block is, its readers decide.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rsa_core.errors import KeyFormatError

MAX_BYTES = 64 * 1024
PUBLIC = "PUBLIC KEY"
PRIVATE = "PRIVATE KEY"
ENCRYPTED = "ENCRYPTED PRIVATE KEY"
PKCS1_PUBLIC = "RSA PUBLIC KEY"
PKCS1_PRIVATE = "RSA PRIVATE KEY"
OPENSSH = "OPENSSH PRIVATE KEY"
CERTIFICATE = "CERTIFICATE"
# Not PEM's own: how `texts` names what it finds.
SSH_RSA = "ssh-rsa"
PUTTY = "PuTTY"

_BEGIN = re.compile(r"-{4,5} ?BEGIN ([A-Z0-9 ]{1,40}?) ?-{4,5}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}:")


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its label, its DER, and its headers (RFC 1421, RFC 4716) as they stand.

    `fault` says why the DER is missing, or is empty. `for_openssl` says whether OpenSSL's commands
    read such a file.
    """

    label: str
    der: bytes
    headers: str = ""
    fault: str = ""
    for_openssl: bool = True


def armour(label: str, der: bytes) -> str:
    """PEM text, lines of 64 characters, with a line feed at its end."""
    body = base64.b64encode(der).decode("ascii")
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def text_of(data: str | bytes) -> str:
    """A key file as text: whatever is not ASCII is only kept apart from what is.

    Raises KeyFormatError for more than 64 KiB.
    """
    if len(data) > MAX_BYTES:
        raise KeyFormatError(f"{len(data)} bytes are too many for a key")
    if isinstance(data, bytes):
        # UTF-16 puts a zero byte beside each ASCII one.
        data = data.replace(b"\0", b"").decode("latin-1").removeprefix("ÿþ").removeprefix("þÿ")
    return data.removeprefix("\ufeff").removeprefix("\u00ef\u00bb\u00bf")


def blocks(text: str) -> Iterator[Block]:
    """All blocks, in their order."""
    for begin in _BEGIN.finditer(text):
        label = begin[1]
        end = re.compile(rf"-{{4,5}} ?END {label} ?-{{4,5}}").search(text, begin.end())
        if end is None:
            yield Block(label, b"", fault="the PEM block has no end line: it was cut short")
            continue
        yield _block(label, text[begin.end() : end.start()].replace("\\r", "").replace("\\n", "\n"))


def _block(label: str, inside: str) -> Block:
    headers: list[str] = []
    body: list[str] = []
    continued = False
    for line in map(str.strip, inside.splitlines()):
        header = continued or _HEADER.match(line) is not None
        (headers if header else body).append(line)
        continued = header and line.endswith("\\")
    joined = re.sub(r"[^!-=?-~]", "", "".join(body))  # without the ">" of a quoted mail
    try:
        der = base64.b64decode(joined, validate=True)
    except (binascii.Error, ValueError):
        return Block(label, b"", fault="the PEM block is damaged: it is not base64")
    return Block(label, der, "\n".join(headers))
