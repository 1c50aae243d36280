"""Large integers in the laboratory, by FLINT.

Its single operations here take milliseconds; only factoring can take long, see `methods.factoring`.
"""

from collections.abc import Sequence

from flint import fmpz

from rsa_core.numbers.probes import Factors, shared_prime, split


def exact_root(value: int, degree: int) -> int | None:
    """The integer whose `degree`-th power is `value`; None where there is none."""
    root = int(fmpz(value).root(degree)) if value else 0
    return root if root**degree == value else None


def power_name(degree: int) -> str:
    """What an exact power is called."""
    return "cube" if degree == 3 else f"power of degree {degree}"


def sharing(moduli: Sequence[int]) -> dict[int, Factors]:
    """Two factors of each modulus that shares a prime with another one, and is not that prime.

    The moduli are different. Where a modulus shares all its primes the batch gives n itself, and
    the others that share decide.
    """
    divisors = {n: g for n, g in zip(moduli, batch_gcd(moduli), strict=True) if g > 1}
    found = {
        n: split(n, g) or shared_prime(n, (m for m in divisors if m != n))
        for n, g in divisors.items()
    }
    return {n: factors for n, factors in found.items() if factors}


def batch_gcd(moduli: Sequence[int]) -> list[int]:
    """For each modulus its greatest common divisor with the product of all others.

    Product tree and remainder tree (Bernstein, "How to find the coprime base of a set of
    integers", 2004; used by Heninger and others 2012): nearly linear, where pairs are quadratic.
    """
    if not moduli:
        return []
    levels = [[fmpz(n) for n in moduli]]
    while len(levels[-1]) > 1:
        level = levels[-1]
        pairs = [level[at] * level[at + 1] for at in range(0, len(level) - 1, 2)]
        levels.append(pairs + level[len(pairs) * 2 :])
    rests = levels.pop()
    while levels:
        rests = [rests[at // 2] % (n * n) for at, n in enumerate(levels.pop())]
    return [int((rest // fmpz(n)).gcd(fmpz(n))) for rest, n in zip(rests, moduli, strict=True)]
