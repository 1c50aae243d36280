"""Common modulus: the same picture under one n and two exponents without common factor.

With a e1 + b e2 = 1:  c1^a c2^b = m^(a e1 + b e2) = m  mod n, without any private number.

Simmons, "A weak privacy protocol using the RSA crypto algorithm" (1983).
"""

import math
from itertools import combinations

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.reading import Reading, copies_of_the_picture, draw, rows
from rsa_core.attacks.values import Target
from rsa_core.envelopes.container import block_bytes
from rsa_core.residues import Copy

_CHECK_EVERY = 64


def common_modulus(target: Target, reading: Reading, course: Course) -> Found:
    """Finds two copies of the picture under one modulus, and combines them."""
    container = reading.textbook()
    words = "No two copies of this picture share a modulus under coprime exponents."
    for first, second in combinations(copies_of_the_picture(target, reading), 2):
        e1, e2 = first.key.e, second.key.e
        if first.key.n != second.key.n or math.gcd(e1, e2) != 1:
            continue
        largest = (1 << 8 * block_bytes(container.scheme, first.key)) - 1
        values = _combined((first, second), largest, course)
        if values is None:
            words = "The copies under one modulus are not of one picture."
            continue
        course.note(f"{len(values)} blocks combined without any private number")
        return Found(
            f"Two receivers share n and got the same blocks under e = {e1} and e = {e2}: two "
            "powers and one product give the picture.",
            draw(container, first, values),
            exact=True,
        )
    raise NotMetError(words)


def _combined(pair: tuple[Copy, Copy], largest: int, course: Course) -> list[int] | None:
    """The plaintext of each row; None as soon as one is none, as of two pictures."""
    n, e1, e2 = pair[0].key.n, pair[0].key.e, pair[1].key.e
    a = pow(e1, -1, e2)
    b = (a * e1 - 1) // e2  # a e1 - b e2 = 1
    values: list[int] = []
    residues = rows(pair)
    for number, (c1, c2) in enumerate(residues):
        if number % _CHECK_EVERY == 0:
            course.report(number / len(residues), f"{number} of {len(residues)} blocks combined")
        if math.gcd(c2, n) == 1:
            values.append(pow(c1, a, n) * pow(c2, -b, n) % n)
        elif c1 == c2 == 0:
            values.append(0)
        else:
            return None
        if values[-1] > largest:
            return None
    course.note(f"{a} x {e1} - {b} x {e2} = 1")
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
