"""All searches for the factors of one modulus, and what their finds are worth.

Key health and the attacks both ask here, with the same bounds: what the one calls broken, the
other breaks. A modulus is broken when its primes are known, all of them: two as a rule, but one,
several and repeated ones open a picture just as well.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from flint import fmpz

from rsa_core.numbers import lattice, probes, smooth
from rsa_core.numbers.probes import Factors

FERMAT_STEPS = 1 << 23
RATIO_LARGEST = 255
RATIO_STEPS = 1 << 16
SIEVED_BITS = 240  # a minute of FLINT's quadratic sieve, with something in hand

_AT_ONCE_BITS = 128  # for FLINT, in a blink
_SPLIT_BITS = 4200  # of a factor, above which little is tried on it, lest it take minutes


@dataclass(frozen=True, slots=True)
class Search:
    """One search; `bound` says what it finds for certain, and in what time.

    Attributes:
        name: of the attack that does it.
        find: two factors of n, perhaps composite, from n and e; or None.
    """

    name: str
    title: str
    bound: str
    find: Callable[[int, int], Factors | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Factored:
    """n as a product: its primes ascending, repeated ones repeated, and what nobody has split.

    Attributes:
        how: what found it, in a few words.
    """

    how: str
    primes: tuple[int, ...] = field(repr=False)
    rest: tuple[int, ...] = field(default=(), repr=False)

    @property
    def whole(self) -> bool:
        """Whether all primes are known."""
        return not self.rest

    @property
    def within_reach(self) -> bool:
        """Whether FLINT gets the primes of what is left within an attack's minute."""
        return all(part.bit_length() <= SIEVED_BITS for part in self.rest)


SEARCHES: Mapping[str, Search] = MappingProxyType(
    {
        search.name: search
        for search in (
            Search(
                "fermat",
                "Close primes (Fermat)",
                f"{FERMAT_STEPS} steps from the root of n, under a second",
                lambda n, _: probes.fermat(n, FERMAT_STEPS),
            ),
            Search(
                "close-ratio",
                "Close to a ratio p : q = a : b (Lehman)",
                f"a and b up to {RATIO_LARGEST}, a second",
                lambda n, _: probes.close_ratio(n, RATIO_LARGEST, RATIO_STEPS),
            ),
            Search("wiener", "Small private exponent (Wiener)", "milliseconds", probes.wiener),
            Search(
                "pollard",
                "Smooth p - 1 (Pollard)",
                f"primes up to {smooth.BOUND}, powers of the small ones; a second or two",
                lambda n, _: smooth.pollard(n),
            ),
            Search(
                "williams",
                "Smooth p + 1 (Williams)",
                f"primes up to {smooth.PLUS_BOUND}; some seconds",
                lambda n, _: smooth.williams(n),
            ),
            Search(
                "known-bits",
                "Guessable upper part of p (Coppersmith)",
                "one byte repeated, or one digit and zeros; a second",
                lambda n, _: lattice.patterned(n),
            ),
        )
    }
)


def seconds_to_factor(bits: int) -> float:
    """About what FLINT takes for a product of two random primes of equal length.

    Measured: doubling every 10.6 bits, 60 s at 247 bits.
    """
    return 60 * 2 ** ((min(bits, 2000) - 247) / 10.6)


def is_prime(n: int) -> bool:
    """By Baillie-PSW, which no composite number is known to pass."""
    return bool(fmpz(n).is_probable_prime())


def at_sight(n: int) -> Factored | None:
    """A modulus that is no honest product: prime, a power, or with a prime that is short."""
    if is_prime(n):
        return Factored("n is itself prime", (n,))
    for how, find in (
        ("n is a square or another power", probes.power),
        ("a prime below 2000", probes.small_factor),
        ("n is short", _at_once),
        ("a short prime, by elliptic curves", probes.ecm),
    ):
        if factors := find(n):
            return split_up(factors, how)
    return None


def roots_of(primes: Sequence[int], e: int) -> int:
    """How many e-th roots a residue has modulo the product of these primes, where it has any."""
    times = Counter(primes)
    return math.prod(math.gcd(e, p ** (k - 1) * (p - 1)) for p, k in times.items())


def split_up(factors: Factors, how: str) -> Factored:
    """All primes in these factors, as far as short searches get."""
    found: list[int] = []
    rest: list[int] = []
    waiting = [*factors]
    while waiting:
        part = waiting.pop()
        if is_prime(part):
            found.append(part)
        elif more := _quickly(part):
            waiting += more
        else:
            rest.append(part)
    return Factored(how, tuple(sorted(found)), tuple(sorted(rest)))


def with_flint(factored: Factored) -> Factored:
    """The primes of what is left, whatever that takes; FLINT cannot be interrupted."""
    more = [
        int(p) for part in factored.rest for p, times in fmpz(part).factor() for _ in range(times)
    ]
    return Factored(factored.how, tuple(sorted([*factored.primes, *more])))


def _quickly(n: int) -> Factors | None:
    finds: list[Callable[[int], Factors | None]] = [probes.power, probes.small_factor, _at_once]
    if n.bit_length() <= _SPLIT_BITS:
        finds += [probes.ecm, lambda part: probes.fermat(part, 1 << 16), smooth.pollard]
    return next(filter(None, (find(n) for find in finds)), None)


def _at_once(n: int) -> Factors | None:
    if n.bit_length() > _AT_ONCE_BITS:
        return None
    return probes.split(n, int(fmpz(n).factor()[0][0]))
