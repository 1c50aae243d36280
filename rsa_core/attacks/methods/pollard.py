"""Pollard's p - 1: a prime whose predecessor has small factors only.

a^M = 1 modulo p as soon as M is a multiple of p - 1, so the greatest common divisor of a^M - 1
and n shows p. M is the product of all prime powers up to a bound.
"""

from rsa_core import probes
from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.redrawing import key_pair_of, redraw
from rsa_core.attacks.values import Target

BOUNDS = (5_000, 60_000)


def pollard(target: Target, reading: Reading, course: Course) -> Found:
    """Tries the keys of all recipients with a low bound, then with a high one."""
    if not reading.keys:
        raise NotMetError("The public key of no recipient is known.")
    for part, bound in enumerate(BOUNDS):
        for n, e in reading.keys:
            course.report(part / len(BOUNDS), f"All prime powers up to {bound}")
            factors = probes.pollard(n, bound)
            if factors and (pair := key_pair_of(n, e, factors)):
                course.note(f"the order of 3 modulo one prime divides a product up to {bound}")
                return redraw("p - 1 has small factors only.", pair, target, reading, course)
    raise NotMetError(
        f"Prime powers up to {BOUNDS[-1]} do not tell p from q: p - 1 and q - 1 have larger "
        "factors, as those of random primes do. (Where n is short, both may be found at once; it "
        "is then factored sooner.)"
    )


ATTACK = Attack(
    name="pollard",
    title="Smooth p - 1 (Pollard)",
    summary="Finds a prime p for which p - 1 is a product of small primes.",
    citation="Pollard, Theorems on factorization and primality testing, 1974",
    needs="A recipient's public key with such a prime.",
    gives="the private key, and the picture",
    work=pollard,
)
