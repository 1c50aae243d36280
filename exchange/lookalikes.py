"""Names that look alike: when one person could pass for another.

Two names are compared as UTS #39 (Unicode Security Mechanisms, section 4) compares identifiers:
decomposed, without what nobody sees, each character replaced by the prototype of all that look
like it. Three things are added, because people tell one another apart by ear and by place too:

* case does not count, seen or meant: each letter stands for its small and its capital form, so
  `ALICE`, `Alice`, `AIice` and `Al1ce` are one name;
* spaces and . - _ ' may be missing on either side;
* a name that runs in both directions is also compared with its right-to-left letters first,
  since `1` before and after a Hebrew letter can be shown in one and the same place.

Accents do count: `Zoe` and `Zoë` are two people.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

PUNCTUATION = " .-_'"
_INVISIBLE = (  # Default_Ignorable_Code_Point (Unicode 15.0.0, DerivedCoreProperties.txt)
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip

Forms = frozenset[str]  # the ways in which one letter with its marks may be read


def is_invisible(character: str) -> bool:
    """Whether the character has no look of its own: fillers, joiners, selectors, marks."""
    code = ord(character)
    return any(first <= code <= last for first, last in _INVISIBLE)


def look_alike(one: str, other: str) -> bool:
    """Whether readers could take one name for the other."""
    return any(_meet(first, second) for first in _readings(one) for second in _readings(other))


def skeleton(text: str) -> str:
    """The skeleton of UTS #39: equal for texts of the same look. It is not for showing."""
    table = _table()
    seen = (c for c in unicodedata.normalize("NFD", text) if not is_invisible(c))
    return unicodedata.normalize("NFD", "".join(table.get(c, c) for c in seen))


@lru_cache(1024)
def _readings(name: str) -> tuple[tuple[Forms, ...], ...]:
    """The name as a row of letters; a second row when it runs in both directions."""
    letters = _letters(name)
    typed = tuple(map(_forms, letters))
    if not any(map(_leftward, letters)) or all(map(_leftward, letters)):
        return (typed,)
    # A stable sort: the order within each direction stays.
    return typed, tuple(map(_forms, sorted(letters, key=lambda letter: not _leftward(letter))))


def _letters(name: str) -> list[str]:
    """Base characters, each with the marks that follow it; decomposed, nothing invisible."""
    letters: list[str] = []
    for character in unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name)):
        if is_invisible(character):
            continue
        if letters and unicodedata.category(character)[0] == "M":
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def _leftward(letter: str) -> bool:
    return unicodedata.bidirectional(letter[0]) in ("R", "AL")


@lru_cache(4096)
def _forms(letter: str) -> Forms:
    cases = {letter, letter.casefold(), letter.lower(), letter.upper()}
    seen = {skeleton(form) for form in cases}
    seen |= {skeleton(form) for one in seen for form in (one.lower(), one.upper())}
    mark = letter in PUNCTUATION or (
        unicodedata.category(letter[0]) == "Lm" and skeleton(letter) in PUNCTUATION
    )
    return frozenset(seen | {""} if mark else seen)


@cache
def _table() -> dict[str, str]:
    text = Path(__file__).with_suffix(".txt").read_text("ascii")
    table = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            prototype, _, characters = line.partition(":")
            seen = "".join(chr(int(code, 16)) for code in prototype.split())
            table.update({chr(int(code, 16)): seen for code in characters.split()})
    return table


def _meet(first: Sequence[Forms], second: Sequence[Forms]) -> bool:
    """Whether some choice of forms gives the same text on both sides.

    Walks both rows at once, since forms differ in length (`m` looks like `rn`). A place is how far
    each row was read, and what one of them has read beyond the other.
    """
    places = [(0, 0, "", "")]
    known = set(places)
    while places:
        i, j, here, there = places.pop()
        if i == len(first) and j == len(second) and here == there:
            return True
        steps: list[tuple[int, int, str, str]] = []
        if i < len(first) and not here:
            steps = [(i + 1, j, form, there) for form in first[i]]
        elif j < len(second) and not there:
            steps = [(i, j + 1, here, form) for form in second[j]]
        for at, to, mine, theirs in steps:
            size = min(len(mine), len(theirs))
            place = (at, to, mine[size:], theirs[size:])
            if mine[:size] == theirs[:size] and place not in known:
                known.add(place)
                places.append(place)
    return False
