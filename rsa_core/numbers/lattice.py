"""Coppersmith: the upper part of a prime factor gives the rest of it.

p = top + x with |x| < X is a root of f = top + x modulo p. Products of f and n vanish modulo p^m;
a short vector in their lattice is a polynomial that vanishes over the integers, and FLINT finds
both the vector (LLL) and its root.

Coppersmith, "Small solutions to polynomial equations, and low exponent RSA vulnerabilities" (1997),
in the form of Howgrave-Graham, "Finding small roots of univariate modular equations revisited"
(1997).
"""

from collections.abc import Iterator

from flint import fmpz, fmpz_mat, fmpz_poly

from rsa_core.numbers.probes import Factors, split

KNOWN = 0.58  # of the bits of p that have to be known; half is the limit of ever larger lattices
PATTERN = 0.62  # the same for a lattice so small that many guesses can be tried

_SIZE, _SMALL_SIZE = 6, 3


def known_top(n: int, top: int, unknown: int, size: int = _SIZE) -> Factors | None:
    """A factor that begins as `top` does: the last `unknown` bits of `top` do not count.

    n is a product of two primes of about one length, `unknown` at most 0.42 of it. Milliseconds;
    a twentieth of a second at 4096 bits.
    """
    if unknown < 2 or top <= 0:
        return split(n, top)
    reach = 1 << (unknown - 1)
    middle = (top >> unknown << unknown) + reach
    f, x, modulus = fmpz_poly([middle, 1]), fmpz_poly([0, 1]), fmpz(n)
    rows = [f**i * modulus ** (size - i) for i in range(size)]
    rows += [x**i * f**size for i in range(size)]
    width = len(rows)
    reduced = fmpz_mat(
        width, width, [int(row[i]) * reach**i for row in rows for i in range(width)]
    ).lll()
    short = fmpz_poly([int(reduced[0, i]) // reach**i for i in range(width)])
    for root, _ in short.roots():
        if factors := split(n, abs(middle + int(root))):
            return factors
    return None


def patterned(n: int) -> Factors | None:
    """A factor whose upper part is one byte repeated, or one hexadecimal digit and then 0 or F.

    Bernstein and others, "Factoring RSA keys from certified smart cards: Coppersmith in the wild"
    (2013). A second at 4096 bits.
    """
    bits = n.bit_length()
    for length in {bits // 2, (bits + 1) // 2}:
        unknown = int(length * (1 - PATTERN))
        for top in _patterns(length):
            if factors := known_top(n, top, unknown, _SMALL_SIZE):
                return factors
    return None


def _patterns(length: int) -> Iterator[int]:
    digits = -(-length // 4)
    if digits < 4:
        return
    texts = [f"{byte:02x}" * (digits // 2 + 1) for byte in range(1, 256)]
    texts += [digit + rest * digits for digit in "123456789abcdef" for rest in "0f"]
    yield from {top for text in texts if (top := int(text[:digits], 16)).bit_length() == length}
