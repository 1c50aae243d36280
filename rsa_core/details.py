"""A picture's details: the small record that travels sealed beside it.

ASCII JSON, keys sorted, without spaces (docs/formats.md, "Details"); strict when it is read.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rsa_core.errors import EnvelopeFormatError

_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIELDS = {
    "v": int,
    "name": str,
    "mime": str,
    "size": int,
    "width": int,
    "height": int,
    "caption": str,
    "thumbnail": str,
    "sent_at": int,
    "max_openings": int,
    "until_all_opened": bool,
}


@dataclass(frozen=True, slots=True)
class SentUnder:
    """When a picture was sent, and when it is to be removed, as its sender signed it.

    Attributes:
        sent_at: the sender's program's clock.
        max_openings: by all recipients together; None for any number.
        until_all_opened: when every recipient has opened it.
    """

    sent_at: datetime
    max_openings: int | None
    until_all_opened: bool


@dataclass(frozen=True, slots=True)
class Details:
    """What a receiver sees of a picture before it is opened.

    Attributes:
        file_name: safe on every disk, without a folder.
        mime: media type of the original file.
        size: bytes of the original file.
        width, height: as people see it; 0 where unknown.
        caption: "" for none.
        thumbnail: a small PNG or JPEG; b"" where there can be none.
        under: when and under which rule it was sent.
    """

    file_name: str = field(repr=False)
    mime: str
    size: int
    width: int
    height: int
    caption: str = field(repr=False)
    thumbnail: bytes = field(repr=False)
    under: SentUnder

    def pack(self) -> bytes:
        """The canonical bytes."""
        record = {
            "v": _VERSION,
            "name": self.file_name,
            "mime": self.mime,
            "size": self.size,
            "width": self.width,
            "height": self.height,
            "caption": self.caption,
            "thumbnail": base64.b64encode(self.thumbnail).decode(),
            "sent_at": (self.under.sent_at - _EPOCH) // _MICROSECOND,
            "max_openings": self.under.max_openings or 0,
            "until_all_opened": self.under.until_all_opened,
        }
        return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, data: bytes) -> "Details":
        """Reads what `pack` wrote (EnvelopeFormatError: anything else)."""
        try:
            record: Any = json.loads(data)
            _check(record)
            return cls(
                file_name=record["name"],
                mime=record["mime"],
                size=record["size"],
                width=record["width"],
                height=record["height"],
                caption=record["caption"],
                thumbnail=base64.b64decode(record["thumbnail"], validate=True),
                under=SentUnder(
                    sent_at=_EPOCH + record["sent_at"] * _MICROSECOND,
                    max_openings=record["max_openings"] or None,
                    until_all_opened=record["until_all_opened"],
                ),
            )
        except (ValueError, OverflowError, binascii.Error, RecursionError):
            raise EnvelopeFormatError("the details are not a record of version 1") from None


def _check(record: Any) -> None:  # noqa: ANN401 (JSON)
    if not isinstance(record, dict) or record.keys() != _FIELDS.keys():
        raise ValueError("not a record with these fields")
    if record["v"] != _VERSION:
        raise ValueError("another version")
    if any(type(record[name]) is not kind for name, kind in _FIELDS.items()):
        raise ValueError("a field of another type")
    for name in ("name", "mime", "caption"):
        record[name].encode()  # JSON can hold halves of characters, and pages cannot
