"""Weak keys fail in the named way and in no other; the health report says which it is."""

import hashlib
import math
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsa_core.classroom import SEED_KEY, ClassroomKeyPair, ClassroomPublicKey
from rsa_core.errors import KeyFormatError
from rsa_core.key_health import factoring_cost, key_health
from rsa_core.numbers import primes, probes, smooth
from rsa_core.weak_keys import MIN_BITS, SMOOTH_BOUND, TINY_BITS, WEAKNESSES, make_weak

BITS = 512
FOUND_BY = {
    "close-primes": "Close primes (Fermat)",
    "small-d": "Small private exponent (Wiener)",
    "smooth-p-1": "Smooth p - 1 (Pollard)",
    "smooth-p+1": "Smooth p + 1 (Williams)",
    "close-ratio": "Close to a ratio p : q = a : b (Lehman)",
    "patterned": "Guessable upper part of p (Coppersmith)",
    "shared-prime": "Shared prime (greatest common divisor)",
    "small-e": "Small exponent (root, broadcast)",
    "shared-modulus": "Shared modulus",
}
ALSO = {
    "close-primes": {FOUND_BY["close-ratio"]},  # 1 : 1 is a ratio, too
    "smooth-p-1": {FOUND_BY["smooth-p+1"]},  # some starting values walk through that group
}


@pytest.fixture(scope="module")
def gallery():
    return {name: make_weak(name, BITS) for name in WEAKNESSES}


@pytest.fixture(scope="module")
def sound():
    """Sound but for its length, which the gallery shares."""
    return ClassroomKeyPair.generate(BITS)


@cache
def health(key, *others):
    """A report, made once."""
    return key_health(key, others)


def health_of(pairs):
    return health(*(pair.public for pair in pairs))


def broken(pairs):
    return {finding.attack for finding in health_of(pairs) if finding.verdict == "broken"}


@pytest.mark.parametrize("name", WEAKNESSES)
def test_a_weak_key_works_and_has_its_length(gallery, name):
    pairs = gallery[name]
    assert len(pairs) == WEAKNESSES[name].keys
    for pair in pairs:
        assert pair.public.bits == (TINY_BITS if name == "tiny-n" else BITS)
        assert pair.power(pow(1234, pair.public.e, pair.public.n)) == 1234


@pytest.mark.parametrize("name", FOUND_BY)
def test_a_weak_key_fails_in_the_named_way_and_in_no_other(gallery, sound, name):
    found = broken(gallery[name]) - broken([sound])
    assert FOUND_BY[name] in found
    assert found - {FOUND_BY[name], "Factoring (this key alone)"} <= ALSO.get(name, set())


def test_factoring_is_broken_where_a_search_finds_the_primes(gallery, sound):
    assert "Factoring (this key alone)" not in broken([sound])
    for name in ("close-primes", "small-d", "smooth-p-1", "close-ratio", "patterned"):
        assert "Factoring (this key alone)" in broken(gallery[name])


def test_a_tiny_key_is_factored(gallery):
    assert "Factoring (this key alone)" in broken(gallery["tiny-n"])
    n = gallery["tiny-n"][0].public.n
    assert "less than a second" in factoring_cost(n.bit_length())


@pytest.mark.parametrize("bits", [1024, 2048])
def test_the_weaknesses_of_one_key_are_there_at_every_length(bits):
    pair = make_weak("small-d", bits)[0]
    assert probes.wiener(pair.public.n, pair.public.e) == (max(pair.p, pair.q), min(pair.p, pair.q))
    pair = make_weak("close-primes", bits)[0]
    assert pair.public.bits == bits
    assert probes.fermat(pair.public.n, 2000) is not None


def test_two_weak_keys_share_what_they_say(gallery):
    one, two = gallery["shared-prime"]
    assert one.public.n != two.public.n
    assert math.gcd(one.public.n, two.public.n) == one.p == two.p
    one, two = gallery["shared-modulus"]
    assert one.public.n == two.public.n
    assert math.gcd(one.public.e, two.public.e) == 1


def test_smooth_is_as_smooth_as_it_says(gallery):
    rest = gallery["smooth-p-1"][0].p - 1
    for prime in primes.up_to(SMOOTH_BOUND):
        while rest % prime == 0:
            rest //= prime
    assert rest == 1


def test_the_probes_give_the_factors(gallery):
    def factors(pair):
        return max(pair.p, pair.q), min(pair.p, pair.q)

    close, small_d, weak = (gallery[n][0] for n in ("close-primes", "small-d", "smooth-p-1"))
    one, two = gallery["shared-prime"]
    assert probes.fermat(close.public.n, 2000) == factors(close)
    assert probes.wiener(small_d.public.n, small_d.public.e) == factors(small_d)
    assert smooth.pollard(weak.public.n, SMOOTH_BOUND) == factors(weak)
    assert probes.shared_prime(one.public.n, [two.public.n]) == factors(one)
    assert probes.small_factor(3233) == (61, 53)


def test_the_probes_give_up_on_a_sound_key(sound):
    n, e = sound.public.n, sound.public.e
    assert probes.small_factor(n) is None
    assert probes.fermat(n, 2000) is None
    assert probes.wiener(n, e) is None
    assert smooth.pollard(n, 2000) is None
    assert probes.shared_prime(n, [n, SEED_KEY.public.n]) is None


@given(st.integers(1, 10_000).map(lambda k: 2 * k + 1), st.integers(1, 300))
@settings(deadline=None)
def test_what_a_probe_finds_are_factors(n, e):
    for found in (
        probes.small_factor(n),
        probes.fermat(n, 300),
        probes.wiener(n, e),
        smooth.pollard(n, 50),
        probes.shared_prime(n, [e]),
    ):
        if found is not None:
            assert math.prod(found) == n
            assert found[0] >= found[1] > 1


@pytest.mark.parametrize(
    ("name", "bits", "reason"),
    [
        ("no such", 1024, "there are close-primes"),
        ("small-d", MIN_BITS - 16, "512 to 4096 bits"),
        ("small-d", 4112, "512 to 4096 bits"),
        ("small-d", 1000, "multiple of 16"),
    ],
)
def test_other_wishes_are_refused(name, bits, reason):
    with pytest.raises(KeyFormatError, match=reason):
        make_weak(name, bits)


def test_a_sound_key_resists_all_that_concerns_keys(alice):
    report = health(alice.public, SEED_KEY.public, alice.public)
    assert {f.verdict for f in report if f.concerns == "key"} == {"resists"}
    assert "2^112" in report[0].cost


def test_no_key_saves_the_textbook_schemes(alice):
    codebook = next(
        f
        for f in health(alice.public, SEED_KEY.public, alice.public)
        if f.attack.startswith("Codebook")
    )
    assert (codebook.concerns, codebook.verdict) == ("textbook", "broken")


@pytest.mark.parametrize(
    ("n", "cost"),
    [
        (2**89 - 1, "n is itself prime"),
        ((2**89 - 1) ** 2, "n is a square"),
        (3 * (2**521 - 1), "prime below 2000"),
        ((2**127 - 1) * (2**107 - 1), "Smooth p + 1"),
    ],
)
def test_a_modulus_that_is_no_honest_product_is_broken(n, cost):
    first = key_health(ClassroomPublicKey(n, 65537))[0]
    assert first.verdict == "broken"
    assert cost in first.cost


def test_a_short_modulus_is_sieved():
    first = key_health(ClassroomKeyPair.generate(234).public)[0]
    assert first.verdict == "broken"
    assert "quadratic sieve" in first.cost


def test_longer_keys_never_cost_less():
    """Verdicts go from broken over at risk to resists, and each length has its words."""
    costs = [factoring_cost(bits) for bits in range(8, 8193, 8)]
    assert all(costs)
    order = ["less than", "about", "minutes", "within", "not done", "about 2^"]
    places = [max(i for i, start in enumerate(order) if cost.startswith(start)) for cost in costs]
    assert places == sorted(places)


def test_nothing_secret_is_in_a_report(gallery):
    for pairs in gallery.values():
        text = repr(health_of(pairs))
        assert str(pairs[0].p) not in text
        assert str(pairs[0].q) not in text


PAIRS = [name for name, weakness in WEAKNESSES.items() if weakness.keys == 2]


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=5, deadline=None)
@given(seeds=st.lists(st.binary(min_size=16, max_size=40), min_size=2, max_size=2, unique=True))
def test_one_seed_gives_one_pair_of_keys_and_another_seed_other_primes(name, seeds):
    one, other = (make_weak(name, BITS, seed) for seed in seeds)
    assert make_weak(name, BITS, seeds[0]) == one
    assert math.gcd(one[0].public.n, one[1].public.n) > 1
    assert one[0].public != one[1].public
    assert not {n for pair in one for n in (pair.p, pair.q)} & {
        n for pair in other for n in (pair.p, pair.q)
    }


@pytest.mark.parametrize(
    ("name", "seed"), [("close-primes", bytes(16)), ("tiny-n", bytes(32)), ("shared-prime", b"")]
)
def test_a_seed_that_is_short_or_for_a_single_key_is_refused(name, seed):
    with pytest.raises(KeyFormatError, match="seed"):
        make_weak(name, BITS, seed)


def test_keys_from_a_seed_stay_the_same_from_version_to_version():
    """Two servers of different ages serve one channel while they are renewed."""
    first, second = make_weak("shared-prime", 512, b"0123456789abcdef")
    assert (
        hashlib.sha256(first.public.der() + second.public.der()).hexdigest()[:16]
        == "0e52bd54cffeeb7e"
    )
