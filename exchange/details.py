"""The small sealed record about a picture: JSON, canonical when written, strict when read.

It travels in a `hybrid` envelope of its own to the recipients' safe keys, whatever scheme the
picture itself uses, so that an inbox lists names and previews without touching the large one.
`docs/formats.md` has the fields.
"""

import base64
import binascii
import json
from typing import Any

from exchange.errors import Tampered
from exchange.values import Details
from rsa_core import Picture, PictureError
from rsa_core.pictures import says_where

_VERSION = 1
_FIELDS = {
    "v": int,
    "name": str,
    "mime": str,
    "size": int,
    "width": int,
    "height": int,
    "caption": str,
    "thumbnail": str,
}


def make_details(picture: Picture, file_name: str, caption: str) -> Details:
    """The record for a picture that was just read."""
    return Details(
        file_name=file_name,
        mime=picture.mime,
        size=len(picture.data),
        width=picture.width,
        height=picture.height,
        caption=caption,
        thumbnail=picture.thumbnail(),
    )


def tells_place(data: bytes) -> bool:
    """Whether a file says where it was taken; False for what is no picture."""
    try:
        return says_where(data)
    except PictureError:
        return False


def pack_details(details: Details) -> bytes:
    """Canonical JSON: sorted keys, no spaces, ASCII; the thumbnail in base64."""
    record = {
        "v": _VERSION,
        "name": details.file_name,
        "mime": details.mime,
        "size": details.size,
        "width": details.width,
        "height": details.height,
        "caption": details.caption,
        "thumbnail": base64.b64encode(details.thumbnail).decode(),
    }
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def parse_details(data: bytes) -> Details:
    """Reads what `pack_details` wrote.

    Raises:
        Tampered: it is not such a record. Its signature held, so a sender's program made it
            so; a receiver can only refuse it.
    """
    try:
        record: Any = json.loads(data)
        if not isinstance(record, dict) or record.keys() != _FIELDS.keys():
            raise Tampered
        if any(type(record[name]) is not kind for name, kind in _FIELDS.items()):
            raise Tampered
        for name in ("name", "mime", "caption"):
            record[name].encode()  # JSON can hold halves of characters, and pages cannot
        thumbnail = base64.b64decode(record["thumbnail"], validate=True)
    except (ValueError, binascii.Error, RecursionError):
        raise Tampered from None
    if record["v"] != _VERSION:
        raise Tampered
    return Details(
        file_name=record["name"],
        mime=record["mime"],
        size=record["size"],
        width=record["width"],
        height=record["height"],
        caption=record["caption"],
        thumbnail=thumbnail,
    )
