"""The critical values to the printed digits: Wu, Noonan and Agaian 2011, and recomputed ones."""

import numpy as np
import pytest
import scipy

from rsa_core.analysis.differential import bit_change_test, npcr_test, uaci_test
from rsa_core.analysis.histograms import (
    LOCAL_BLOCKS,
    chi_square_test,
    entropy_test,
    expected_entropy,
    local_entropy_moments,
    local_entropy_test,
)
from rsa_core.analysis.measurements import judged_normal
from rsa_core.analysis.neighbours import correlation_test

LEVELS = (0.05, 0.01, 0.001)

NPCR = {
    (128, 128): (99.5292, 99.4960, 99.4588),
    (256, 256): (99.5693, 99.5527, 99.5341),
    (512, 512): (99.5893, 99.5810, 99.5717),
    (1024, 1024): (99.5994, 99.5952, 99.5906),
    (256, 256, 3): (99.5862, 99.5766, 99.5659),
    (512, 512, 3): (99.5978, 99.5930, 99.5876),
}
UACI = {
    (128, 128): ((33.1012, 33.8259), (32.9874, 33.9397), (32.8552, 34.0718)),
    (256, 256): ((33.2824, 33.6447), (33.2255, 33.7016), (33.1594, 33.7677)),
    (512, 512): ((33.3730, 33.5541), (33.3445, 33.5826), (33.3115, 33.6156)),
    (1024, 1024): ((33.4183, 33.5088), (33.4040, 33.5231), (33.3875, 33.5396)),
    (256, 256, 3): ((33.3589, 33.5681), (33.3261, 33.6010), (33.2879, 33.6391)),
    (512, 512, 3): ((33.4112, 33.5158), (33.3948, 33.5323), (33.3757, 33.5513)),
}
ENTROPY = {  # expected, rejected below at 5 % and 1 %
    64: (7.955092, 7.948356, 7.945325),
    128: (7.988773, 7.987089, 7.986331),
    256: (7.997193, 7.996772, 7.996583),
    512: (7.999298, 7.999193, 7.999146),
    1024: (7.999825, 7.999798, 7.999786),
}
BIT_CHANGE = {256: (49.865, 50.135), 512: (49.932, 50.068)}
CORRELATION = {256: 0.0077, 512: 0.0038}


def blank(shape):
    return np.zeros(shape, np.uint8)


@pytest.mark.parametrize("shape", NPCR, ids=str)
def test_npcr(shape):
    found = [npcr_test(blank(shape), blank(shape), level) for level in LEVELS]
    assert tuple(round(one.low, 4) for one in found) == NPCR[shape]
    assert found[0].ideal == pytest.approx(99.609375)


@pytest.mark.parametrize("shape", UACI, ids=str)
def test_uaci(shape):
    found = [uaci_test(blank(shape), blank(shape), level) for level in LEVELS]
    assert tuple((round(one.low, 4), round(one.high, 4)) for one in found) == UACI[shape]
    assert found[0].ideal == pytest.approx(33.463542, abs=1e-6)


@pytest.mark.parametrize("side", ENTROPY)
def test_entropy(side):
    counts = np.bincount([0], minlength=256) * side * side
    found = [entropy_test(counts, level) for level in LEVELS[:2]]
    expected = (expected_entropy(side * side), *(one.low for one in found))
    assert tuple(round(value, 6) for value in expected) == ENTROPY[side]
    assert found[0].ideal == expected[0]


def test_chi_square():
    flat = np.full(256, 256)
    found = [chi_square_test(flat, tail).high for tail in (0.1, 0.05, 0.01, 0.001, 0.975, 0.025)]
    assert [round(value, 3) for value in found] == [
        284.336, 293.248, 310.457, 330.520, 212.661, 301.125,
    ]  # fmt: skip


@pytest.mark.parametrize(("bits", "ones", "p_value"), [(10, 6, 0.527089), (100, 42, 0.109599)])
def test_p_values_of_nist_sp_800_22(bits, ones, p_value):
    """The frequency test's examples, sections 2.1.4 and 2.1.8."""
    found = judged_normal("Frequency", ones, bits / 2, bits**0.5 / 2, explanation="", far="")
    assert round(found.p_value, 6) == p_value


def test_chi_square_p_values_of_nist_sp_800_22():
    """Section 2.4.8: a chi-square of 4.882457 with 3 degrees of freedom has P = 0.180609.

    Ours has 255, for which tables give 293.248 at 5 %.
    """
    assert scipy.special.chdtrc(3, 4.882457) == pytest.approx(0.180609, abs=1e-6)
    skewed = np.full(256, 256.0)
    skewed[:2] += np.array([1, -1]) * (293.2478 * 128) ** 0.5
    assert chi_square_test(skewed).p_value == pytest.approx(0.05, abs=1e-5)


def test_a_histogram_that_is_too_even_is_never_surprising():
    assert chi_square_test(np.full(256, 256)).p_value == 1
    assert entropy_test(np.full(256, 256)).p_value == 1


def test_local_entropy():
    mean, deviation = local_entropy_moments(1936)
    assert round(mean, 9) == 7.902469317
    one = [judged_normal("", mean, mean, deviation / LOCAL_BLOCKS**0.5, level=level,
                         explanation="", far="") for level in LEVELS]  # fmt: skip
    assert [(round(found.low, 5), round(found.high, 5)) for found in one] == [
        (7.89936, 7.90558),
        (7.89838, 7.90656),
        (7.89725, 7.90769),
    ]
    assert round(local_entropy_test(blank((512, 512))).low, 5) == 7.89936


def test_local_entropy_by_hand():
    """Two samples are equal once in 256 times; three have three patterns."""
    mean, deviation = local_entropy_moments(2)
    assert mean == pytest.approx(255 / 256)
    assert deviation == pytest.approx((255 / 256 / 256) ** 0.5)
    mean, deviation = local_entropy_moments(3)
    patterns = [(1 / 65536, 0.0), (765 / 65536, np.log2(3) - 2 / 3), (64770 / 65536, np.log2(3))]
    assert mean == pytest.approx(sum(p * h for p, h in patterns))
    assert deviation**2 == pytest.approx(sum(p * (h - mean) ** 2 for p, h in patterns))


@pytest.mark.parametrize("side", BIT_CHANGE)
def test_bit_change(side):
    found = bit_change_test(blank((side, side)), blank((side, side)))
    assert (round(found.low, 3), round(found.high, 3)) == BIT_CHANGE[side]


@pytest.mark.parametrize("side", CORRELATION)
def test_correlation(side):
    noise = np.random.default_rng(1).integers(0, 256, (side, side), np.uint8)
    found = correlation_test(noise, "horizontal")
    assert round(found.high, 4) == CORRELATION[side] == -round(found.low, 4)
