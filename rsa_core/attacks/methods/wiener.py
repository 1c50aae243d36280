"""Wiener: a private exponent below a third of the fourth root of n shows in e / n.

k / d with e d = 1 + k phi(n) is then a convergent of the continued fraction of e / n, and there
are only some hundreds of convergents to try.
"""

from rsa_core import probes
from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.redrawing import key_pair_of, redraw
from rsa_core.attacks.values import Target


def wiener(target: Target, reading: Reading, course: Course) -> Found:
    """Tries the keys of all recipients."""
    if not reading.keys:
        raise NotMetError("The public key of no recipient is known.")
    for n, e in reading.keys:
        course.report(0.1, "Convergents of e / n")
        factors = probes.wiener(n, e)
        if factors and (pair := key_pair_of(n, e, factors)):
            course.note(f"e has {e.bit_length()} bits, as long as n: a sign that d was chosen")
            return redraw("d is short.", pair, target, reading, course)
    raise NotMetError(
        "d is not below a third of the fourth root of n. A short e such as 65537 rules that out: "
        "e d is larger than phi(n), so that d is nearly as long as n."
    )


ATTACK = Attack(
    name="wiener",
    title="Short private exponent (Wiener)",
    summary="Finds a short d among the convergents of e / n.",
    citation="Wiener, Cryptanalysis of short RSA secret exponents, 1990",
    needs="A recipient's public key whose d was chosen short.",
    gives="the private key, and the picture",
    work=wiener,
)
