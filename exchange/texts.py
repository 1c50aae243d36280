"""Text that people type, at the door: cleaned where that is harmless, else refused in words.

Names are shown beside other people's names. What nobody sees (default-ignorable characters,
direction marks, spaces at the ends) is dropped, so that it cannot make two names look alike; what
could be markup is refused. Joiners stay where a script needs them: Persian words, Indic
conjuncts, emoji. File names and captions only ever travel sealed.
"""

import re
import unicodedata
from pathlib import PurePosixPath

from exchange.errors import InputRefused
from exchange.lookalikes import PUNCTUATION, is_invisible, skeleton

NAME_LENGTH = 24
CHANNEL_NAME_LENGTH = 60
CAPTION_LENGTH = 300
FILE_NAME_LENGTH = 100
_JOINERS = "\u200c\u200d"
_EMOJI_STYLE = "\ufe0f"
_CONTEXTUAL = _JOINERS + _EMOJI_STYLE  # dropped or kept by what stands around them
_BLANK = "\u2800"  # a Braille cell without dots: nobody sees it
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
    """The form in which the store knows a name again; `look_alike` sees more."""
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
    (`../`), starts at a root or uses backslashes is refused, since no browser sends one by itself.
    """
    if "\\" in text or text.startswith("/") or ".." in PurePosixPath(text).parts:
        raise InputRefused(
            "This file's name has a path in it. Rename the file, then send it again."
        )
    stem = unicodedata.normalize("NFC", PurePosixPath(text).name)
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", stem)
    stem = "".join(c for c in stem if not is_invisible(c))
    stem = "".join(c if _is_plain(c) or c in "()+,=@#" else "_" for c in stem)
    stem = stem.strip(" ._")[: FILE_NAME_LENGTH - len(suffix)].strip(" ._")
    return (stem or "picture") + suffix


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
    """The character, or what it comes to: a space, or nothing."""
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
