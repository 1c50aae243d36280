"""How channel keys are written for people, whatever program they were copied out of."""

import pytest

from ui.parts.words import tidy_key


@pytest.mark.parametrize(
    "typed", ["ABCDE-FGHJK", "abcde fghjk", "ABCDE–FGHJK", "ABCDE—FGHJK", "ＡＢＣＤＥ－ＦＧＨＪＫ"]
)
def test_a_key_is_written_one_way_whichever_dash_it_has(typed):
    assert tidy_key(typed) == "ABCDE-FGHJK"


@pytest.mark.parametrize("typed", ["", "no key", "ABCDE-FGHJKL", "-" * 1000])
def test_what_cannot_be_a_key_stays_as_it_is(typed):
    assert tidy_key(typed) == typed
