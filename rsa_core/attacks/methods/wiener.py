"""Wiener: a private exponent below a third of the fourth root of n shows in e / n.

k / (d g) with e d g = g + k phi(n) is then a convergent of the continued fraction of e / n, and
there are only some hundreds of convergents to try. g is 1 where d is the inverse modulo phi(n), and
as a rule 2 or less where it is the inverse modulo lcm(p - 1, q - 1).
"""

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.methods.searching import by_search

ATTACK = Attack(
    name="wiener",
    title="Short private exponent (Wiener)",
    summary="Finds a short d among the convergents of e / n.",
    citation="Wiener, Cryptanalysis of short RSA secret exponents, 1990",
    needs="A recipient's public key whose d was chosen short.",
    gives="the private key, and the picture",
    work=by_search(
        "wiener",
        "The fraction e / n gives p and q away.",
        "d is not below a third of the fourth root of n. A short e such as 65537 rules that out: "
        "e d is larger than lcm(p - 1, q - 1), so that d is nearly as long as n.",
        lambda key, _: (
            f"e has {key[1].bit_length()} bits and n {key[0].bit_length()}: "
            "e as long as n is a sign that d was chosen"
        ),
    ),
)
