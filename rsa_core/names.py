"""Names of files: harmless on every system, not too long for a disk, and all different.

Two names are one where the least careful disk takes them for one: case and the way in which
accents are written do not count. The second one gets a number before its suffix, "a (2).png".
"""

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

MAX_NAME_BYTES = 255  # of most file systems

_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\ud800-\udfff]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # device names of Windows
_SUFFIX = re.compile(r"(?<=[^.])\.[^. ]{1,10}\Z")


def safe_name(name: str) -> str:
    """A file name that is harmless in any folder: one component, visible, on every system.

    At most `MAX_NAME_BYTES`, never empty, with no separators, control characters or characters
    that Windows refuses, and with neither dots nor spaces at its ends.
    """
    cleaned = _UNSAFE.sub("_", name).strip(". ")
    if _RESERVED.fullmatch(cleaned):
        cleaned = f"_{cleaned}"
    return joined(*split(cleaned or "picture"))


def split(name: str) -> tuple[str, str]:
    """The name without its suffix, and the suffix with its dot, or "" where there is none."""
    found = _SUFFIX.search(name)
    return (name, "") if found is None else (name[: found.start()], found[0])


def joined(stem: str, tail: str) -> str:
    """Stem and tail; the end of the stem gives way where both are too long for one name."""
    if len(os.fsencode(stem + tail)) <= MAX_NAME_BYTES:
        return stem + tail
    while len(os.fsencode(stem + tail)) > MAX_NAME_BYTES:
        stem = stem[:-1]
    return stem.rstrip(". \u200d") + tail


class Names:
    """Which names are taken, each with the folder that it is in."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Takes these, such as "sea side/a.png"."""
        self._taken = set(map(_key, taken))

    def take(self, name: str) -> None:
        """Takes a name, whether it is free or not."""
        self._taken.add(_key(name))

    def fresh(self, stem: str, *tails: str, folder: str = "") -> str:
        """Takes stem + tail for each of the tails; gives the stem, numbered so that all are free.

        A stem that is too long is shortened, for the longest of the tails.
        """
        longest = max(tails, key=len)
        number = 1
        while True:
            numbered = f" ({number})" if number > 1 else ""
            whole = joined(stem, numbered + longest)
            found = whole.removesuffix(longest)
            keys = {_key(str(PurePosixPath(folder, found + tail))) for tail in tails}
            if not keys & self._taken:
                self._taken |= keys
                return found
            number += 1


def _key(name: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
