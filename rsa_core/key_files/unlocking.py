"""Private keys out of their wrapping: PKCS #8 and OpenSSH, in clear or under a passphrase.

A passphrase is tried in each of its forms (`passphrases`), and all tries together cost no more
iterations than one may. Protections of long ago are not broken in here: a command converts them.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from Crypto import IncorrectPassphraseError, KdfLimitError, PassphraseRequiredError
from Crypto.IO import PKCS8
from Crypto.PublicKey import RSA
from Crypto.Util.asn1 import DerObjectId

from rsa_core.errors import KeyFormatError, PassphraseError
from rsa_core.key_files import pem, pkcs1, spki
from rsa_core.key_files.pem import Block

# RC4 and RC2, which OpenSSL 3 keeps in its legacy provider.
OLD_CIPHERS = tuple(
    DerObjectId(f"1.2.840.113549.{name}").encode()
    for name in ("1.12.1.1", "1.12.1.2", "1.12.1.5", "1.12.1.6", "3.2")
)
_PKCS12_PBE = DerObjectId("1.2.840.113549.1.12.1.1").encode()[2:-1]
# Ten times what we write, about two seconds: a stranger's file may not hold a server for longer.
_MAX_ITERATIONS = 6_000_000
_MAX_SSH_ROUNDS = 600
_MAX_SSH_BYTES = 8192
_CONVERT = "`openssl pkcs8 -topk8 -in FILE -out KEY.pem`"
_CONVERT_OLD = "`openssl pkcs8 -topk8 -provider legacy -provider default -in FILE -out KEY.pem`"
_CONVERT_SSH = "`ssh-keygen -p -m PKCS8 -f FILE`"

T = TypeVar("T")


def private_key(block: Block, secrets: Sequence[bytes], wanted: str) -> bytes:
    """RSAPrivateKey (RFC 8017, A.1.2) of a block with a private key.

    Raises:
        KeyFormatError: it is no RSA key, or protected in a way that is not read here.
        PassphraseError: it needs a passphrase, or none of `secrets` opens it.
    """
    if "Proc-Type" in block.headers:
        raise KeyFormatError(
            "this private key is under a passphrase in the traditional format, whose protection is "
            f"weak; {_CONVERT} converts it"
        )
    if block.label == pem.OPENSSH:
        return _openssh(block.der, secrets, wanted)
    if block.label == pem.PKCS1_PRIVATE:
        return block.der

    def unwrap(secret: bytes | None, limit: int) -> PKCS8.UnwrappedKey:
        return PKCS8.unwrap(block.der, secret, max_iteration_count=limit)

    if _PKCS12_PBE in block.der[:24]:
        old = any(cipher in block.der[:32] for cipher in OLD_CIPHERS)
        raise KeyFormatError(
            "this private key is under a passphrase in the old way of PKCS #12 (PBE with SHA-1); "
            f"{_CONVERT_OLD if old else _CONVERT} converts it"
        )
    key = _unlocked(unwrap, secrets, _MAX_ITERATIONS, _CONVERT, wanted)
    spki.check_algorithm(key.oid, wanted)
    return bytes(key.private_key)


def _openssh(der: bytes, secrets: Sequence[bytes], wanted: str) -> bytes:
    """The numbers of an `openssh-key-v1` (OpenSSH, PROTOCOL.key)."""
    if b"\x07ssh-rsa" not in der:
        raise KeyFormatError(f"this is an SSH key of another kind than RSA; expected {wanted}")
    if len(der) > _MAX_SSH_BYTES:
        raise KeyFormatError(f"{len(der)} bytes are too many for an OpenSSH key")
    text = pem.armour(pem.OPENSSH, der)

    def unwrap(secret: bytes | None, limit: int) -> RSA.RsaKey:
        return RSA.import_key(text, secret, max_iteration_count=limit)

    key = _unlocked(unwrap, secrets, _MAX_SSH_ROUNDS, _CONVERT_SSH, wanted)
    return pkcs1.pack(*map(int, (key.n, key.e, key.d, key.p, key.q)))


def _unlocked(
    unwrap: Callable[[bytes | None, int], T],
    secrets: Sequence[bytes],
    limit: int,
    convert: str,
    wanted: str,
) -> T:
    """Tries the forms of a passphrase, with no more than `limit` iterations in all."""
    for count, secret in enumerate(secrets or (None,), 1):
        try:
            return unwrap(secret, limit // count)
        except PassphraseRequiredError:
            raise PassphraseError(
                "this private key is under a passphrase: give it", missing=True
            ) from None
        except IncorrectPassphraseError:
            continue
        except KdfLimitError:
            if count > 1:
                break
            raise KeyFormatError("opening this private key would cost too much work") from None
        except (ValueError, TypeError, IndexError):
            raise KeyFormatError(
                "these bytes are not a private key, or are protected in a way that is not "
                f"supported; {convert} may convert it; expected {wanted}"
            ) from None
    raise PassphraseError("this passphrase does not open the private key")
