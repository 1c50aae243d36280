"""Primes p whose p - 1 or p + 1 has small factors only: Pollard's search, and Williams's.

In a group whose order for p is p - 1 (or p + 1), the power M of any element is 1 modulo p as soon
as M is a multiple of that order, and the greatest common divisor with n shows p. M has

    every power of 2, and of each further prime while they cost less than `_FULL` squarings
    of all primes up to `BOUND` powers of up to `_POWER` bits

Above `_LONG` bits there is less of both.

Where all primes of n are smooth, all are found at once; then M is a multiple of the whole order,
and the square roots of 1 on the way to it tell the primes apart.

Pollard, "Theorems on factorization and primality testing" (1974); Williams, "A p + 1 method of
factoring" (1982).
"""

import functools
import math
from collections.abc import Callable, Iterable, Iterator

from flint import fmpz

from rsa_core.numbers import primes
from rsa_core.numbers.probes import Factors, split

BOUND = 1 << 17
PLUS_BOUND = 1 << 16
BASES = (3, 5, 7, 11, 13, 17)

_FULL = 330_000
_POWER = 34
_LONG = 4400  # bits of n above which most primes come once, lest it take too long
_LONG_BOUND = 1 << 14  # for p + 1 beyond that length
_BATCH = 128  # primes between two looks

Power = Callable[[fmpz, int], fmpz]


def pollard(n: int, bound: int = BOUND) -> Factors | None:
    """A prime p with a smooth p - 1.

    With the usual bound a third of a second at 1024 bits, one at 2048, some at 8192.
    """
    modulus = fmpz(n)

    def power(x: fmpz, exponent: int) -> fmpz:
        return pow(x, fmpz(exponent), modulus)

    once = n.bit_length() > _LONG
    batches = list(_batches(n.bit_length(), bound, bound.bit_length() if once else _POWER))
    return _search(n, BASES, power, 1, batches)


def williams(n: int, bound: int = PLUS_BOUND) -> Factors | None:
    """A prime p with a smooth p + 1; each of some starting values finds every second such prime.

    Five values up to 1100 bits of n, three up to 2200, two up to 4400, and one beyond, with a lower
    bound: a second or two each time.
    """
    modulus, bits = fmpz(n), n.bit_length()

    def power(x: fmpz, exponent: int) -> fmpz:
        """The element V of a Lucas sequence at `exponent`, from V at 1."""
        low, high = x, (x * x - 2) % modulus
        if exponent == 2:
            return high
        for bit in bin(exponent)[3:]:
            middle = (low * high - x) % modulus
            if bit == "1":
                low, high = middle, (high * high - 2) % modulus
            else:
                low, high = (low * low - 2) % modulus, middle
        return low

    values = 5 if bits <= _LONG // 4 else 3 if bits <= _LONG // 2 else 2 if bits <= _LONG else 1
    if bits > _LONG:
        bound = min(bound, _LONG_BOUND)
    batches = list(_batches(bits, bound, bound.bit_length()))
    return next(
        filter(
            None, (_search(n, (start,), power, 2, batches) for start in (3, 4, 5, 6, 9)[:values])
        ),
        None,
    )


def _search(
    n: int, bases: Iterable[int], power: Power, unit: int, batches: list[int]
) -> Factors | None:
    """From each base until one finds n whole or in part; `unit` is what an identity looks like."""
    twos = n.bit_length()
    for base in bases:
        x = functools.reduce(lambda y, _: power(y, 2), range(twos), fmpz(base))
        used = []
        divisor = 1
        for batch in batches:
            x = power(x, batch)
            used.append(batch)
            divisor = math.gcd(int(x) - unit, n)
            if divisor > 1:
                break
        if factors := split(n, divisor):
            return factors
        if divisor == 1:
            return None
        x = functools.reduce(power, used, fmpz(base))
        for _ in range(twos):
            if factors := split(n, math.gcd(int(x) - unit, n)):
                return factors
            x = power(x, 2)
    return None


def _batches(bits: int, bound: int, power: int) -> Iterator[int]:
    """Products of odd prime powers; `power` is the length of those that are not full."""
    half = bits // 2 + 16
    full = _FULL if bits <= _LONG else _FULL // 3
    product = 1
    odd = primes.up_to(bound)[1:]
    for number, prime in enumerate(odd, 1):
        length = half if number * half < full else power
        product *= prime ** max(1, int(length / math.log2(prime)))
        if number % _BATCH == 0 or number == len(odd):
            yield product
            product = 1
