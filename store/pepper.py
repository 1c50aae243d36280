"""The pepper: 32 secret bytes that are not in the database.

Channel keys are stored as HMAC-SHA256(pepper, key), and rows of pictures carry a code under a key
derived from it. So a stolen database alone gives nothing to guess keys against, and a changed row
is noticed. The operator gives the pepper, or a file of mode 0600 beside the SQLite file keeps it.
The database keeps a mark of its pepper: under another one no channel key would fit, and nothing
would say why.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from store.errors import StoreDamaged, StoreMisconfigured

BYTES = 32


def keyed(pepper: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 under the pepper, 32 bytes."""
    return hmac.digest(pepper, message, hashlib.sha256)


def row_key(pepper: bytes) -> bytes:
    """The key for codes over rows. No channel key has lower case letters, so it meets none."""
    return keyed(pepper, b"store: codes over rows")


def mark(pepper: bytes) -> bytes:
    """What the database keeps to know its pepper again."""
    return keyed(pepper, b"store: mark of the pepper")


def check(pepper: bytes) -> bytes:
    """A pepper that the operator gave.

    Raises:
        StoreMisconfigured: it is too short to be a secret.
    """
    if len(pepper) < 16:
        raise StoreMisconfigured(f"the pepper has {len(pepper)} bytes, it needs 16 or more")
    return pepper


def read(path: Path) -> bytes | None:
    """The pepper in the file; None when there is no file.

    Raises:
        StoreDamaged: the file is there, and is not one of ours.
    """
    try:
        pepper = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(pepper) != BYTES:
        raise StoreDamaged(f"the pepper file has {len(pepper)} bytes, it should have {BYTES}")
    return pepper


def make(path: Path) -> bytes:
    """A fresh pepper, in a file that is there as a whole or not at all."""
    pepper = secrets.token_bytes(BYTES)
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, pepper)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    unfinished.replace(path)
    return pepper
