"""Attacks on the key: the weak one falls and redraws the picture, the sound one holds."""

import itertools
import math
from functools import cache

import numpy as np
import pytest
from flint import fmpz

from rsa_core import (
    HYBRID,
    OAEP_BLOCKS,
    TEXTBOOK_BLOCKS,
    TEXTBOOK_PIXELS,
    WEAKNESSES,
    ClassroomKeyPair,
    ClassroomPublicKey,
    KeyPair,
    PublicKey,
    key_health,
    make_weak,
    png_of,
    read_picture,
)
from rsa_core.attacks import ATTACKS, Budget, Target, pack_outcome, parse_outcome
from rsa_core.attacks.numbers import batch_gcd
from rsa_core.envelopes.container import Container
from rsa_core.numbers import primes
from rsa_core.numbers.searches import SEARCHES
from rsa_core.residues import Blocks


def numbers(*pairs):
    """(n, e) of key pairs, as a target lists them."""
    return tuple((pair.public.n, pair.public.e) for pair in pairs)


health = cache(key_health)  # one report tells of all searches


WEAK = {
    "factoring": "tiny-n",
    "fermat": "close-primes",
    "pollard": "smooth-p-1",
    "close-ratio": "close-ratio",
    "williams": "smooth-p+1",
    "wiener": "small-d",
    "known-bits": "patterned",
    "shared-primes": "shared-prime",
}


@pytest.mark.parametrize("scheme", [TEXTBOOK_PIXELS, TEXTBOOK_BLOCKS], ids=lambda s: s.name)
@pytest.mark.parametrize("attack", WEAK)
def test_a_weak_key_gives_the_exact_picture(attack, scheme, keys, picture, photo):
    pairs = keys(WEAK[attack])
    if attack == "factoring":  # blocks want 64 bits
        pairs = (ClassroomKeyPair.generate(96),)
    sealed = scheme.seal(picture, [pairs[0].public])
    outcome = ATTACKS[attack].run(Target(sealed.envelope, keys=numbers(*pairs)))
    assert outcome.verdict == "broken"
    assert outcome.exact
    assert (outcome.pixels == photo).all()
    assert outcome.key.public == pairs[0].public
    assert outcome.evidence


@pytest.mark.parametrize("attack", WEAK)
def test_a_sound_key_holds_and_the_outcome_says_why(attack, sound, picture):
    sealed = TEXTBOOK_BLOCKS.seal(picture, [sound.public])
    outcome = ATTACKS[attack].run(Target(sealed.envelope, keys=numbers(sound)), Budget(5))
    assert outcome.verdict == (
        "not broken within the budget" if attack == "factoring" else "preconditions not met"
    )
    assert outcome.pixels is None
    assert outcome.key is None
    assert len(outcome.words) > 40


@pytest.mark.parametrize("bits", [12, 24, 40, 64, 128, 160])
def test_factoring_takes_any_short_modulus(bits, picture, photo):
    pair = ClassroomKeyPair.generate(bits)
    sealed = TEXTBOOK_PIXELS.seal(picture, [pair.public])
    outcome = ATTACKS["factoring"].run(Target(sealed.envelope))
    assert (outcome.pixels == photo).all()
    assert {outcome.key.p, outcome.key.q} == {pair.p, pair.q}


def test_factoring_goes_for_the_shortest_key(sound, picture, photo):
    short = ClassroomKeyPair.generate(96)
    sealed = TEXTBOOK_BLOCKS.seal(picture, [sound.public, short.public])
    outcome = ATTACKS["factoring"].run(Target(sealed.envelope))
    assert outcome.key.public == short.public
    assert (outcome.pixels == photo).all()


def test_every_kind_of_picture_is_redrawn(every_kind):
    pair = ClassroomKeyPair.generate(72)
    for pixels, scheme in itertools.product(every_kind, (TEXTBOOK_PIXELS, TEXTBOOK_BLOCKS)):
        sealed = scheme.seal(read_picture(png_of(pixels)), [pair.public])
        outcome = ATTACKS["factoring"].run(Target(sealed.envelope))
        assert outcome.pixels.dtype == pixels.dtype
        assert (outcome.pixels == pixels).all()


