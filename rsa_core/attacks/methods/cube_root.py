"""Root: where m^e stays below n nothing was reduced, and m is an ordinary e-th root.

Samples are below 256, so with e = 3 any modulus of 24 bits or more leaves all of them unreduced:
the "encryption" is a cube. Blocks fill their modulus, so only those that begin with zeros fall.

Boneh, "Twenty years of attacks on the RSA cryptosystem" (1999), section 4.
"""

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.numbers import exact_root, power_name
from rsa_core.attacks.reading import Reading, draw
from rsa_core.attacks.values import Target
from rsa_core.envelopes.container import block_bytes
from rsa_core.residues import residues_of

_CHECK_EVERY = 1024
_LARGEST = 4096  # a larger exponent reduces everything but 0 and 1, at any key size


def root(_target: Target, reading: Reading, course: Course) -> Found:
    """Takes the root of every residue in the copy with the smallest exponent."""
    container = reading.textbook()
    copy = min(container.copies, key=lambda one: (one.key.e, -one.key.n))
    n, e = copy.key.n, copy.key.e
    reach = ((n.bit_length() - 1) // e) / 8
    course.note(f"e = {e}: numbers of up to {reach:.1f} bytes stay below n when raised to e")
    if e > _LARGEST:
        raise NotMetError(
            f"e = {e}: the power of every sample but 0 and 1 exceeds n and is reduced, so that "
            "its root over the integers is not a sample."
        )
    values: list[int | None] = []
    residues = residues_of(copy)
    for number, c in enumerate(residues):
        values.append(exact_root(c, e))
        if number % _CHECK_EVERY == 0:
            course.report(number / len(residues), f"{number} of {len(residues)} roots taken")
    known = len(values) - values.count(None)
    course.note(f"{known} of {len(values)} residues are exact powers")
    pixels = draw(container, copy, values)
    if known == len(values):
        return Found(
            f"Every residue is an exact {power_name(e)}: nothing was ever reduced modulo n, and "
            "the root over the integers is the plaintext.",
            pixels,
            exact=True,
        )
    width = block_bytes(container.scheme, copy.key)
    raise NotMetError(
        f"m^{e} exceeds n for plaintexts of {width} bytes, so the residues are reduced and no "
        f"roots: {known} of {len(values)} are exact powers.",
        pixels if known else None,
    )


ATTACK = Attack(
    name="cube-root",
    title="Root for a small exponent",
    summary="Takes the e-th root of every residue over the integers.",
    citation="Boneh, Twenty years of attacks on the RSA cryptosystem, 1999, section 4",
    needs="A small e, and plaintexts so short that m^e stays below n.",
    gives="the picture",
    work=root,
    stopped_by={
        "hybrid": "Plaintexts would have to be short numbers. RSA-OAEP fills the wrapped key up to "
        "the length of n, and e is 65537 or more: the power is reduced thousands of times.",
        "oaep-blocks": "Plaintexts would have to be short numbers. RSA-OAEP fills every block up "
        "to the length of n, and e is 65537 or more: the power is reduced thousands of times.",
    },
)
