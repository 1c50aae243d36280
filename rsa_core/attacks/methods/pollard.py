"""Pollard's p - 1: a prime whose predecessor has small factors only.

a^M = 1 modulo p as soon as M is a multiple of p - 1, so the greatest common divisor of a^M - 1
and n shows p; see `smooth` for what M is, and what happens where q - 1 is smooth as well.
"""

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.methods.searching import by_search
from rsa_core.numbers import smooth

ATTACK = Attack(
    name="pollard",
    title="Smooth p - 1 (Pollard)",
    summary="Finds a prime p for which p - 1 is a product of small primes.",
    citation="Pollard, Theorems on factorization and primality testing, 1974",
    needs="A recipient's public key with such a prime.",
    gives="the private key, and the picture",
    work=by_search(
        "pollard",
        "p - 1 has small factors only.",
        f"p - 1 and q - 1 are not products of primes up to {smooth.BOUND}: they have larger prime "
        "factors, as those of random primes do.",
        lambda _key, _factors: (
            f"the order of 3 modulo a factor of n has primes up to {smooth.BOUND} only"
        ),
    ),
)
