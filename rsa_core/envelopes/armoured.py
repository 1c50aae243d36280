"""CMS envelopes as text: S/MIME mail (RFC 8551), PEM (RFC 7468), base64 alone."""

import base64
import binascii
import email
import io
import re
from typing import BinaryIO

from rsa_core.errors import EnvelopeFormatError

MAX_TEXT = 200_000_000
_DER = b"\x30"
_PEM = re.compile(rb"-----BEGIN (CMS|PKCS7)-----(.*?)-----END \1-----", re.DOTALL)
_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")


def binary(file: BinaryIO) -> BinaryIO:
    """The envelope's DER or BER: the file itself, or bytes in memory where the file is text.

    Both stand at their beginning. What is neither comes back as it is, for its reader to refuse.

    Raises:
        EnvelopeFormatError: text of more than 200 MB; names the command that converts it.
    """
    file.seek(0)
    first = file.read(1)
    if first == _DER or not first:
        file.seek(0)
        return file
    data = first + file.read(MAX_TEXT)
    if len(data) > MAX_TEXT:
        raise EnvelopeFormatError(
            f"this is text of more than {MAX_TEXT // 10**6} MB; "
            "`openssl cms -cmsout -inform SMIME -in FILE -outform DER -out FILE.p7m` makes it short"
        )
    file.seek(0)
    found = _decoded(data.removeprefix(b"\xef\xbb\xbf"))
    return io.BytesIO(found) if found.startswith(_DER) else file


def _decoded(text: bytes) -> bytes:
    armoured = _PEM.search(text)
    if armoured is not None:
        return _base64(armoured[2])
    return _attached(text) or _base64(text)


def _attached(text: bytes) -> bytes:
    """The first S/MIME part of a mail."""
    try:
        parts = list(email.message_from_bytes(text).walk())
    except RecursionError:
        return b""
    for part in parts:
        content = part.get_payload(decode=True)
        named = (part.get_filename() or "").lower().endswith((".p7m", ".p7"))
        if (named or part.get_content_type() in _TYPES) and isinstance(content, bytes):
            return content
    return b""


def _base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        return b""
