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

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from Crypto.IO import PKCS8
from Crypto.PublicKey import RSA
from flint import fmpz

from rsa_core import key_files, locking
from rsa_core.errors import KeyFormatError
from rsa_core.key_files import passphrases, pem, pkcs1, spki

KEY_SIZES = (2048, 3072, 4096)
DEFAULT_KEY_SIZE = 3072
MIN_BITS = 2048
MAX_BITS = 8192

_WANTED_PUBLIC = "an RSA public key of 2048 to 8192 bits"
_WANTED_PRIVATE = "an RSA private key of 2048 to 8192 bits"
_PROTECTION = "PBKDF2WithHMAC-SHA512AndAES256-CBC"
_ITERATIONS = 600_000
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
        return spki.pack(self.n, self.e)

    @classmethod
    def _from_der(cls, data: bytes, wanted: str) -> Self:
        """Reads exactly what `der` writes; says what anything else is, and what is `wanted`."""
        key = cls(*spki.parse(data, wanted))
        if key.der() != data:
            raise KeyFormatError(f"this public key is not strict DER; expected {wanted}")
        return key


@dataclass(frozen=True, slots=True)
class PublicKey(RsaNumbers):
    """An RSA public key that is fit for the safe schemes (else KeyFormatError).

    n has 2048 to 8192 bits, is neither a prime nor a power, and has no prime factor below 2000; e
    is odd, 65537 to 2^256 (FIPS 186-5, A.1.1).
    """

    def __post_init__(self) -> None:
        if fault := _fault(self.n, self.e):
            raise KeyFormatError(fault)

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
        return _public_key(data)

    @classmethod
    def from_pem(cls, data: str | bytes) -> "PublicKey":
        """Reads the only public key of a file in any form of `key_files`, certificates included.

        Raises KeyFormatError: says what there is, and what is expected.
        """
        found = key_files.public_keys(data, _WANTED_PUBLIC)
        return cls(*key_files.only(found, "public key"))

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

    def pem(self, passphrase: str | bytes | None = None) -> str:
        """PKCS#8, PEM; in clear without a passphrase.

        Text goes in as UTF-8, as it was typed: OpenSSL reads the same from a terminal or a file.

        Raises:
            PassphraseError: it is empty, or OpenSSL could not read it (see `passphrases`).
        """
        if passphrase is None:
            return pem.armour(pem.PRIVATE, self.der())
        protected = PKCS8.wrap(
            self._numbers(),
            spki.RSA_ENCRYPTION,
            passphrase=passphrases.written(passphrase),
            protection=_PROTECTION,
            prot_params={"iteration_count": _ITERATIONS, "salt_size": 16},
        )
        return pem.armour(pem.ENCRYPTED, protected)

    def der(self) -> bytes:
        """PKCS#8 in clear, DER."""
        return PKCS8.wrap(self._numbers(), spki.RSA_ENCRYPTION)

    @classmethod
    def from_pem(cls, data: str | bytes, passphrase: str | bytes | None = None) -> "KeyPair":
        """Reads the only private key of a file in any form of `key_files`.

        Raises:
            KeyFormatError: anything else; says what it is, and what is expected.
            PassphraseError: the passphrase is missing or wrong.
        """
        found = key_files.private_keys(data, passphrase, _WANTED_PRIVATE)
        return cls._from_rsa_private_key(key_files.only(found, "private key"))

    @classmethod
    def from_der(cls, data: bytes, passphrase: str | bytes | None = None) -> "KeyPair":
        """Reads PKCS#8, in clear or under a passphrase, or clear PKCS#1; raises as `from_pem`."""
        return cls.from_pem(data, passphrase)

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
        numbers = pkcs1.parse(data)
        public = PublicKey(*numbers[1:3])
        return cls(public, pkcs1.engine_of(data, numbers, test_primes=test_primes))

    def _numbers(self) -> bytes:
        engine = self.engine
        return pkcs1.pack(*map(int, (engine.n, engine.e, engine.d, engine.p, engine.q)))


@spki.remembered
def _public_key(data: bytes) -> PublicKey:
    return PublicKey._from_der(data, _WANTED_PUBLIC)


@spki.remembered
def _key_id(n: int, e: int) -> bytes:
    return hashlib.sha1(spki.rsa_public_key(n, e), usedforsecurity=False).digest()


@spki.remembered
def _public_engine(n: int, e: int) -> RSA.RsaKey:
    return RSA.construct((n, e))


@spki.remembered
def _fault(n: int, e: int) -> str:
    """Why the safe schemes do not take these numbers; empty if they do."""
    return next(_faults(n, e), "")


def _faults(n: int, e: int) -> Iterator[str]:
    """The quick ones first: later ones need what the earlier ones rule out."""
    if not MIN_BITS <= n.bit_length() <= MAX_BITS:
        yield f"this RSA key has {n.bit_length()} bits; expected 2048 to 8192 bits"
    if e == 1:
        yield "the public exponent is 1: this key changes nothing, and protects nothing"
    if e % 2 == 0:
        yield "the public exponent is even: nothing sealed for this key could be opened"
    if e < 65537 or e.bit_length() > 256:
        yield "the public exponent is out of bounds; expected an odd one from 65537 to 2^256"
    if n % 2 == 0 or math.gcd(n, _SMALL_PRIMES) > 1:
        yield "the modulus has a small prime factor: this key protects nothing"
    if math.isqrt(n) ** 2 == n:
        yield "the modulus is a square: this key protects nothing"
    if fmpz(n).is_perfect_power():
        yield "the modulus is a power of a smaller number: this key protects nothing"
    if fmpz(n).is_probable_prime():
        yield "the modulus is a prime number: this key protects nothing"
