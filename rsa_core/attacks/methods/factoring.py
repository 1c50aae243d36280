"""Factoring: the general way to the private key. Cheap searches first, then FLINT for the rest.

FLINT's quadratic sieve takes a second at 190 bits and a minute at 247, and doubles every 10.6
bits. It cannot be interrupted: in this process neither Cancel nor the budget stops it. So it is
only begun when the time left may suffice, and `attacks.start` runs it where it can be killed.

Pomerance, "The quadratic sieve factoring algorithm" (1985).
"""

import math

from rsa_core import primes, probes
from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, GaveUpError, NotMetError
from rsa_core.attacks.numbers import fmpz
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.redrawing import key_pair_of, redraw
from rsa_core.attacks.values import Target
from rsa_core.key_health import factoring_cost

_FERMAT_STEPS = 50_000
_SMOOTH_BOUND = 20_000
_HOPE = 4  # the estimate is good to such a factor


def factoring(target: Target, reading: Reading, course: Course) -> Found:
    """Factors the modulus of the recipient with the shortest key, then redraws."""
    if not reading.keys:
        raise NotMetError(
            "The public key of no recipient is known: the envelope names it, but does not hold it."
        )
    n, e = min(reading.keys)
    course.note(f"n has {n.bit_length()} bits, the shortest of {len(reading.keys)} keys")
    how, factors = _factors(n, course)
    course.note(f"{how}: {' x '.join(_short(factor) for factor in factors)}")
    pair = key_pair_of(n, e, factors)
    if pair is None:
        raise NotMetError("n is factored, but is no product of two different primes.")
    return redraw(f"n is factored ({how}).", pair, target, reading, course)


def seconds_to_factor(bits: int) -> float:
    """About what FLINT takes for a product of two random primes of equal length.

    Measured: doubling every 10.6 bits, 60 s at 247 bits.
    """
    return 60 * 2 ** ((min(bits, 2000) - 247) / 10.6)


def _factors(n: int, course: Course) -> tuple[str, tuple[int, ...]]:
    bits = n.bit_length()
    course.report(0.0, "Dividing by small primes")
    if primes.is_prime(n):
        return "n is itself prime", (n,)
    if found := probes.small_factor(n):
        return "a prime below 2000", found
    if bits > 128:  # below, FLINT is done sooner
        course.report(0.02, "Looking near the root of n (Fermat)")
        if found := probes.fermat(n, _FERMAT_STEPS):
            return "Fermat: the primes are close", found
        course.report(0.05, "Trying a smooth p - 1 (Pollard)")
        if found := probes.pollard(n, _SMOOTH_BOUND):
            return "Pollard: p - 1 is smooth", found
    wanted = seconds_to_factor(bits)
    if wanted > course.left * _HOPE:
        raise GaveUpError(
            f"The primes are neither small nor close nor smooth, and a modulus of {bits} bits "
            f"takes {factoring_cost(bits)}; the budget has {course.budget.seconds:g} seconds."
        )
    course.report(0.1, f"FLINT factors {bits} bits, in about {max(1, math.ceil(wanted))} s")
    factors = fmpz()(n).factor()
    found_primes = tuple(int(prime) for prime, times in factors for _ in range(times))
    return "FLINT", found_primes


def _short(number: int) -> str:
    text = str(number)
    return text if len(text) <= 40 else f"{text[:18]}...{text[-18:]} ({len(text)} digits)"


ATTACK = Attack(
    name="factoring",
    title="Factor n",
    summary="Finds p and q: by small primes, close primes, a smooth p - 1, and then with FLINT's "
    "elliptic curves and quadratic sieve. The factors are the private key.",
    citation="Pomerance, The quadratic sieve factoring algorithm, 1985; FLINT, flintlib.org",
    needs="A recipient's public key with a short or badly made modulus.",
    gives="the private key, and the picture",
    work=factoring,
)
