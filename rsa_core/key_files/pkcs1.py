"""RSAPrivateKey, the numbers of a private key in DER (RFC 8017, A.1.2).

    SEQUENCE { version 0, n, e, d, p, q, d mod (p-1), d mod (q-1), q^-1 mod p }

A key whose numbers do not belong together is refused: one operation with a wrong CRT number can
give the factors away (Boneh, DeMillo and Lipton, 1997). Keys of three and more primes (version 1)
are refused by name.
"""

from Crypto.PublicKey import RSA
from Crypto.Util.asn1 import DerSequence

from rsa_core.errors import KeyFormatError

MULTI_PRIME = "this is a multi-prime RSA key; only keys of two primes are taken: make a new one"


def is_private_key(data: bytes) -> bool:
    """Whether the bytes are a sequence that begins with nine integers, as RSAPrivateKey does."""
    try:
        numbers = DerSequence().decode(data)[:]
    except (ValueError, TypeError, IndexError):
        return False
    return len(numbers) >= 9 and all(isinstance(number, int) for number in numbers[:9])


def pack(n: int, e: int, d: int, p: int, q: int) -> bytes:
    """RSAPrivateKey, DER."""
    return DerSequence([0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)]).encode()


def parse(data: bytes) -> tuple[int, ...]:
    """The nine numbers, not yet compared with one another (KeyFormatError: no RSAPrivateKey)."""
    try:
        numbers = DerSequence().decode(data, strict=True)[:]
    except (ValueError, TypeError, IndexError):
        raise KeyFormatError("this RSA private key is damaged") from None
    if len(numbers) == 10 and numbers[0] == 1:
        raise KeyFormatError(MULTI_PRIME)
    if len(numbers) != 9 or not all(isinstance(number, int) for number in numbers):
        raise KeyFormatError("this RSA private key is damaged")
    return tuple(numbers)


def engine_of(data: bytes, numbers: tuple[int, ...], *, test_primes: bool) -> RSA.RsaKey:
    """The key as pycryptodome wants it (KeyFormatError: its numbers contradict each other).

    Takes an RSAPrivateKey and what `parse` gave of it; the size of n is the caller's to check.
    Testing whether the factors are prime takes most of the time.
    """
    _, n, e, d, p, q, *_ = numbers
    try:
        whole = p * q == n and e * d % (p - 1) == 1 == e * d % (q - 1) and 0 < d < n
        if not whole or pack(n, e, d, p, q) != data:
            raise ValueError
    except (ValueError, ZeroDivisionError):
        raise KeyFormatError("the numbers of this private key contradict each other") from None
    try:
        return RSA.construct((n, e, d, p, q), consistency_check=test_primes)
    except ValueError:
        raise KeyFormatError("the factors of this private key are not prime") from None
