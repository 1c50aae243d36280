"""RSA image encryption: keys, pictures, schemes, envelopes, signatures.

    pair = KeyPair.generate()
    picture = read_picture(open("photo.png", "rb").read())
    sealed = HYBRID.seal(picture, [pair.public])
    assert HYBRID.open(sealed.envelope, pair).file == picture.data

`hybrid` is for real use. Whatever carries the word `textbook` is meant to be broken, and to be
looked at while it breaks.
"""

from rsa_core.classroom import SEED_KEY, ClassroomKeyPair, ClassroomPublicKey
from rsa_core.errors import (
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
from rsa_core.keys import KEY_SIZES, KeyPair, PublicKey, fingerprint_of, safety_number_of
from rsa_core.locking import derive_secret, open_note, seal_note
from rsa_core.pictures import Picture, png_of, read_picture
from rsa_core.schemes import (
    HYBRID,
    SCHEMES,
    TEXTBOOK_PIXELS,
    AnyKeyPair,
    AnyPublicKey,
    Capture,
    Opened,
    Scheme,
    Sealed,
)
from rsa_core import views
from rsa_core.schemes.hybrid import open_bytes, seal_bytes
from rsa_core.signatures import Manifest, Part, sign, verify

__all__ = [
    "HYBRID",
    "KEY_SIZES",
    "SCHEMES",
    "SEED_KEY",
    "TEXTBOOK_PIXELS",
    "AnyKeyPair",
    "AnyPublicKey",
    "Capture",
    "ClassroomKeyPair",
    "ClassroomPublicKey",
    "DecryptionError",
    "EnvelopeFormatError",
    "KeyFormatError",
    "KeyPair",
    "LimitError",
    "Manifest",
    "Opened",
    "Part",
    "PassphraseError",
    "Picture",
    "PictureError",
    "PublicKey",
    "RecipientError",
    "RsaCoreError",
    "Scheme",
    "Sealed",
    "SignatureError",
    "derive_secret",
    "fingerprint_of",
    "open_bytes",
    "open_note",
    "png_of",
    "read_picture",
    "safety_number_of",
    "seal_bytes",
    "seal_note",
    "sign",
    "verify",
]
