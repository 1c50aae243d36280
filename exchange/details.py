"""The small sealed record about a picture: JSON, canonical when written, strict when read.

It travels in a `hybrid` envelope of its own to the recipients' safe keys, whatever scheme the
picture itself uses, so that an inbox lists names and previews without touching the large one.
`docs/formats.md` has the fields.
"""

import base64
import binascii
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from exchange.errors import Tampered
from exchange.values import Details, SentUnder
from rsa_core import Picture, PictureError
from rsa_core.pictures import says_where

_VERSION = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIELDS_OF_1 = {
    "v": int,
    "name": str,
    "mime": str,
    "size": int,
    "width": int,
    "height": int,
    "caption": str,
    "thumbnail": str,
}
_FIELDS = _FIELDS_OF_1 | {"sent_at": int, "max_openings": int, "until_all_opened": bool}


def make_details(picture: Picture, file_name: str, caption: str, under: SentUnder) -> Details:
    """The record for a picture that was just read."""
    return Details(
        file_name=file_name,
        mime=picture.mime,
        size=len(picture.data),
        width=picture.width,
        height=picture.height,
        caption=caption,
        thumbnail=picture.thumbnail(),
        under=under,
    )


def tells_place(data: bytes) -> bool:
    """Whether a file says where it was taken; False for what is no picture."""
    try:
        return says_where(data)
    except PictureError:
        return False


def pack_details(details: Details) -> bytes:
    """Canonical JSON: sorted keys, no spaces, ASCII; the thumbnail in base64."""
    under = details.under
    if under is None:
        raise ValueError("details that do not say when they were sent")
    record = {
        "v": _VERSION,
        "name": details.file_name,
        "mime": details.mime,
        "size": details.size,
        "width": details.width,
        "height": details.height,
        "caption": details.caption,
        "thumbnail": base64.b64encode(details.thumbnail).decode(),
        "sent_at": (under.sent_at - _EPOCH) // _MICROSECOND,
        "max_openings": under.max_openings or 0,
        "until_all_opened": under.until_all_opened,
    }
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def parse_details(data: bytes) -> Details:
    """Reads what `pack_details` wrote, and what it wrote as version 1.

    Raises:
        Tampered: it is not such a record. Its signature held, so a sender's program made it
            so; a receiver can only refuse it.
    """
    try:
        record: Any = json.loads(data)
        if not isinstance(record, dict):
            raise Tampered
        fields = _FIELDS_OF_1 if record.get("v") == 1 else _FIELDS
        if record.keys() != fields.keys() or record["v"] not in (1, _VERSION):
            raise Tampered
        if any(type(record[name]) is not kind for name, kind in fields.items()):
            raise Tampered
        for name in ("name", "mime", "caption"):
            record[name].encode()  # JSON can hold halves of characters, and pages cannot
        thumbnail = base64.b64decode(record["thumbnail"], validate=True)
        under = None if fields is _FIELDS_OF_1 else _under(record)
    except (ValueError, OverflowError, binascii.Error, RecursionError):
        raise Tampered from None
    return Details(
        file_name=record["name"],
        mime=record["mime"],
        size=record["size"],
        width=record["width"],
        height=record["height"],
        caption=record["caption"],
        thumbnail=thumbnail,
        under=under,
    )


def _under(record: dict[str, Any]) -> SentUnder:
    return SentUnder(
        sent_at=_EPOCH + record["sent_at"] * _MICROSECOND,
        max_openings=record["max_openings"] or None,
        until_all_opened=record["until_all_opened"],
    )
