"""The sealed record about a picture: what is read, and what is refused."""

import json
from datetime import UTC, datetime

import pytest

from exchange.contents import pack_details, parse_details
from exchange.errors import Tampered
from exchange.values import Details, SentUnder
from tests.exchange.deceiving import opened

UNDER = SentUnder(datetime(2026, 1, 5, 9, 30, 1, 234567, tzinfo=UTC), 3, until_all_opened=False)
DETAILS = Details("a.png", "image/png", 10, 4, 5, "a caption", b"thumbnail", UNDER)


def record(**changes) -> bytes:
    found = json.loads(pack_details(DETAILS)) | changes
    return json.dumps({name: value for name, value in found.items() if value is not None}).encode()


def of_version_1(**changes) -> bytes:
    return record(v=1, sent_at=None, max_openings=None, until_all_opened=None, **changes)


@pytest.mark.parametrize("limit", [None, 1, 3])
def test_what_is_packed_is_read(limit):
    under = SentUnder(UNDER.sent_at, limit, until_all_opened=limit is None)
    details = Details("a.png", "image/png", 10, 4, 5, "", b"", under)
    assert parse_details(pack_details(details)) == details


def test_a_record_of_version_1_says_nothing_of_time_and_rule():
    read = parse_details(of_version_1())
    assert (read.file_name, read.caption, read.under) == ("a.png", "a caption", None)


WRONG = [
    b"",
    b"[]",
    record(v=3),
    record(v=True),
    record(v=1),  # version 1 with the fields of version 2
    record(sent_at=None),
    record(sent_at="now"),
    record(sent_at=10**30),
    record(max_openings=True),
    record(until_all_opened=0),
    record(thumbnail="?"),
    of_version_1(more="x"),
    b"[" * 100_000,
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_anything_else_is_refused(number):
    with pytest.raises(Tampered):
        parse_details(WRONG[number])


def test_a_picture_with_a_record_of_version_1_still_opens(room, png, monkeypatch):
    """As those that were sent before."""
    monkeypatch.setattr("exchange.sender.pack_details", lambda details: of_version_1())
    sent = room.send("Ada", png, "Bob").id
    got = opened(room, "Bob", sent)
    assert (got.file, got.details.under) == (png, None)
