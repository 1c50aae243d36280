"""RSA keys that people carry: made, named, exported, imported.

    public key     SubjectPublicKeyInfo (RFC 5280, RFC 3279 2.3.1), DER or PEM "PUBLIC KEY"
    private key    PKCS#8 (RFC 5958), PEM "PRIVATE KEY", or "ENCRYPTED PRIVATE KEY" with
                   PBES2: PBKDF2-HMAC-SHA512, 600 000 iterations, AES-256-CBC
    fingerprint    SHA-256 of the SubjectPublicKeyInfo DER, 32 bytes, for tools
    safety number  SHA-512("rsa-image-fingerprint-v1" | 0 | SubjectPublicKeyInfo DER), cut into
                   8 pieces of 5 bytes, each modulo 100 000, for reading aloud (132 bits)
    key id         SHA-1 of the RSAPublicKey DER (RFC 5280, 4.2.1.2), 20 bytes: it names the key
                   in an envelope as it does in certificates, and nothing rests on it

Keys have 2048 to 8192 bits here. The small keys of the classroom are elsewhere (`classroom`),
so that no safe scheme can be handed one.
"""

import functools
import hashlib
import math
import unicodedata
from dataclasses import dataclass, field
from typing import Self

from Crypto import IncorrectPassphraseError, KdfLimitError, PassphraseRequiredError
from Crypto.IO import PKCS8
from Crypto.PublicKey import RSA
from Crypto.Util.asn1 import DerBitString, DerInteger, DerNull, DerObjectId, DerSequence

from rsa_core import locking, pem, pkcs1
from rsa_core.errors import KeyFormatError, PassphraseError

KEY_SIZES = (2048, 3072, 4096)
DEFAULT_KEY_SIZE = 3072
MIN_BITS = 2048
MAX_BITS = 8192

_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
_OTHER_KEYS = {
    "1.2.840.10045.2.1": "an elliptic-curve key",
    "1.3.101.110": "an X25519 key",
    "1.3.101.112": "an Ed25519 key",
    "1.2.840.10040.4.1": "a DSA key",
    "1.2.840.113549.1.1.7": "an RSA key that is restricted to OAEP",
    "1.2.840.113549.1.1.10": "an RSA key that is restricted to PSS",
}
_WANTED_PUBLIC = "an RSA public key (SubjectPublicKeyInfo) of 2048 to 8192 bits"
_WANTED_PRIVATE = "an RSA private key (PKCS #8) of 2048 to 8192 bits"
_PROTECTION = "PBKDF2WithHMAC-SHA512AndAES256-CBC"
_ITERATIONS = 600_000
# Ten times what we write, about two seconds: a stranger's file may not hold a server for longer.
_MAX_ITERATIONS = 6_000_000
_SMALL_PRIMES = math.prod(
    n for n in range(3, 2000, 2) if all(n % d for d in range(3, math.isqrt(n) + 1, 2))
)
_LABEL = b"rsa-image-fingerprint-v1\0"


def fingerprint_of(spki_der: bytes) -> bytes:
    """SHA-256 of a SubjectPublicKeyInfo DER, as `openssl pkey -pubin -outform DER | sha256sum`."""
    return hashlib.sha256(spki_der).digest()


def safety_number_of(spki_der: bytes) -> str:
    """Eight groups of five digits, with spaces between, from a SubjectPublicKeyInfo DER."""
    digest = hashlib.sha512(_LABEL + spki_der).digest()
    groups = (int.from_bytes(digest[at : at + 5], "big") % 100_000 for at in range(0, 40, 5))
    return " ".join(f"{group:05d}" for group in groups)


