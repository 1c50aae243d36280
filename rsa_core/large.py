"""FLINT's integers, for numbers of thousands of bits: eight times as fast as Python's own.

FLINT is imported when first needed, so that what merely lists the attacks does without it.
"""

from functools import cache
from typing import Any


@cache
def fmpz() -> Any:  # noqa: ANN401  (the class, which has no type stubs)
    """FLINT's integer class."""
    from flint import fmpz as number  # noqa: PLC0415  (see above)

    return number
