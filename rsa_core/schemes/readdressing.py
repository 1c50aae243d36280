"""Readdressing: what was sealed for one key is sealed for another, by the holder of the first.

This is what an interceptor does after swapping in a false public key: open what arrives, and send
it on to the key it was meant for. `hybrid` keeps its content, digest and commitment: the content
key is wrapped once more, and the false recipient leaves the roll. `oaep-blocks` is encrypted again.
"""

from rsa_core.errors import DecodingError, DecryptionError, PictureError
from rsa_core.keys import KeyPair, PublicKey
from rsa_core.pictures import read_picture
from rsa_core.schemes.base import Sealed
from rsa_core.schemes.hybrid import readdress_bytes
from rsa_core.schemes.oaep_blocks import OAEP_BLOCKS


def readdress(scheme: str, envelope: bytes, key: KeyPair, recipient: PublicKey) -> Sealed:
    """Seals an envelope's content for another recipient instead of the one that holds `key`.

    The scheme is "hybrid" or "oaep-blocks"; the others' keys are classroom keys. In `oaep-blocks`
    the other recipients' copies are left out.

    Raises:
        ValueError: another scheme.
        EnvelopeFormatError, RecipientError, DecryptionError, LimitError: as `Scheme.open`.
        DecodingError: the picture could not be decoded in time.
        KeyFormatError: the scheme does not take the recipient's key.
    """
    if scheme == "hybrid":
        return readdress_bytes(envelope, key, recipient)
    if scheme != OAEP_BLOCKS.name:
        raise ValueError("only what is sealed for a key pair can be readdressed")
    try:
        picture = read_picture(OAEP_BLOCKS.open(envelope, key).file)
    except DecodingError:
        raise
    except PictureError:
        raise DecryptionError from None
    return OAEP_BLOCKS.seal(picture, [recipient])
