"""Fermat: primes close to each other are found near the root of n.

n = a^2 - b^2 with a just above the root; primes that differ by D take D^2 / (8 sqrt n) steps. In
the field: printers' keys of CVE-2022-26320.
"""

from rsa_core import probes
from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.redrawing import key_pair_of, redraw
from rsa_core.attacks.values import Target

STEPS = (20_000, 100_000, 500_000)  # a million takes some seconds at 2048 bits


def fermat(target: Target, reading: Reading, course: Course) -> Found:
    """Tries the keys of all recipients, each a little first."""
    if not reading.keys:
        raise NotMetError("The public key of no recipient is known.")
    for part, steps in enumerate(STEPS):
        for n, e in reading.keys:
            course.report(part / len(STEPS), f"{steps} steps from the root")
            factors = probes.fermat(n, steps)
            if factors and (pair := key_pair_of(n, e, factors)):
                apart = (factors[0] - factors[1]).bit_length()
                course.note(f"p - q has {apart} bits, where {n.bit_length() // 2 - 1} are usual")
                return redraw("The primes are close.", pair, target, reading, course)
    bits = max(n.bit_length() for n, _ in reading.keys)
    raise NotMetError(
        f"The primes are not close. Primes of {bits // 2} bits would have to agree in their upper "
        f"half to be met within {STEPS[-1]} steps; an honest generator keeps them apart."
    )


ATTACK = Attack(
    name="fermat",
    title="Close primes (Fermat)",
    summary="Searches from the root of n for two primes close to it.",
    citation="Fermat 1643; de Weger, Cryptanalysis of RSA with small prime difference, 2002",
    needs="A recipient's public key whose primes are close.",
    gives="the private key, and the picture",
    work=fermat,
)
