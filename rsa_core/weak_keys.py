"""The weak-key gallery: keys that fail in exactly one way, which has a name.

Each weakness is the only one of its key: the primes are otherwise random and far apart, p - 1
and q - 1 have large prime factors, d is long, and e is 65537 or, beside it, 257. So an attack
that works on one of these keys works because of what its name says.
"""

import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rsa_core import primes
from rsa_core.classroom import MAX_BITS, ClassroomKeyPair, ClassroomPublicKey
from rsa_core.errors import KeyFormatError

MIN_BITS = 512
DEFAULT_BITS = 1024
TINY_BITS = 48
SMOOTH_BOUND = 50_000

_E = 65537


@dataclass(frozen=True, slots=True)
class Weakness:
    """One exhibit; `make` gives the `keys` key pairs that show it, from the length of n."""

    name: str
    title: str
    lesson: str
    keys: int
    make: Callable[[int], tuple[ClassroomKeyPair, ...]] = field(repr=False)


def _prime(bits: int, e: int = _E) -> int:
    return primes.random_prime(bits // 2, e)


def _close_primes(bits: int) -> tuple[ClassroomKeyPair, ...]:
    """A distance of a quarter of the length and 6 bits: some hundred steps of Fermat's."""
    p = _prime(bits)
    q = p + 2 * secrets.randbits(bits // 4 + 5)
    while not primes.is_prime(q) or math.gcd(_E, q - 1) != 1 or (p * q).bit_length() != bits:
        q += 2
        if q.bit_length() > bits // 2:
            return _close_primes(bits)
    return (ClassroomKeyPair.from_primes(p, q, _E),)


def _small_d(bits: int) -> tuple[ClassroomKeyPair, ...]:
    p, q = _prime(bits), _prime(bits)
    order = (p - 1) * (q - 1)
    d = secrets.randbits(bits // 4 - 3) | (1 << (bits // 4 - 4)) | 1
    if p == q or math.gcd(d, order) != 1:
        return _small_d(bits)
    return (ClassroomKeyPair(ClassroomPublicKey(p * q, pow(d, -1, order)), d, p, q),)


def _smooth(bits: int) -> tuple[ClassroomKeyPair, ...]:
    """Twice a product of different primes below the bound, and one."""
    half = bits // 2
    small = [prime for prime in primes.up_to(SMOOTH_BOUND) if prime > 1000]
    while True:
        product = 2
        while product.bit_length() < half - 15:
            prime = secrets.choice(small)
            product *= prime if product % prime else 1
        # One more prime brings p to its length, both top bits set.
        low, high = (3 << (half - 2)) // product + 1, ((1 << half) - 1) // product
        last = [prime for prime in small if low <= prime <= high and product % prime]
        for prime in last:
            p = product * prime + 1
            if primes.is_prime(p):
                return (ClassroomKeyPair.from_primes(p, _prime(bits), _E),)


def _shared_prime(bits: int) -> tuple[ClassroomKeyPair, ...]:
    p, q, r = _prime(bits), _prime(bits), _prime(bits)
    return ClassroomKeyPair.from_primes(p, q, _E), ClassroomKeyPair.from_primes(p, r, _E)


def _shared_modulus(bits: int) -> tuple[ClassroomKeyPair, ...]:
    first, second = _E, 257
    p, q = _prime(bits, first * second), _prime(bits, first * second)
    return tuple(ClassroomKeyPair.from_primes(p, q, e) for e in (first, second))


WEAKNESSES: Mapping[str, Weakness] = MappingProxyType(
    {
        weakness.name: weakness
        for weakness in (
            Weakness(
                "close-primes",
                "Close primes",
                "p and q are so close that Fermat's search from the root of n meets them.",
                1,
                _close_primes,
            ),
            Weakness(
                "small-d",
                "Small private exponent",
                "d is shorter than a quarter of n, and Wiener's continued fraction finds it.",
                1,
                _small_d,
            ),
            Weakness(
                "smooth-p-1",
                "Smooth p - 1",
                f"All prime factors of p - 1 are below {SMOOTH_BOUND}, and Pollard finds p.",
                1,
                _smooth,
            ),
            Weakness(
                "shared-prime",
                "Shared prime",
                "Two keys have a prime in common, and the greatest common divisor is that prime.",
                2,
                _shared_prime,
            ),
            Weakness(
                "small-e",
                "e = 3",
                "Unpadded short blocks are cubes, and three receivers of one block give it away.",
                1,
                lambda bits: (ClassroomKeyPair.generate(bits, e=3),),
            ),
            Weakness(
                "tiny-n",
                "Tiny n",
                f"n has {TINY_BITS} bits, and any method factors it.",
                1,
                lambda _: (ClassroomKeyPair.generate(TINY_BITS),),
            ),
            Weakness(
                "shared-modulus",
                "Shared modulus",
                "Two exponents belong to one n: a block sent to both is open to all, and each "
                "holder of a private key has the other's.",
                2,
                _shared_modulus,
            ),
        )
    }
)


def make_weak(name: str, bits: int = DEFAULT_BITS) -> tuple[ClassroomKeyPair, ...]:
    """Makes a key, or two where the weakness lies between keys.

    n has `MIN_BITS` to `MAX_BITS` bits, a multiple of 16; tiny-n has `TINY_BITS` whatever is asked.

    Raises:
        KeyFormatError: no such weakness, or a length out of range.
    """
    if name not in WEAKNESSES:
        raise KeyFormatError(f"no such weakness; there are {', '.join(WEAKNESSES)}")
    if not MIN_BITS <= bits <= MAX_BITS or bits % 16:
        raise KeyFormatError(f"weak keys have {MIN_BITS} to {MAX_BITS} bits, a multiple of 16")
    return WEAKNESSES[name].make(bits)
