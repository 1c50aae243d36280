"""All roots modulo a product of known primes, whatever the exponent."""

import math
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsa_core.attacks.roots import MAX_ROOTS, Roots
from rsa_core.errors import LimitError

SMALL = st.sampled_from([3, 5, 7, 11, 13, 17, 31, 61])


@given(st.lists(SMALL, min_size=1, max_size=3), st.integers(1, 20).map(lambda k: 2 * k + 1))
@settings(deadline=None, max_examples=60)
def test_the_roots_are_all_there_are(primes, e):
    """Where a prime is repeated, of the residues that are coprime to it."""
    if any(primes.count(p) > 1 and e % p == 0 for p in primes):
        with pytest.raises(LimitError):
            Roots(primes, e)
        return
    roots, n = Roots(primes, e), math.prod(primes)
    wanted = defaultdict(list)
    for m in range(n):
        wanted[pow(m, e, n)].append(m)
    for c in range(n):
        if all(c % p or primes.count(p) == 1 for p in primes):
            assert roots.of(c) == wanted[c]
    assert roots.of(0) == [0]
    assert (roots.inverse == 0) == (roots.several > 1)


def test_too_many_roots_are_refused():
    with pytest.raises(LimitError, match=str(65537)):
        Roots([65537 * 12 + 1, 2**61 - 1], 65537)
    assert MAX_ROOTS < 65537
