"""`textbook-pixels`: exact for every picture and key, insecure in exactly the way it says."""

import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ImageCms import ImageCmsProfile, createProfile

from rsa_core.classroom import SEED_KEY, ClassroomKeyPair, ClassroomPublicKey
from rsa_core.envelopes.container import Container
from rsa_core.errors import (
    EnvelopeFormatError,
    KeyFormatError,
    LimitError,
    RecipientError,
)
from rsa_core.pictures import png_of, read_picture
from rsa_core.residues import Blocks, Residues
from rsa_core.schemes import copies
from rsa_core.schemes.textbook_blocks import TEXTBOOK_BLOCKS
from rsa_core.schemes.textbook_pixels import TEXTBOOK_PIXELS, decrypt_samples, encrypt_samples
from tests.rsa_core.arrays import ANY_SAMPLES

SMALL = {bits: ClassroomKeyPair.generate(bits) for bits in (12, 16, 17, 32, 64, 512)}
SMALLEST = ClassroomKeyPair.from_primes(23, 13, 5)  # n = 299
RGB = np.random.default_rng(3).integers(0, 256, (6, 5, 3), np.uint8)

ANY_PAIR = st.sampled_from([SEED_KEY, SMALLEST, *SMALL.values()])


def sealed(samples, *pairs):
    return TEXTBOOK_PIXELS.seal(read_picture(png_of(samples)), [pair.public for pair in pairs])


def rewritten(envelope, change):
    """The envelope as it leaves an interceptor who changes the first copy."""
    old = Container.parse(envelope)
    changed = (change(old.copies[0]), *old.copies[1:])
    return Container(old.scheme, old.samples, old.shape, changed).pack()


@given(ANY_SAMPLES, ANY_PAIR)
@settings(max_examples=120, deadline=None)
def test_any_picture_comes_back_exactly(samples, pair):
    made = sealed(samples, pair)
    opened = TEXTBOOK_PIXELS.open(made.envelope, pair)
    assert opened.pixels.dtype == samples.dtype
    assert np.array_equal(opened.pixels, samples)
    assert np.array_equal(read_picture(opened.file).pixels(), samples)
    assert opened.digest == made.digest
    assert opened.commitment is made.commitment is None


def test_every_residue_is_the_power_of_its_sample():
    residues = encrypt_samples(RGB.reshape(-1), SEED_KEY.public)
    written = [residues.distinct[i] for i in residues.indices]
    assert written == [pow(int(m), 7, 3233) for m in RGB.reshape(-1)]


@given(st.binary(min_size=1, max_size=300), st.sampled_from([1, 400, 1000]))
@settings(deadline=None)
def test_a_residue_is_counted_as_often_as_it_stands_there(some, times):
    """Of few samples and of more than are looked up at once."""
    samples = np.frombuffer(some * times, np.uint8)
    made = encrypt_samples(samples, SEED_KEY.public)
    assert made.counts.tolist() == Residues(made.key, made.distinct, made.indices).counts.tolist()
    assert np.array_equal(decrypt_samples(made, SEED_KEY), samples)


def test_pictures_come_back_under_keys_of_thousands_of_bits():
    """Two Mersenne primes make a long modulus without any waiting."""
    pair = ClassroomKeyPair.from_primes(2**2203 - 1, 2**1279 - 1, 65537)
    samples = np.array([[0, 1, 2, 127, 254, 255]], np.uint8)
    opened = TEXTBOOK_PIXELS.open(sealed(samples, pair).envelope, pair)
    assert np.array_equal(opened.pixels, samples)


def test_each_different_key_gets_one_copy():
    one, two = SMALL[16], SMALL[64]
    made = sealed(RGB, SEED_KEY, one, SEED_KEY, two, one)
    facts = TEXTBOOK_PIXELS.capture(made.envelope)
    keys = [SEED_KEY.public, one.public, two.public]
    assert [r.key_id for r in facts.recipients] == [key.fingerprint for key in keys]
    assert [r.key_bits for r in facts.recipients] == [12, 16, 64]
    assert facts.moduli == tuple((key.n, key.e) for key in keys)
    for pair in (SEED_KEY, one, two):
        assert np.array_equal(TEXTBOOK_PIXELS.open(made.envelope, pair).pixels, RGB)


