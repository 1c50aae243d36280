"""Attacks on how the key is used: no private number is needed where nothing is padded."""

import math

import numpy as np
import pytest
from hypothesis import given

from rsa_core import (
    HYBRID,
    OAEP_BLOCKS,
    TEXTBOOK_BLOCKS,
    TEXTBOOK_PIXELS,
    ClassroomKeyPair,
    ClassroomPublicKey,
    png_of,
    read_picture,
)
from rsa_core.attacks import ATTACKS, Budget, Target
from rsa_core.attacks.course import Course
from rsa_core.attacks.methods.codebook import stages
from rsa_core.attacks.methods.small_values import find_small
from rsa_core.numbers import primes
from tests.rsa_core.arrays import ANY_SAMPLES

NEEDS_NO_PADDING = [
    "codebook",
    "equality-map",
    "cube-root",
    "broadcast",
    "common-modulus",
    "franklin-reiter",
]

SHORT = ClassroomKeyPair.generate(64)


def run(name, envelope, *, budget=None, **rest):
    return ATTACKS[name].run(Target(envelope, **rest), budget)


def sealed(scheme, pixels, *pairs):
    return scheme.seal(read_picture(png_of(pixels)), [pair.public for pair in pairs]).envelope


@pytest.fixture(scope="module")
def cubes():
    return [ClassroomKeyPair.generate(512, e=3) for _ in range(3)]


@pytest.mark.parametrize("bits", [12, 64, 1024, 2048])
def test_the_codebook_undoes_samples_at_any_key_size(bits, photo):
    pair = ClassroomKeyPair.generate(bits)
    outcome = run("codebook", sealed(TEXTBOOK_PIXELS, photo, pair))
    assert outcome.verdict == "broken"
    assert outcome.exact
    assert (outcome.pixels == photo).all()


def test_the_codebook_takes_every_kind_of_samples(every_kind, sound):
    for pixels in every_kind:
        outcome = run("codebook", sealed(TEXTBOOK_PIXELS, pixels, sound))
        assert outcome.pixels.dtype == pixels.dtype
        assert (outcome.pixels == pixels).all()


@given(
    pixels=ANY_SAMPLES,
)
def test_any_picture_comes_back_from_either_scheme(pixels):
    """From the public key alone, or from a short modulus."""
    for scheme, attack in ((TEXTBOOK_PIXELS, "codebook"), (TEXTBOOK_BLOCKS, "factoring")):
        outcome = run(attack, sealed(scheme, pixels, SHORT))
        assert outcome.exact
        assert outcome.pixels.dtype == pixels.dtype
        assert outcome.pixels.shape == pixels.shape
        assert (outcome.pixels == pixels).all()


def test_the_picture_appears_bit_by_bit(photo, sound):
    pictures = list(stages(sealed(TEXTBOOK_PIXELS, photo, sound)))
    known = [np.count_nonzero(picture) for picture in pictures]
    assert len(pictures) == 16
    assert known == sorted(known)
    assert known[0] < known[7] < known[-1]
    assert (pictures[-1] == photo).all()
    for picture in pictures:  # what is shown is true
        assert ((picture == photo) | (picture == 0)).all()


def test_a_large_picture_is_shown_reduced(sound):
    y, x = np.mgrid[0:600, 0:1100]
    large = ((x + y) % 256).astype(np.uint8)
    shown = []
    ATTACKS["codebook"].run(Target(sealed(TEXTBOOK_PIXELS, large, sound)), show=shown.append)
    assert shown[-1].shape == (200, 367)
    assert (shown[-1] == large[::3, ::3]).all()


def test_changed_ciphertext_is_noticed_by_the_codebook(photo, sound):
    """Doubling leaves residues that no sample has."""
    bright = run("brightness", sealed(TEXTBOOK_PIXELS, photo, sound))
    outcome = run("codebook", bright.envelope)
    assert not outcome.exact
    assert "changed" in outcome.evidence[-1]


