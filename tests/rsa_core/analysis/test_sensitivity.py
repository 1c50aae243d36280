"""A wrong key shows noise, or the picture in other shades; the number alone does not tell."""

import numpy as np
import pytest

from rsa_core import (
    HYBRID,
    TEXTBOOK_BLOCKS,
    TEXTBOOK_PIXELS,
    ClassroomKeyPair,
    EnvelopeFormatError,
    RecipientError,
    png_of,
    read_picture,
)
from rsa_core.analysis import almost_opened, correlation, key_sensitivity


@pytest.fixture(scope="module")
def pair():
    return ClassroomKeyPair.generate(256)


def test_sample_by_sample_the_silhouette_stays(pair):
    halves = np.zeros((32, 32), np.uint8)
    halves[:, 16:] = 200
    envelope = TEXTBOOK_PIXELS.seal(read_picture(png_of(halves)), [pair.public]).envelope
    wrong = almost_opened(envelope, pair)
    assert wrong.shape == halves.shape
    assert [len(np.unique(half)) for half in (wrong[:, :16], wrong[:, 16:])] == [1, 1]
    found = key_sensitivity(halves, wrong)
    assert "in other shades" in found[2].verdict


def test_in_blocks_the_wrong_key_shows_noise(pair, photo, photo_file):
    envelope = TEXTBOOK_BLOCKS.seal(read_picture(photo_file), [pair.public]).envelope
    wrong = almost_opened(envelope, pair)
    assert abs(correlation(np.ascontiguousarray(wrong[..., 0]), "horizontal")) < 0.05
    changed, _, related = key_sensitivity(photo, wrong)
    assert changed.value > 99
    assert related.verdict == "unrelated: the wrong key shows noise"


def test_the_right_key_changes_nothing(pair, photo, photo_file):
    envelope = TEXTBOOK_BLOCKS.seal(read_picture(photo_file), [pair.public]).envelope
    assert (almost_opened(envelope, pair, off_by=0) == photo).all()


def test_it_wants_a_textbook_envelope_for_this_key(pair, photo_file, alice):
    sealed = TEXTBOOK_PIXELS.seal(read_picture(photo_file), [ClassroomKeyPair.generate(64).public])
    with pytest.raises(RecipientError):
        almost_opened(sealed.envelope, pair)
    with pytest.raises(EnvelopeFormatError):
        almost_opened(HYBRID.seal(read_picture(photo_file), [alice.public]).envelope, pair)


def test_a_constant_picture_has_no_correlation():
    flat = np.zeros((8, 8), np.uint8)
    assert key_sensitivity(flat, flat)[2].value is None
