"""Text that people type, at the door: cleaned where that is harmless, else refused in words.

Names are shown beside other people's names. What nobody sees (invisible characters, direction
marks, spaces at the ends) is dropped, so that it cannot make two names look alike; what could be
markup is refused. File names and captions only ever travel sealed.
"""

import re
import unicodedata
from pathlib import PurePosixPath

from exchange.errors import InputRefused

NAME_LENGTH = 24
CHANNEL_NAME_LENGTH = 60
CAPTION_LENGTH = 300
FILE_NAME_LENGTH = 100
_MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4}")


def person_name(text: str) -> str:
    """A nickname as it will be shown: letters, digits, space and . - _ ' only."""
    name = _one_line(text)
    if not name:
        raise InputRefused("Please type your name.")
    if not all(_is_plain(c) for c in name):
        raise InputRefused("Please use only letters, digits, spaces and . - _ ' in your name.")
    if _MARKS.search(unicodedata.normalize("NFD", name)):
        raise InputRefused("Please use at most three accents on one letter of your name.")
    if len(name) > NAME_LENGTH:
        raise InputRefused(f"Please use a name of at most {NAME_LENGTH} characters.")
    return name


def name_key(name: str) -> str:
    """The form in which two names are the same name."""
    return " ".join(name.casefold().split())


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
    stem = "".join(c if _is_plain(c) or c in "()+,=@#" else "_" for c in stem)
    stem = stem.strip(" ._")[: FILE_NAME_LENGTH - len(suffix)].strip(" ._")
    return (stem or "picture") + suffix


def _one_line(text: str) -> str:
    """NFKC, controls as spaces, no invisible characters, single spaces, none at the ends."""
    kept = []
    for character in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(character)
        if category == "Cc":
            kept.append(" ")
        elif not category.startswith("C"):
            kept.append(character)
    return " ".join("".join(kept).split())


def _is_plain(character: str) -> bool:
    """Letters, marks and digits of any script, and a little punctuation."""
    return unicodedata.category(character)[0] in "LMN" or character in " .-_'"
