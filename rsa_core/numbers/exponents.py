"""The factors of a modulus from both of its exponents."""

import secrets

from flint import fmpz

_TRIES = 64


def factors(n: int, e: int, d: int) -> tuple[int, int] | None:
    """The factors of n, larger first; None where d does not belong to n and e.

    SP 800-56B, appendix C. Each try succeeds at least every second time, once n is known to be
    neither prime nor a power: a few powers modulo n in all, whatever is given.
    """
    modulus, k = fmpz(n), e * d - 1
    if n < 6 or n % 2 == 0 or not 3 <= d < n or k % 2 or pow(fmpz(2), k + 1, modulus) != 2:
        return None
    if modulus.is_probable_prime() or modulus.is_perfect_power():
        return None
    twos = (k & -k).bit_length() - 1
    for _ in range(_TRIES):
        root = pow(fmpz(2 + secrets.randbelow(n - 3)), k >> twos, modulus)
        for _ in range(twos):
            square = root * root % modulus
            if square == 1:
                break
            root = square
        else:
            continue
        p = int((root - 1).gcd(modulus))
        if p not in (1, n):
            return max(p, n // p), min(p, n // p)
    return None
