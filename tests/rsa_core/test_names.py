"""Names of files: harmless, short enough, different."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rsa_core.names import MAX_NAME_BYTES, Names, joined, safe_name, split

ANY = st.text(max_size=400)
UNPRINTABLE_ON_DISK = set('/\\:*?"<>|\0\n')


@given(ANY)
@example("../../etc/passwd")
@example("..")
@example("nul")
@example("a" * 300 + ".png")
@example("." + "b" * 300)
@example("ü" * 300)
@example("\N{SUNRISE}" * 90 + ".png")
@example("nul" + "." * 3)
@example("a" * 254 + " b")
@example("x." + "y" * 253)
def test_a_safe_name_stays_in_its_folder(name):
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= MAX_NAME_BYTES
    assert safe not in (".", "..")
    assert not set(safe) & UNPRINTABLE_ON_DISK
    assert safe_name(safe) == safe


@given(st.from_regex(r"[A-Za-z0-9_ äöü-]{1,40}\.(png|jpg)", fullmatch=True))
def test_an_ordinary_name_stays_as_it_is(name):
    if name == name.strip() and safe_name(name) != f"_{name}":
        assert safe_name(name) == name


@pytest.mark.parametrize(
    "name", ["x" * 251 + ".png", "\N{SUNRISE} beach.png", "写真.jpg", "a.b.c", "ü\u0308.png"]
)
def test_what_a_disk_takes_is_kept(name):
    assert safe_name(name) == name


@given(ANY, st.sampled_from(["", ".png", ".jpeg.p7m", " (12).png"]))
def test_the_suffix_outlives_a_name_that_is_too_long(stem, tail):
    name = joined(stem.replace("\ud800", ""), tail)
    assert name.endswith(tail)
    assert len(name.encode()) <= MAX_NAME_BYTES


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.png", ("a", ".png")),
        ("a.png.p7m", ("a.png", ".p7m")),
        (".hidden", (".hidden", "")),
        ("v1. Some words", ("v1. Some words", "")),
        ("bare", ("bare", "")),
    ],
)
def test_a_name_has_a_suffix_or_none(name, parts):
    assert split(name) == parts


@given(st.lists(st.tuples(st.text("aAäÄßsS", max_size=3), st.sampled_from([".png", ".PNG", ""]))))
@example([("ä", ".png"), ("a\u0308", ".png")])
@example([("ß", ""), ("SS", ""), ("ss", "")])
@example([("x" * 250, ".png"), ("x" * 251, ".png"), ("x" * 252, ".png")])
def test_fresh_names_differ_on_every_disk(pairs):
    names = Names()
    made = [names.fresh(stem, tail) + tail for stem, tail in pairs]
    seen = {unicodedata.normalize("NFC", name).casefold() for name in made}
    assert len({unicodedata.normalize("NFC", name) for name in seen}) == len(pairs)
    assert all(len(name.encode()) <= MAX_NAME_BYTES for name in made)


def test_a_name_whose_suffix_is_not_known_yet_is_free_with_every_suffix():
    names = Names(["sea/a.png"])
    assert names.fresh("a", "", ".png", ".jpg", folder="sea") == "a (2)"
    assert names.fresh("a (2)", ".jpg", folder="sea") == "a (2) (2)"
    assert names.fresh("a", "", ".png", ".jpg", folder="town") == "a"
