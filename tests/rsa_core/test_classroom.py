"""Classroom keys: arithmetic that is right at every size, and forms that read back exactly."""

import math
import secrets

import pytest
from Crypto.PublicKey import RSA
from hypothesis import given, settings
from hypothesis import strategies as st

from rsa_core import locking
from rsa_core.classroom import (
    SEED_KEY,
    ClassroomKeyPair,
    ClassroomPublicKey,
    factor_by_exponent,
)
from rsa_core.errors import KeyFormatError
from rsa_core.numbers import primes

SIZES = (12, 13, 16, 24, 31, 32, 33, 64, 127, 512, 1024)


@pytest.fixture(scope="session")
def pairs():
    return [SEED_KEY, *(ClassroomKeyPair.generate(bits) for bits in SIZES)]


def test_the_seed_key_is_the_published_one():
    assert (SEED_KEY.public.n, SEED_KEY.public.e, SEED_KEY.d) == (3233, 7, 1783)
    assert SEED_KEY.p * SEED_KEY.q == 3233
    assert all(SEED_KEY.power(pow(m, 7, 3233)) == m for m in range(3233))


@pytest.mark.parametrize("bits", SIZES)
def test_a_generated_modulus_has_exactly_the_wanted_length(bits):
    pair = ClassroomKeyPair.generate(bits)
    assert pair.public.bits == bits
    assert pair.p != pair.q
    assert primes.is_prime(pair.p)
    assert primes.is_prime(pair.q)


def test_the_private_power_undoes_the_public_one(pairs):
    for pair in pairs:
        n, e = pair.public.n, pair.public.e
        for m in (0, 1, 2, 255, n - 1, pair.p % n, secrets.randbelow(n)):
            assert pair.power(pow(m, e, n)) == m


def test_the_power_by_remainders_is_the_plain_power(pairs):
    for pair in pairs:
        c = secrets.randbelow(pair.public.n)
        assert pair.power(c) == pow(c, pair.d, pair.public.n)


def test_two_keys_of_a_class_differ():
    assert len({ClassroomKeyPair.generate(64).public.n for _ in range(20)}) == 20


@pytest.mark.parametrize("bits", [0, 11, 4097])
def test_lengths_out_of_range_are_refused(bits):
    with pytest.raises(KeyFormatError, match=str(bits)):
        ClassroomKeyPair.generate(bits)


def test_an_exponent_that_no_key_has_is_refused():
    """13, 29 and 3 x 5 divide what p - 1 can be in 6 bits: 52, 58 and 60."""
    with pytest.raises(KeyFormatError, match="no key of this length"):
        ClassroomKeyPair.generate(12, e=3 * 13 * 29)


@pytest.mark.parametrize(
    ("n", "e", "reason"),
    [
        (255, 7, "n is below 256"),
        (-3233, 7, "n is below 256"),
        ((1 << 8192) + 1, 7, "n has 8193 bits"),
        (3234, 7, "n is even"),
        (3233, 0, "e is not a number"),
        (3233, -7, "e is not a number"),
        (3233, 3235, "e is not a number"),
    ],
)
def test_numbers_that_are_no_public_key_are_refused(n, e, reason):
    with pytest.raises(KeyFormatError, match=reason):
        ClassroomPublicKey(n, e)


@pytest.mark.parametrize(
    ("d", "p", "q", "reason"),
    [
        (1784, 61, 53, "d does not belong"),
        (1, 61, 53, "d does not belong"),
        (1783, 61, 59, "not two distinct factors"),
        (1783, 3233, 1, "not two distinct factors"),
        (1783, -61, -53, "not two distinct factors"),
    ],
)
def test_numbers_that_are_no_key_pair_are_refused(d, p, q, reason):
    with pytest.raises(KeyFormatError, match=reason):
        ClassroomKeyPair(ClassroomPublicKey(3233, 7), d, p, q)


def test_a_square_is_no_modulus():
    with pytest.raises(KeyFormatError, match="not two distinct factors"):
        ClassroomKeyPair.from_primes(61, 61, 7)


def test_composite_factors_are_refused():
    with pytest.raises(KeyFormatError, match="not both prime"):
        ClassroomKeyPair.from_primes(55, 53, 7)


def test_an_exponent_without_inverse_is_refused():
    with pytest.raises(KeyFormatError, match="shares a factor"):
        ClassroomKeyPair.from_primes(61, 53, 3)


def test_der_reads_back(pairs):
    for pair in pairs:
        assert ClassroomPublicKey.from_der(pair.public.der()) == pair.public
        assert ClassroomKeyPair.from_private_der(pair.private_der()) == pair


def test_der_is_the_one_that_other_tools_write(pairs):
    pair = pairs[-1]
    numbers = (pair.public.n, pair.public.e, pair.d, pair.p, pair.q)
    other = RSA.construct(numbers)
    assert pair.public.der() == other.public_key().export_key("DER")
    ours, theirs = RSA.import_key(pair.private_der()), other
    assert (ours.n, ours.e, ours.d) == (theirs.n, theirs.e, theirs.d)