@pytest.mark.parametrize(
    ("bits", "colours"),
    [
        (64, [(9,), (200,)]),
        (512, [(9,), (0,), (255,)]),
        (64, [(5, 255), (77, 3), (0, 0)]),
        (128, [(5, 5, 5, 255), (90, 90, 90, 255), (0, 0, 0, 0)]),
    ],
    ids=["grey", "grey, long blocks", "grey and alpha", "grey as RGBA"],
)
def test_blocks_of_one_colour_are_in_the_codebook(bits, colours):
    """Each colour fills whole blocks, whatever byte of a pixel they begin at."""
    block = (bits - 1) // 8
    flat = np.repeat(np.array(colours, np.uint8), block, axis=0)
    pixels = flat.reshape(len(colours), block, -1).squeeze()
    outcome = run("codebook", sealed(TEXTBOOK_BLOCKS, pixels, ClassroomKeyPair.generate(bits)))
    assert outcome.verdict == "broken"
    assert (outcome.pixels == pixels).all()


def test_sixteen_bit_blocks_of_one_grey_are_in_the_codebook():
    pixels = np.repeat(np.array([[513], [40000]], np.uint16), 7, axis=1)
    outcome = run("codebook", sealed(TEXTBOOK_BLOCKS, pixels, ClassroomKeyPair.generate(64)))
    assert (outcome.pixels == pixels).all()


def test_the_codebook_keeps_its_memory_budget_and_what_it_has(sound):
    pixels = np.zeros((2, 63, 3), np.uint8)
    pixels[0] = 7  # grey: found early
    pixels[1] = (1, 2, 3)  # wants three bytes
    outcome = run("codebook", sealed(TEXTBOOK_BLOCKS, pixels, sound), budget=Budget(60, 50_000_000))
    assert outcome.verdict == "not broken within the budget"
    assert "MB of memory" in outcome.words
    assert (outcome.pixels[0] == 7).all()
    assert not outcome.pixels[1].any()


@pytest.mark.parametrize("bound", [2, 3, 256, 5000])
def test_small_values_are_found_by_multiplication_as_by_powers(bound):
    n, e = 3233 * 10403 * 9967, 65537
    table = {pow(m, e, n): m for m in range(bound)}
    assert find_small(table, n, e, bound, Course(Budget())) == table
    some = {c for c, m in table.items() if m % 3 == 0}
    assert find_small(some, n, e, bound, Course(Budget())) == {c: table[c] for c in some}


def test_three_bytes_are_found_where_blocks_hold_whole_pixels(monkeypatch):
    """With the bound lowered, since all 2^24 values take half a minute."""
    from rsa_core.attacks.methods import codebook

    def lower(wanted, n, e, bound, course):
        return find_small(wanted, n, e, min(bound, 1 << 17), course)

    monkeypatch.setattr(codebook, "find_small", lower)
    pair = ClassroomKeyPair.generate(128)  # 15 bytes, five pixels
    pixels = np.zeros((3, 10, 3), np.uint8)
    pixels[0], pixels[1], pixels[2] = (1, 200, 30), (0, 7, 9), (1, 255, 255)
    outcome = run("codebook", sealed(TEXTBOOK_BLOCKS, pixels, pair))
    assert outcome.verdict == "broken"
    assert (outcome.pixels == pixels).all()


def test_a_photograph_in_blocks_is_in_no_codebook(photo):
    pair = ClassroomKeyPair.generate(64)  # 7 bytes: no whole number of RGB pixels
    outcome = run("codebook", sealed(TEXTBOOK_BLOCKS, photo, pair))
    assert outcome.verdict == "preconditions not met"
    assert "2^56" in outcome.words


def test_outlines_show_without_any_key(photo, sound):
    outcome = run("equality-map", sealed(TEXTBOOK_PIXELS, photo, sound))
    assert outcome.verdict == "broken"
    assert not outcome.exact
    assert outcome.pixels.shape == photo.shape
    shades = {}
    for true, seen in zip(photo.ravel().tolist(), outcome.pixels.ravel().tolist(), strict=True):
        assert shades.setdefault(true, seen) == seen


