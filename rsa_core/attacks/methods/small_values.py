"""Which residues hide a small number: all m below a bound, with one multiplication for each.

    E(a b) = E(a) E(b) mod n

so only primes cost a power. The numbers are walked as products of primes in ascending order,
depth first: what is kept in memory is E of the primes up to half the bound, not a table of all
numbers; 2^24 numbers need 0.6 million entries and not 16.8 million.

The multiplicative property is that of Davida, "Chosen signature cryptanalysis of the RSA"
(1982); the walk is our own.
"""

import math
from bisect import bisect_right
from collections.abc import Container

from rsa_core.attacks.course import Course, GaveUpError
from rsa_core.numbers import primes
from rsa_core.numbers.powers import public_power

_CHECK_EVERY = 4096  # primes or branches between two looks at the clock
_FIXED = 64  # bytes for one kept number beside its digits


def find_small(
    wanted: Container[int], n: int, e: int, bound: int, course: Course
) -> dict[int, int]:
    """Finds m below `bound`, 2 to 2^24, with m^e mod n among `wanted`; gives m for each residue.

    Raises:
        GaveUpError: the memory would not suffice, or the time did not.
        CancelledError: the caller asked to stop.
    """
    found = {c: c for c in (0, 1) if c in wanted and c < bound}
    small = primes.up_to(bound - 1)
    kept = bisect_right(small, (bound - 1) // 2)
    need = kept * (_FIXED + n.bit_length() // 7) + len(small) * 40
    if need > course.budget.memory:
        raise GaveUpError(
            f"Trying all {bound} values needs {need >> 20} MB of memory under this key; the "
            f"budget has {course.budget.memory >> 20} MB."
        )
    power = public_power(e, n)
    powers: list[int] = []
    for number, prime in enumerate(small):
        c = power(prime)
        if c in wanted:
            found[c] = prime
        if number < kept:
            powers.append(c)
        if number % _CHECK_EVERY == 0:
            course.report(0.5 * number / len(small), f"Encrypting all primes below {bound}")
    _walk(wanted, n, bound - 1, small[:kept], powers, found=found, course=course)
    return found


def _walk(
    wanted: Container[int],
    n: int,
    top: int,
    small: list[int],
    powers: list[int],
    *,
    found: dict[int, int],
    course: Course,
) -> None:
    """All products of two or more primes up to `top`, each once."""
    # A branch: m, E(m), the place of its largest prime. Its children multiply by that or larger.
    branches = [(p, powers[place], place) for place, p in enumerate(small) if p * p <= top]
    turns = done = 0
    while branches:
        m, c, first = branches.pop()
        last = bisect_right(small, top // m)
        split = max(first, bisect_right(small, math.isqrt(top // m)))
        for place in range(first, min(split, last)):  # these children have children
            p = small[place]
            child = c * powers[place] % n
            if child in wanted:
                found[child] = m * p
            branches.append((m * p, child, place))
        for place, q in enumerate(powers[split:last], split):  # and these, most by far, have none
            if (child := c * q % n) in wanted:
                found[child] = m * small[place]
        turns += 1
        done += last - first
        if turns % _CHECK_EVERY == 0:
            course.report(0.5 + 0.5 * done / top, f"Multiplying up to {top}")
