import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import new_channel_key, normalise_channel_key
from store.channel_keys import ALPHABET

SYMBOLS = st.text(ALPHABET, min_size=10, max_size=10)


def test_a_new_key_is_two_groups_of_five_and_never_the_same():
    keys = [new_channel_key() for _ in range(500)]
    assert len(set(keys)) == 500
    for key in keys:
        left, right = key.split("-")
        assert (len(left), len(right)) == (5, 5)
        assert normalise_channel_key(key) == left + right


def test_every_symbol_is_drawn():
    assert set("".join(new_channel_key() for _ in range(500))) == set(ALPHABET) | {"-"}


@given(symbols=SYMBOLS, data=st.data())
def test_however_it_is_typed_it_is_the_same_key(symbols, data):
    typed = ""
    for symbol in symbols:
        alike = {"1": "1IiLl", "0": "0Oo"}.get(symbol, symbol + symbol.lower())
        typed += data.draw(st.sampled_from(alike))
        typed += data.draw(st.sampled_from(["", "", " ", "-", "\u2013", "\u2014", "\u00a0", "\t"]))
    assert normalise_channel_key(typed) == symbols


def test_full_width_letters_are_letters():
    assert normalise_channel_key("\uff21\uff22\uff23\uff24\uff25\uff0dFGH78") == "ABCDEFGH78"


@given(text=st.text(max_size=80))
def test_any_text_is_a_key_or_is_none(text):
    found = normalise_channel_key(text)
    if found is not None:
        assert len(found) == 10
        assert set(found) <= set(ALPHABET)
        assert normalise_channel_key(found) == found


@pytest.mark.parametrize(
    "text", ["", "ABCDE-FGHJ", "ABCDE-FGHJKM", "ABCDE-FGHJU", "ABCDE_FGHJK", "A" * 10 + " " * 100]
)
def test_anything_else_is_not_a_key(text):
    assert normalise_channel_key(text) is None


def test_the_alphabet_has_no_letters_that_look_alike():
    assert set(string.ascii_uppercase) - set(ALPHABET) == set("ILOU")
    assert len(ALPHABET) == 32