@pytest.fixture(scope="module")
def close_primes():
    """A 2048-bit key that passes as safe, and is not: its primes are close."""
    (pair,) = make_weak("close-primes", 2048)
    return KeyPair.from_der(pair.private_der())


@pytest.mark.parametrize("scheme", [HYBRID, OAEP_BLOCKS], ids=lambda s: s.name)
@pytest.mark.parametrize("attack", ["fermat", "factoring"])
def test_bad_primes_open_even_padded_and_hybrid_envelopes(
    attack, scheme, close_primes, picture, alice
):
    sealed = scheme.seal(picture, [alice.public, close_primes.public])
    known = numbers(alice, close_primes)
    outcome = ATTACKS[attack].run(Target(sealed.envelope, keys=known))
    assert outcome.verdict == "broken"
    assert outcome.file == picture.data
    assert (outcome.pixels == picture.pixels()).all()
    assert "padding" in outcome.words


def test_a_recovered_key_does_not_open_what_was_damaged(close_primes, picture):
    envelope = bytearray(HYBRID.seal(picture, [close_primes.public]).envelope)
    envelope[-1] ^= 1
    outcome = ATTACKS["fermat"].run(Target(bytes(envelope), keys=numbers(close_primes)))
    assert outcome.verdict == "broken"
    assert outcome.file is outcome.pixels is None
    assert outcome.key.public.n == close_primes.public.n
    assert "did not open" in outcome.words


def test_a_recovered_key_that_the_program_takes_from_nobody_is_still_recovered(picture):
    """An exponent as long as n comes with a short d, and the ordinary import refuses it."""
    (pair,) = make_weak("small-d", 2048)
    data = b"some file"
    blocks = Blocks(pair.public, OAEP_BLOCKS.encryptor(pair.public.der())(data))
    envelope = Container("oaep-blocks", "file", (len(data),), (blocks,)).pack()
    outcome = ATTACKS["wiener"].run(Target(envelope))
    assert outcome.verdict == "broken"
    assert outcome.key.d == pair.d
    assert outcome.file is None
    assert "takes no such key" in outcome.words


@pytest.mark.parametrize("attack", WEAK)
def test_a_sound_recipient_of_hybrid_holds(attack, picture, alice, bob):
    sealed = HYBRID.seal(picture, [alice.public])
    target = Target(sealed.envelope, keys=numbers(alice, bob))
    outcome = ATTACKS[attack].run(target, Budget(2))
    assert outcome.verdict != "broken"
    assert outcome.words


@pytest.mark.parametrize("attack", WEAK)
def test_without_the_public_key_there_is_nothing_to_attack(attack, picture, alice):
    outcome = ATTACKS[attack].run(Target(HYBRID.seal(picture, [alice.public]).envelope))
    assert outcome.verdict == "preconditions not met"
    assert "key" in outcome.words


def test_a_key_of_another_person_is_not_taken_for_the_recipients(picture, alice, close_primes):
    sealed = HYBRID.seal(picture, [alice.public])
    target = Target(sealed.envelope, keys=numbers(close_primes, alice))
    assert ATTACKS["fermat"].run(target).verdict == "preconditions not met"


def test_an_insider_reads_what_was_sent_to_a_colleague(keys, picture, photo):
    victim, own = keys("shared-modulus")
    sealed = TEXTBOOK_BLOCKS.seal(picture, [victim.public])
    outcome = ATTACKS["insider"].run(Target(sealed.envelope, own=own))
    assert outcome.verdict == "broken"
    assert (outcome.pixels == photo).all()
    assert outcome.key.public == victim.public


