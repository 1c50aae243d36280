"""How numbers, times, people and keys are written; the same on every page."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

import streamlit as st

from exchange import CaptureItem, Person, plain_channel_key
from rsa_core.csv_cells import csv_bytes


def file_size(size: int) -> str:
    """Bytes in the unit that people read: 512 B, 3.4 kB, 12.0 MB."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1_000_000:.1f} MB"


def counted(number: int, thing: str) -> str:
    """1 file, 2 files."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Names of which several may be the same, newest first; later ones get a number.

    Streamlit knows an option by its words: of two with the same it would take one twice.
    """
    words: dict[str, str] = {}
    taken: set[str] = set()
    for one in reversed(list(names)):
        number, name = 1, names[one]
        word = name
        while word in taken:
            number += 1
            word = f"{name} ({number})"
        taken.add(word)
        words[one] = word
    return dict(reversed(words.items()))


def clock_time(at: datetime) -> str:
    """Hours, minutes and seconds in the browser's time zone."""
    return _local(at).strftime("%H:%M:%S")


def day_and_time(at: datetime) -> str:
    """Date and time in the browser's time zone."""
    return _local(at).strftime("%Y-%m-%d %H:%M")


def person_and_role(person: Person) -> str:
    """Ada (sender)."""
    return f"{person.name} ({person.role})"


def capture_line(item: CaptureItem) -> str:
    """A capture in a list of choices."""
    return f"{item.number} · {item.scheme} · {clock_time(item.sent_at)} · from {item.sender}"


def tidy_key(key: str) -> str:
    """A channel key as ABCDE-FGHJK; anything else unchanged."""
    plain = plain_channel_key(key)
    return f"{plain[:5]}-{plain[5:]}" if plain else key


def csv_of(rows: Sequence[Mapping[str, str | int | float]]) -> bytes:
    """Rows as CSV in UTF-8 under the first row's names; text that could be a formula is escaped."""
    return csv_bytes([rows[0], *(row.values() for row in rows)])


def _local(at: datetime) -> datetime:
    offset = st.context.timezone_offset  # minutes behind UTC, as browsers count
    zone = timezone(timedelta(minutes=-offset)) if isinstance(offset, int) else UTC
    return at.astimezone(zone)
