"""The steps of square and multiply lead to the power, and each line is true."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsa_core.analysis import square_and_multiply


def test_the_published_key_by_hand():
    steps = square_and_multiply(12, 7, 3233)
    assert [step.result for step in steps] == [12, 1728, pow(12, 7, 3233)]
    assert [step.exponent for step in steps] == [1, 3, 7]
    assert steps[1].words == "12² = 144 ≡ 144; × 12 = 1728 ≡ 1728 (mod 3233)"


@given(m=st.integers(0, 10**40), e=st.integers(1, 10**30), n=st.integers(2, 10**40))
def test_every_step_is_the_power_of_its_exponent(m, e, n):
    steps = square_and_multiply(m % n, e, n)
    assert all(step.result == pow(m, step.exponent, n) for step in steps)
    assert steps[-1].exponent == e
    assert len(steps) == e.bit_length()


@given(m=st.integers(0, 3232), e=st.integers(1, 100_000))
def test_every_line_is_true(m, e):
    for step in square_and_multiply(m, e, 3233):
        numbers = [int(number) for number in re.findall(r"\d+", step.words)]
        base, square, squared, *rest = numbers
        assert base**2 == square
        assert (square - squared) % 3233 == 0
        if step.bit:
            factor, product, result, _ = rest
            assert (factor, product, result) == (m, squared * m, step.result)


@pytest.mark.parametrize(("m", "e", "n"), [(5, 3, 5), (-1, 3, 5), (1, 0, 5), (0, 1, 1)])
def test_other_numbers_are_refused(m, e, n):
    with pytest.raises(ValueError, match="expected"):
        square_and_multiply(m, e, n)
