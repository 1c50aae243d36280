"""Show the arithmetic: m^e mod n with the real numbers, step by step.

Left-to-right square and multiply (Menezes, van Oorschot and Vanstone, Handbook of Applied
Cryptography, algorithm 14.79): for each bit of e, from the highest, square; where it is 1,
multiply by m as well.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One bit of the exponent.

    Attributes:
        exponent: the bits of e so far, as a number: `result` is m^exponent mod n.
        squared: square of the result before, reduced.
        result: `squared`, times m where the bit is 1, reduced.
        words: the line with its numbers, "12^2 = 144 = 144; x 7 = 1008 = 1008 (mod 3233)".
    """

    bit: int
    exponent: int
    squared: int
    result: int
    words: str


def square_and_multiply(m: int, e: int, n: int) -> tuple[Step, ...]:
    """All steps of m^e mod n, the answer last (ValueError unless 0 <= m < n, e >= 1, n >= 2)."""
    if n < 2 or not 0 <= m < n or e < 1:
        raise ValueError("expected n from 2, m from 0 below n, e from 1")
    steps = []
    result, exponent = 1, 0
    for digit in f"{e:b}":
        bit = int(digit)
        before, squared = result, result * result % n
        result = squared * m % n if bit else squared
        exponent = 2 * exponent + bit
        words = f"{before}² = {before * before} ≡ {squared}"
        if bit:
            words += f"; × {m} = {squared * m} ≡ {result}"
        steps.append(Step(bit, exponent, squared, result, f"{words} (mod {n})"))
    return tuple(steps)