def test_another_key_is_told_that_it_is_no_recipient():
    made = sealed(RGB, SEED_KEY)
    stranger = ClassroomKeyPair.from_primes(61, 53, 17)  # the same modulus, another exponent
    with pytest.raises(RecipientError, match="no copy for this key"):
        TEXTBOOK_PIXELS.open(made.envelope, stranger)


def test_nobody_is_no_recipient():
    with pytest.raises(ValueError, match="at least one recipient"):
        TEXTBOOK_PIXELS.seal(read_picture(png_of(RGB)), [])


@pytest.mark.parametrize(
    "key",
    [ClassroomPublicKey(61 * 53, 3), ClassroomPublicKey(65519, 17), ClassroomPublicKey(17**2, 3)],
    ids=["e divides p - 1", "prime n", "square n"],
)
def test_a_key_that_merges_samples_is_refused(key):
    with pytest.raises(KeyFormatError, match="two different samples get the same residue"):
        TEXTBOOK_PIXELS.seal(read_picture(png_of(RGB)), [key])


def test_copies_that_would_not_fit_are_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(copies, "MAX_ENVELOPE", 2 * RGB.size)
    made = sealed(RGB, SEED_KEY, SEED_KEY)
    assert len(Container.parse(made.envelope).copies) == 1
    with pytest.raises(LimitError, match="3 different keys would make"):
        sealed(RGB, SEED_KEY, SMALL[16], SMALL[32])


def test_the_public_key_alone_undoes_it():
    """The attack that the scheme is here to show; 2048 bits or 12 make no difference."""
    made = sealed(RGB, SMALL[512])
    facts = TEXTBOOK_PIXELS.capture(made.envelope)
    n, e = facts.moduli[0]
    codebook = {pow(m, e, n): m for m in range(256)}
    found = np.array([codebook[c] for c in facts.residues[0].distinct], np.uint8)
    assert np.array_equal(found[facts.residues[0].indices].reshape(facts.shape), RGB)


def test_equal_samples_look_equal_and_the_same_picture_looks_the_same():
    assert sealed(RGB, SEED_KEY).envelope == sealed(RGB, SEED_KEY).envelope


def test_a_doubled_residue_gives_a_doubled_sample_and_nothing_notices():
    pair = SMALL[32]
    samples = np.array([[0, 3, 100, 127, 128, 200]], np.uint8)

    def brighter(copy):
        n, e = copy.key.n, copy.key.e
        values = [copy.distinct[i] * pow(2, e, n) % n for i in copy.indices]
        distinct = tuple(sorted(set(values)))
        indices = np.array([distinct.index(v) for v in values], np.uint8)
        return Residues(copy.key, distinct, indices)

    forged = rewritten(sealed(samples, pair).envelope, brighter)
    opened = TEXTBOOK_PIXELS.open(forged, pair)
    assert opened.pixels.tolist() == [[0, 6, 200, 254, 255, 255]]
    assert opened.digest != sealed(samples, pair).digest


def test_more_residues_than_samples_have_values_still_open():
    """An interceptor may put any residue anywhere; what is no sample shows as white."""
    made = sealed(np.zeros((61, 53), np.uint8), SEED_KEY)
    every = Residues(SEED_KEY.public, tuple(range(3233)), np.arange(3233, dtype=np.uint16))
    forged = rewritten(made.envelope, lambda _: every)
    assert Container.parse(forged).pack() == forged
    opened = TEXTBOOK_PIXELS.open(forged, SEED_KEY).pixels.reshape(-1)
    assert opened.tolist() == [min(pow(c, 1783, 3233), 255) for c in range(3233)]


def test_a_forged_envelope_does_not_keep_the_receiver_busy():
    pair = ClassroomKeyPair.from_primes(2**2203 - 1, 2**607 - 1, 65537)
    many = Residues(pair.public, tuple(range(4000)), np.arange(4000, dtype=np.uint16))
    with pytest.raises(LimitError, match="an honest envelope has at most 256"):
        decrypt_samples(many, pair)


