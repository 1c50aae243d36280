"""Text that people type: cleaned where that is harmless, otherwise refused in words.

Names are shown beside other people's names. What nobody sees (default-ignorable characters,
direction marks, spaces at the ends) is dropped, so that it cannot make two names look alike; what
could be markup is refused. Joiners stay where a script needs them: Persian words, Indic
conjuncts, emoji. File names and captions only ever travel sealed.

Two names are compared as UTS #39 (Unicode Security Mechanisms, section 4) compares identifiers:
decomposed, without what nobody sees, each character replaced by the prototype of all that look
like it. Three things are added, because people also recognise one another by ear and by place:

* case does not count, seen or meant: each letter stands for its small and its capital form, so
  `ALICE`, `Alice`, `AIice` and `Al1ce` are one name;
* spaces and . - _ ' may be missing on either side;
* a name that runs in both directions is also compared with its right-to-left letters first,
  since `1` before and after a Hebrew letter can be shown in one and the same place.

Accents do count: `Zoe` and `Zoë` are two people.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath

from exchange.errors import InputRefused
from rsa_core.names import joined

PUNCTUATION = " .-_'"
_INVISIBLE = (  # Default_Ignorable_Code_Point (Unicode 15.0.0, DerivedCoreProperties.txt)
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip

Forms = frozenset[str]  # the ways in which one letter with its marks may be read

NAME_LENGTH = 24
CHANNEL_NAME_LENGTH = 60
CAPTION_LENGTH = 300
FILE_NAME_LENGTH = 100
_JOINERS = "\u200c\u200d"
_EMOJI_STYLE = "\ufe0f"
_CONTEXTUAL = _JOINERS + _EMOJI_STYLE  # dropped or kept by what stands around them
_BLANK = "\u2800"  # a Braille cell without dots: nobody sees it
_EMOJI = frozenset(map(chr, range(0x1F000, 0x1FB00)))  # those to come, and tones of skin, too
_VIRAMA = 9  # the combining class of the signs that join consonants
_MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4}")


def person_name(text: str) -> str:
    """A nickname as it will be shown: letters, digits, space and . - _ ' only."""
    name = _one_line(text)
    if not name:
        raise InputRefused("Please type your name.")
    if not all(_is_plain(c) or c in _JOINERS for c in name):
        raise InputRefused("Please use only letters, digits, spaces and . - _ ' in your name.")
    if _MARKS.search(unicodedata.normalize("NFD", name)):
        raise InputRefused("Please use at most three accents on one letter of your name.")
    if unicodedata.category(name[0])[0] not in "LN":
        raise InputRefused("Please begin your name with a letter.")
    if len(name) > NAME_LENGTH:
        raise InputRefused(f"Please use a name of at most {NAME_LENGTH} characters.")
    return name


def name_key(name: str) -> str:
    """The form by which the store recognises a name; `look_alike` sees more."""
    return skeleton(" ".join(name.upper().split())).casefold()


def channel_name(text: str) -> str:
    """A channel's label, not a key; empty becomes "Channel"."""
    name = _one_line(text) or "Channel"
    if len(name) > CHANNEL_NAME_LENGTH:
        raise InputRefused(
            f"Please use a channel name of at most {CHANNEL_NAME_LENGTH} characters."
        )
    return name


def caption(text: str) -> str:
    """One line to travel with a picture; sealed with it."""
    line = _one_line(text)
    if len(line) > CAPTION_LENGTH:
        raise InputRefused(f"Please use a caption of at most {CAPTION_LENGTH} characters.")
    return line


def file_name(text: str, suffix: str) -> str:
    """A picture's name without its folder, safe on every disk, ending in `suffix`.

    A folder upload names files `folder/picture.png`: the folder is dropped. A path that climbs
    (`../`), starts at a root or uses backslashes is refused, since no browser sends one.
    """
    if "\\" in text or text.startswith("/") or ".." in PurePosixPath(text).parts:
        raise InputRefused(
            "This file's name has a path in it. Rename the file, then send it again."
        )
    stem = unicodedata.normalize("NFC", PurePosixPath(text).name)
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", stem)
    kept: list[str] = []
    for at, character in enumerate(stem):
        if character in _CONTEXTUAL:
            if _is_needed(character, kept, stem[at + 1 : at + 2]):
                kept.append(character)
        elif not is_invisible(character):
            kept.append(character if _is_of_a_name(character) else "_")
    stem = "".join(kept).strip(" ._")[: FILE_NAME_LENGTH - len(suffix)].strip(" ._")
    return joined(stem or "picture", suffix)


def _is_of_a_name(character: str) -> bool:
    """Whether it may stand in a file's name: what is plain, emoji and other signs."""
    sign = unicodedata.category(character) == "So" and character != _BLANK
    return _is_plain(character) or character in "()+,=@#" or sign or character in _EMOJI


def _one_line(text: str) -> str:
    """NFKC, controls as spaces, nothing invisible, single spaces, none at the ends."""
    seen = "".join(map(_seen, unicodedata.normalize("NFKC", text)))
    seen = unicodedata.normalize("NFKC", seen)  # what was dropped may have kept an accent away
    kept: list[str] = []
    for at, character in enumerate(seen):
        if character not in _CONTEXTUAL or _is_needed(character, kept, seen[at + 1 : at + 2]):
            kept.append(character)
    return " ".join(unicodedata.normalize("NFKC", "".join(kept)).split())


def _seen(character: str) -> str:
    """The character, or what it becomes: a space, or nothing."""
    category = unicodedata.category(character)
    if category == "Cc" or character == _BLANK:
        return " "
    dropped = category.startswith("C") or is_invisible(character)
    return "" if dropped and character not in _CONTEXTUAL else character


def _is_needed(character: str, kept: list[str], after: str) -> bool:
    """Whether an invisible character changes how what stands around it is written.

    Joiners between Arabic letters and behind a virama, as UAX #31 (section 2.3) allows them in
    identifiers; between emoji; and the selector that makes an emoji of a sign.
    """
    if not kept:
        return False
    before = kept[-1]
    if character == _EMOJI_STYLE:
        return unicodedata.category(before) == "So"
    if character not in _JOINERS or not after:
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return unicodedata.category(after)[0] == "L"
    emoji = before == _EMOJI_STYLE or unicodedata.category(before) in ("So", "Sk")
    if emoji and unicodedata.category(after) == "So":
        return character == "\u200d"
    base = next((c for c in reversed(kept[-4:]) if not unicodedata.category(c).startswith("M")), "")
    return bool(base) and {unicodedata.bidirectional(c) for c in (base, after)} == {"AL"}


def _is_plain(character: str) -> bool:
    """Letters, marks and digits of any script, and a little punctuation."""
    return unicodedata.category(character)[0] in "LMN" or character in PUNCTUATION


def is_invisible(character: str) -> bool:
    """Whether the character is never seen: fillers, joiners, selectors, marks."""
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
    text = Path(__file__).with_name("lookalikes.txt").read_text("ascii")
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
