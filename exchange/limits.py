"""What the operator may limit. Pages and refusals name the limit that is set."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from rsa_core.pictures import MAX_BYTES

MB = 1 << 20
_TIME = re.compile(r"([1-9]\d{0,3}) (hour|day)s?", re.ASCII)
_LONGEST = timedelta(days=366)


def keep_times(words: str) -> Mapping[str, timedelta]:
    """How long channels can be kept, from words like "1 hour, 24 hours, 7 days".

    Raises:
        ValueError: it is something else; the message is for the operator.
    """
    found: dict[str, timedelta] = {}
    for part in words.split(","):
        time = _TIME.fullmatch(" ".join(part.split()))
        length = timedelta(**{f"{time[2]}s": int(time[1])}) if time else timedelta(0)
        if time is None or length > _LONGEST:
            raise ValueError(
                'must list hours and days, 366 days at most, such as "1 hour, 24 hours, 7 days".'
            )
        found[f"{time[1]} {time[2]}{'s' * (time[1] != '1')}"] = length
    return found


@dataclass(frozen=True, slots=True)
class Limits:
    """How much there may be; bytes count pictures and what interceptors make of them.

    Attributes:
        total: bytes of all channels.
        channels: how many may be open at the same time.
        channel: bytes of one channel.
        pictures: of one channel.
        seats: of one channel.
        picture: bytes of one file, at most `MAX_BYTES`.
        keep: how long a channel can be kept, by the words for it.
    """

    total: int = 10_240 * MB
    channels: int = 10_000
    channel: int = 1_000 * MB
    pictures: int = 500
    seats: int = 200
    picture: int = MAX_BYTES
    keep: Mapping[str, timedelta] = field(
        default_factory=lambda: keep_times("1 hour, 24 hours, 7 days")
    )


DEFAULT_LIMITS = Limits()


def in_megabytes(size: int) -> str:
    """A limit in words; what is below a megabyte is in bytes."""
    return f"{size // MB:,} MB" if size >= MB else f"{size:,} bytes"
