"""Forged on the wire without a key: textbook schemes take it, the others refuse it."""

import numpy as np
import pytest

from rsa_core import (
    HYBRID,
    OAEP_BLOCKS,
    SCHEMES,
    SEED_KEY,
    TEXTBOOK_BLOCKS,
    TEXTBOOK_PIXELS,
    ClassroomKeyPair,
    DecryptionError,
    EnvelopeFormatError,
    png_of,
    read_picture,
)
from rsa_core.envelopes.container import Container
from rsa_core.residues import dictionary_of, residues_of
from rsa_core.tampering import FACTORS, REGIONS, CannotTamperError, flip, multiply

SHAPES = [(24, 36), (24, 36, 2), (24, 36, 3), (1, 1, 4), (9, 5)]


def pixels_of(shape, high=256):
    return np.random.default_rng(sum(shape)).integers(0, high, shape, np.uint8)


@pytest.fixture(scope="session")
def sound():
    return ClassroomKeyPair.generate(512)


@pytest.fixture(scope="session")
def photo():
    return pixels_of((24, 36, 3))


@pytest.fixture(scope="session")
def picture(photo):
    return read_picture(png_of(photo))


def region(shape, name):
    inside = np.zeros(shape[:2], bool)
    height, width = shape[:2]
    if name == "one":
        inside[height // 2, width // 2] = True
    elif name == "band":
        inside[height * 3 // 8 : max(height * 3 // 8 + 1, height * 5 // 8)] = True
    else:
        rows = slice(height // 4, max(height // 4 + 1, height * 3 // 4))
        inside[rows, width // 4 : max(width // 4 + 1, width * 3 // 4)] = True
    return inside


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", list(REGIONS))
def test_flipped_samples_change_in_the_region_and_nowhere_else(shape, name, sound):
    pixels = pixels_of(shape)
    envelope = TEXTBOOK_PIXELS.seal(read_picture(png_of(pixels)), [sound.public]).envelope
    altered = flip(envelope, name)
    seen = TEXTBOOK_PIXELS.open(altered.envelope, sound).pixels
    inside = region(shape, name)
    assert (seen[~inside] == pixels[~inside]).all()
    assert (seen[inside] == 255).all()  # noise of 512 bits is more than any sample
    assert REGIONS[name] in altered.words
    assert altered.envelope == Container.parse(altered.envelope).pack()


def test_samples_of_16_bits_are_flipped_as_a_whole(sound):
    pixels = np.random.default_rng(1).integers(0, 65_000, (8, 8), np.uint16)
    envelope = TEXTBOOK_PIXELS.seal(read_picture(png_of(pixels)), [sound.public]).envelope
    seen = TEXTBOOK_PIXELS.open(flip(envelope, "one").envelope, sound).pixels
    assert np.argwhere(seen != pixels).tolist() == [[4, 4]]
    assert seen[4, 4] == 0xFFFF


def test_flipped_blocks_change_around_the_region_and_nowhere_else(photo, picture, sound):
    envelope = TEXTBOOK_BLOCKS.seal(picture, [sound.public]).envelope
    seen = TEXTBOOK_BLOCKS.open(flip(envelope, "square").envelope, sound).pixels
    changed = (seen != photo).any(axis=2)
    inside = region(photo.shape, "square")
    assert changed[inside].mean() > 0.9
    # A block is as wide as 21 pixels here; what lies further away is untouched.
    assert not changed[:5].any()
    assert not changed[19:].any()


@pytest.mark.parametrize("pair", [SEED_KEY, ClassroomKeyPair.from_primes(17, 19, 5)])
def test_small_keys_keep_every_residue_below_n(pair, picture):
    envelope = TEXTBOOK_PIXELS.seal(picture, [pair.public]).envelope
    container = Container.parse(flip(envelope, "square").envelope)
    assert max(residues_of(container.copies[0])) < pair.public.n
    opened = TEXTBOOK_PIXELS.open(container.pack(), pair).pixels
    assert opened.shape == picture.pixels().shape


def test_the_largest_residue_has_a_bit_that_can_be_flipped(picture):
    """n - 1 = 3232 = 0b110010100000: the lower bits would make it larger."""
    container = Container.parse(TEXTBOOK_PIXELS.seal(picture, [SEED_KEY.public]).envelope)
    (copy,) = container.copies
    n = copy.key.n
    whole = dictionary_of(copy.key, [n - 1], np.zeros(copy.indices.size, np.uint16))
    forged = Container(container.scheme, container.samples, container.shape, (whole,))
    flipped = Container.parse(flip(forged.pack(), "one").envelope).copies[0]
    assert flipped.distinct == (n - 1 - 32, n - 1)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("bits", [12, 512])
def test_every_sample_becomes_so_many_times_as_bright(factor, bits, photo, picture):
    """Below n exactly; beyond, whatever is left modulo n."""
    pair = ClassroomKeyPair.generate(bits)
    forged = multiply(TEXTBOOK_PIXELS.seal(picture, [pair.public]).envelope, factor)
    seen = TEXTBOOK_PIXELS.open(forged.envelope, pair).pixels
    wanted = np.minimum(photo.astype(object) * factor % pair.public.n, 255)
    assert (seen == wanted).all()
    assert str(factor) in forged.words


def test_a_factor_that_shares_a_prime_with_n_still_makes_a_sound_dictionary(picture):
    pair = ClassroomKeyPair.from_primes(3, 863, 5)
    envelope = TEXTBOOK_PIXELS.seal(picture, [pair.public]).envelope
    seen = TEXTBOOK_PIXELS.open(multiply(envelope, 3).envelope, pair).pixels
    wanted = np.minimum(picture.pixels().astype(object) * 3 % pair.public.n, 255)
    assert (seen == wanted).all()


def test_dark_blocks_become_brighter_exactly(sound):
    dark = pixels_of((9, 70), high=64)
    envelope = TEXTBOOK_BLOCKS.seal(read_picture(png_of(dark)), [sound.public]).envelope
    seen = TEXTBOOK_BLOCKS.open(multiply(envelope, 4).envelope, sound).pixels
    assert (seen == dark * 4).all()


def test_every_copy_is_forged(picture, sound):
    other = ClassroomKeyPair.generate(64)
    envelope = TEXTBOOK_PIXELS.seal(picture, [sound.public, other.public]).envelope
    for forged in (flip(envelope).envelope, multiply(envelope).envelope):
        views = [TEXTBOOK_PIXELS.open(forged, pair).pixels for pair in (sound, other)]
        assert not any((view == picture.pixels()).all() for view in views)


@pytest.mark.parametrize("scheme", [HYBRID, OAEP_BLOCKS], ids=lambda scheme: scheme.name)
@pytest.mark.parametrize("way", ["flip", "multiply"])
def test_padded_and_authenticated_schemes_refuse(scheme, way, picture, alice, bob):
    envelope = scheme.seal(picture, [alice.public, bob.public]).envelope
    keys = [alice.public, bob.public]
    forged = flip(envelope) if way == "flip" else multiply(envelope, 2, keys)
    assert len(forged.envelope) == len(envelope)
    assert forged.envelope != envelope
    scheme.capture(forged.envelope)  # well formed
    for pair in (alice, bob):
        with pytest.raises(DecryptionError):
            scheme.open(forged.envelope, pair)


def test_one_flipped_bit_is_one_bit(picture, alice):
    envelope = HYBRID.seal(picture, [alice.public]).envelope
    pairs = zip(envelope, flip(envelope).envelope, strict=True)
    assert sum((a ^ b).bit_count() for a, b in pairs) == 1


def test_multiplying_a_wrapped_key_needs_the_public_key(picture, alice, bob):
    envelope = HYBRID.seal(picture, [alice.public]).envelope
    with pytest.raises(CannotTamperError, match="not known"):
        multiply(envelope, 2, [bob.public])


def test_what_is_no_envelope_and_no_choice_is_refused(picture, sound):
    for forge in (flip, multiply):
        for junk in (b"", b"junk", b"RSAIMG"):
            with pytest.raises(EnvelopeFormatError):
                forge(junk)
    envelope = TEXTBOOK_PIXELS.seal(picture, [sound.public]).envelope
    for factor in (0, 1, 17):
        with pytest.raises(ValueError, match="factor"):
            multiply(envelope, factor)
    with pytest.raises(ValueError, match="region"):
        flip(envelope, "corner")


def test_nothing_given_is_changed(picture, sound, alice):
    for scheme in SCHEMES.values():
        key = sound.public if scheme.key_kind == "classroom key" else alice.public
        envelope = scheme.seal(picture, [key]).envelope
        before = bytes(bytearray(envelope))
        flip(envelope)
        multiply(envelope, 2, [alice.public])
        assert envelope == before
