"""Common modulus: the same picture under one n and several exponents.

With a e1 + b e2 = g:  c1^a c2^b = m^(a e1 + b e2) = m^g  mod n, without any private number. Where
the exponents have no common factor that is m; otherwise m is the g-th root while m^g is below n.

Simmons, "A weak privacy protocol using the RSA crypto algorithm" (1983).
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations, islice

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.numbers import exact_root
from rsa_core.attacks.reading import Reading, copies_of_the_picture, draw, largest, rows
from rsa_core.attacks.values import Pixels, Target
from rsa_core.residues import Copy

_CHECK_EVERY = 64
_LOOKED_AT = 1000  # sets of copies under one modulus


def common_modulus(target: Target, reading: Reading, course: Course) -> Found:
    """Finds copies of the picture under one modulus, and combines them: two, or as many as help."""
    container = reading.textbook()
    words = "No two copies of this picture share a modulus under different exponents."
    drawn: Pixels | None = None
    for chosen in _sets(copies_of_the_picture(target, reading)):
        degree, weights = _combination([copy.key.e for copy in chosen])
        first = chosen[0]
        bounds = largest(container, first)
        powers = _combined(chosen, weights, bounds if degree == 1 else (), course)
        if powers is None:
            words = "The copies under one modulus are not of one picture."
            continue
        if degree > 1:
            course.note(
                f"the exponents have the factor {degree} in common: combined they give m^{degree}"
            )
        roots = [None if power is None else exact_root(power, degree) for power in powers]
        values = [
            root if root is not None and root <= bound else None
            for root, bound in zip(roots, bounds, strict=True)
        ]
        known = len(values) - values.count(None)
        course.note(f"{known} of {len(values)} residues combined without any private number")
        if known == len(values):
            exponents = " and ".join(f"e = {copy.key.e}" for copy in chosen)
            return Found(
                f"{len(chosen)} receivers share n and got the same blocks under {exponents}: a "
                f"product of powers gives {'the picture' if degree == 1 else 'an exact power'}.",
                draw(container, first, values),
                exact=True,
            )
        words = "The copies under one modulus are not of one picture."
        if degree > 1:
            words = (
                f"The exponents have the factor {degree} in common, so that the copies give "
                f"m^{degree} modulo n. Where that is longer than n its root is not m: {known} of "
                f"{len(values)} residues are exact powers."
            )
            drawn = draw(container, first, values) if known else None
    raise NotMetError(words, drawn)


def _sets(copies: Sequence[Copy]) -> list[tuple[Copy, ...]]:
    """Copies under one modulus, sets of the least common factor of their exponents first."""
    by_modulus: dict[int, list[Copy]] = defaultdict(list)
    for copy in copies:
        by_modulus[copy.key.n].append(copy)
    sets = [
        chosen
        for group in by_modulus.values()
        for size in (2, 3)
        for chosen in islice(combinations(group, size), _LOOKED_AT)
        if len({copy.key.e for copy in chosen}) == size
    ]
    return sorted(sets, key=lambda chosen: math.gcd(*(copy.key.e for copy in chosen)))


def _combination(exponents: Sequence[int]) -> tuple[int, list[int]]:
    """The greatest common divisor of the exponents, and the weights that make them it."""
    degree, weights = exponents[0], [1]
    for e in exponents[1:]:
        g = math.gcd(degree, e)
        a = pow(degree // g, -1, e // g)
        b = (g - a * degree) // e
        degree, weights = g, [*(a * weight for weight in weights), b]
    return degree, weights


def _combined(
    chosen: Sequence[Copy], weights: Sequence[int], bounds: Sequence[int], course: Course
) -> list[int | None] | None:
    """The common power of each row; None for one where a residue shares a factor with n.

    No list as soon as a row exceeds its bound, as those of two pictures do; () bounds nothing.
    """
    n = chosen[0].key.n
    values: list[int | None] = []
    residues = rows(chosen)
    for number, row in enumerate(residues):
        if number % _CHECK_EVERY == 0:
            course.report(number / len(residues), f"{number} of {len(residues)} blocks combined")
        if not any(row):
            values.append(0)
        elif any(math.gcd(n, c) > 1 for c in row):
            values.append(None)
        else:
            value = math.prod(pow(c, w, n) for c, w in zip(row, weights, strict=True)) % n
            if bounds and value > bounds[number]:
                return None
            values.append(value)
    return values


ATTACK = Attack(
    name="common-modulus",
    title="Common modulus",
    summary="Combines two copies of one picture under the same n and different e.",
    citation="Simmons, A weak privacy protocol using the RSA crypto algorithm, 1983",
    needs="The same picture sent to two receivers who share n.",
    gives="the picture",
    work=common_modulus,
    stopped_by={
        "hybrid": "The two receivers would have to get the same number. RSA-OAEP pads the content "
        "key at random for each of them.",
        "oaep-blocks": "The two receivers would have to get the same numbers. RSA-OAEP pads each "
        "block at random for each of them.",
    },
)
