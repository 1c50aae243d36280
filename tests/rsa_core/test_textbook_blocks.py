"""`textbook-blocks`: exact for every picture and key from 64 bits up, and insecure as it says."""

import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsa_core.classroom import SEED_KEY, ClassroomKeyPair
from rsa_core.envelopes.container import Container
from rsa_core.errors import (
    CancelledError,
    EnvelopeFormatError,
    KeyFormatError,
    LimitError,
    RecipientError,
)
from rsa_core.pictures import png_of, read_picture
from rsa_core.residues import Blocks
from rsa_core.schemes.blocks import cut
from rsa_core.schemes.textbook_blocks import TEXTBOOK_BLOCKS
from rsa_core.schemes.textbook_pixels import TEXTBOOK_PIXELS
from tests.rsa_core.arrays import ANY_SAMPLES

PAIRS = {bits: ClassroomKeyPair.generate(bits) for bits in (64, 65, 72, 127, 256, 512)}
CUBE = ClassroomKeyPair.generate(200, e=3)
LONG = ClassroomKeyPair.from_primes(2**1279 - 1, 2**2203 - 1, 65537)


def sealed(samples, *pairs, **options):
    picture = read_picture(png_of(samples))
    return TEXTBOOK_BLOCKS.seal(picture, [pair.public for pair in pairs], **options)


def comes_back(samples, pair):
    made = sealed(samples, pair)
    opened = TEXTBOOK_BLOCKS.open(made.envelope, pair)
    assert opened.pixels.dtype == samples.dtype
    assert np.array_equal(opened.pixels, samples)
    assert np.array_equal(read_picture(opened.file).pixels(), samples)
    assert opened.digest == made.digest
    assert opened.commitment is made.commitment is None


@given(ANY_SAMPLES, st.sampled_from([CUBE, *PAIRS.values()]))
@settings(max_examples=100, deadline=None)
def test_any_picture_comes_back_exactly(samples, pair):
    comes_back(samples, pair)


@pytest.mark.parametrize("size", [*range(1, 16), 447, 448, 449])
def test_every_length_of_the_last_block_comes_back(size):
    """Blocks of 7, 8 and 63 bytes, all zero: m = 0 must not lose its length."""
    for pair in (PAIRS[64], PAIRS[72], PAIRS[512]):
        comes_back(np.zeros((1, size), np.uint8), pair)
        comes_back(np.full((1, size), 255, np.uint8), pair)


def test_pictures_come_back_under_keys_of_thousands_of_bits():
    comes_back(np.arange(256, dtype=np.uint8).reshape(16, 16), LONG)


def test_processes_make_no_difference():
    samples = np.random.default_rng(2).integers(0, 256, (40, 50, 3), np.uint8)
    pair = PAIRS[127]
    one, two = (sealed(samples, pair, processes=count) for count in (1, 2))
    assert one.envelope == two.envelope
    opened = TEXTBOOK_BLOCKS.open(one.envelope, pair, processes=2)
    assert np.array_equal(opened.pixels, samples)


def test_blocks_are_powers_of_the_samples_read_as_numbers():
    samples = np.arange(1, 11, dtype=np.uint8).reshape(2, 5)
    key = PAIRS[64].public
    facts = TEXTBOOK_BLOCKS.capture(sealed(samples, PAIRS[64]).envelope)
    first = pow(int.from_bytes(bytes(range(1, 8)), "big"), key.e, key.n)
    last = pow(int.from_bytes(bytes([8, 9, 10]), "big"), key.e, key.n)
    assert facts.ciphertext == first.to_bytes(8, "big") + last.to_bytes(8, "big")
    assert (facts.residue_width, facts.shape, facts.residues) == (8, None, ())
    assert facts.moduli == ((key.n, key.e),)
    assert facts.recipients[0].key_id == key.fingerprint


def test_equal_blocks_look_equal():
    facts = TEXTBOOK_BLOCKS.capture(sealed(np.full((10, 63), 9, np.uint8), PAIRS[512]).envelope)
    blocks = {facts.ciphertext[at : at + 64] for at in range(0, len(facts.ciphertext), 64)}
    assert len(blocks) == 1


def test_a_short_block_under_a_small_exponent_is_no_secret():
    """m^3 below n: the cube root of the residue is the block."""
    facts = TEXTBOOK_BLOCKS.capture(sealed(np.array([[1, 2, 3]], np.uint8), CUBE).envelope)
    assert int.from_bytes(facts.ciphertext, "big") == 0x010203**3


def test_each_different_key_gets_one_copy():
    samples = np.random.default_rng(2).integers(0, 256, (4, 5), np.uint8)
    made = sealed(samples, PAIRS[64], CUBE, PAIRS[64])
    assert [c.key for c in Container.parse(made.envelope).copies] == [PAIRS[64].public, CUBE.public]
    for pair in (PAIRS[64], CUBE):
        assert np.array_equal(TEXTBOOK_BLOCKS.open(made.envelope, pair).pixels, samples)