def test_every_changed_byte_of_der_gives_another_key_or_is_refused():
    for good, read, write in (
        (SEED_KEY.public.der(), ClassroomPublicKey.from_der, ClassroomPublicKey.der),
        (
            SEED_KEY.private_der(),
            ClassroomKeyPair.from_private_der,
            ClassroomKeyPair.private_der,
        ),
    ):
        for at in range(len(good)):
            for value in range(256):
                changed = good[:at] + bytes([value]) + good[at + 1 :]
                try:
                    key = read(changed)
                except KeyFormatError:
                    continue
                assert write(key) == changed


@given(st.binary(max_size=80))
@settings(deadline=None)
def test_other_bytes_are_no_key(data):
    for read in (ClassroomPublicKey.from_der, ClassroomKeyPair.from_private_der):
        with pytest.raises(KeyFormatError):
            read(data)


@pytest.mark.parametrize("cut", [0, 1, 10, -1])
def test_der_cut_short_or_followed_by_bytes_is_refused(cut):
    good = SEED_KEY.private_der()
    for data in (good[:cut], good + b"\0"):
        with pytest.raises(KeyFormatError):
            ClassroomKeyPair.from_private_der(data)


def test_text_reads_back(pairs):
    for pair in pairs:
        assert ClassroomPublicKey.from_text(pair.public.text()) == pair.public
        assert ClassroomKeyPair.from_text(pair.text()) == pair


@pytest.mark.parametrize(
    "text",
    [
        "n = 3233\ne = 7\nd = 1783\np = 61\nq = 53",
        "p=61\nq=53\ne=7",
        "n = 0xCA1\n\ne = 0x7\nd = 0X6F7\n",
        "e = 7\r\n  q = 5_3\r\n p = 6 1 ",
    ],
)
def test_a_key_pair_is_given_in_decimal_or_hexadecimal(text):
    pair = ClassroomKeyPair.from_text(text)
    assert pair.public == SEED_KEY.public
    assert {pair.p, pair.q} == {53, 61}


def test_a_given_exponent_is_kept_though_a_smaller_one_would_do():
    d = 1783 + math.lcm(60, 52)
    assert ClassroomKeyPair.from_text(f"p = 61\nq = 53\ne = 7\nd = {d}").d == d


@pytest.mark.parametrize(
    "text",
    [
        "",
        "n = 3233\ne = 7",
        "p = 61\nq = 53",
        "p = 61\nq = 53\ne = 7\nn = 3235",
        "p = 61\nq = 53\ne = 7\nd = 5",
        "n = 3233\ne = 7\nd = 1785",
        "n = 3233\ne = 7\nd = 99999999",
        "n = 3233\ne = 7\nd = 1783\nx = 9",
        "n = 3233\nn = 3233\ne = 7\nd = 1783",
        "p = 61\nq = 53\ne = secretword",
        "p = 61\nq = 53\ne = ٧",
        "p = 61\nq = 53\ne = -7",
        "p = 61\nq = 53\ne = " + "9" * 1300,
        "p = 61\nq = 53\ne = 0x",
        "61 53 secretword",
        "p = 61\n" * 3000,
    ],
)
def test_other_text_is_refused_and_never_quoted(text):
    with pytest.raises(KeyFormatError) as caught:
        ClassroomKeyPair.from_text(text)
    assert "secretword" not in str(caught.value)


def test_a_public_key_takes_no_private_numbers():
    with pytest.raises(KeyFormatError, match="by n and e"):
        ClassroomPublicKey.from_text(SEED_KEY.text())


def test_both_exponents_give_the_factors(pairs):
    for pair in pairs:
        assert set(factor_by_exponent(pair.public, pair.d)) == {pair.p, pair.q}


def test_a_wrong_exponent_gives_no_factors(pairs):
    for pair in pairs[-3:]:
        with pytest.raises(KeyFormatError, match="does not belong"):
            factor_by_exponent(pair.public, pair.d + 2)


def test_secrets_are_not_printed(pairs):
    pair = pairs[-1]
    shown = repr(pair) + str(pair)
    assert not any(str(number) in shown for number in (pair.d, pair.p, pair.q))


def test_a_private_key_is_kept_under_a_secret(pairs):
    secret = locking.derive_secret(secrets.token_bytes(16), "classroom key")
    for pair in pairs[:3]:
        locked = locking.lock(pair.private_der(), secret)
        assert ClassroomKeyPair.from_private_der(locking.unlock(locked, secret)) == pair


@given(st.integers(-5, 5000))
@settings(max_examples=300, deadline=None)
def test_small_primes_are_known(n):
    assert primes.is_prime(n) == (n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1)))


@pytest.mark.parametrize(
    "n",
    [
        561,
        3_215_031_751,  # strong pseudoprime to the bases 2, 3, 5 and 7
        341_550_071_728_321,  # and to those up to 17
        3_317_044_064_679_887_385_961_981,  # and to the first thirteen primes
        2003 * 2011,
        (2**61 - 1) * (2**89 - 1),
    ],
)
def test_composites_that_look_prime_are_known(n):
    assert not primes.is_prime(n)


@pytest.mark.parametrize("exponent", [61, 89, 127, 521])
def test_mersenne_primes_are_known(exponent):
    assert primes.is_prime(2**exponent - 1)
