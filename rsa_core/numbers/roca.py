"""ROCA: keys of the RSA library of Infineon chips, known by their moduli alone.

Their primes are k M + (65537^a mod M) with M the product of the first primes, so that n is a power
of 65537 modulo each of them. A random n is, for all these primes together, once in 2^27.

Nemec, Sys, Svenda, Klinec and Matyas, "The Return of Coppersmith's Attack" (2017), CVE-2017-15361.
"""

from rsa_core.numbers import primes

_PRIMES = tuple(prime for prime in primes.SMALL if 2 < prime <= 167)


def is_marked(n: int) -> bool:
    """Whether n looks like a modulus of that library (512 bits and more)."""
    return all(n % prime in _POWERS[prime] for prime in _PRIMES)


def cost(bits: int) -> str:
    """What factoring such a key took its discoverers, in words."""
    if bits < 1024:
        return "two hours of one core at 512 bits, by a lattice"
    if bits < 2048:
        return "about 100 days of one core at 1024 bits, by a lattice"
    if bits < 3072:
        return "about 140 years of one core at 2048 bits, which can be shared out"
    return "out of reach so far at this length; the key is to be replaced all the same"


def _powers(prime: int) -> frozenset[int]:
    found, power = {1}, 65537 % prime
    while power not in found:
        found.add(power)
        power = power * 65537 % prime
    return frozenset(found)


_POWERS = {prime: _powers(prime) for prime in _PRIMES}