def test_a_modulus_of_ones_own_keeps_insiders_out(keys, sound, picture):
    _, own = keys("shared-modulus")
    sealed = TEXTBOOK_BLOCKS.seal(picture, [sound.public])
    for target, words in [
        (Target(sealed.envelope, own=own), "each made its own"),
        (Target(sealed.envelope), "and has none"),
        (Target(sealed.envelope, own=sound), "itself a recipient"),
    ]:
        outcome = ATTACKS["insider"].run(target)
        assert outcome.verdict == "preconditions not met"
        assert words in outcome.words


def test_shared_primes_are_found_in_other_captures_too(keys, picture, other_picture, photo):
    first, second = keys("shared-prime")
    sealed = TEXTBOOK_BLOCKS.seal(picture, [first.public]).envelope
    other = TEXTBOOK_BLOCKS.seal(other_picture, [second.public]).envelope
    outcome = ATTACKS["shared-primes"].run(Target(sealed, others=(b"no envelope", other)))
    assert (outcome.pixels == photo).all()


def test_a_modulus_whose_primes_are_both_shared_is_split(keys, picture, photo):
    first, second = keys("shared-prime")
    third = ClassroomKeyPair.from_primes(*_others(first, second), 65537)
    sealed = TEXTBOOK_PIXELS.seal(picture, [third.public]).envelope
    known = numbers(first, second)
    outcome = ATTACKS["shared-primes"].run(Target(sealed, keys=known))
    assert (outcome.pixels == photo).all()


def _others(first, second):
    shared = math.gcd(first.public.n, second.public.n)
    return first.public.n // shared, second.public.n // shared


def test_batch_gcd_is_what_pairs_give():
    moduli = [15, 77, 221, 35, 10403, 9991]
    for count in range(len(moduli) + 1):
        some = moduli[:count]
        wanted = [math.gcd(n, math.prod(some[:at] + some[at + 1 :])) for at, n in enumerate(some)]
        assert batch_gcd(some) == wanted


def prime(bits, e=65537):
    return primes.random_prime(bits, e)


def degenerate():
    """Moduli that are no product of two distinct primes, each with a name."""
    p, q, short = prime(200), prime(210), prime(30)
    return {
        "prime": p,
        "square": p * p,
        "cube": p**3,
        "square times prime": p * p * short,
        "many primes": math.prod(prime(32) for _ in range(16)),
        "three smooth or close primes": p * next_prime(p) * prime(24),
        "short prime, and two close ones": short * q * next_prime(q),
        "a prime below 2000": 1009 * p,
        "two primes below 2000": 1009 * 1013 * q,
    }


def next_prime(number):
    number += 2
    while not primes.is_prime(number) or number % 65537 == 1:
        number += 2
    return number


@pytest.mark.parametrize("scheme", [TEXTBOOK_PIXELS, TEXTBOOK_BLOCKS], ids=lambda s: s.name)
@pytest.mark.parametrize("kind", degenerate())
def test_any_modulus_whose_primes_are_known_gives_the_exact_picture(kind, scheme, picture, photo):
    key = ClassroomPublicKey(degenerate()[kind], 65537)
    outcome = ATTACKS["factoring"].run(Target(scheme.seal(picture, [key]).envelope))
    assert outcome.verdict == "broken"
    assert outcome.exact
    assert (outcome.pixels == photo).all()
    assert key_health(key)[0].verdict == "broken"


def test_samples_are_open_to_part_of_the_primes(sound, picture, photo):
    """And blocks and files are not: there the verdict says what is missing."""
    key = ClassroomPublicKey(1009 * sound.public.n, 65537)
    outcome = ATTACKS["factoring"].run(Target(TEXTBOOK_PIXELS.seal(picture, [key]).envelope))
    assert (outcome.pixels == photo).all()
    assert outcome.exact
    outcome = ATTACKS["factoring"].run(Target(TEXTBOOK_BLOCKS.seal(picture, [key]).envelope))
    assert outcome.verdict != "broken"
    assert f"{sound.public.bits} bits of n remain" in outcome.words
    assert key_health(key)[0].verdict == "at risk"


