"""Known bits: who knows the upper part of p finds the rest with a lattice.

The part leaks, or is guessed: smart cards have been found whose primes began with one byte again
and again. Or it is the attacker's: a device that begins all its primes alike gives everyone who
owns one the others' keys.

Coppersmith, "Small solutions to polynomial equations" (1997); Bernstein and others, "Factoring RSA
keys from certified smart cards" (2013).
"""

from collections.abc import Iterator

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.methods.searching import by_search, check_known
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.redrawing import redraw
from rsa_core.attacks.values import Target
from rsa_core.numbers import lattice
from rsa_core.numbers.searches import split_up

_PART = f"{100 * lattice.KNOWN:.0f} %"

_patterns = by_search(
    "known-bits",
    "The upper part of a prime is a pattern, and a lattice finds the rest.",
    f"Nobody has told the upper {_PART} of a prime factor, the attacker's own primes do not begin "
    "like it, and it is not a repeated byte. Random primes have nothing to guess.",
    lambda _key, factors: f"a factor begins {factors[1]:x}"[:40],
)


def known_bits(target: Target, reading: Reading, course: Course) -> Found:
    """Tries what the attacker knows, then patterns."""
    check_known(reading)
    for n, e in reading.keys:
        for top, unknown in _tops(target, n):
            course.report(0.1, "A lattice for the lower part of p")
            if factors := lattice.known_top(n, top, unknown):
                course.note(f"the lower {unknown} bits of a prime were unknown")
                return redraw(
                    "The upper part of a prime is known, and a lattice finds the rest.",
                    (n, e),
                    split_up(factors, "known bits"),
                    reading,
                    course,
                )
    return _patterns(target, reading, course)


def _tops(target: Target, n: int) -> Iterator[tuple[int, int]]:
    """Numbers that a prime of n may begin with, and how many bits they leave open."""
    most = int(n.bit_length() / 2 * (1 - lattice.KNOWN))
    if target.known is not None:
        if target.known[1] > most:
            raise NotMetError(
                f"{target.known[1]} bits of a prime are unknown, and the lattice finds {most} bits "
                f"at this length of n: the upper {_PART} have to be known."
            )
        yield target.known
    if target.own is not None:
        yield target.own.p, most
        yield target.own.q, most


ATTACK = Attack(
    name="known-bits",
    title="Known upper bits of p (Coppersmith)",
    summary="Finds a prime whose upper part is known, or is a pattern that can be guessed.",
    citation="Coppersmith, Small solutions to polynomial equations, 1997",
    needs=f"The upper {_PART} of a prime, told, guessed, or the same as that of your own.",
    gives="the private key, and the picture",
    work=known_bits,
)
