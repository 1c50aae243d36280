"""Williams's p + 1: a prime whose successor has small factors only.

As Pollard's p - 1, but in the group of order p + 1 that Lucas sequences walk through. Which of the
two orders a starting value has is luck, so several are tried.
"""

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.methods.searching import by_search
from rsa_core.numbers import smooth

ATTACK = Attack(
    name="williams",
    title="Smooth p + 1 (Williams)",
    summary="Finds a prime p for which p + 1 is a product of small primes.",
    citation="Williams, A p + 1 method of factoring, 1982",
    needs="A recipient's public key with such a prime.",
    gives="the private key, and the picture",
    work=by_search(
        "williams",
        "p + 1 has small factors only, or p - 1, which the same search meets.",
        f"No sign that p + 1 or q + 1 is a product of primes up to {smooth.PLUS_BOUND}: those of "
        "random primes have larger prime factors. (Each starting value would miss every second "
        "such prime.)",
        lambda _key, _factors: (
            f"a Lucas sequence modulo a factor of n has a period with primes up "
            f"to {smooth.PLUS_BOUND} only"
        ),
    ),
)