def test_flat_areas_show_in_blocks(sound):
    pixels = np.random.default_rng(1).integers(0, 256, (63, 126), np.uint8)
    pixels[20:40, :63] = 128
    outcome = run("equality-map", sealed(TEXTBOOK_BLOCKS, pixels, sound))
    assert outcome.verdict == "broken"
    assert (outcome.pixels[20:40, :63] > 0).all()
    assert not outcome.pixels[:20].any()


def test_sixteen_bit_outlines_have_the_pictures_shape(every_kind, sound):
    wide = every_kind[-1]
    assert run("equality-map", sealed(TEXTBOOK_PIXELS, wide, sound)).pixels.shape == wide.shape


def test_a_photograph_in_long_blocks_shows_no_outline(photo, sound):
    outcome = run("equality-map", sealed(TEXTBOOK_BLOCKS, photo, sound))
    assert outcome.verdict == "preconditions not met"
    assert "No two blocks are equal" in outcome.words


def test_cubes_have_roots(photo, cubes):
    outcome = run("cube-root", sealed(TEXTBOOK_PIXELS, photo, cubes[0]))
    assert outcome.verdict == "broken"
    assert (outcome.pixels == photo).all()


def test_powers_that_were_reduced_have_none(photo, cubes, sound):
    for envelope in (
        sealed(TEXTBOOK_BLOCKS, photo, cubes[0]),
        sealed(TEXTBOOK_PIXELS, photo, sound),
    ):
        outcome = run("cube-root", envelope)
        assert outcome.verdict == "preconditions not met"
        assert "reduced" in outcome.words


def test_dark_blocks_have_roots_all_the_same(cubes):
    pixels = np.full((4, 63), 200, np.uint8)
    pixels[1, :50] = 0  # 13 bytes are left: their cube stays below n
    outcome = run("cube-root", sealed(TEXTBOOK_BLOCKS, pixels, cubes[0]))
    assert outcome.verdict == "preconditions not met"
    assert "1 of 4" in outcome.words
    assert (outcome.pixels[1] == pixels[1]).all()


@pytest.mark.parametrize("scheme", [TEXTBOOK_PIXELS, TEXTBOOK_BLOCKS], ids=lambda s: s.name)
def test_three_receivers_of_one_picture_give_it_away(scheme, photo, cubes):
    outcome = run("broadcast", sealed(scheme, photo, *cubes))
    assert outcome.verdict == "broken"
    assert (outcome.pixels == photo).all()


def test_the_copies_may_come_from_several_envelopes(photo, cubes):
    envelopes = [sealed(TEXTBOOK_BLOCKS, photo, pair) for pair in cubes]
    outcome = run("broadcast", envelopes[0], others=tuple(envelopes[1:]))
    assert (outcome.pixels == photo).all()


def test_one_copy_is_not_told_as_several(photo, cubes):
    outcome = run("broadcast", sealed(TEXTBOOK_PIXELS, photo, cubes[0]))
    assert outcome.verdict == "broken"
    assert "one copy" in outcome.words
    assert "receivers" not in outcome.words


def test_a_stranger_of_the_same_shape_does_not_spoil_a_broadcast(photo, cubes):
    stranger = sealed(TEXTBOOK_BLOCKS, photo[::-1].copy(), *cubes)
    mine, *rest = [sealed(TEXTBOOK_BLOCKS, photo, pair) for pair in cubes]
    outcome = run("broadcast", mine, others=(stranger, *rest))
    assert outcome.verdict == "broken"
    assert (outcome.pixels == photo).all()


