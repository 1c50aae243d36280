"""Ideal noise is rejected as often as the level says, and by the whole page no more often."""

from collections import Counter

import numpy as np
import pytest

from rsa_core.analysis import report

PAIRS = 1000
LEVEL = 0.05


@pytest.fixture(scope="module")
def pages():
    rng = np.random.default_rng(20_260_101)
    made = []
    for _ in range(PAIRS):
        first, second = rng.integers(0, 256, (2, 128, 128), np.uint8)
        made.append(report(first, partner=second))
    return made


def test_each_test_rejects_noise_at_its_level(pages):
    rejected = Counter(one.name for page in pages for one in page if one.p_value < LEVEL)
    names = {one.name for one in pages[0]} - {"Equal blocks of 16 bytes"}
    assert len(names) == 10
    rates = {name: rejected[name] / PAIRS for name in names}
    assert all(abs(rate - LEVEL) <= 0.02 for rate in rates.values()), rates
    assert rejected["Equal blocks of 16 bytes"] == 0  # chance has practically none


def test_a_value_beyond_its_critical_value_is_one_below_the_level(pages):
    for page in pages[:100]:
        for one in page:
            beyond = (one.low is not None and one.value < one.low) or (
                one.high is not None and one.value > one.high
            )
            assert beyond == (one.p_value < LEVEL) or one.low is one.high is None


def test_a_whole_page_of_noise_fails_no_more_often_than_one_test(pages):
    failed = sum(any(not one.consistent for one in page) for page in pages)
    assert failed / PAIRS <= LEVEL + 0.015
