"""Attacks on the key: the weak one falls and redraws the picture, the sound one holds."""

import itertools
import math

import numpy as np
import pytest

from rsa_core import (
    HYBRID,
    OAEP_BLOCKS,
    TEXTBOOK_BLOCKS,
    TEXTBOOK_PIXELS,
    ClassroomKeyPair,
    ClassroomPublicKey,
    KeyPair,
    make_weak,
    png_of,
    read_picture,
)
from rsa_core.attacks import ATTACKS, Budget, Target
from rsa_core.attacks.numbers import batch_gcd
from rsa_core.envelopes.container import Container
from rsa_core.residues import Blocks
from rsa_core.schemes.textbook_pixels import encrypt_samples


def numbers(*pairs):
    """(n, e) of key pairs, as a target lists them."""
    return tuple((pair.public.n, pair.public.e) for pair in pairs)


WEAK = {
    "factoring": "tiny-n",
    "fermat": "close-primes",
    "pollard": "smooth-p-1",
    "wiener": "small-d",
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


def test_a_prime_modulus_is_said_to_be_one(picture):
    key = ClassroomPublicKey(65537, 3)
    copy = encrypt_samples(np.arange(12, dtype=np.uint8), key)
    envelope = Container("textbook-pixels", "u8", (3, 4), (copy,)).pack()
    outcome = ATTACKS["factoring"].run(Target(envelope))
    assert outcome.verdict == "preconditions not met"
    assert "not a product of two distinct primes" in outcome.words


def test_public_keys_that_are_no_safe_keys_name_no_hybrid_recipient(picture, alice, sound):
    sealed = HYBRID.seal(picture, [alice.public])
    outcome = ATTACKS["wiener"].run(Target(sealed.envelope, keys=numbers(sound)))
    assert "no recipient is known" in outcome.words