def test_sixteen_bit_samples_are_two_bytes_high_one_first():
    samples = np.array([[0x1234, 0x00FF]], np.uint16)
    facts = TEXTBOOK_PIXELS.capture(sealed(samples, SEED_KEY).envelope)
    assert facts.shape == (1, 2, 2)
    residues = facts.residues[0]
    written = [residues.distinct[i] for i in residues.indices]
    assert written == [pow(m, 7, 3233) for m in (0x12, 0x34, 0x00, 0xFF)]


def test_colour_of_sixteen_bits_is_twice_as_many_bytes():
    samples = np.array([[[0x1234, 0x00FF, 0x8000], [1, 2, 3]]], np.uint16)
    facts = TEXTBOOK_PIXELS.capture(sealed(samples, SEED_KEY).envelope)
    assert (facts.shape, facts.wide) == ((1, 2, 6), True)
    assert ("samples", "1 x 2 x 3, 16 bits") in facts.parameters


@pytest.mark.parametrize(
    ("scheme", "pair"), [(TEXTBOOK_PIXELS, SEED_KEY), (TEXTBOOK_BLOCKS, SMALL[64])]
)
def test_what_is_left_out_is_said_to_whoever_opens_it(scheme, pair):
    frames = [Image.new("RGB", (4, 3), (shade, 0, 0)) for shade in (10, 200)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    made = scheme.seal(read_picture(file.getvalue()), [pair.public])
    words = "every frame or page but the first"
    assert scheme.open(made.envelope, pair).left_out == (words,)
    assert ("left out", words) in scheme.capture(made.envelope).parameters
    plain = scheme.seal(read_picture(png_of(RGB)), [pair.public])
    assert scheme.open(plain.envelope, pair).left_out == ()


@pytest.mark.parametrize(
    ("scheme", "pair"), [(TEXTBOOK_PIXELS, SEED_KEY), (TEXTBOOK_BLOCKS, SMALL[64])]
)
def test_the_colour_profile_comes_back(scheme, pair):
    profile = ImageCmsProfile(createProfile("sRGB")).tobytes()
    made = scheme.seal(read_picture(png_of(RGB, profile)), [pair.public])
    assert read_picture(scheme.open(made.envelope, pair).file).profile == profile


def test_a_phones_portrait_comes_back_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "PNG", exif=exif.tobytes())
    made = TEXTBOOK_PIXELS.seal(read_picture(file.getvalue()), [SEED_KEY.public])
    opened = TEXTBOOK_PIXELS.open(made.envelope, SEED_KEY)
    assert np.array_equal(opened.pixels, np.rot90(RGB, -1))


def test_a_capture_tells_shape_size_and_keys_and_uses_no_private_key():
    made = sealed(RGB, SEED_KEY, SMALL[64])
    facts = TEXTBOOK_PIXELS.capture(made.envelope)
    assert (facts.scheme, facts.size) == ("textbook-pixels", len(made.envelope))
    assert (facts.shape, facts.residue_width, facts.ciphertext) == (RGB.shape, 2, b"")
    assert ("samples", "6 x 5 x 3, 8 bits") in facts.parameters
    assert len(facts.residues) == 2


def test_an_envelope_of_another_scheme_is_refused():
    blocks = Blocks(SMALL[64].public, bytes(8))
    other = Container("textbook-blocks", "u8", (1, 7), (blocks,)).pack()
    for act in (TEXTBOOK_PIXELS.capture, lambda e: TEXTBOOK_PIXELS.open(e, SMALL[64])):
        with pytest.raises(EnvelopeFormatError, match="is of textbook-blocks"):
            act(other)


def test_a_large_modulus_does_not_make_a_large_envelope():
    pair = ClassroomKeyPair.from_primes(2**1279 - 1, 2**607 - 1, 65537)
    samples = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    made = sealed(samples, pair)
    assert len(made.envelope) < samples.size + 256 * 236 + 600
    tracemalloc.start()
    TEXTBOOK_PIXELS.capture(made.envelope)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_it_says_what_it_is():
    assert "insecure" in TEXTBOOK_PIXELS.title.lower()
    assert "insecure" in TEXTBOOK_PIXELS.summary.lower()
    assert not TEXTBOOK_PIXELS.secure
    assert not TEXTBOOK_PIXELS.authenticated
    assert (TEXTBOOK_PIXELS.keeps, TEXTBOOK_PIXELS.key_kind) == ("pixels", "classroom key")
