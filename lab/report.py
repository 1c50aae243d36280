"""The lab report: one HTML file that needs nothing else, now or in ten years.

Pictures are `data:` URLs and plots are SVG. A policy in the file forbids every request and every
script, so that nobody learns when it is opened. Every text is escaped, although no user typed any
of it: names of uploads are left out.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lab import tables
from lab.comparing import ATTACK_TITLES, PAIRS, Attempt, Entry
from lab.statistics import shape_of
from lab.subject import Subject
from rsa_core.analysis import CANNOT_SHOW, Measurement, meanings_of, rows_of

BROKEN_MEANS = (
    "Schemes are attacked as they are, without the signature that the application adds. A forged "
    "envelope opens without a warning to a picture that nobody sent. Anything marked as "
    "estimated was not carried out."
)


def lab_report(
    subject: Subject,
    original: Sequence[Measurement],
    entries: Sequence[Entry],
    attempts: Sequence[Attempt],
    *,
    budget: float,
    at: datetime,
) -> bytes:
    """The whole report, UTF-8.

    Args:
        subject: the picture.
        original: statistics of the picture itself.
        entries: the cases, in the order in which they are shown.
        attempts: the attacks on them.
        budget: seconds that each attack had.
        at: when it was made, aware.
    """
    return (
        _environment.get_template("report.html.j2")
        .render(
            subject=subject,
            original=original,
            entries=entries,
            attempts=attempts,
            budget=budget,
            at=at,
            plain=shape_of(subject.pixels, PAIRS),
        )
        .encode()
    )


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _height(count: int, top: int) -> str:
    """Where a count lies in a histogram 96 high."""
    return f"{96 - 96 * count / top:.1f}"


def _binned(plain: Sequence[int], cipher: Sequence[int]) -> list[tables.Row]:
    return [
        {
            "Values": f"{low} to {low + 15}",
            "Original": sum(plain[low : low + 16]),
            "Ciphertext": sum(cipher[low : low + 16]),
        }
        for low in range(0, 256, 16)
    ]


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals |= {
    "attack_titles": ATTACK_TITLES,
    "binned": _binned,
    "broken_means": BROKEN_MEANS,
    "cannot_show": CANNOT_SHOW,
    "data_url": _data_url,
    "height": _height,
    "meanings_of": meanings_of,
    "rows_of": rows_of,
    "tables": tables,
}
