"""How channel keys are written for people, whatever program they were copied out of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.parts.words import tidy_key, told_apart


@pytest.mark.parametrize(
    "typed", ["ABCDE-FGHJK", "abcde fghjk", "ABCDE–FGHJK", "ABCDE—FGHJK", "ＡＢＣＤＥ－ＦＧＨＪＫ"]
)
def test_a_key_is_written_one_way_whichever_dash_it_has(typed):
    assert tidy_key(typed) == "ABCDE-FGHJK"


@pytest.mark.parametrize("typed", ["", "no key", "ABCDE-FGHJKL", "-" * 1000])
def test_what_cannot_be_a_key_stays_as_it_is(typed):
    assert tidy_key(typed) == typed


@given(st.lists(st.sampled_from(["a.png", "a.png (2)", "b", "a.png (2) (2)"]), max_size=12))
def test_things_of_one_name_are_told_apart(names):
    given_names = {str(number): name for number, name in enumerate(names)}
    words = told_apart(given_names)
    assert list(words) == list(given_names)
    assert len(set(words.values())) == len(names)
    assert all(word.startswith(given_names[one]) for one, word in words.items())
    # The one that was sent first keeps its words, whatever comes later.
    assert told_apart({"new": "a.png", **given_names}).items() >= words.items()
    assert not names or words[str(len(names) - 1)] == names[-1]
