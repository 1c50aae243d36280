"""Shared primes: the greatest common divisor of two moduli is a prime that both have.

One divisor breaks both keys. All keys of a channel are tried at once by a product tree.

Heninger, Durumeric, Wustrow and Halderman, "Mining your Ps and Qs" (2012).
"""

import math

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.numbers import batch_gcd
from rsa_core.attacks.reading import Reading, all_keys
from rsa_core.attacks.redrawing import key_pair_of, redraw
from rsa_core.attacks.values import Target


def shared_primes(target: Target, reading: Reading, course: Course) -> Found:
    """Batch GCD over all different moduli in sight."""
    if not reading.keys:
        raise NotMetError("The public key of no recipient is known.")
    moduli = list(dict.fromkeys(n for n, _ in all_keys(target, reading)))
    if len(moduli) == 1:
        raise NotMetError("There is no other public key in sight to compare with.")
    course.report(0.1, f"Product tree of {len(moduli)} moduli")
    shared = dict(zip(moduli, batch_gcd(moduli), strict=True))
    course.note(f"{len(moduli)} different moduli, {sum(g > 1 for g in shared.values())} share")
    for n, e in reading.keys:
        prime = _one_prime(n, shared[n], moduli)
        if prime and (pair := key_pair_of(n, e, (prime, n // prime))):
            return redraw(
                "Another key has a prime in common with a recipient's.",
                pair,
                target,
                reading,
                course,
            )
    raise NotMetError(
        f"No recipient's modulus has a prime in common with any of the {len(moduli) - 1} other "
        "moduli of the channel. Primes from a good random source never meet."
    )


def _one_prime(n: int, divisor: int, moduli: list[int]) -> int | None:
    """A proper factor of n; where both primes are shared the batch gives n, and pairs decide."""
    if 1 < divisor < n:
        return divisor
    if divisor == n:
        return next((g for m in moduli if 1 < (g := math.gcd(n, m)) < n), None)
    return None


ATTACK = Attack(
    name="shared-primes",
    title="Shared primes (batch GCD)",
    summary="Compares all public keys of the channel for a common prime.",
    citation="Heninger, Durumeric, Wustrow and Halderman, Mining your Ps and Qs, 2012",
    needs="Other public keys, one of which has a prime in common with a recipient's.",
    gives="the private key, and the picture",
    work=shared_primes,
)
