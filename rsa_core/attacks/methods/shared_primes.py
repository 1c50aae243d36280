"""Shared primes: the greatest common divisor of two moduli is a prime that both have.

One divisor breaks both keys. All keys of a channel are tried at once by a product tree.

Heninger, Durumeric, Wustrow and Halderman, "Mining your Ps and Qs" (2012).
"""

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.methods.searching import check_known
from rsa_core.attacks.numbers import sharing
from rsa_core.attacks.reading import Reading, all_keys
from rsa_core.attacks.redrawing import redraw
from rsa_core.attacks.values import Target
from rsa_core.numbers.searches import split_up


def shared_primes(target: Target, reading: Reading, course: Course) -> Found:
    """Batch GCD over all different moduli in sight."""
    check_known(reading)
    moduli = list(dict.fromkeys(n for n, _ in all_keys(target, reading)))
    if len(moduli) == 1:
        raise NotMetError("There is no other public key in sight to compare with.")
    course.report(0.1, f"Product tree of {len(moduli)} moduli")
    shared = sharing(moduli)
    course.note(f"{len(moduli)} different moduli, {len(shared)} of them share a factor")
    problem: NotMetError | None = None
    for key in reading.keys:
        if factors := shared.get(key[0]):
            try:
                return redraw(
                    "Another key has a prime in common with a recipient's.",
                    key,
                    split_up(factors, "shared prime"),
                    reading,
                    course,
                )
            except NotMetError as error:
                problem = error
    if problem is not None:
        raise problem
    raise NotMetError(
        f"{len(shared)} of the {len(moduli)} moduli in sight share a prime, but no recipient's is "
        "among them: other people's keys are broken, and not those that this picture is for."
        if shared
        else f"No two of the {len(moduli)} moduli in sight have a prime in common. Primes from a "
        "good random source never meet."
    )


ATTACK = Attack(
    name="shared-primes",
    title="Shared primes (batch GCD)",
    summary="Compares all public keys of the channel for a common prime.",
    citation="Heninger, Durumeric, Wustrow and Halderman, Mining your Ps and Qs, 2012",
    needs="Other public keys, one of which has a prime in common with a recipient's.",
    gives="the private key, and the picture",
    work=shared_primes,
)
