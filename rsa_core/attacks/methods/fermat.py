"""Fermat: primes close to each other are found near the root of n.

n = a^2 - b^2 with a just above the root; primes that differ by D take D^2 / (8 sqrt n) steps. In
the field: printers' keys of CVE-2022-26320.
"""

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.methods.searching import by_search
from rsa_core.attacks.reading import Numbers
from rsa_core.numbers.probes import Factors
from rsa_core.numbers.searches import FERMAT_STEPS


def _apart(key: Numbers, factors: Factors) -> str:
    bits = (factors[0] - factors[1]).bit_length()
    return f"p - q has {bits} bits, where {key[0].bit_length() // 2 - 1} are usual"


ATTACK = Attack(
    name="fermat",
    title="Close primes (Fermat)",
    summary="Searches from the root of n for two primes close to it.",
    citation="Fermat 1643; de Weger, Cryptanalysis of RSA with small prime difference, 2002",
    needs="A recipient's public key whose primes are close.",
    gives="the private key, and the picture",
    work=by_search(
        "fermat",
        "The primes are close.",
        "The primes are not close. They would have to agree in about their upper half to be met "
        f"within {FERMAT_STEPS} steps from the root of n; an honest generator keeps them apart.",
        _apart,
    ),
)
