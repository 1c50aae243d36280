"""Each search finds its kind of bad modulus up to its bound, and nothing in a sound one."""

import math
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsa_core import make_weak
from rsa_core.classroom import ClassroomKeyPair
from rsa_core.numbers import lattice, primes, probes, roca, smooth
from rsa_core.numbers.searches import SEARCHES, at_sight, split_up, with_flint


def prime_near(number):
    """The first prime from a number upwards."""
    number |= 1
    while not primes.is_prime(number):
        number += 2
    return number


def prime_after(base, beyond, bits):
    """A prime of the form base * k + beyond, k a product of primes below 1000, of some length."""
    while True:
        product = base
        while product.bit_length() < bits - 10:
            product *= secrets.choice(primes.SMALL[1:160])
        for last in range(2, 2000, 2):
            if primes.is_prime(product * last + beyond):
                return product * last + beyond


def random_prime(bits):
    return primes.random_prime(bits, 65537)


def both(p, q):
    return max(p, q), min(p, q)


@pytest.fixture(scope="module")
def sound():
    return ClassroomKeyPair.generate(512).public


@pytest.mark.parametrize("name", SEARCHES)
def test_a_sound_modulus_is_left_whole(name, sound):
    assert SEARCHES[name].find(sound.n, sound.e) is None


@pytest.mark.parametrize("degree", [2, 3, 5, 7, 30])
def test_a_power_is_found(degree, sound):
    p = random_prime(40)
    assert math.prod(probes.power(p**degree)) == p**degree
    assert split_up(probes.power(p**degree), "power").primes == (p,) * degree
    assert probes.power(sound.n) is None


@pytest.mark.parametrize(
    "powers",
    [{2: 200}, {3: 90, 5: 40}, {2: 1, 7: 70}, {101: 30}, {65_521: 2, 131_071: 2}],
    ids=str,
)
def test_pollard_takes_any_powers_of_small_primes(powers):
    base = math.prod(prime**times for prime, times in powers.items())
    p, q = prime_after(base, 1, 256), random_prime(256)
    assert smooth.pollard(p * q) == both(p, q)


def test_pollard_tells_two_smooth_primes_apart():
    """Also where both have the same largest prime in p - 1 and q - 1."""
    for base in (2, 2 * 131_071):
        p, q = prime_after(base, 1, 200), prime_after(base, 1, 200)
        assert smooth.pollard(p * q) == both(p, q)


def test_pollard_keeps_its_bound():
    p = prime_after(prime_near(smooth.BOUND - 500), 1, 256)
    n = p * random_prime(256)
    assert smooth.pollard(n) is not None
    above = prime_near(smooth.BOUND * 40)
    q = next(q for k in range(2, 10_000, 2) if primes.is_prime(q := above * k + 1))
    assert smooth.pollard(q * prime_near(above << 200)) is None


@given(st.data())
@settings(max_examples=8, deadline=None)
def test_williams_finds_a_smooth_successor(data):
    beyond = data.draw(st.sampled_from([1, 1, 2]))
    p = prime_after(2 * beyond, -1, 200)
    q = prime_after(2, -1, 200) if data.draw(st.booleans()) else random_prime(200)
    found = smooth.williams(p * q)
    assert found is None or found == both(p, q)


def test_williams_misses_few():
    """Five starting values miss one key in 32, so that hardly ever five of six are missed."""
    missed = sum(
        smooth.williams(prime_after(2, -1, 160) * random_prime(160)) is None for _ in range(6)
    )
    assert missed <= 4


@given(st.integers(1, 255), st.integers(1, 255), st.integers(100, 400))
@settings(max_examples=12, deadline=None)
def test_primes_close_to_a_ratio_are_found(a, b, bits):
    """Whatever the ratio, 1 : 1 included, in a search of its own."""
    common = secrets.randbits(bits) | 1 << bits
    p, q = prime_near(a * common), prime_near(b * common)
    if p != q and a != b:
        assert probes.close_ratio(p * q, 255, 1 << 16) == both(p, q)


def test_fermat_goes_as_far_as_it_says():
    p = random_prime(256)
    steps = 1 << 23
    # (p - q)^2 / (8 sqrt n) steps: just inside, and far outside.
    inside = prime_near(p + math.isqrt(7 * steps * p))
    outside = prime_near(p + math.isqrt(30 * steps * p))
    assert probes.fermat(p * inside, steps) == both(p, inside)
    assert probes.fermat(p * outside, steps) is None


