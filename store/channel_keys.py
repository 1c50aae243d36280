"""Channel keys: drawn by the server, read aloud and typed by people.

Ten symbols of Crockford's base 32 (no I, L, O, U) from `secrets`, 50 bits, written in two groups
of five: ABCDE-FGHJK. Reading is forgiving: any case, any spaces and dashes, I and L for 1,
O for 0. It has no check symbol: a mistyped key finds no channel.
"""

import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
_LONGEST_INPUT = 64  # ten symbols and generous padding; bounds the work of NFKC
_LOOKALIKES = str.maketrans("ILO", "110")


def new_channel_key() -> str:
    """A fresh key in its written form, 11 characters."""
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{symbols[:5]}-{symbols[5:]}"


def normalise_channel_key(text: str) -> str | None:
    """The ten symbols that a person meant, without the dash; None for anything but a key."""
    if len(text) > _LONGEST_INPUT:
        return None
    letters = unicodedata.normalize("NFKC", text).upper()
    # Pd: every dash of Unicode. People copy keys out of programs that beautify hyphens.
    kept = "".join(c for c in letters if not c.isspace() and unicodedata.category(c) != "Pd")
    symbols = kept.translate(_LOOKALIKES)
    if len(symbols) != LENGTH or not set(symbols) <= set(ALPHABET):
        return None
    return symbols
