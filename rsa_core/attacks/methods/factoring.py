"""Factoring: the general way to the private key. Every search first, then FLINT for the rest.

FLINT's quadratic sieve takes a second at 190 bits and a minute at 247, and doubles every 10.6
bits; its elliptic curves find primes of up to 64 bits in the time of the budget. Neither can be
interrupted: in this process neither Cancel nor the budget stops them. So they are only begun when
the time left may suffice, and `attacks.start` runs them where they can be killed.

Pomerance, "The quadratic sieve factoring algorithm" (1985); Lenstra, "Factoring integers with
elliptic curves" (1987).
"""

import math

from flint import fmpz

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, GaveUpError, NotMetError
from rsa_core.attacks.methods.searching import check_known
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.redrawing import redraw
from rsa_core.attacks.values import Target
from rsa_core.key_health import factoring_cost
from rsa_core.numbers import probes
from rsa_core.numbers.searches import (
    SEARCHES,
    SIEVED_BITS,
    Factored,
    at_sight,
    seconds_to_factor,
    split_up,
    with_flint,
)

_HOPE = 4  # the estimate is good to such a factor
_QUICK = ("fermat", "pollard")  # sooner than the sieve at any length
_CURVES = ((56, 1.5), (64, 8.0))  # bits of a prime, seconds at 512 bits of n


def factoring(_target: Target, reading: Reading, course: Course) -> Found:
    """Looks for a bad modulus among the recipients', then factors the shortest, then redraws."""
    check_known(reading)
    keys = sorted(reading.keys)
    course.note(f"moduli: {len(keys)}, the shortest of {keys[0][0].bit_length()} bits")
    problem: NotMetError | None = None
    for number, key in enumerate(keys):
        course.report(0.2 * number / len(keys), "Looking for a badly made modulus")
        if found := _badly_made(*key, course):
            try:
                return _redrawn(key, found, reading, course)
            except NotMetError as error:
                problem = error
    if problem is not None:
        raise problem
    return _redrawn(keys[0], _with_work(keys[0][0], course), reading, course)


def _redrawn(key: tuple[int, int], found: Factored, reading: Reading, course: Course) -> Found:
    course.note(f"{found.how}: {' x '.join(map(_short, found.primes + found.rest))}")
    return redraw(f"n is factored ({found.how}).", key, found, reading, course)


def _badly_made(n: int, e: int, course: Course) -> Factored | None:
    if found := at_sight(n):
        return found
    for name in _QUICK if n.bit_length() <= SIEVED_BITS else SEARCHES:
        course.check()
        if factors := SEARCHES[name].find(n, e):
            return split_up(factors, SEARCHES[name].title)
    return None


def _with_work(n: int, course: Course) -> Factored:
    bits = n.bit_length()
    wanted = seconds_to_factor(bits)
    if wanted <= course.left * _HOPE:
        course.report(0.2, f"FLINT factors {bits} bits, in about {max(1, math.ceil(wanted))} s")
        return with_flint(Factored("FLINT", (), (n,)))
    for length, seconds in _CURVES:
        if seconds * (bits / 512) ** 1.7 * _HOPE > course.left:
            break
        course.report(0.2, f"Elliptic curves look for primes of {length} bits")
        for factor, _ in fmpz(n).factor_smooth(length):
            if factors := probes.split(n, int(factor)):
                return split_up(factors, "a short prime, by elliptic curves")
    raise GaveUpError(
        f"The primes are neither short nor close nor smooth nor guessable. Factoring {bits} bits: "
        f"{factoring_cost(bits)}. The budget has {course.budget.seconds:g} seconds."
    )


def _short(number: int) -> str:
    text = str(number)
    return text if len(text) <= 40 else f"{text[:18]}...{text[-18:]} ({len(text)} digits)"


ATTACK = Attack(
    name="factoring",
    title="Factor n",
    summary="Finds p and q: by every search that there is for badly made keys, and then with "
    "FLINT's elliptic curves and quadratic sieve. The factors are the private key.",
    citation="Pomerance, The quadratic sieve factoring algorithm, 1985; FLINT, flintlib.org",
    needs="A recipient's public key with a short or badly made modulus.",
    gives="the private key, and the picture",
    work=factoring,
)