@dataclass(frozen=True, slots=True)
class RsaNumbers:
    """The numbers of any RSA public key, and what follows from them."""

    n: int
    e: int

    @property
    def bits(self) -> int:
        """Length of the modulus in bits."""
        return self.n.bit_length()

    @property
    def width(self) -> int:
        """Bytes that hold any residue modulo n, a wrapped key or a signature."""
        return (self.bits + 7) // 8

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of `der()`, 32 bytes."""
        return fingerprint_of(self.der())

    @property
    def safety_number(self) -> str:
        """The fingerprint's form that people read aloud: eight groups of five digits."""
        return safety_number_of(self.der())

    def der(self) -> bytes:
        """SubjectPublicKeyInfo, DER (RFC 5280, 4.1.2.7; RFC 3279, 2.3.1)."""
        return _spki(self.n, self.e)

    @classmethod
    def _from_der(cls, data: bytes, wanted: str) -> Self:
        """Reads exactly what `der` writes; says what anything else is, and what is `wanted`."""
        try:
            spki = DerSequence().decode(data, strict=True, nr_elements=2)
            name = DerObjectId().decode(DerSequence().decode(spki[0], strict=True)[0]).value
        except (ValueError, TypeError, IndexError):
            raise KeyFormatError(f"these bytes are not a public key; expected {wanted}") from None
        _check_algorithm(name, wanted)
        try:
            numbers = DerSequence().decode(
                DerBitString().decode(spki[1], strict=True).value,
                strict=True,
                nr_elements=2,
                only_ints_expected=True,
            )
        except (ValueError, TypeError, IndexError):
            raise KeyFormatError(f"this RSA key is damaged; expected {wanted}") from None
        key = cls(numbers[0], numbers[1])
        if key.der() != data:
            raise KeyFormatError(f"this public key is not strict DER; expected {wanted}")
        return key


@dataclass(frozen=True, slots=True)
class PublicKey(RsaNumbers):
    """An RSA public key that is fit for the safe schemes (else KeyFormatError).

    n has 2048 to 8192 bits and is odd, not a square, and without prime factors below 2000; e is
    odd, 65537 to 2^256 (FIPS 186-5, A.1.1).
    """

    def __post_init__(self) -> None:
        if not MIN_BITS <= self.bits <= MAX_BITS:
            raise KeyFormatError(f"this RSA key has {self.bits} bits; expected 2048 to 8192 bits")
        if self.e < 65537 or self.e.bit_length() > 256 or self.e % 2 == 0:
            raise KeyFormatError(
                "the public exponent is out of bounds; expected an odd one from 65537 to 2^256"
            )
        if self.n % 2 == 0 or math.gcd(self.n, _SMALL_PRIMES) > 1:
            raise KeyFormatError("the modulus has a small prime factor: this key protects nothing")
        if math.isqrt(self.n) ** 2 == self.n:
            raise KeyFormatError("the modulus is a square: this key protects nothing")

    @property
    def key_id(self) -> bytes:
        """Subject key identifier, 20 bytes (RFC 5280, 4.2.1.2, method 1)."""
        return _key_id(self.n, self.e)

    def pem(self) -> str:
        """SubjectPublicKeyInfo, PEM."""
        return pem.armour(pem.PUBLIC, self.der())

    @classmethod
    def from_der(cls, data: bytes) -> "PublicKey":
        """Reads exactly what `der` writes (KeyFormatError: says what anything else is)."""
        return cls._from_der(data, _WANTED_PUBLIC)

    @classmethod
    def from_pem(cls, data: str | bytes) -> "PublicKey":
        """Reads a PEM file with one "PUBLIC KEY" block; raises as `from_der`."""
        return cls.from_der(pem.unarmour(data, (pem.PUBLIC,), _WANTED_PUBLIC))

    def engine(self) -> RSA.RsaKey:
        """The key as pycryptodome wants it."""
        return _public_engine(self.n, self.e)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An RSA key pair that is fit for the safe schemes; pycryptodome's `engine` is never shown."""

    public: PublicKey
    engine: RSA.RsaKey = field(repr=False, compare=False)

    @classmethod
    def generate(cls, bits: int = DEFAULT_KEY_SIZE) -> "KeyPair":
        """Makes a new key pair (FIPS 186-5, A.1.3; e = 65537); 0.2 to 4 seconds.

        Another size than those in `KEY_SIZES` raises ValueError.
        """
        if bits not in KEY_SIZES:
            raise ValueError(f"a new key pair has {KEY_SIZES} bits")
        engine = RSA.generate(bits)
        return cls(PublicKey(int(engine.n), int(engine.e)), engine)

    def pem(self, passphrase: str | None = None) -> str:
        """PKCS#8, PEM; in clear without a passphrase (PassphraseError: it is empty).

        The passphrase goes in as UTF-8 of its Unicode normal form KC, so that the same letters
        typed on two systems are the same passphrase, and OpenSSL on a UTF-8 terminal agrees.
        """
        if passphrase is None:
            return pem.armour(pem.PRIVATE, self.der())
        protected = PKCS8.wrap(
            self._numbers(),
            _RSA_ENCRYPTION,
            passphrase=_passphrase_bytes(passphrase),
            protection=_PROTECTION,
            prot_params={"iteration_count": _ITERATIONS, "salt_size": 16},
        )
        return pem.armour(pem.ENCRYPTED, protected)

    def der(self) -> bytes:
        """PKCS#8 in clear, DER."""
        return PKCS8.wrap(self._numbers(), _RSA_ENCRYPTION)

    @classmethod
    def from_pem(cls, data: str | bytes, passphrase: str | None = None) -> "KeyPair":
        """Reads a PEM file with one private key, PKCS#8 or (in clear) PKCS#1.

        Raises:
            KeyFormatError: anything else; says what it is, and what is expected.
            PassphraseError: the passphrase is missing or wrong.
        """
        labels = (pem.PRIVATE, pem.ENCRYPTED, pem.TRADITIONAL)
        return cls.from_der(pem.unarmour(data, labels, _WANTED_PRIVATE), passphrase)

    @classmethod
    def from_der(cls, data: bytes, passphrase: str | None = None) -> "KeyPair":
        """Reads PKCS#8, in clear or under a passphrase, or clear PKCS#1; raises as `from_pem`."""
        if len(data) > pem.MAX_BYTES:
            raise KeyFormatError(f"{len(data)} bytes are too many; expected {_WANTED_PRIVATE}")
        if pkcs1.is_private_key(data):
            return cls._from_rsa_private_key(data)
        secret = _passphrase_bytes(passphrase) if passphrase else None
        try:
            unwrapped = PKCS8.unwrap(data, secret, max_iteration_count=_MAX_ITERATIONS)
        except PassphraseRequiredError:
            raise PassphraseError("this private key is under a passphrase: give it") from None
        except IncorrectPassphraseError:
            raise PassphraseError("this passphrase does not open the private key") from None
        except KdfLimitError:
            raise KeyFormatError("opening this private key would cost too much work") from None
        except (ValueError, TypeError, IndexError):
            raise KeyFormatError(
                "these bytes are not a private key, or use a protection that is not supported; "
                f"expected {_WANTED_PRIVATE}"
            ) from None
        _check_algorithm(unwrapped.oid, _WANTED_PRIVATE)
        return cls._from_rsa_private_key(unwrapped.private_key)

    def lock(self, secret: bytes) -> bytes:
        """PKCS#8 under 32 or more random bytes, DER (see `locking`; ValueError: fewer bytes)."""
        return locking.lock(self._numbers(), secret)

    @classmethod
    def unlock(cls, data: bytes, secret: bytes) -> "KeyPair":
        """Reads what `lock` wrote.

        Raises as `locking.unlock`, and KeyFormatError where the bytes held another kind of key.
        """
        return cls._from_rsa_private_key(locking.unlock(data, secret), test_primes=False)

    @classmethod
    def _from_rsa_private_key(cls, data: bytes, *, test_primes: bool = True) -> "KeyPair":
        """What `lock` wrote and authenticated was tested for primality before."""
        _, n, e, *_ = pkcs1.parse(data)
        public = PublicKey(n, e)
        return cls(public, pkcs1.engine_of(data, test_primes=test_primes))

    def _numbers(self) -> bytes:
        engine = self.engine
        return pkcs1.pack(*map(int, (engine.n, engine.e, engine.d, engine.p, engine.q)))


