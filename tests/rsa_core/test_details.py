"""The sealed record about a picture: what is read, and what is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rsa_core import EnvelopeFormatError
from rsa_core.details import Details, SentUnder

UNDER = SentUnder(datetime(2026, 1, 5, 9, 30, 1, 234567, tzinfo=UTC), 3, until_all_opened=False)
DETAILS = Details("a.png", "image/png", 10, 4, 5, "a caption", b"thumbnail", UNDER)


def record(**changes) -> bytes:
    found = json.loads(DETAILS.pack()) | changes
    return json.dumps({name: value for name, value in found.items() if value is not None}).encode()


@pytest.mark.parametrize("limit", [None, 1, 3])
def test_what_is_packed_is_read(limit):
    under = SentUnder(UNDER.sent_at, limit, until_all_opened=limit is None)
    details = replace(DETAILS, caption="", thumbnail=b"", under=under)
    assert Details.parse(details.pack()) == details


WRONG = [
    b"",
    b"[]",
    record(v=2),
    record(v=True),
    record(sent_at=None),
    record(sent_at="now"),
    record(sent_at=10**30),
    record(max_openings=True),
    record(until_all_opened=0),
    record(thumbnail="?"),
    record(more="x"),
    record(caption="\ud800"),
    b"[" * 100_000,
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_anything_else_is_refused(number):
    with pytest.raises(EnvelopeFormatError):
        Details.parse(WRONG[number])
