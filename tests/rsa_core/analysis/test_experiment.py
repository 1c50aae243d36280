"""A chosen-plaintext experiment tells schemes with randomness from those without."""

import numpy as np
import pytest

from rsa_core import HYBRID, OAEP_BLOCKS, TEXTBOOK_BLOCKS, TEXTBOOK_PIXELS, ClassroomKeyPair
from rsa_core.analysis import report, sealed_twice

RARE = 1e-6


@pytest.fixture(scope="module")
def small(photo):
    return photo[:40, :48].copy()


def differential(experiment):
    page = report(experiment.first.samples, partner=experiment.second.samples, level=RARE)
    return {one.name: one for one in page}


@pytest.mark.parametrize("changed", [True, False])
@pytest.mark.parametrize("scheme", [HYBRID, OAEP_BLOCKS], ids=lambda s: s.name)
def test_randomness_changes_everything_even_for_the_same_picture(scheme, changed, small, alice):
    page = differential(sealed_twice(scheme, small, alice.public, changed=changed))
    assert all(page[name].consistent for name in ("NPCR", "UACI", "Bit change"))


def test_sample_by_sample_one_change_changes_one_residue(small):
    key = ClassroomKeyPair.generate(256).public
    both = sealed_twice(TEXTBOOK_PIXELS, small, key)
    assert np.count_nonzero(both.first.samples != both.second.samples) == 1
    assert "equal plaintexts stay equal" in differential(both)["NPCR"].verdict


def test_in_blocks_one_change_stays_in_its_block(small):
    key = ClassroomKeyPair.generate(256).public
    both = sealed_twice(TEXTBOOK_BLOCKS, small, key)
    first, second = (one.samples.ravel() for one in (both.first, both.second))
    places = np.flatnonzero(first != second)
    assert 20 < places.size <= 30
    assert len(set(places // both.first.block)) == 1
    same = sealed_twice(TEXTBOOK_BLOCKS, small, key, changed=False)
    assert (same.first.samples == same.second.samples).all()


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
def test_any_picture_will_do(channels, alice):
    shape = (9, 7) if channels is None else (9, 7, channels)
    both = sealed_twice(HYBRID, np.zeros(shape, np.uint8), alice.public)
    assert both.first.samples.shape == both.second.samples.shape


@pytest.mark.parametrize("wrong", [np.zeros((3, 3), np.uint16), np.zeros(9, np.uint8)])
def test_other_samples_are_refused(wrong, alice):
    with pytest.raises(ValueError, match="8-bit"):
        sealed_twice(HYBRID, wrong, alice.public)
