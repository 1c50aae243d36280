"""Our tails agree with SciPy's, which is not there at run time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rsa_core.analysis.tails import (
    chi_square_quantile,
    chi_square_tail,
    normal_quantile,
    normal_tail,
    two_sided,
)


@given(x=st.floats(0.001, 2000), df=st.sampled_from([1, 2, 3, 8, 24, 255, 1000]))
def test_chi_square_tails_agree_with_scipy(x, df):
    assert chi_square_tail(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-9, abs=1e-14)


@given(z=st.floats(-8, 30))
def test_normal_tails_agree_with_scipy(z):
    assert normal_tail(z) == pytest.approx(stats.norm.sf(z), rel=1e-9)
    assert two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)


@given(tail=st.floats(0.0005, 0.9995), df=st.sampled_from([1, 8, 255]))
def test_quantiles_agree_with_scipy(tail, df):
    assert chi_square_quantile(tail, df) == pytest.approx(stats.chi2.isf(tail, df), rel=1e-9)
    assert normal_quantile(tail) == pytest.approx(stats.norm.isf(tail), rel=1e-6, abs=1e-9)


def test_a_negative_statistic_is_never_surprising():
    assert chi_square_tail(-1, 255) == 1


@pytest.mark.parametrize("tail", [0, 1, -0.1, 2])
def test_a_quantile_wants_a_proper_tail(tail):
    with pytest.raises(ValueError, match="between 0 and 1"):
        chi_square_quantile(tail, 255)
