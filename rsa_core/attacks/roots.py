"""All e-th roots modulo a product of known primes: what a factored n is worth under any exponent.

With e coprime to each p - 1 a residue has one root, and this is decryption. Otherwise it has none
or several. Primes may be repeated, a single one suffices, and there is no need for two.

    modulo p     x^e = c is x^g = c^u, with g = gcd(e, p - 1) and u the inverse of e / g modulo
                 (p - 1) / g; FLINT finds the roots of that polynomial
    modulo p^k   lifted from p (Hensel)
    modulo n     every combination (Chinese remainder theorem)
"""

import itertools
import math
from collections import Counter
from collections.abc import Sequence

from flint import fmpz, fmpz_mod_ctx, fmpz_mod_poly_ctx

from rsa_core.errors import LimitError
from rsa_core.numbers.searches import roots_of

MAX_ROOTS = 4096


class Roots:
    """The roots of residues modulo the product of these primes.

    Attributes:
        modulus: the product.
        several: how many roots a residue that is a power has, as a rule.
        inverse: d, where there is one root; 0 where there are several.

    Raises LimitError where a residue has more than `MAX_ROOTS`.
    """

    def __init__(self, primes: Sequence[int], e: int) -> None:
        times = Counter(primes)
        self.modulus = math.prod(primes)
        self.several = roots_of(primes, e)
        if self.several > MAX_ROOTS or any(k > 1 and e % p == 0 for p, k in times.items()):
            raise LimitError(f"a residue has {self.several} roots")
        order = math.lcm(*(p ** (k - 1) * (p - 1) for p, k in times.items()))
        self.inverse = pow(e, -1, order) if self.several == 1 else 0
        self._parts = [_Part(p, k, e) for p, k in times.items()]
        self._weights = [
            self.modulus // part.modulus * pow(self.modulus // part.modulus, -1, part.modulus)
            for part in self._parts
        ]

    def of(self, c: int) -> list[int]:
        """All roots of c below the modulus, ascending.

        Modulo p^2 all multiples of p have the power 0, which tells nothing of them; 0 itself counts
        as the power of 0 alone.
        """
        found = (
            sum(root * weight for root, weight in zip(each, self._weights, strict=True))
            for each in itertools.product(*(part.roots(c) for part in self._parts))
        )
        return sorted(value % self.modulus for value in found)


class _Part:
    """The roots modulo p^k."""

    def __init__(self, p: int, k: int, e: int) -> None:
        self.modulus = p**k
        self._p, self._k, self._e = p, k, e
        self._common = math.gcd(e, p - 1)
        part = (p - 1) // self._common
        self._undo = fmpz(pow(e // self._common, -1, part) if part > 1 else 0)
        self._part = part
        self._prime = fmpz(p)
        self._polynomials = fmpz_mod_poly_ctx(fmpz_mod_ctx(p)) if self._common > 1 else None

    def roots(self, c: int) -> list[int]:
        """All roots of c below p^k."""
        if c % self._p == 0:
            return [0] if self._k == 1 or c == 0 else []
        root = pow(fmpz(c % self._p), self._undo, self._prime)
        if self._polynomials is None:
            found = [int(root)]
        elif pow(fmpz(c % self._p), fmpz(self._part), self._prime) != 1:
            return []
        else:
            equation = self._polynomials([-root, *[0] * (self._common - 1), 1])
            found = [int(x) for x, _ in equation.roots()]
        return [self._lifted(x, c) for x in found]

    def _lifted(self, x: int, c: int) -> int:
        """The root modulo p^k above a root modulo p, by Newton's steps."""
        reach = 1
        while reach < self._k:
            reach = min(2 * reach, self._k)
            modulus = self._p**reach
            slope = pow(self._e * pow(x, self._e - 1, modulus), -1, modulus)
            x = (x - (pow(x, self._e, modulus) - c) * slope) % modulus
        return x
