"""RSA image encryption: keys, pictures, schemes, envelopes, signatures.

    pair = KeyPair.generate()
    picture = read_picture(open("photo.png", "rb").read())
    sealed = HYBRID.seal(picture, [pair.public])
    assert HYBRID.open(sealed.envelope, pair).file == picture.data

`hybrid` is for real use. Whatever carries the word `textbook` is meant to be broken, and to be
looked at while it breaks.

numpy and Pillow are imported with the first name that needs them: who seals files alone, as the
command line does, does not wait for them.
"""

import importlib
from typing import TYPE_CHECKING

from rsa_core.classroom import SEED_KEY, ClassroomKeyPair, ClassroomPublicKey
from rsa_core.envelopes.streaming import open_stream, seal_stream
from rsa_core.errors import (
    BusyError,
    CancelledError,
    DecodingError,
    DecryptionError,
    EnvelopeFormatError,
    KeyFormatError,
    LimitError,
    PassphraseError,
    PictureError,
    RecipientError,
    RsaCoreError,
    SignatureError,
)
from rsa_core.key_health import Finding, key_health
from rsa_core.keys import KEY_SIZES, KeyPair, PublicKey, fingerprint_of, safety_number_of
from rsa_core.locking import derive_secret, open_note, seal_note
from rsa_core.schemes import (
    HYBRID,
    SCHEMES,
    AnyKeyPair,
    AnyPublicKey,
    Capture,
    Opened,
    Scheme,
    Sealed,
)
from rsa_core.schemes.hybrid import OpenedBytes, open_bytes, seal_bytes, share_bytes
from rsa_core.signatures import Manifest, Part, accept, sign, verify
from rsa_core.weak_keys import WEAKNESSES, make_weak
from rsa_core.workers import Progress

if TYPE_CHECKING:
    from rsa_core import views
    from rsa_core.pictures import Picture, png_of, ppm_of, read_picture
    from rsa_core.schemes import OAEP_BLOCKS, TEXTBOOK_BLOCKS, TEXTBOOK_PIXELS
    from rsa_core.schemes.readdressing import readdress

__all__ = [
    "HYBRID",
    "KEY_SIZES",
    "OAEP_BLOCKS",
    "SCHEMES",
    "SEED_KEY",
    "TEXTBOOK_BLOCKS",
    "TEXTBOOK_PIXELS",
    "WEAKNESSES",
    "AnyKeyPair",
    "AnyPublicKey",
    "BusyError",
    "CancelledError",
    "Capture",
    "ClassroomKeyPair",
    "ClassroomPublicKey",
    "DecodingError",
    "DecryptionError",
    "EnvelopeFormatError",
    "Finding",
    "KeyFormatError",
    "KeyPair",
    "LimitError",
    "Manifest",
    "Opened",
    "OpenedBytes",
    "Part",
    "PassphraseError",
    "Picture",
    "PictureError",
    "Progress",
    "PublicKey",
    "RecipientError",
    "RsaCoreError",
    "Scheme",
    "Sealed",
    "SignatureError",
    "accept",
    "derive_secret",
    "fingerprint_of",
    "key_health",
    "make_weak",
    "open_bytes",
    "open_note",
    "open_stream",
    "png_of",
    "ppm_of",
    "read_picture",
    "readdress",
    "safety_number_of",
    "seal_bytes",
    "seal_note",
    "seal_stream",
    "share_bytes",
    "sign",
    "verify",
    "views",
]

_LATER = {
    "Picture": "pictures",
    "png_of": "pictures",
    "ppm_of": "pictures",
    "read_picture": "pictures",
    "readdress": "schemes.readdressing",
    "OAEP_BLOCKS": "schemes",
    "TEXTBOOK_BLOCKS": "schemes",
    "TEXTBOOK_PIXELS": "schemes",
}


def __getattr__(name: str) -> object:
    """The names that were not imported at once (PEP 562)."""
    if name == "views":
        return importlib.import_module("rsa_core.views")
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(importlib.import_module(f"rsa_core.{_LATER[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
