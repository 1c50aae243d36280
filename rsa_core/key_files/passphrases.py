"""Passphrases as bytes: what is written, and what is tried on reading.

We write the bytes as they were given, a typed passphrase in UTF-8, which is what OpenSSL takes from
a terminal or from `-passin file:`. But the same letters have other bytes where they were typed
elsewhere, so reading tries them in this order:

    as given; UTF-8 of the normal forms KC, C, D (Unicode, annex 15); Windows-1252; Latin-1;
    each without the byte order mark and without the carriage return that Windows leaves in files,
    and at the end with that carriage return, which OpenSSL reads along from such a file

Most passphrases are ASCII and have one form or two.
"""

import unicodedata

from rsa_core.errors import PassphraseError

MAX_BYTES = 1023  # OpenSSL cuts a longer line off
_BOM = "\ufeff"


def written(passphrase: str | bytes) -> bytes:
    """The bytes for a new key (PassphraseError: OpenSSL could not read them from a file)."""
    data = _raw(passphrase)
    if not data:
        raise PassphraseError("an empty passphrase protects nothing")
    if len(data) > MAX_BYTES:
        raise PassphraseError(f"the passphrase is too long; at most {MAX_BYTES} bytes are taken")
    if b"\0" in data or b"\n" in data:
        raise PassphraseError("the passphrase holds a line break or a zero byte")
    return data


def forms(passphrase: str | bytes) -> tuple[bytes, ...]:
    """What may be meant, each once, the likeliest first; nothing for an empty passphrase."""
    data = _raw(passphrase)
    text = _text(data).removeprefix(_BOM).rstrip("\r\n")
    found = [data]
    for form in (text, *(unicodedata.normalize(name, text) for name in ("NFKC", "NFC", "NFD"))):
        found.append(form.encode())
    for encoding in ("cp1252", "latin-1"):
        try:
            found.append(unicodedata.normalize("NFC", text).encode(encoding))
        except UnicodeEncodeError:
            continue
    found += [form.encode() + b"\r" for form in (text, unicodedata.normalize("NFC", text))]
    return tuple(dict.fromkeys(form for form in found if form.strip(b"\r")))


def _raw(passphrase: str | bytes) -> bytes:
    if isinstance(passphrase, bytes):
        return passphrase
    try:
        # A terminal that is not UTF-8 gives its bytes as surrogates (PEP 383).
        return passphrase.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise PassphraseError("the passphrase holds a character that has no UTF-8 form") from None


def _text(data: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
