"""Broadcast: the same unpadded picture, sent to e receivers under e moduli.

The Chinese remainder theorem joins the residues to m^e modulo the product of the moduli, which
m^e is below; so m is its e-th root.

Hastad, "Solving simultaneous modular equations of low degree" (1988).
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, islice

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.numbers import exact_root, power_name
from rsa_core.attacks.reading import Reading, copies_of_the_picture, draw, rows
from rsa_core.attacks.values import Target
from rsa_core.envelopes.container import block_bytes
from rsa_core.residues import Copy

_CHECK_EVERY = 64
_LOOKED_AT = 100_000  # sets, most of which share a modulus in a crowded channel
_TRIES = 5000  # sets of copies; a wrong one is noticed at its first block that differs


def broadcast(target: Target, reading: Reading, course: Course) -> Found:
    """Joins as many copies under one small exponent as the length of a block needs."""
    container = reading.textbook()
    groups: dict[tuple[int, int], list[Copy]] = defaultdict(list)
    for copy in copies_of_the_picture(target, reading):
        groups[copy.key.e, block_bytes(container.scheme, copy.key)].append(copy)
    words = ""
    for (e, width), group in sorted(groups.items(), key=lambda item: item[0]):
        moduli = len({copy.key.n for copy in group})
        needed = -(-8 * e * width // max(copy.key.bits for copy in group))
        if moduli < needed:
            words = words or (
                f"e = {e} and blocks of {width} bytes want the same picture under moduli of "
                f"{8 * e * width} bits together, {needed} receivers; there are {moduli}."
            )
            continue
        for chosen in islice(_sets(group, needed, 8 * e * width), _TRIES):
            values = _joined(rows(chosen), [copy.key.n for copy in chosen], e, course)
            if None not in values:
                if len(chosen) == 1:
                    found = f"The blocks are short enough for one copy under e = {e}: not even it "
                    found += "is reduced modulo n. Its root over the integers is the picture."
                else:
                    found = f"{len(chosen)} receivers got the same unpadded blocks under e = {e}. "
                    found += "Joined by the Chinese remainder theorem they are exact powers, and "
                    found += "their roots the picture."
                    course.note(f"{len(chosen)} copies under e = {e}, moduli coprime")
                course.note(f"{len(values)} exact roots: each is a {power_name(e)}")
                return Found(found, draw(container, chosen[0], values), exact=True)
        words = "The copies are not of one picture: what they join to is not an exact power."
    raise NotMetError(words)


def _sets(group: Sequence[Copy], least: int, bits: int) -> Iterator[tuple[Copy, ...]]:
    """Sets of copies with coprime moduli whose product exceeds every power of `bits` bits."""
    for size in (least, least + 1):
        for chosen in islice(combinations(group, size), _LOOKED_AT):
            moduli = [copy.key.n for copy in chosen]
            product = math.prod(moduli)
            if product.bit_length() > bits and math.lcm(*moduli) == product:
                yield chosen


def _joined(
    residues: Sequence[tuple[int, ...]], moduli: Sequence[int], e: int, course: Course
) -> list[int | None]:
    """Chinese remainder theorem and root for each row; ends at the first that is not a power."""
    product = math.prod(moduli)
    weights = [product // n * pow(product // n, -1, n) for n in moduli]
    values: list[int | None] = []
    for number, row in enumerate(residues):
        if number % _CHECK_EVERY == 0:
            course.report(number / len(residues), f"{number} of {len(residues)} blocks joined")
        joined = sum(c * weight for c, weight in zip(row, weights, strict=True)) % product
        values.append(exact_root(joined, e))
        if values[-1] is None:
            break
    return values


ATTACK = Attack(
    name="broadcast",
    title="Broadcast (Håstad)",
    summary="Joins copies of the same picture for several receivers, and takes the root.",
    citation="Håstad, Solving simultaneous modular equations of low degree, 1988",
    needs="The same picture sent to about e receivers, unpadded, under one small e.",
    gives="the picture",
    work=broadcast,
    stopped_by={
        "hybrid": "The receivers would have to get the same number. RSA-OAEP pads the content key "
        "at random for each of them, and with e = 65537 as many receivers would be needed.",
        "oaep-blocks": "The receivers would have to get the same numbers. RSA-OAEP pads each block "
        "at random for each of them, and with e = 65537 as many receivers would be needed.",
    },
)