def test_broadcast_wants_enough_copies_of_one_picture(photo, cubes, keys):
    two = sealed(TEXTBOOK_BLOCKS, photo, *cubes[:2])
    outcome = run("broadcast", two)
    assert outcome.verdict == "preconditions not met"
    assert "there are 2." in outcome.words
    stranger = sealed(TEXTBOOK_BLOCKS, photo[::-1].copy(), cubes[2])
    outcome = run("broadcast", two, others=(stranger,))
    assert outcome.verdict == "preconditions not met"
    assert "not of one picture" in outcome.words
    long_exponents = [ClassroomKeyPair.generate(512) for _ in range(2)]
    outcome = run("broadcast", sealed(TEXTBOOK_BLOCKS, photo, *long_exponents))
    assert "65537" in outcome.words


@pytest.mark.parametrize("scheme", [TEXTBOOK_PIXELS, TEXTBOOK_BLOCKS], ids=lambda s: s.name)
def test_a_common_modulus_needs_no_private_number(scheme, photo, keys):
    outcome = run("common-modulus", sealed(scheme, photo, *keys("shared-modulus")))
    assert outcome.verdict == "broken"
    assert (outcome.pixels == photo).all()
    assert outcome.key is None


def test_a_stranger_of_the_same_shape_does_not_spoil_a_common_modulus(photo, keys):
    first, second = keys("shared-modulus")
    stranger = sealed(TEXTBOOK_BLOCKS, photo[::-1].copy(), second)
    mine, other = (sealed(TEXTBOOK_BLOCKS, photo, pair) for pair in (first, second))
    outcome = run("common-modulus", mine, others=(stranger, other))
    assert (outcome.pixels == photo).all()


def test_a_common_modulus_wants_one_picture_and_two_exponents(photo, keys, sound):
    first, second = keys("shared-modulus")
    mine = sealed(TEXTBOOK_BLOCKS, photo, first)
    stranger = sealed(TEXTBOOK_BLOCKS, photo[::-1].copy(), second)
    outcome = run("common-modulus", mine, others=(stranger,))
    assert outcome.verdict == "preconditions not met"
    assert "not of one picture" in outcome.words
    outcome = run("common-modulus", sealed(TEXTBOOK_BLOCKS, photo, first, sound))
    assert "No two copies" in outcome.words


def test_black_survives_a_common_modulus(keys):
    black = np.zeros((9, 70), np.uint8)
    outcome = run("common-modulus", sealed(TEXTBOOK_BLOCKS, black, *keys("shared-modulus")))
    assert (outcome.pixels == black).all()


@pytest.mark.parametrize("name", NEEDS_NO_PADDING)
def test_padding_stops_them_and_the_outcome_names_it(name, picture, alice, bob):
    for scheme in (HYBRID, OAEP_BLOCKS):
        envelope = scheme.seal(picture, [alice.public, bob.public]).envelope
        outcome = run(name, envelope)
        assert outcome.verdict == "preconditions not met"
        assert any(word in outcome.words for word in ("OAEP", "AES-GCM"))
        assert outcome.pixels is None


@pytest.mark.parametrize(
    ("shape", "bits"),
    [((1, 8), 64), ((1, 9), 64), ((1, 13), 64), ((5, 7), 64), ((3, 5), 128), ((2, 64), 512)],
)
@pytest.mark.parametrize("value", [0, 1, 200, 255])
def test_a_flat_picture_comes_out_whole(shape, bits, value):
    """Whatever remains for the last block: a full one and a short one of one colour differ."""
    flat = np.full(shape, value, np.uint8)
    pair = ClassroomKeyPair.generate(bits)
    outcome = run("codebook", sealed(TEXTBOOK_BLOCKS, flat, pair))
    assert outcome.exact
    assert (outcome.pixels == flat).all()


def test_the_codebook_takes_a_modulus_with_small_factors():
    """Of which the pattern of a flat block may be a multiple."""
    key = ClassroomPublicKey(3 * 5 * 17 * 257 * (2**61 - 1), 65537)
    flat = np.full((4, 9), 51, np.uint8)
    envelope = TEXTBOOK_BLOCKS.seal(read_picture(png_of(flat)), [key]).envelope
    assert (run("codebook", envelope).pixels == flat).all()


