"""Key files and passphrases: read, asked for, written.

Two kinds of keys come in two kinds of files, and the content tells which: PEM or DER for the key
pairs of the safe schemes, text lines "n = 3233" for classroom keys. A private key is written for
its owner's eyes only (mode 0600).

A passphrase comes from the terminal, without echo, or from the first line of a file; never from an
argument, which every user of the machine could read.
"""

import getpass
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
    pem,
)
from rsa_core.cli.console import KEY_TROUBLE, CommandError, about

KeyKind = Literal["key pair", "classroom key"]

_MAX_PASSPHRASE = 4096
_WANTED = "an RSA public key, PEM, DER or classroom text"


def read_public_key(path: Path, kind: KeyKind | None = None) -> AnyPublicKey:
    """Reads a public key, or the public half of a classroom key pair (CommandError: no such key).

    Without `kind` it takes either, as a safe key where it is fit for that.
    """
    data = _read(path)
    with about(path, KEY_TROUBLE):
        if _is_text(data):
            return _classroom_text(data, kind)
        der = data if data[:1] == b"\x30" else pem.unarmour(data, (pem.PUBLIC,), _WANTED)
        if kind == "classroom key":
            return ClassroomPublicKey.from_der(der)
        try:
            return PublicKey.from_der(der)
        except KeyFormatError:
            if kind == "key pair":
                raise
            return ClassroomPublicKey.from_der(der)


def read_key_pair(path: Path, passphrase_file: Path | None) -> AnyKeyPair:
    """Reads either kind of private key, asking for a passphrase if need be (or CommandError)."""
    data = _read(path)
    with about(path, KEY_TROUBLE):
        if _is_text(data):
            return ClassroomKeyPair.from_text(data.decode("ascii"))
        read = KeyPair.from_der if data[:1] == b"\x30" else KeyPair.from_pem
        try:
            return read(data)
        except PassphraseError:  # it is under one
            if passphrase_file is not None:
                return read(data, passphrase_in(passphrase_file))
            return read(data, _ask(f"Passphrase of {path.name}: "))


def passphrase_in(path: Path) -> str:
    """The first line of a file, in UTF-8 (CommandError: unreadable, empty, or not text)."""
    try:
        line = _read(path)[:_MAX_PASSPHRASE].split(b"\n")[0].rstrip(b"\r").decode()
    except UnicodeDecodeError:
        raise CommandError(f"{path}: the passphrase is not UTF-8 text", KEY_TROUBLE) from None
    if not line:
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


def _is_text(data: bytes) -> bool:
    """Whether the file holds lines "name = number"; base64 has "=" at most at its end."""
    return data.isascii() and b"=" in data and not (b"-----" in data or data.startswith(b"ssh-"))


def _classroom_text(data: bytes, kind: KeyKind | None) -> ClassroomPublicKey:
    if kind == "key pair":
        raise KeyFormatError(
            "this is a classroom key, for the textbook schemes; expected a PEM file"
        )
    text = data.decode("ascii")
    try:
        return ClassroomPublicKey.from_text(text)
    except KeyFormatError as error:
        try:
            return ClassroomKeyPair.from_text(text).public
        except KeyFormatError:
            raise error from None