# What follows from a public key is asked for again with every envelope, and a class has some tens
# of keys: encoding one takes longer than wrapping a content key under it.
_remembered = functools.lru_cache(maxsize=256)


def _rsa_public_key(n: int, e: int) -> bytes:
    return DerSequence([DerInteger(n), DerInteger(e)]).encode()


@_remembered
def _spki(n: int, e: int) -> bytes:
    algorithm = DerSequence([DerObjectId(_RSA_ENCRYPTION), DerNull()])
    return DerSequence([algorithm, DerBitString(_rsa_public_key(n, e))]).encode()


@_remembered
def _key_id(n: int, e: int) -> bytes:
    return hashlib.sha1(_rsa_public_key(n, e), usedforsecurity=False).digest()


@_remembered
def _public_engine(n: int, e: int) -> RSA.RsaKey:
    return RSA.construct((n, e))


def _check_algorithm(name: str, wanted: str) -> None:
    if name != _RSA_ENCRYPTION:
        what = _OTHER_KEYS.get(name, "a key of another kind")
        raise KeyFormatError(f"this is {what}; expected {wanted}")


def _passphrase_bytes(passphrase: str) -> bytes:
    if not passphrase:
        raise PassphraseError("an empty passphrase protects nothing")
    try:
        return unicodedata.normalize("NFKC", passphrase).encode()
    except UnicodeEncodeError:
        raise PassphraseError("the passphrase holds a character that has no UTF-8 form") from None