def exponents(*all_e, bits=512):
    """Key pairs of one modulus under several exponents."""
    e = math.lcm(*all_e)
    p, q = primes.random_prime(bits // 2, e), primes.random_prime(bits // 2, e)
    return [ClassroomKeyPair.from_primes(p, q, one) for one in all_e]


@pytest.mark.parametrize("all_e", [(9, 15), (3 * 1_048_573, 3 * 1_048_571), (5 * 7, 5 * 11)])
def test_exponents_with_a_common_factor_give_a_root(all_e, photo):
    outcome = run("common-modulus", sealed(TEXTBOOK_PIXELS, photo, *exponents(*all_e)))
    assert outcome.exact
    assert (outcome.pixels == photo).all()
    assert any("in common" in line for line in outcome.evidence)


def test_three_exponents_help_where_no_two_do(photo):
    outcome = run("common-modulus", sealed(TEXTBOOK_BLOCKS, photo, *exponents(15, 21, 35)))
    assert outcome.exact
    assert (outcome.pixels == photo).all()


def test_a_root_that_was_reduced_is_no_plaintext(photo):
    outcome = run("common-modulus", sealed(TEXTBOOK_BLOCKS, photo, *exponents(9, 15)))
    assert outcome.verdict == "preconditions not met"
    assert "in common" in outcome.words


def related(first, second, e=3, bits=512):
    pair = ClassroomKeyPair.generate(bits, e=e)
    one, two = (sealed(TEXTBOOK_BLOCKS, pixels, pair) for pixels in (first, second))
    return run("franklin-reiter", one, others=(two,), budget=Budget(30))


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x + 7,
        lambda x: x - 3,
        lambda x: 255 - x,
        lambda x: x + np.array([0, 9, 0], np.uint8),
    ],
    ids=["brighter", "darker", "negative", "greener"],
)
@pytest.mark.parametrize("bits", [512, 1024])
def test_related_pictures_give_each_other_away(change, bits, photo):
    gentle = (photo // 2 + 20).astype(np.uint8)
    outcome = related(gentle, change(gentle), bits=bits)
    assert outcome.verdict == "broken"
    assert outcome.exact
    assert (outcome.pixels == gentle).all()


def test_wide_samples_are_related_as_well():
    wide = np.arange(1000, 1200, dtype=np.uint16).reshape(10, 20) * 7
    outcome = related(wide, wide + 512)
    assert outcome.pixels.dtype == np.uint16
    assert (outcome.pixels == wide).all()


def test_one_changed_sample_gives_its_block(photo):
    changed = photo.copy()
    changed[3, 5, 1] ^= 255
    outcome = related(photo, changed, bits=256)
    assert outcome.verdict == "preconditions not met"
    shown = outcome.pixels.reshape(-1)
    assert ((shown == photo.reshape(-1)) | (shown == 0)).all()
    assert outcome.pixels[3, 5, 1] == photo[3, 5, 1]
    assert "1 of" in outcome.words


def test_unrelated_pictures_and_other_exponents_hold(photo):
    rng = np.random.default_rng(9)
    noise = rng.integers(0, 256, (4, 20, 3), np.uint8)
    outcome = related(photo[:4, :20], noise, bits=256)
    assert outcome.verdict == "preconditions not met"
    assert outcome.pixels is None
    assert "e is 3" in related(photo, photo // 2, e=17).words
    assert "second capture" in related(photo, photo).words
    pair = ClassroomKeyPair.generate(512, e=3)
    assert "codebook" in run("franklin-reiter", sealed(TEXTBOOK_PIXELS, photo, pair)).words


def test_an_exponent_of_one_hides_nothing(photo):
    key = ClassroomPublicKey(ClassroomKeyPair.generate(128).public.n, 1)
    for scheme in (TEXTBOOK_PIXELS, TEXTBOOK_BLOCKS):
        outcome = run("cube-root", scheme.seal(read_picture(png_of(photo)), [key]).envelope)
        assert outcome.exact
        assert (outcome.pixels == photo).all()
