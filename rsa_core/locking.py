"""Keeping private keys and short notes under a random secret.

A server keeps a person's private key only in a form that the database alone cannot use: PKCS#8
(RFC 5958), encrypted by PBES2 (RFC 8018) under a secret that lives in the person's browser.

    secret        HKDF-SHA256 (RFC 5869) of the browser's token, 32 bytes, one for each purpose
    locked key    EncryptedPrivateKeyInfo, PBKDF2-HMAC-SHA512 + AES-256-GCM
    sealed note   nonce 12 B | AES-256-GCM ciphertext | tag 16 B

The secret is random, at least 256 bits after derivation, so that stretching it buys nothing: the
iteration count is small on purpose. A passphrase, which people can guess, is another matter
(`keys.KeyPair.pem`). GCM rather than CBC, because whoever can write to the database must not be
able to plant a damaged key: one signature by a key with a changed factor gives the factors away.
"""

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.IO import PKCS8
from Crypto.Protocol.KDF import HKDF
from Crypto.Random import get_random_bytes

from rsa_core.errors import DecryptionError, PassphraseError

SECRET_BYTES = 32
_TOKEN_BYTES = 16
_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
_PROTECTION = "PBKDF2WithHMAC-SHA512AndAES256-GCM"
_ITERATIONS = 1000
_SALT = b"rsa-image-secret-v1"
_NONCE_BYTES = 12
_TAG_BYTES = 16


def derive_secret(token: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose from a random token; the same for the same token and purpose.

    Args:
        token: at least 16 bytes (128 bits) from a random source; never a passphrase.
        purpose: ASCII; different purposes give independent secrets.

    Raises:
        ValueError: the token is too short, or the purpose is empty or not ASCII.
    """
    if len(token) < _TOKEN_BYTES:
        raise ValueError(f"a token has at least {_TOKEN_BYTES} bytes")
    if not purpose or not purpose.isascii():
        raise ValueError("a purpose is some ASCII text")
    return HKDF(token, SECRET_BYTES, _SALT, SHA256, context=purpose.encode("ascii"))


def lock(private_der: bytes, secret: bytes) -> bytes:
    """Encrypts an RSAPrivateKey (DER; RFC 8017, A.1.2) of any size of key.

    The secret has 32 or more random bytes (`derive_secret`; ValueError: fewer). Gives a PKCS#8
    EncryptedPrivateKeyInfo, DER.
    """
    _check_secret(secret)
    return PKCS8.wrap(
        private_der,
        _RSA_ENCRYPTION,
        passphrase=secret,
        protection=_PROTECTION,
        prot_params={"iteration_count": _ITERATIONS, "salt_size": 16},
    )


def unlock(data: bytes, secret: bytes) -> bytes:
    """Gives back the RSAPrivateKey DER that `lock` was given.

    Raises:
        ValueError: the secret is too short.
        PassphraseError: another secret locked these bytes, or they were changed.
    """
    _check_secret(secret)
    try:
        unwrapped = PKCS8.unwrap(data, passphrase=secret, max_iteration_count=_ITERATIONS)
    except (ValueError, TypeError, IndexError):
        raise PassphraseError("the locked private key does not open with this secret") from None
    return unwrapped.private_key


def seal_note(data: bytes, secret: bytes) -> bytes:
    """Encrypts a short record, at rest beside the locked key; the note is 28 bytes longer.

    The secret has 32 random bytes (`derive_secret`; ValueError: another length) and is good for
    2^32 notes, since nonces are random.
    """
    _check_aes_key(secret)
    nonce = get_random_bytes(_NONCE_BYTES)
    cipher = AES.new(secret, AES.MODE_GCM, nonce=nonce, mac_len=_TAG_BYTES)
    ciphertext, tag = cipher.encrypt_and_digest(data)
    return nonce + ciphertext + tag


def open_note(note: bytes, secret: bytes) -> bytes:
    """Gives back the bytes that `seal_note` was given.

    Raises as `seal_note`, and DecryptionError for another secret or a changed note.
    """
    _check_aes_key(secret)
    if len(note) < _NONCE_BYTES + _TAG_BYTES:
        raise DecryptionError
    cipher = AES.new(secret, AES.MODE_GCM, nonce=note[:_NONCE_BYTES], mac_len=_TAG_BYTES)
    try:
        return cipher.decrypt_and_verify(note[_NONCE_BYTES:-_TAG_BYTES], note[-_TAG_BYTES:])
    except ValueError:
        raise DecryptionError from None


def _check_secret(secret: bytes) -> None:
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"a secret has at least {SECRET_BYTES} random bytes")


def _check_aes_key(secret: bytes) -> None:
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a secret for notes has {SECRET_BYTES} random bytes")
