"""The weak-key gallery: keys that fail in exactly one way, which has a name.

Each weakness is the only one of its key: the primes are otherwise random and far apart, p - 1
and q - 1 have large prime factors, d is long, and e is 65537 or, beside it, 257. So an attack
that works on one of these keys works because of what its name says.
"""

import hashlib
import itertools
import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rsa_core.classroom import MAX_BITS, ClassroomKeyPair, ClassroomPublicKey
from rsa_core.errors import KeyFormatError
from rsa_core.numbers import primes

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
    make: Callable[..., tuple[ClassroomKeyPair, ...]] = field(repr=False)


def _prime(bits: int, e: int = _E, draw: primes.Draw = secrets.randbits) -> int:
    return primes.random_prime(bits // 2, e, draw)


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
    return (ClassroomKeyPair.from_primes(_smooth_prime(bits, 1), _prime(bits), _E),)


def _smooth_plus(bits: int) -> tuple[ClassroomKeyPair, ...]:
    """5 is not a square modulo p, so that the first Lucas sequence that is tried finds it."""
    p = 0
    while p % 5 not in (2, 3):
        p = _smooth_prime(bits, -1)
    return (ClassroomKeyPair.from_primes(p, _prime(bits), _E),)


def _smooth_prime(bits: int, beyond: int) -> int:
    """Twice a product of different primes below the bound, and 1 more or less."""
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
            p = product * prime + beyond
            if _suits(p):
                return p


def _close_ratio(bits: int) -> tuple[ClassroomKeyPair, ...]:
    """Primes whose ratio is close to 4 : 3, as those of `_close_primes` are equal."""
    half = bits // 2
    q = 0
    while not _suits(q):
        q = (0b1011 << (half - 4)) + secrets.randbits(half - 4) | 1
    p = (4 * q // 3 + secrets.randbits(bits // 4 + 4)) | 1
    while not _suits(p):
        p += 2
    return (ClassroomKeyPair.from_primes(p, q, _E),)


def _patterned(bits: int) -> tuple[ClassroomKeyPair, ...]:
    """One byte again and again in the upper two thirds of p."""
    half = bits // 2
    low = half // 3
    top = int(f"{0xC0 + secrets.randbelow(63):02x}" * (half // 8), 16) >> low << low
    p = 0
    while not _suits(p):
        p = top + secrets.randbits(low) | 1
    return (ClassroomKeyPair.from_primes(p, _prime(bits), _E),)


def _suits(p: int) -> bool:
    """Whether p is a prime for the usual exponent."""
    return math.gcd(_E, p - 1) == 1 and primes.is_prime(p)


def _shared_prime(bits: int, draw: primes.Draw = secrets.randbits) -> tuple[ClassroomKeyPair, ...]:
    p, q, r = (_prime(bits, draw=draw) for _ in range(3))
    return ClassroomKeyPair.from_primes(p, q, _E), ClassroomKeyPair.from_primes(p, r, _E)


def _shared_modulus(
    bits: int, draw: primes.Draw = secrets.randbits
) -> tuple[ClassroomKeyPair, ...]:
    first, second = _E, 257
    p, q = (_prime(bits, first * second, draw) for _ in range(2))
    return tuple(ClassroomKeyPair.from_primes(p, q, e) for e in (first, second))


def _drawing_from(seed: bytes) -> primes.Draw:
    """Random bits that the seed alone decides: SHAKE-256 of the seed and a counter."""
    counter = itertools.count()

    def draw(bits: int) -> int:
        number = next(counter).to_bytes(8, "big")
        drawn = hashlib.shake_256(seed + number).digest((bits + 7) // 8)
        return int.from_bytes(drawn, "big") >> (-bits % 8)

    return draw


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
                "smooth-p+1",
                "Smooth p + 1",
                f"All prime factors of p + 1 are below {SMOOTH_BOUND}, and Williams finds p.",
                1,
                _smooth_plus,
            ),
            Weakness(
                "close-ratio",
                "Primes close to 4 : 3",
                "p is nearly four thirds of q, and a search from the root of 48n meets them.",
                1,
                _close_ratio,
            ),
            Weakness(
                "patterned",
                "A pattern in p",
                "The upper part of p is one byte again and again, and a lattice finds the rest.",
                1,
                _patterned,
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


def make_weak(
    name: str, bits: int = DEFAULT_BITS, seed: bytes | None = None
) -> tuple[ClassroomKeyPair, ...]:
    """Makes a key, or two where the weakness lies between keys.

    n has `MIN_BITS` to `MAX_BITS` bits, a multiple of 16; tiny-n has `TINY_BITS` whatever
    is asked. From the same secret seed, 16 bytes or more, come the same two keys.

    Raises:
        KeyFormatError: no such weakness, a length out of range, or a seed for a single key.
    """
    if name not in WEAKNESSES:
        raise KeyFormatError(f"no such weakness; there are {', '.join(WEAKNESSES)}")
    if not MIN_BITS <= bits <= MAX_BITS or bits % 16:
        raise KeyFormatError(f"weak keys have {MIN_BITS} to {MAX_BITS} bits, a multiple of 16")
    weakness = WEAKNESSES[name]
    if seed is None:
        return weakness.make(bits)
    if weakness.keys == 1 or len(seed) < 16:
        raise KeyFormatError(
            "a seed has 16 bytes or more, and is for two keys that share something"
        )
    return weakness.make(bits, _drawing_from(seed))
