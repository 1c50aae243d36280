"""How numbers, times and keys are written for people; the same on every page."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

import streamlit as st

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


def clock_time(at: datetime) -> str:
    """Hours, minutes and seconds in the browser's own time zone."""
    return _local(at).strftime("%H:%M:%S")


def day_and_time(at: datetime) -> str:
    """Date and time in the browser's own time zone."""
    return _local(at).strftime("%Y-%m-%d %H:%M")


def tidy_key(key: str) -> str:
    """A channel key as it is written for people: ABCDE-FGHJK."""
    plain = unicodedata.normalize("NFKC", key).upper()
    plain = "".join(plain.split()).replace("-", "")
    plain = plain.translate(str.maketrans("ILO", "110"))
    return f"{plain[:5]}-{plain[5:]}"


def csv_of(rows: Sequence[Mapping[str, str | int | float]]) -> bytes:
    """Rows as CSV in UTF-8, the first row's names as heading.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; a negative number
    is none.
    """
    return csv_bytes([rows[0], *(row.values() for row in rows)])


def _local(at: datetime) -> datetime:
    offset = st.context.timezone_offset  # minutes behind UTC, as browsers count
    zone = timezone(timedelta(minutes=-offset)) if isinstance(offset, int) else UTC
    return at.astimezone(zone)
