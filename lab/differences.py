"""Before and after: where two ciphertexts differ, in bytes that can be looked at."""

from dataclasses import dataclass

import numpy as np

_SHOWN = 32  # bytes, the first change among them
_LEAD = 8


@dataclass(frozen=True, slots=True)
class Difference:
    """How one envelope differs from another.

    Attributes:
        words: how many bytes differ, or which length each has.
        start: from which byte on the two are shown.
        before, after: hexadecimal, up to 32 bytes of each, the first change among them.
    """

    words: str
    start: int
    before: str
    after: str


def difference(before: bytes, after: bytes) -> Difference:
    """Compares two envelopes, place by place."""
    common = min(len(before), len(after))
    a, b = (np.frombuffer(data, np.uint8, common) for data in (before, after))
    places = np.flatnonzero(a != b)
    first = int(places[0]) if places.size else common
    start = max(0, first - _LEAD)
    if len(before) == len(after):
        words = f"{places.size} of {len(before)} bytes differ."
    else:
        words = f"{len(before)} bytes before, {len(after)} bytes after."
    shown = slice(start, start + _SHOWN)
    return Difference(words, start, before[shown].hex(" "), after[shown].hex(" "))
