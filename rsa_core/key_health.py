"""The key health report: which attacks a public key invites, and what each would cost.

Two kinds of findings stand side by side. Some concern the key: whoever factors n opens whatever
was sealed for it, padding or not. The others concern its use without padding, by the textbook
schemes, where even a perfect key does not help.

What takes a few seconds is tried, by the searches that the attacks use (`searches`), so "broken" is
a fact; the rest is estimated from sizes. "Resists" never means more than: not in this way.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rsa_core.classroom import ClassroomPublicKey
from rsa_core.keys import PublicKey
from rsa_core.numbers import probes, roca
from rsa_core.numbers.searches import (
    SEARCHES,
    SIEVED_BITS,
    Factored,
    at_sight,
    roots_of,
    seconds_to_factor,
    split_up,
)

Verdict = Literal["broken", "at risk", "resists"]

_SOUND_BITS = 2048
_ROOT_LIMIT = 17  # largest e for which equal blocks to e receivers are a likely thing
_FEW_ROOTS = 256  # of which one is short enough to be a block


@dataclass(frozen=True, slots=True)
class Finding:
    """What one attack makes of the key.

    Attributes:
        concerns: "key" where success opens everything sealed for the key; "textbook" where it
            opens what the unpadded schemes made, and nothing else.
        verdict: "broken": tried and found, or certain to succeed at the cost given; "at risk":
            succeeds under the condition in `needs`; "resists": not in this way.
        needs: what an attacker has beside the public key.
    """

    attack: str
    concerns: Literal["key", "textbook"]
    verdict: Verdict
    needs: str
    cost: str


def key_health(
    key: PublicKey | ClassroomPublicKey,
    others: Iterable[PublicKey | ClassroomPublicKey] = (),
) -> tuple[Finding, ...]:
    """Tries what is quick, and estimates the rest; some seconds from 2048 bits up.

    `others` are public keys of other people, against which shared primes are looked for. Gives one
    finding for each attack, those that concern the key first.
    """
    return beside(health_alone(key.n, key.e), key.n, key.e, [(o.n, o.e) for o in others])


def health_alone(n: int, e: int) -> tuple[Finding, ...]:
    """The report of a key beside which there are no others: all that takes long in it."""
    found = {
        name: split_up(factors, search.title) if (factors := search.find(n, e)) else None
        for name, search in SEARCHES.items()
    }
    best = at_sight(n) or next(filter(None, found.values()), None)
    return (
        _factoring(n, e, best),
        *(
            _finding(SEARCHES[name].title, e, factored, SEARCHES[name].bound)
            for name, factored in found.items()
        ),
        _roca(n, best),
        _shared_prime(n, e, []),
        _shared_modulus(n, e, []),
        _codebook(n, e),
        _equal_blocks(),
        _small_exponent(n, e),
    )


def beside(
    alone: Iterable[Finding], n: int, e: int, known: Sequence[tuple[int, int]]
) -> tuple[Finding, ...]:
    """The same report where there are other keys (n, e) too: milliseconds."""
    new = (_shared_prime(n, e, [m for m, _ in known]), _shared_modulus(n, e, known))
    by_name = {one.attack: one for one in new}
    return tuple(by_name.get(one.attack, one) for one in alone)


def factoring_cost(bits: int) -> str:
    """What it takes to factor a product of two random primes, in words.

    Up to 250 bits measured here with FLINT's quadratic sieve, whose time doubles every 10.6
    bits; beyond from published records (Factoring as a Service 2015, RSA-250 2020) and the
    strengths of NIST SP 800-57 part 1.
    """
    if bits <= 128:
        return "less than a second with a good library, by hand up to some 16 bits"
    if bits <= 250:
        seconds = math.ceil(seconds_to_factor(bits))
        return f"about {seconds} second{'s' * (seconds > 1)} with a quadratic sieve"
    if bits <= 512:
        return "minutes to hours with a number field sieve; 512 bits took four rented hours in 2015"
    if bits <= 829:
        return "within the reach of records: 829 bits took 2700 core-years in 2020"
    if bits < _SOUND_BITS:
        return "not done in public; 1024 bits are reckoned at 2^80 steps, too few since 2013"
    strength = 112 if bits < 3072 else 128 if bits < 7680 else 192
    return f"about 2^{strength} steps: out of reach"


def _factoring(n: int, e: int, found: Factored | None) -> Finding:
    bits = n.bit_length()
    if found is not None:
        return _finding("Factoring (this key alone)", e, found, found.how)
    verdict: Verdict = (
        "broken" if bits <= SIEVED_BITS else "at risk" if bits < _SOUND_BITS else "resists"
    )
    needs = "time, or rented computers" if verdict == "at risk" else "nothing"
    return Finding("Factoring (this key alone)", "key", verdict, needs, factoring_cost(bits))


def _finding(
    attack: str, e: int, found: Factored | None, cost: str, needs: str = "nothing"
) -> Finding:
    if found is None:
        return Finding(attack, "key", "resists", needs, cost)
    if not found.within_reach:
        left = max(part.bit_length() for part in found.rest)
        return Finding(
            attack, "key", "at risk", f"the factors of the {left} bits that remain", cost
        )
    roots = roots_of(found.primes, e)
    if roots > _FEW_ROOTS:
        return Finding(
            attack, "key", "at risk", f"a guess: each residue has {roots} roots under this e", cost
        )
    return Finding(attack, "key", "broken", needs, cost)


def _roca(n: int, found: Factored | None) -> Finding:
    marked = found is None and n.bit_length() >= 500 and roca.is_marked(n)
    return Finding(
        "Infineon's key generator (ROCA, CVE-2017-15361)",
        "key",
        "at risk" if marked else "resists",
        "time" if marked else "a modulus that is a power of 65537 modulo many small primes",
        roca.cost(n.bit_length()) if marked else "a glance; this modulus does not show the mark",
    )


def _shared_prime(n: int, e: int, others: list[int]) -> Finding:
    count = len(others)
    factors = probes.shared_prime(n, others)
    return _finding(
        "Shared prime (greatest common divisor)",
        e,
        split_up(factors, "shared prime") if factors else None,
        "microseconds for the one other key"
        if count == 1
        else f"microseconds for each other key; there are {count}",
        needs="public keys of other people",
    )


def _shared_modulus(n: int, e: int, known: Sequence[tuple[int, int]]) -> Finding:
    shared = any(m == n and other != e for m, other in known)
    return Finding(
        "Shared modulus",
        "key",
        "broken" if shared else "resists",
        "the private key of another exponent of the same n",
        "milliseconds: both exponents of one key give the factors, and so every other key",
    )


def _codebook(n: int, e: int) -> Finding:
    seconds = 256 * (5e-7 + 2.2e-12 * n.bit_length() ** 2 * e.bit_length())
    return Finding(
        "Codebook of samples (textbook-pixels)",
        "textbook",
        "broken",
        "nothing",
        f"256 public powers: about {math.ceil(seconds * 1000)} ms at this length",
    )


def _equal_blocks() -> Finding:
    return Finding(
        "Equal blocks (textbook-blocks)",
        "textbook",
        "at risk",
        "a picture with flat areas",
        "none: equal blocks have equal ciphertext, and silhouettes show",
    )


def _small_exponent(n: int, e: int) -> Finding:
    reach = (n.bit_length() - 1) // e // 8  # bytes of a block whose power stays below n
    short = f"blocks of up to {reach} bytes" if reach else "no block"
    if e == 1:
        return Finding(
            "Small exponent (root, broadcast)",
            "textbook",
            "broken",
            "nothing",
            "none: with e = 1 the ciphertext is the plaintext",
        )
    if e > _ROOT_LIMIT:
        return Finding(
            "Small exponent (root, broadcast)",
            "textbook",
            "resists",
            f"as many receivers of the same block as e says, or short blocks ({short})",
            "a root over the integers of numbers nobody has",
        )
    return Finding(
        "Small exponent (root, broadcast)",
        "textbook",
        "broken",
        f"the same block sent to {e} receivers; or short blocks ({short})",
        "milliseconds: a root over the integers",
    )
