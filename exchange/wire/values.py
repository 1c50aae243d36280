"""The plain values about tampering and swapped keys that pages get.

Times are aware UTC. What was read is left out of `repr`.
"""

from dataclasses import dataclass, field
from datetime import datetime

from rsa_core.details import Details


@dataclass(frozen=True, slots=True)
class Intervention:
    """What is being done to a capture on its way.

    Attributes:
        picture_id: the capture.
        kind: flip, multiply, swap, replay or drop.
        detail: what exactly, for people; "" for drop.
        by: nickname of the interceptor.
        mine: this seat did it.
        rests: the owner does not allow it now, and the original arrives.
    """

    picture_id: str
    kind: str
    detail: str
    by: str
    mine: bool
    at: datetime
    rests: bool


@dataclass(frozen=True, slots=True)
class KeySwap:
    """A receiver's key that an interceptor swapped for a false one.

    Attributes:
        receiver: nickname; receiver_id: public id of that seat.
        by: nickname of the interceptor.
        mine: this seat did it.
        ended_at: when the true key was shown again; None while it is not.
        discovered_at: when two people found out; None before.
        fingerprint: SHA-256 of the false key, 32 bytes.
        pictures_read: how many pictures have been read by it.
    """

    receiver: str
    receiver_id: str
    by: str
    mine: bool
    since: datetime
    ended_at: datetime | None
    discovered_at: datetime | None
    fingerprint: bytes
    pictures_read: int


@dataclass(frozen=True, slots=True)
class ReadItem:
    """A picture that was read under a swapped key, in a list.

    Attributes:
        number: of the capture.
        receivers: nicknames of the receivers whose key it was meant for.
    """

    picture_id: str
    number: int
    scheme: str
    sent_at: datetime
    receivers: str


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """A picture that was read under a swapped key.

    Attributes:
        details: the sealed record.
        file: the sender's own file; None where the content is under a classroom key, which
            nobody swaps.
        view: bytes that any browser shows, b"" where nothing can be shown; None like `file`.
        file_name: with a SHA-256 prefix of `file`; "" for none.
        mime, view_mime: media types of the two; "" for none.
    """

    details: Details
    file: bytes | None = field(repr=False)
    view: bytes | None = field(repr=False)
    file_name: str
    mime: str
    view_mime: str
