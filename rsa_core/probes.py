"""Cheap searches for the factors of a modulus, each of which finds one kind of bad key.

Every function gives the two factors, larger first, or None when this search finds nothing. None
proves nothing: only this search has failed.
"""

import math
from collections.abc import Iterable

from flint import fmpz

from rsa_core import primes

Factors = tuple[int, int]

_SQUARES_64 = sum(1 << residue for residue in {i * i % 64 for i in range(64)})
_BATCH = 256


def small_factor(n: int) -> Factors | None:
    """A prime factor below 2000."""
    return next((_split(n, prime) for prime in primes.SMALL if n % prime == 0), None)


def fermat(n: int, steps: int) -> Factors | None:
    """Factors close to each other: n = a^2 - b^2 with a from the root of n upwards (Fermat 1643).

    n is odd. A million steps, values of a, take about a second. Factors that differ by D need
    about D^2 / (8 sqrt n).
    """
    a = math.isqrt(n - 1) + 1
    rest = a * a - n
    for _ in range(steps):
        if _SQUARES_64 >> (rest & 63) & 1 and (b := math.isqrt(rest)) ** 2 == rest:
            return (a + b, a - b) if a - b > 1 else None
        rest += 2 * a + 1
        a += 1
    return None


def wiener(n: int, e: int) -> Factors | None:
    """A private exponent below a third of the fourth root of n (Wiener 1990).

    Among the convergents k / d of e / n is the one with e d = 1 + k phi(n); phi gives the
    factors as the roots of a quadratic equation.
    """
    x, y = e, n
    k_before, k, d_before, d = 0, 1, 1, 0
    while y:
        quotient, (x, y) = x // y, (y, x % y)
        k_before, k = k, quotient * k + k_before
        d_before, d = d, quotient * d + d_before
        if k and (e * d - 1) % k == 0:
            total = n - (e * d - 1) // k + 1  # p + q, if this is the one
            square = total * total - 4 * n
            if square >= 0 and (root := math.isqrt(square)) ** 2 == square:
                factors = _split(n, (total + root) // 2)
                if factors:
                    return factors
    return None


def pollard(n: int, bound: int) -> Factors | None:
    """A prime p for which every prime power in p - 1 is at most `bound` (Pollard 1974).

    A bound of 50 000 takes a fifth of a second at 4096 bits, less than one at 8192.
    """
    a, modulus = fmpz(3), fmpz(n)
    batch = 1
    for number, prime in enumerate(primes.up_to(bound), 1):
        batch *= prime ** int(math.log(bound, prime))
        if number % _BATCH == 0:
            a, batch = pow(a, fmpz(batch), modulus), 1
            if factors := _split(n, math.gcd(int(a) - 1, n)):
                return factors
    return _split(n, math.gcd(int(pow(a, fmpz(batch), modulus)) - 1, n))


def shared_prime(n: int, others: Iterable[int]) -> Factors | None:
    """A factor that some other modulus has as well (Heninger and others 2012)."""
    for other in others:
        if factors := _split(n, math.gcd(n, other)):
            return factors
    return None


def _split(n: int, factor: int) -> Factors | None:
    if not 1 < factor < n or n % factor:
        return None
    return max(factor, n // factor), min(factor, n // factor)
