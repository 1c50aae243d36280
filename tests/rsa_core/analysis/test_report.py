"""The page of statistics: words, corrections, and what is not defined."""

import math

import numpy as np
import pytest

from rsa_core import (
    HYBRID,
    TEXTBOOK_BLOCKS,
    TEXTBOOK_PIXELS,
    ClassroomKeyPair,
    png_of,
    read_picture,
)
from rsa_core.analysis import likeness, measured, report

SHAPE = (96, 128, 3)
RARE = 1e-6  # at which fresh random ciphertext fails once in a million runs


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(11).integers(0, 256, SHAPE, np.uint8)


def named(page):
    return {one.name: one for one in page}


def test_noise_is_called_consistent_and_never_secure(noise):
    page = report(noise, partner=noise[::-1].copy())
    assert {one.verdict for one in page} == {"consistent with random at 5 %"}
    assert not any("secure" in one.verdict + one.explanation for one in page)


def test_the_verdict_follows_the_corrected_p_value(noise):
    page = report(noise, partner=noise[::-1].copy())
    assert all(one.adjusted >= one.p_value for one in page)
    smallest = min(page, key=lambda one: one.p_value)
    assert smallest.adjusted == pytest.approx(min(1, smallest.p_value * len(page)))


def test_a_photograph_is_far_from_random(photo):
    page = named(report(photo))
    assert page["Correlation, horizontal"].value > 0.9
    far = ["Histogram chi-square", "Shannon entropy", "Local entropy", "Correlation, diagonal"]
    assert all(page[name].verdict.startswith("far from random at 5 %: ") for name in far)


@pytest.mark.parametrize("shape", [(64, 64), (64, 64, 4), (1, 1), (1, 5), (3, 1, 3)])
def test_a_constant_picture_gives_no_number_where_there_is_none(shape):
    flat = np.full(shape, 40, np.uint8)
    for one in report(flat, plain=flat, partner=flat):
        numbers = (one.value, one.ideal, one.low, one.high, one.p_value, one.adjusted)
        assert not any(number is not None and math.isnan(number) for number in numbers)
        if one.value is None:
            assert one.verdict.startswith("n/a: ")
            assert one.consistent is None
    assert named(report(flat))["Correlation, vertical"].value is None


def test_an_opaque_alpha_channel_does_not_hide_the_rest(noise):
    opaque = np.dstack([noise, np.full(noise.shape[:2], 255, np.uint8)])
    found = named(report(opaque))["Correlation, vertical"]
    assert found.consistent
    assert found.value == pytest.approx(named(report(noise))["Correlation, vertical"].value)


def test_an_exact_copy_is_said_to_be_one(photo):
    page = named(likeness(photo, photo.copy()))
    assert page["PSNR"].value == math.inf
    assert page["PSNR"].verdict == "infinite: equal to the last bit"
    assert page["SSIM"].value == pytest.approx(1)
    assert page["MAE"].value == 0


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint16), np.zeros(9, np.uint8)])
def test_what_is_no_picture_of_bytes_is_refused(wrong):
    with pytest.raises(ValueError, match=r"uint8|two axes"):
        report(wrong)


def test_a_capture_is_measured_in_its_own_shape(photo, photo_file):
    key = ClassroomKeyPair.generate(512).public
    sealed = TEXTBOOK_PIXELS.seal(read_picture(photo_file), [key])
    seen = measured(TEXTBOOK_PIXELS.capture(sealed.envelope))
    assert seen.samples.shape == photo.shape
    page = named(report(seen.samples, block=seen.block))
    assert not page["Histogram chi-square"].consistent
    assert len(np.unique(seen.samples)) <= len(np.unique(photo))


def test_blocks_are_measured_without_their_biased_bytes(photo_file):
    """RSA residues below n never look uniform in their leading byte; that is no weakness."""
    key = ClassroomKeyPair.generate(128).public
    sealed = TEXTBOOK_BLOCKS.seal(read_picture(photo_file), [key])
    seen = measured(TEXTBOOK_BLOCKS.capture(sealed.envelope))
    assert "without the 2 leading bytes" in seen.words
    assert seen.block == 14
    assert all(one.consistent for one in report(seen.samples, block=seen.block, level=RARE))


def test_equal_blocks_are_found_at_the_length_of_a_residue():
    flat = np.zeros((40, 60), np.uint8)
    flat[20:] = 200

    key = ClassroomKeyPair.generate(256).public
    sealed = TEXTBOOK_BLOCKS.seal(read_picture(png_of(flat)), [key])
    seen = measured(TEXTBOOK_BLOCKS.capture(sealed.envelope))
    found = named(report(seen.samples, block=seen.block))["Equal blocks of 30 bytes"]
    assert found.value > 50
    assert "equal pixels stay equal" in found.verdict


def test_a_hybrid_capture_is_noise(photo_file, alice):
    sealed = HYBRID.seal(read_picture(photo_file), [alice.public])
    seen = measured(HYBRID.capture(sealed.envelope))
    assert seen.samples.ndim == 2
    assert all(one.consistent in (True, None) for one in report(seen.samples, level=RARE))
