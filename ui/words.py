"""How numbers, times and keys are written for people; the same on every page."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import streamlit as st


def file_size(size: int) -> str:
    """Bytes in the unit that people read: 512 B, 3.4 kB, 12.0 MB."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1_000_000:.1f} MB"


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


def _local(at: datetime) -> datetime:
    offset = st.context.timezone_offset  # minutes behind UTC, as browsers count
    zone = timezone(timedelta(minutes=-offset)) if isinstance(offset, int) else UTC
    return at.astimezone(zone)
