"""Views of ciphertext: derived from a capture, cheap at any key size."""

import numpy as np
import pytest

from rsa_core import views
from rsa_core.classroom import SEED_KEY, ClassroomKeyPair
from rsa_core.pictures import png_of, read_picture
from rsa_core.schemes.base import Capture
from rsa_core.schemes.textbook_pixels import TEXTBOOK_PIXELS

RNG = np.random.default_rng(8)
LONG = ClassroomKeyPair.from_primes(2**521 - 1, 2**607 - 1, 65537)


def captured(samples, pair=SEED_KEY):
    return TEXTBOOK_PIXELS.capture(
        TEXTBOOK_PIXELS.seal(read_picture(png_of(samples)), [pair.public]).envelope
    )


def stream(data):
    return Capture("hybrid", len(data), (), (), data, 1, None, ())


def written_out(facts):
    residues = facts.residues[0]
    return np.array([residues.distinct[i] for i in residues.indices], object)


@pytest.mark.parametrize(
    ("shape", "shown"),
    [((9, 7), (9, 7)), ((9, 7, 2), (9, 7)), ((9, 7, 3), (9, 7, 3)), ((9, 7, 4), (9, 7, 3))],
)
def test_residues_are_shown_in_the_pictures_shape_without_alpha(shape, shown):
    facts = captured(RNG.integers(0, 256, shape, np.uint8))
    view = views.noise_picture(facts)
    expected = (written_out(facts) * 255 // 3232).astype(np.uint8).reshape(shape)
    expected = (
        expected[..., 0] if shape[2:] == (2,) else expected[..., :3] if shape[2:] else expected
    )
    assert view.dtype == np.uint8
    assert view.shape == shown
    assert np.array_equal(view, expected)


def test_sixteen_bit_samples_show_their_high_bytes():
    facts = captured(np.array([[0x0300, 0x03FF]], np.uint16))
    assert len(np.unique(views.noise_picture(facts))) == 1


def test_colour_of_sixteen_bits_shows_its_high_bytes_without_alpha():
    wide = RNG.integers(0, 65536, (4, 5, 4), np.uint16)
    high = captured((wide[..., :3] >> 8).astype(np.uint8))
    assert np.array_equal(views.noise_picture(captured(wide)), views.noise_picture(high))


def test_a_large_view_takes_every_nth_sample():
    facts = captured(RNG.integers(0, 256, (40, 10), np.uint8))
    whole = views.noise_picture(facts)
    assert np.array_equal(views.noise_picture(facts, 20), whole[::2, ::2])


def test_a_view_can_be_written_as_a_picture():
    for facts in (captured(RNG.integers(0, 256, (4, 4, 4), np.uint8), LONG), stream(bytes(99))):
        assert read_picture(png_of(views.noise_picture(facts))).width > 1


@pytest.mark.parametrize(
    ("size", "shape"), [(1, (1, 1)), (3, (3, 1)), (99, (11, 9)), (100, (10, 10)), (5000, (16, 16))]
)
def test_a_stream_is_shown_near_square_from_its_beginning(size, shape):
    data = RNG.bytes(size)
    view = views.noise_picture(stream(data), 16)
    assert view.shape == shape
    assert view.tobytes() == data[: shape[0] * shape[1]]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 100, 10_000])
def test_the_head_is_the_beginning_of_the_ciphertext(size):
    facts = captured(RNG.integers(0, 256, (5, 5), np.uint8), LONG)
    whole = facts.residues[0].expanded(0, 25)
    assert views.ciphertext_head(facts, size) == whole[:size]
    assert views.ciphertext_head(stream(whole), size) == whole[:size]


def test_hexadecimal_is_what_xxd_prints():
    assert views.hex_rows(bytes(range(18))) == (
        "00000000: 0001 0203 0405 0607 0809 0a0b 0c0d 0e0f\n00000010: 1011"
    )
    assert views.hex_rows(bytes(1000)).count("\n") == 1000 // 16
    assert views.hex_rows(b"\1\2\3") == "00000000: 0102 03"
    assert views.hex_rows(b"") == ""
