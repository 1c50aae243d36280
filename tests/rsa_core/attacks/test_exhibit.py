"""Ciphers that pass tests, and are broken all the same."""

import numpy as np
import pytest

from rsa_core.analysis import report
from rsa_core.attacks.exhibit import (
    EXHIBITS,
    show,
    shuffle_break,
    shuffle_encrypt,
    xor_break,
    xor_encrypt,
)

RARE = 1e-6


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(9)
    y, x = np.mgrid[0:96, 0:120].astype(np.float32)
    planes = [127 + 90 * np.sin(x / (19 + 4 * c)) * np.cos(y / (23 - 3 * c)) for c in range(3)]
    return np.clip(np.stack(planes, -1) + rng.integers(-6, 7, (96, 120, 3)), 0, 255).astype(
        np.uint8
    )


def far(shown):
    page = report(shown.cipher, partner=shown.partner, level=RARE)
    return {one.name for one in page if one.consistent is False}


@pytest.mark.parametrize("name", EXHIBITS)
def test_each_is_broken_exactly(name, scene):
    shown = show(name, scene)
    assert (shown.recovered == scene).all()
    assert shown.name == name


@pytest.mark.parametrize("name", EXHIBITS)
@pytest.mark.parametrize("channels", [None, 1, 2, 3])
def test_grey_and_alpha_too(name, channels, scene):
    padded = np.dstack([scene, np.full(scene.shape[:2], 255, np.uint8)])
    pixels = scene[..., 0].copy() if channels is None else padded[..., -channels - 1 :].copy()
    assert (show(name, pixels).recovered == pixels).all()


def test_the_keystream_passes_every_test(scene):
    assert far(show("xor", scene)) == set()


def test_blocks_pass_all_that_look_at_one_ciphertext(scene):
    assert far(show("blocks", scene)) == {"NPCR", "UACI", "Bit change"}


def test_the_shuffle_fools_correlation_and_not_the_histogram(scene):
    found = far(show("shuffle", scene))
    assert "Histogram chi-square" in found
    assert not any(name.startswith("Correlation") for name in found)


def test_noise_is_not_taken_for_a_picture():
    noise = np.random.default_rng(1).integers(0, 256, (32, 48), np.uint8)
    assert xor_break(xor_encrypt(noise, 12345)) is None
    assert show("xor", noise).recovered is None


def test_a_picture_of_one_pixel_has_no_neighbours():
    assert xor_break(np.zeros((1, 1), np.uint8)) is None


@pytest.mark.parametrize(
    ("shape", "wanted"), [((16, 16), 1), ((17, 17), 2), ((300, 300, 3), 1), ((1, 1), 1)]
)
def test_few_chosen_pictures_tell_a_permutation(shape, wanted):
    secret = np.random.default_rng(4).permutation(shape[0] * shape[1])
    found, asked = shuffle_break(lambda chosen: shuffle_encrypt(chosen, secret), shape)
    assert (found == secret).all()
    assert asked == wanted


def test_other_names_and_samples_are_refused():
    with pytest.raises(ValueError, match="no such exhibit"):
        show("rot13", np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="8 bits"):
        show("xor", np.zeros((4, 4), np.uint16))