@pytest.mark.parametrize("bits", [512, 1024])
@pytest.mark.parametrize("modulo", ["phi", "lcm"])
def test_wiener_up_to_the_proven_bound(bits, modulo):
    """d < n^(1/4) / 3, the inverse modulo (p - 1) (q - 1) or modulo their lcm."""
    common = 0
    while common != 2:
        p, q = random_prime(bits // 2), random_prime(bits // 2)
        common = math.gcd(p - 1, q - 1)
    order = (p - 1) * (q - 1) // (1 if modulo == "phi" else common)
    bound = math.isqrt(math.isqrt(p * q)) // 3
    for start in (bound, bound // 2, bound // 1000):
        d = next(d for d in range(start, 0, -1) if math.gcd(d, order) == 1)
        assert probes.wiener(p * q, pow(d, -1, order)) == both(p, q)


def test_wiener_finds_no_close_primes_by_luck():
    """n + 1 - 2 sqrt(n) is then phi(n) but for a few, which a long convergent may hit."""
    p = prime_near(1 << 255)
    for _ in range(60):
        q = prime_near(p + 2)
        assert probes.wiener(p * q, 65537) is None
        p = q


def test_wiener_gives_up_on_a_long_d():
    p, q = random_prime(512), random_prime(512)
    order = (p - 1) * (q - 1)
    d = next(d for d in iter(lambda: secrets.randbits(400) | 1, 0) if math.gcd(d, order) == 1)
    assert probes.wiener(p * q, pow(d, -1, order)) is None


@pytest.mark.parametrize("bits", [512, 1024, 2048, 4096])
def test_the_known_upper_part_of_a_prime_gives_the_rest(bits):
    pair = ClassroomKeyPair.generate(bits)
    unknown = int(bits / 2 * (1 - lattice.KNOWN))
    for prime in (pair.p, pair.q):
        top = prime >> unknown << unknown
        assert lattice.known_top(pair.public.n, top, unknown) == both(pair.p, pair.q)
        assert lattice.known_top(pair.public.n, top + secrets.randbits(unknown), unknown)
    wrong = pair.p ^ 1 << (unknown + bits // 8)
    assert lattice.known_top(pair.public.n, wrong, unknown) is None
    assert lattice.known_top(pair.public.n, 0, unknown) is None


@pytest.mark.parametrize("text", ["c5", "ff", "aa", "9", "c0", "f0"])
def test_a_pattern_in_a_prime_is_guessed(text):
    low = 256 // 3
    digits = (text[0] + "0" * 63) if text in ("c0", "f0") else (text * 64)[:64]
    p = prime_near((int(digits, 16) >> low << low) + secrets.randbits(low))
    q = random_prime(256)
    assert lattice.patterned(p * q) == both(p, q)


def roca_prime(bits):
    product = math.prod(p for p in primes.SMALL if p <= 167)
    while True:
        k = secrets.randbits(bits - product.bit_length()) | 1 << (bits - product.bit_length() - 1)
        p = k * product + pow(65537, secrets.randbits(60), product)
        if primes.is_prime(p):
            return p


def test_the_mark_of_infineon_keys_is_seen(sound, alice):
    assert roca.is_marked(roca_prime(256) * roca_prime(256))
    assert roca.is_marked(roca_prime(512) * roca_prime(512))
    assert not roca.is_marked(sound.n)
    assert not roca.is_marked(alice.public.n)
    assert not any(roca.is_marked(secrets.randbits(512) | 1) for _ in range(500))


def test_what_is_no_honest_product_is_seen_at_sight(sound):
    p, q = random_prime(32), random_prime(300)
    for factors in ((p,), (q, q), (q, q, q), (p, p, q), (p,) * 12, (3, q), (17, p, q), (p, q)):
        n = math.prod(factors)
        if n.bit_length() > 128:
            assert at_sight(n).primes == tuple(sorted(factors))
    assert at_sight(sound.n) is None


def test_many_primes_are_all_found():
    factors = sorted(random_prime(32) for _ in range(32))
    assert at_sight(math.prod(factors)).primes == tuple(factors)


def test_what_cannot_be_split_is_left_over(sound):
    found = split_up((sound.n, 10_007), "a short prime")
    assert (found.primes, found.rest) == ((10_007,), (sound.n,))
    assert not found.whole
    assert not found.within_reach
    short = ClassroomKeyPair.generate(140)
    found = split_up((short.public.n, 10_007), "a short prime")
    assert found.within_reach
    assert with_flint(found).primes == tuple(sorted((10_007, short.p, short.q)))


@given(
    st.integers(1, 10_000).map(lambda k: 2 * k + 1), st.integers(1, 300).map(lambda e: 2 * e + 1)
)
@settings(deadline=None, max_examples=60)
def test_what_any_search_finds_are_factors(n, e):
    for search in SEARCHES.values():
        if (found := search.find(n, e)) is not None:
            assert math.prod(found) == n
            assert found[0] >= found[1] > 1


@pytest.mark.parametrize(
    ("name", "search", "bits"),
    [
        ("close-ratio", "close-ratio", 1024),
        ("close-ratio", "close-ratio", 2048),
        ("patterned", "known-bits", 1024),
        ("patterned", "known-bits", 2048),
        ("smooth-p+1", "williams", 1024),
        ("smooth-p+1", "williams", 2048),
    ],
)
def test_the_newer_weaknesses_are_there_at_every_length(name, search, bits):
    pair = make_weak(name, bits)[0]
    assert SEARCHES[search].find(pair.public.n, pair.public.e) == both(pair.p, pair.q)
