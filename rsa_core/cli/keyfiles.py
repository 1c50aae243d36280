"""Key files and passphrases: read, asked for, written.

The content tells what a file is: text lines "n = 3233" for classroom keys, and for any other RSA
key one of the forms of `key_files`. Those serve the textbook schemes too; the safe schemes take no
classroom text. A private key is written for its owner's eyes only (mode 0600).

A passphrase comes from the terminal, without echo, or from the first line of a file, byte for byte
as `openssl -passin file:` reads it; never from an argument, which every user of the machine could
read.
"""

import codecs
import getpass
import re
import sys
from pathlib import Path
from typing import Literal

from rsa_core import (
    AnyKeyPair,
    AnyPublicKey,
    ClassroomKeyPair,
    ClassroomPublicKey,
    KeyFormatError,
    KeyPair,
    PassphraseError,
    PublicKey,
    key_files,
)
from rsa_core.cli.console import KEY_TROUBLE, CommandError, about
from rsa_core.key_files import pem

KeyKind = Literal["key pair", "classroom key"]

_WANTED_PUBLIC = "an RSA public key"
_WANTED_PRIVATE = "an RSA private key"
_LINE = re.compile(r"(?m)^[ \t]*[nedpq][ \t]*=[ \t]*[^=\s]")


def read_public_key(path: Path, kind: KeyKind | None = None) -> AnyPublicKey:
    """Reads a public key, or the public half of a classroom key pair (CommandError: no such key).

    Without `kind` it takes either, as a safe key where it is fit for that.
    """
    data = _read(path)
    with about(path, KEY_TROUBLE):
        text = _classroom_text(data)
        if text is not None:
            return _classroom_key(text, kind)
        numbers = key_files.only(key_files.public_keys(data, _WANTED_PUBLIC), "public key")
        if kind == "classroom key":
            return ClassroomPublicKey(*numbers)
        try:
            return PublicKey(*numbers)
        except KeyFormatError:
            if kind == "key pair":
                raise
            return ClassroomPublicKey(*numbers)


def read_key_pairs(path: Path, passphrase_file: Path | None) -> tuple[AnyKeyPair, ...]:
    """Reads all private keys of a file, asking for a passphrase if need be (or CommandError).

    Each is a safe key where it is fit for that, and a classroom key otherwise.
    """
    data = _read(path)
    with about(path, KEY_TROUBLE):
        text = _classroom_text(data)
        if text is not None:
            return (ClassroomKeyPair.from_text(text),)
        try:
            found = key_files.private_keys(data, None, _WANTED_PRIVATE)
        except PassphraseError:  # it is under one
            if passphrase_file is not None:
                passphrase: str | bytes = passphrase_in(passphrase_file)
            else:
                passphrase = _ask(f"Passphrase of {path.name}: ")
            found = key_files.private_keys(data, passphrase, _WANTED_PRIVATE)
        return tuple(map(_key_pair, found))


def read_classroom_pair(path: Path) -> ClassroomKeyPair:
    """Reads the only private key of a file for the textbook schemes (or CommandError)."""
    pairs = read_key_pairs(path, None)
    with about(path, KEY_TROUBLE):
        return ClassroomKeyPair.of(key_files.only(list(pairs), "private key"))


def passphrase_in(path: Path) -> bytes:
    """The first line of a file as OpenSSL reads it: its bytes (CommandError: there are none)."""
    data = _read(path)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise CommandError(f"{path}: this is UTF-16 text; save it as UTF-8", KEY_TROUBLE)
    line = data.split(b"\n")[0]
    if not line.strip(b"\r"):
        raise CommandError(f"{path}: the first line, the passphrase, is empty", KEY_TROUBLE)
    return line


def new_passphrase() -> str | None:
    """Asks twice for a new passphrase; None if empty (CommandError: no answer, or they differ)."""
    first = _ask("New passphrase (empty for none): ")
    if not first:
        return None
    if _ask("The same again: ") != first:
        raise CommandError("the two passphrases differ", KEY_TROUBLE)
    return first


def _ask(prompt: str) -> str:
    """From the terminal without echo; where there is none, a line of the standard input."""
    try:
        if sys.stdin.isatty():
            return getpass.getpass(prompt, stream=sys.stderr)
        line = sys.stdin.readline()
    except EOFError:
        line = ""
    if not line:
        raise CommandError("a passphrase is needed: give --passphrase-file", KEY_TROUBLE)
    return line.rstrip("\r\n")


def _read(path: Path) -> bytes:
    with about(path, KEY_TROUBLE), path.open("rb") as file:
        return file.read(pem.MAX_BYTES + 1)


def _classroom_text(data: bytes) -> str | None:
    """The text of a file with lines "name = number"; None for any other file."""
    if len(data) > pem.MAX_BYTES or data[:1] == b"\x30":
        return None
    text = pem.text_of(data)
    return text if _LINE.search(text) and "--BEGIN" not in text else None


def _classroom_key(text: str, kind: KeyKind | None) -> ClassroomPublicKey:
    if kind == "key pair":
        raise KeyFormatError(
            "this is a classroom key, for the textbook schemes; expected a PEM file"
        )
    try:
        return ClassroomPublicKey.from_text(text)
    except KeyFormatError as error:
        try:
            return ClassroomKeyPair.from_text(text).public
        except KeyFormatError:
            raise error from None


def _key_pair(private_der: bytes) -> AnyKeyPair:
    """What the numbers are fit for; the words are those of the safe schemes where it is nothing."""
    try:
        return KeyPair.from_der(private_der)
    except KeyFormatError as error:
        try:
            return ClassroomKeyPair.from_private_der(private_der)
        except KeyFormatError:
            raise error from None
