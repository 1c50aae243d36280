"""Cheap searches for the factors of a modulus, each of which finds one kind of bad key.

Every function gives two factors, larger first, or None when this search finds nothing. They need
not be prime. None proves nothing: only this search has failed. `searches` lists them all.
"""

import math
from collections.abc import Iterable, Iterator

import numpy as np
from flint import fmpz

from rsa_core.numbers import primes

Factors = tuple[int, int]

_MODULI = (64, 63, 65, 11, 17, 19, 23, 29, 31)  # where few residues are squares
_BLOCK = 1 << 18  # steps sieved at once
_PLAIN = 64  # steps below which sieving does not pay


def small_factor(n: int) -> Factors | None:
    """A prime factor below 2000."""
    return next((split(n, prime) for prime in primes.SMALL if n % prime == 0), None)


def power(n: int) -> Factors | None:
    """A root, where n is a square or another power."""
    for degree in primes.SMALL[: primes.SMALL.index(1999)]:
        if degree >= n.bit_length():
            return None
        root = int(fmpz(n).root(degree))
        if root**degree == n:
            return split(n, root)
    return None


def ecm(n: int) -> Factors | None:
    """A short prime factor (FLINT's elliptic curves; Lenstra 1987).

    Of up to 40 bits where n has 1100 or fewer, 32 bits up to 4200, and 24 beyond: some curves more
    are tried, since none finds a prime for certain. A second or two.
    """
    bits = n.bit_length()
    found = fmpz(n).factor_smooth(48 if bits <= 1100 else 40 if bits <= 4200 else 32)
    return next(filter(None, (split(n, int(factor)) for factor, _ in found)), None)


def fermat(n: int, steps: int) -> Factors | None:
    """Factors close to each other: n = a^2 - b^2 with a from the root of n upwards (Fermat 1643).

    n is odd. Ten million steps, values of a, take a fifth of a second. Factors that differ by D
    need about D^2 / (8 sqrt n).
    """
    return next(filter(None, (split(n, a - b) for a, b in _squares(n, steps))), None)


def close_ratio(n: int, largest: int, steps: int) -> Factors | None:
    """Factors p / q close to a / b: 4 a b n = (a q + b p)^2 - (a q - b p)^2 (Lehman 1974).

    All a < b up to `largest` are tried for some steps; for b up to 16 for `steps`.
    """
    for b in range(2, largest + 1):
        for a in range(1, b):
            if math.gcd(a, b) == 1:
                few = steps if b <= 16 else 4
                for x, y in _squares(4 * a * b * n, few):
                    if factors := split(n, math.gcd(x - y, n)):
                        return factors
    return None


def wiener(n: int, e: int) -> Factors | None:
    """A private exponent below a third of the fourth root of n (Wiener 1990).

    With e d = 1 modulo lcm(p - 1, q - 1), for some small g (1 or 2 for most keys) k / (d g) is a
    convergent of e / phi(n), where e d g = k phi(n) + g. For phi(n), which nobody knows, there are
    n and, where p and q have one length, the closer n + 1 - 2 sqrt(n).
    """
    for near in (n, n + 1 - 2 * math.isqrt(n)):
        for k, dg in _convergents(e, near):
            if not k:
                continue
            if dg * dg > n:
                break  # beyond the theorem: close primes would be found by luck
            total = n + 1 - e * dg // k  # p + q, if this is the one
            square = total * total - 4 * n
            root = math.isqrt(max(square, 0))
            if root**2 == square and (factors := split(n, (total + root) // 2)):
                return factors
    return None


def shared_prime(n: int, others: Iterable[int]) -> Factors | None:
    """A factor that some other modulus has as well (Heninger and others 2012)."""
    return next(filter(None, (split(n, math.gcd(n, other)) for other in others)), None)


def split(n: int, factor: int) -> Factors | None:
    """The modulus as a product of this factor and another; None unless it is a proper factor."""
    if not 1 < factor < n or n % factor:
        return None
    return max(factor, n // factor), min(factor, n // factor)


def _convergents(x: int, y: int) -> Iterator[tuple[int, int]]:
    """The convergents of x / y."""
    above, below = (0, 1), (1, 0)
    while y:
        quotient, (x, y) = x // y, (y, x % y)
        above = above[1], quotient * above[1] + above[0]
        below = below[1], quotient * below[1] + below[0]
        yield above[1], below[1]


def _squares(n: int, steps: int) -> Iterator[tuple[int, int]]:
    """All (a, b) with n = a^2 - b^2 and a among the first `steps` from the root of n upwards."""
    first = int(fmpz(n - 1).isqrt()) + 1
    for step in _candidates(n, first, steps):
        rest = (first + step) ** 2 - n
        if (b := int(fmpz(rest).isqrt())) ** 2 == rest:
            yield first + step, b


def _candidates(n: int, first: int, steps: int) -> Iterator[int]:
    """Steps at which a^2 - n is a square modulo all of `_MODULI`, or a few steps at once."""
    if steps <= _PLAIN:
        yield from range(steps)
        return
    for start in range(0, steps, _BLOCK):
        alive = np.ones(min(_BLOCK, steps - start), bool)
        for modulus in _MODULI:
            squares = {i * i % modulus for i in range(modulus)}
            here = [((first + start + i) ** 2 - n) % modulus in squares for i in range(modulus)]
            alive &= np.resize(np.array(here), alive.size)
        yield from (np.flatnonzero(alive) + start).tolist()
