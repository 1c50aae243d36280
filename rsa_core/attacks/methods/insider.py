"""Insider: anyone who holds one private key of a shared modulus holds them all.

e d - 1 is a multiple of the order of the group, and its square roots of 1 split n. So the
attacker's own exponents factor n, and every other exponent's private half follows.

DeLaurentis, "A further weakness in the common modulus protocol" (1984); SP 800-56B, appendix C.
"""

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.redrawing import redraw
from rsa_core.attacks.values import Target
from rsa_core.classroom import factor_by_exponent
from rsa_core.numbers.searches import split_up


def insider(target: Target, reading: Reading, course: Course) -> Found:
    """Factors the shared modulus by the attacker's own e and d."""
    own = target.own
    if own is None:
        raise NotMetError(
            "The attacker needs their own key pair under the recipient's modulus, and has none."
        )
    if any(key == (own.public.n, own.public.e) for key in reading.keys):
        raise NotMetError("The attacker is itself a recipient of this picture.")
    victim = next((key for key in reading.keys if key[0] == own.public.n), None)
    if victim is None:
        raise NotMetError("No recipient has the attacker's modulus: each made its own.")
    course.report(0.1, "Square roots of 1 from the own exponents")
    found = split_up(factor_by_exponent(own.public, own.d), "own exponents")
    course.note(f"own e = {own.public.e}, the other's e = {victim[1]}, one n")
    return redraw("The attacker shares n with a recipient.", victim, found, reading, course)


ATTACK = Attack(
    name="insider",
    title="Insider of a shared modulus",
    summary="Computes another person's private key from one's own, where both share n.",
    citation="DeLaurentis, A further weakness in the common modulus protocol, 1984",
    needs="Your own key pair with the same n as a recipient's.",
    gives="the private key, and the picture",
    work=insider,
)