def test_a_forged_block_opens_to_its_low_bytes_and_nothing_notices():
    pair = PAIRS[64]
    key = pair.public
    forged = pow(0x01_1122_3344_5566_77, key.e, key.n)  # 8 bytes, where a block has 7
    short = pow(0xAABB, key.e, key.n)  # 2 bytes, where the last block has 1
    data = b"".join(c.to_bytes(8, "big") for c in (forged, short))
    envelope = Container("textbook-blocks", "u8", (1, 8), (Blocks(key, data),)).pack()
    opened = TEXTBOOK_BLOCKS.open(envelope, pair)
    assert opened.pixels.tobytes().hex() == "11223344556677bb"


@pytest.mark.parametrize("act", ["seal", "open"])
def test_keys_below_64_bits_and_strangers_are_told_so(act):
    samples = np.zeros((2, 2), np.uint8)
    if act == "seal":
        for pair in (SEED_KEY, ClassroomKeyPair.generate(63)):
            with pytest.raises(KeyFormatError, match="expected 64 bits or more"):
                sealed(samples, pair)
    else:
        with pytest.raises(RecipientError, match="no copy for this key"):
            TEXTBOOK_BLOCKS.open(sealed(samples, CUBE).envelope, PAIRS[64])


def test_an_envelope_of_another_scheme_is_refused():
    other = TEXTBOOK_PIXELS.seal(read_picture(png_of(np.zeros((1, 1), np.uint8))), [CUBE.public])
    with pytest.raises(EnvelopeFormatError, match="is of textbook-pixels"):
        TEXTBOOK_BLOCKS.open(other.envelope, CUBE)


def seconds(work):
    """Processor time of the fastest of three runs."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def test_sealing_and_opening_take_a_quarter_of_the_time_of_pow():
    """At 2048 bits; `pow` takes the short cut by p and q, too."""
    pair = ClassroomKeyPair.generate(2048)
    n, e, p, q = pair.public.n, pair.public.e, pair.p, pair.q
    pieces = cut(random.Random(3).randbytes(60 * 255), 255)
    encrypt = TEXTBOOK_BLOCKS.encryptor(pair.public.der())
    decrypt = TEXTBOOK_BLOCKS.decryptor(pair.private_der())
    residues = [encrypt(piece) for piece in pieces]
    numbers = [random.Random(4).randrange(n) for _ in range(60)]
    public = seconds(lambda: [pow(m, e, n) for m in numbers])
    private = seconds(
        lambda: [(pow(c, pair.d % (p - 1), p), pow(c, pair.d % (q - 1), q)) for c in numbers]
    )
    assert seconds(lambda: [encrypt(piece) for piece in pieces]) < public / 4
    assert seconds(lambda: [decrypt(piece) for piece in residues]) < private / 4


@pytest.mark.parametrize(("bits", "count"), [(64, 5000), (512, 1000), (2048, 60)])
def test_the_price_is_known_before_to_a_factor_of_four(bits, count):
    """It decides about refusals and processes; the machine may be busy."""
    pair = ClassroomKeyPair.generate(bits)
    blocks = bytes(range(1, 251)) * (count * (bits // 8 - 1) // 250 + 1)
    piece = blocks[: count * (bits // 8 - 1)]
    encrypt = TEXTBOOK_BLOCKS.encryptor(pair.public.der())
    decrypt = TEXTBOOK_BLOCKS.decryptor(pair.private_der())
    residues = encrypt(piece)
    sealing, opening = seconds(lambda: encrypt(piece)), seconds(lambda: decrypt(residues))
    assert 1 / 4 < sealing / (count * TEXTBOOK_BLOCKS.public_seconds(bits, 65537)) < 4
    assert 1 / 4 < opening / (count * TEXTBOOK_BLOCKS.private_seconds(bits)) < 4


def test_what_would_take_minutes_is_refused_with_its_price():
    samples = np.zeros((5000, 5000, 3), np.uint8)
    with pytest.raises(LimitError, match=r"75\.0 MB .* 3482 bits .* about \d+ minutes; the limit"):
        sealed(samples, LONG)
    count = -(-samples.size // (LONG.public.width - 1))
    blocks = Blocks(LONG.public, bytes(LONG.public.width * count))
    envelope = Container("textbook-blocks", "u8", samples.shape, (blocks,)).pack()
    with pytest.raises(LimitError, match="the limit is 2 minutes"):
        TEXTBOOK_BLOCKS.open(envelope, LONG)


def test_progress_rises_over_all_copies_and_work_can_be_stopped():
    samples = np.zeros((64, 64), np.uint8)
    seen = []
    sealed(samples, PAIRS[64], CUBE, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert any(0.4 < done < 0.6 for done in seen)
    with pytest.raises(CancelledError):
        sealed(samples, PAIRS[64], cancelled=lambda: True)


def test_it_says_what_it_is():
    assert "insecure" in TEXTBOOK_BLOCKS.title.lower()
    assert "insecure" in TEXTBOOK_BLOCKS.summary.lower()
    assert not TEXTBOOK_BLOCKS.secure
    assert not TEXTBOOK_BLOCKS.authenticated
