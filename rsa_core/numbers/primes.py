"""Prime numbers for classroom keys, with Python's own integers.

Classroom RSA needs moduli from 12 bits up, which pycryptodome refuses to make, and primes that
are bad in a chosen way. Keys for real use come from `rsa_core.keys` and never from here.
"""

import math
import secrets
from collections.abc import Callable

Draw = Callable[[int], int]

# Below this bound the first thirteen primes as bases decide (Sorenson and Webster 2015).
_DECIDED = 3_317_044_064_679_887_385_961_981
_ROUNDS = 20  # of random bases above it: a composite passes with probability below 4^-20


def up_to(bound: int) -> list[int]:
    """All primes up to `bound`, by the sieve of Eratosthenes."""
    sieve = bytearray(b"\0\0" + b"\1" * (bound - 1))
    for n in range(2, math.isqrt(bound) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, bound + 1, n)))
    return [n for n in range(2, bound + 1) if sieve[n]]


SMALL = tuple(up_to(2000))


def is_prime(n: int) -> bool:
    """Whether `n` is prime: trial division, then Miller-Rabin (HAC, algorithm 4.24)."""
    if n < 2:
        return False
    for small in SMALL:
        if n % small == 0:
            return n == small
    if n < SMALL[-1] ** 2:
        return True
    if n < _DECIDED:
        return all(_passes(n, base) for base in SMALL[:13])
    return all(_passes(n, 2 + secrets.randbelow(n - 3)) for _ in range(_ROUNDS))


def random_prime(bits: int, e: int, draw: Draw = secrets.randbits) -> int:
    """A random prime whose two top bits are set and modulo whose p - 1 `e`, odd, is invertible.

    `draw` gives as many random bits as it is asked for. The prime has 3 or more bits (ValueError:
    hardly any prime of this length suits `e`).
    """
    for _ in range(1000 * bits):
        p = draw(bits) | (0b11 << (bits - 2)) | 1
        if math.gcd(e, p - 1) == 1 and is_prime(p):
            return p
    raise ValueError("no prime of this length suits this exponent")


def _passes(n: int, base: int) -> bool:
    """One round of Miller-Rabin for odd n > 4."""
    twos = ((n - 1) & (1 - n)).bit_length() - 1
    x = pow(base, (n - 1) >> twos, n)
    if x in (1, n - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False