def several_roots(bits, e):
    """A modulus under which each residue has e roots."""
    p = prime(bits // 2, 3 * 5 * 17)
    q = next(
        q
        for k in range(2 ** (bits // 2 - 9), 2 ** (bits // 2))
        if primes.is_prime(q := 2 * e * k + 1)
    )
    return ClassroomPublicKey(p * q, e)


@pytest.mark.parametrize("e", [3, 5, 17])
@pytest.mark.parametrize("bits", [80, 96])
def test_an_exponent_with_several_roots_gives_all_candidates(bits, e, photo):
    key = several_roots(bits, e)
    pixels = photo[:6, :6]
    flat = read_picture(png_of(pixels))
    samples = ATTACKS["factoring"].run(Target(TEXTBOOK_PIXELS.seal(flat, [key]).envelope))
    assert samples.exact
    assert (samples.pixels == pixels).all()
    blocks = ATTACKS["factoring"].run(Target(TEXTBOOK_BLOCKS.seal(flat, [key]).envelope))
    assert "several roots" in blocks.words
    if blocks.verdict == "broken":
        fitting = blocks.candidates or (blocks.pixels,)
        assert any((one == pixels).all() for one in fitting)
        assert blocks.exact == (len(fitting) == 1)
        assert parse_outcome(pack_outcome(blocks)).candidates is not None
        again = parse_outcome(pack_outcome(blocks)).candidates
        assert all((a == b).all() for a, b in zip(again, blocks.candidates, strict=True))


@pytest.mark.parametrize("e", [2, 4, 6])
def test_an_even_exponent_has_several_roots(e):
    """Rabin's four, or more; which of them was meant only their length tells."""
    pixels = np.arange(20, 60, dtype=np.uint8).reshape(5, 8)
    pair = ClassroomKeyPair.generate(128)
    key = ClassroomPublicKey(pair.public.n, e)
    for scheme in (TEXTBOOK_PIXELS, TEXTBOOK_BLOCKS):
        envelope = scheme.seal(read_picture(png_of(pixels)), [key]).envelope
        outcome = ATTACKS["factoring"].run(Target(envelope))
        assert "several roots" in outcome.words
        if outcome.verdict == "broken":
            assert any((one == pixels).all() for one in outcome.candidates or (outcome.pixels,))
        else:
            assert not outcome.exact


def test_samples_are_told_apart_under_any_number_of_roots(picture, photo):
    key = several_roots(160, 65537)
    outcome = ATTACKS["factoring"].run(Target(TEXTBOOK_PIXELS.seal(picture, [key]).envelope))
    assert outcome.exact
    assert (outcome.pixels == photo).all()


@pytest.mark.parametrize("scheme", [HYBRID, TEXTBOOK_PIXELS], ids=lambda s: s.name)
def test_keys_of_more_than_4096_bits_fall_as_well(scheme, picture):
    p = (1 << 2048) + 981_311  # any number will do to begin with
    while not fmpz(p).is_probable_prime():
        p += 2
    q = p + 2
    while not fmpz(q).is_probable_prime():
        q += 2
    key = (PublicKey if scheme is HYBRID else ClassroomPublicKey)(p * q, 65537)
    assert key.bits > 4096
    envelope = scheme.seal(picture, [key]).envelope
    outcome = ATTACKS["fermat"].run(Target(envelope, keys=((key.n, key.e),)))
    assert outcome.verdict == "broken"
    assert outcome.key.public.n == key.n
    assert (outcome.pixels == picture.pixels()).all()


@pytest.mark.parametrize("attack", SEARCHES)
@pytest.mark.parametrize("weakness", [*WEAKNESSES, None])
def test_health_and_attack_agree(weakness, attack, keys, sound, picture):
    pair = sound if weakness is None else keys(weakness)[0]
    (said,) = [f.verdict for f in health(pair.public) if f.attack == SEARCHES[attack].title]
    envelope = TEXTBOOK_PIXELS.seal(picture, [pair.public]).envelope
    outcome = ATTACKS[attack].run(Target(envelope))
    assert (said == "broken") == (outcome.verdict == "broken")


def test_a_leaked_upper_part_of_a_prime_is_enough(sound, picture, photo):
    envelope = TEXTBOOK_BLOCKS.seal(picture, [sound.public]).envelope
    unknown = sound.p.bit_length() * 2 // 5
    known = (sound.p >> unknown << unknown, unknown)
    outcome = ATTACKS["known-bits"].run(Target(envelope, known=known))
    assert (outcome.pixels == photo).all()
    assert outcome.exact
    outcome = ATTACKS["known-bits"].run(Target(envelope, known=(known[0], unknown * 2)))
    assert outcome.verdict == "preconditions not met"
    assert "have to be known" in outcome.words


def test_ones_own_primes_may_begin_as_those_of_others_do(sound, picture, photo):
    """Both keys are of one device, which begins its primes alike."""
    unknown = sound.p.bit_length() * 2 // 5
    other = sound.p ^ 0b101010
    while not primes.is_prime(other) or other % 65537 == 1:
        other += 2
    assert other >> unknown == sound.p >> unknown
    own = ClassroomKeyPair.from_primes(other, prime(256), 65537)
    envelope = TEXTBOOK_BLOCKS.seal(picture, [sound.public]).envelope
    outcome = ATTACKS["known-bits"].run(Target(envelope, own=own))
    assert (outcome.pixels == photo).all()
    stranger = ClassroomKeyPair.generate(512)
    assert ATTACKS["known-bits"].run(Target(envelope, own=stranger)).verdict != "broken"


def test_shared_primes_of_others_are_told_without_contradiction(keys, sound, picture):
    envelope = TEXTBOOK_PIXELS.seal(picture, [sound.public]).envelope
    others = numbers(*keys("shared-prime"))
    outcome = ATTACKS["shared-primes"].run(Target(envelope, keys=others))
    assert outcome.verdict == "preconditions not met"
    assert "2 of the 3 moduli in sight share a prime" in outcome.words
    assert "2 of them share" in outcome.evidence[0]
    outcome = ATTACKS["shared-primes"].run(Target(envelope, keys=others[:1]))
    assert "No two of the 2 moduli" in outcome.words
    assert "0 of them share" in outcome.evidence[0]


def test_shared_primes_with_a_modulus_that_is_the_prime(sound, picture, photo):
    envelope = TEXTBOOK_PIXELS.seal(picture, [sound.public]).envelope
    outcome = ATTACKS["shared-primes"].run(Target(envelope, keys=((sound.p, 3),)))
    assert (outcome.pixels == photo).all()


def test_public_keys_that_are_no_safe_keys_name_no_hybrid_recipient(picture, alice, sound):
    sealed = HYBRID.seal(picture, [alice.public])
    outcome = ATTACKS["wiener"].run(Target(sealed.envelope, keys=numbers(sound)))
    assert "no recipient is known" in outcome.words


@pytest.mark.parametrize("attack", ["fermat", "close-ratio", "pollard", "williams", "wiener"])
def test_a_prime_modulus_is_not_said_to_have_two_primes(attack, picture):
    prime = 2**521 - 1
    sealed = TEXTBOOK_PIXELS.seal(picture, [ClassroomPublicKey(prime, 65537)])
    outcome = ATTACKS[attack].run(Target(sealed.envelope, keys=((prime, 65537),)))
    assert outcome.verdict == "preconditions not met"
    assert "n is itself prime" in outcome.words


def test_a_short_d_is_not_claimed_where_close_primes_give_the_key_away(picture):
    n = (2**521 - 1) ** 2
    sealed = TEXTBOOK_PIXELS.seal(picture, [ClassroomPublicKey(n, 65537)])
    outcome = ATTACKS["wiener"].run(Target(sealed.envelope, keys=((n, 65537),)))
    assert outcome.verdict == "preconditions not met"
    assert "d is short" not in " ".join((outcome.words, *outcome.evidence))
