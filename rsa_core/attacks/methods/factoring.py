"""Factoring: the general way to the private key. Cheap searches first, then FLINT for the rest.

FLINT's quadratic sieve takes a second at 190 bits and a minute at 247, and doubles every 10.6
bits. It cannot be interrupted: in this process neither Cancel nor the budget stops it. So it is
only begun when the time left may suffice, and `attacks.start` runs it where it can be killed.

Pomerance, "The quadratic sieve factoring algorithm" (1985).
"""

import math

from flint import fmpz

from rsa_core import primes, probes
from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, GaveUpError, NotMetError
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.redrawing import key_pair_of, redraw
from rsa_core.attacks.values import Target
from rsa_core.key_health import factoring_cost

_FERMAT_STEPS = 50_000
_SMOOTH_BOUND = 20_000
_FLINT_IS_SOONER = 128  # bits
_HOPE = 4  # the estimate is good to such a factor


def factoring(target: Target, reading: Reading, course: Course) -> Found:
    """Looks for a bad modulus among the recipients', then factors the shortest, then redraws."""
    if not reading.keys:
        raise NotMetError(
            "The public key of no recipient is known: the envelope names it, but does not hold it."
        )
    keys = sorted(reading.keys)
    course.note(f"moduli: {len(keys)}, the shortest of {keys[0][0].bit_length()} bits")
    found = None
    for number, key in enumerate(keys):
        course.report(0.2 * number / len(keys), "Looking for small, close and smooth primes")
        if found := _cheaply(key[0]):
            break
    n, e = key if found else keys[0]
    how, factors = found or ("FLINT", _with_flint(n, course))
    course.note(f"{how}: {' x '.join(_short(factor) for factor in factors)}")
    pair = key_pair_of(n, e, factors)
    if pair is None:
        raise NotMetError("n is factored, but is not a product of two distinct primes.")
    return redraw(f"n is factored ({how}).", pair, target, reading, course)


def seconds_to_factor(bits: int) -> float:
    """About what FLINT takes for a product of two random primes of equal length.

    Measured: doubling every 10.6 bits, 60 s at 247 bits.
    """
    return 60 * 2 ** ((min(bits, 2000) - 247) / 10.6)


def _cheaply(n: int) -> tuple[str, tuple[int, ...]] | None:
    """What a second or less may find: the method's name and the factors."""
    if primes.is_prime(n):
        return "n is itself prime", (n,)
    if found := probes.small_factor(n):
        return "a prime below 2000", found
    if n.bit_length() <= _FLINT_IS_SOONER:
        return None
    if found := probes.fermat(n, _FERMAT_STEPS):
        return "Fermat: the primes are close", found
    if found := probes.pollard(n, _SMOOTH_BOUND):
        return "Pollard: p - 1 is smooth", found
    return None


def _with_flint(n: int, course: Course) -> tuple[int, ...]:
    bits = n.bit_length()
    wanted = seconds_to_factor(bits)
    if wanted > course.left * _HOPE:
        raise GaveUpError(
            f"The primes are neither small nor close nor smooth. Factoring {bits} bits: "
            f"{factoring_cost(bits)}. The budget has {course.budget.seconds:g} seconds."
        )
    course.report(0.2, f"FLINT factors {bits} bits, in about {max(1, math.ceil(wanted))} s")
    return tuple(int(prime) for prime, times in fmpz(n).factor() for _ in range(times))


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
