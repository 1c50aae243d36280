"""Values of the statistics by hand and by other people's code."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from rsa_core.analysis import (
    DIRECTIONS,
    bit_change,
    bit_plane,
    correlation,
    duplicate_map,
    histogram,
    mae,
    npcr,
    psnr,
    scatter,
    ssim,
    uaci,
)
from rsa_core.analysis.duplicates import count_equal
from rsa_core.analysis.histograms import bit_balance_test, chi_square, entropy, local_entropy
from rsa_core.analysis.measurements import holm
from rsa_core.analysis.similarity import mse, ssim_of_bands

SHAPES = st.sampled_from([(9, 8), (12, 7, 3), (8, 8, 4)])
PLANES = arrays(np.uint8, st.tuples(st.integers(2, 12), st.integers(2, 12)))


@st.composite
def pairs(draw, dtype=np.uint8):
    shape = draw(SHAPES)
    return draw(arrays(dtype, shape)), draw(arrays(dtype, shape))


def test_a_flat_histogram_has_eight_bits_and_no_chi_square():
    counts = histogram(np.arange(1024, dtype=np.uint16).astype(np.uint8))
    assert entropy(counts) == 8
    assert chi_square(counts) == 0


def test_one_value_has_no_entropy_and_every_chi_square():
    counts = histogram(np.full((16, 16), 9, np.uint8))
    assert entropy(counts) == 0
    assert chi_square(counts) == 255 * 256
    assert math.copysign(1, entropy(counts)) == 1  # "-0.0000" would puzzle people


@pytest.mark.parametrize("samples", [np.zeros(0, np.uint8), np.zeros(4, np.uint16)])
def test_a_histogram_wants_bytes(samples):
    with pytest.raises(ValueError, match="uint8"):
        histogram(samples)


def test_the_worst_bit_plane_is_named():
    counts = histogram(np.repeat(np.arange(128, dtype=np.uint8), 32))
    found = bit_balance_test(counts)
    assert found.value == 0  # the highest bit is never set
    assert not found.consistent


def test_local_entropy_sees_a_flat_corner():
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (132, 132), np.uint8)
    assert local_entropy(noise)[0] == pytest.approx(7.9025, abs=0.02)
    assert local_entropy(noise)[1] == 9
    noise[:44, :44] = 0
    assert local_entropy(noise)[0] < 7.1
    assert local_entropy(noise[:43]) is None


@given(plane=PLANES, direction=st.sampled_from(DIRECTIONS))
def test_correlation_agrees_with_numpy(plane, direction):
    y, x = {"horizontal": (0, 1), "vertical": (1, 0), "diagonal": (1, 1)}[direction]
    first, second = plane[: plane.shape[0] - y, : plane.shape[1] - x], plane[y:, x:]
    found = correlation(plane, direction)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        assert found is None
    else:
        wanted = np.corrcoef(first.ravel(), second.ravel())[0, 1]
        assert found == pytest.approx(wanted, abs=1e-9)


def test_scatter_gives_neighbours():
    ramp = np.arange(200, dtype=np.uint8).reshape(10, 20)
    found = scatter(ramp, "horizontal", count=50)
    assert found.shape == (50, 2)
    assert (found[:, 1] - found[:, 0] == 1).all()
    assert len(scatter(ramp, "vertical")) == 180


@given(both=pairs())
def test_differences_are_those_of_plain_arithmetic(both):
    """Eight-bit differences wrap round; these must not."""
    first, second = both
    apart = np.abs(first.astype(int) - second)
    assert npcr(first, second) == pytest.approx(100 * (apart > 0).mean())
    assert uaci(first, second) == pytest.approx(100 * apart.mean() / 255)
    assert mae(first, second) == pytest.approx(apart.mean())
    assert mse(first, second) == pytest.approx((apart**2).mean())
    assert bit_change(first, second) == pytest.approx(
        100 * np.unpackbits(first ^ second).mean(), abs=1e-9
    )


@given(both=pairs(np.uint16))
def test_sixteen_bit_samples_have_their_own_range(both):
    first, second = both
    apart = np.abs(first.astype(int) - second)
    assert npcr(first, second) == pytest.approx(100 * (apart > 0).mean())
    assert uaci(first, second) == pytest.approx(100 * apart.mean() / 65535)
    if apart.any():
        wanted = peak_signal_noise_ratio(first, second, data_range=65535)
        assert psnr(first, second) == pytest.approx(wanted)


@given(both=pairs())
def test_psnr_and_ssim_agree_with_scikit_image(both):
    first, second = both
    channels = {"channel_axis": -1} if first.ndim == 3 else {}
    assert ssim(first, second) == pytest.approx(
        structural_similarity(first, second, data_range=255, **channels), abs=1e-9
    )
    if (first == second).all():
        assert psnr(first, second) == math.inf
    else:
        assert psnr(first, second) == pytest.approx(
            peak_signal_noise_ratio(first, second, data_range=255)
        )


def test_ssim_needs_a_window():
    small = np.zeros((6, 40), np.uint8)
    assert ssim(small, small) is None


def test_ssim_of_bands_is_close_to_the_whole():
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:1200, 0:1500]
    first = (127 + 90 * np.sin(x / 40) * np.cos(y / 30)).astype(np.uint8)
    second = np.clip(first + rng.integers(-20, 21, first.shape), 0, 255).astype(np.uint8)
    assert ssim_of_bands(first, second) == pytest.approx(ssim(first, second), abs=0.005)
    assert ssim_of_bands(first[:300], second[:300]) == ssim(first[:300], second[:300])


@pytest.mark.parametrize("measure", [npcr, uaci, bit_change, mae, psnr, ssim])
def test_two_pictures_must_fit_together(measure):
    one = np.zeros((8, 8), np.uint8)
    for other in (one[:7], one.astype(np.uint16), one[..., None]):
        with pytest.raises(ValueError, match="one shape"):
            measure(one, other)
    with pytest.raises(ValueError, match="one shape"):
        measure(one[:0], one[:0])
    with pytest.raises(ValueError, match="uint8 or uint16"):
        measure(one.astype(float), one.astype(float))


def test_bit_planes_add_up_to_the_picture():
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16)
    planes = [bit_plane(picture, bit) for bit in range(8)]
    assert all(set(np.unique(plane)) == {0, 255} for plane in planes)
    assert (sum((plane > 0) * (1 << bit) for bit, plane in enumerate(planes)) == picture).all()
    with pytest.raises(ValueError, match="bit 0 to 7"):
        bit_plane(picture, 8)


@given(
    numbers=st.lists(st.integers(0, 5), min_size=1, max_size=60),
    width=st.sampled_from([1, 5, 8, 21]),
)
def test_duplicates_are_counted_as_a_dictionary_counts_them(numbers, width):
    blocks = [bytes([number, *[7] * (width - 1)])[::-1] for number in numbers]
    found = duplicate_map(np.frombuffer(b"".join(blocks), np.uint8), width)
    assert (found.blocks, found.distinct) == (len(blocks), len(set(blocks)))
    assert found.times.tolist() == [blocks.count(block) for block in blocks]
    assert found.repeated == sum(blocks.count(block) > 1 for block in blocks)
    counted = count_equal(np.frombuffer(b"".join(blocks), np.uint8), width)
    assert counted == (found.blocks, found.distinct, found.repeated)
    assert found.heat(7).sum() == found.times.sum()


def test_a_map_needs_a_whole_block():
    with pytest.raises(ValueError, match="no block"):
        duplicate_map(np.zeros(15, np.uint8), 16)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []
