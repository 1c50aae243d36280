"""RSA image encryption: keys, pictures, schemes, envelopes, signatures.

    pair = KeyPair.generate()
    picture = read_picture(open("photo.png", "rb").read())
    sealed = HYBRID.seal(picture, [pair.public])
    assert HYBRID.open(sealed.envelope, pair).file == picture.data

`hybrid` is for real use. Whatever carries the word `textbook` is meant to be broken, and to be
looked at while it breaks.
"""

from rsa_core import views
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
from rsa_core.pictures import Picture, png_of, ppm_of, read_picture
from rsa_core.schemes import (
    HYBRID,
    OAEP_BLOCKS,
    SCHEMES,
    TEXTBOOK_BLOCKS,
    TEXTBOOK_PIXELS,
    AnyKeyPair,
    AnyPublicKey,
    Capture,
    Opened,
    Progress,
    Scheme,
    Sealed,
)
from rsa_core.schemes.hybrid import OpenedBytes, open_bytes, seal_bytes, share_bytes
from rsa_core.schemes.readdressing import readdress
from rsa_core.signatures import Manifest, Part, accept, sign, sign_share, verify
from rsa_core.weak_keys import WEAKNESSES, make_weak

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
    "sign_share",
    "verify",
    "views",
]
