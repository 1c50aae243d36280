"""What a picture holds, and when a receiver may believe it.

Its details are a small record that travels in a separate `hybrid` envelope to the recipients' safe
keys, whatever scheme the picture itself uses, so that an inbox lists names and previews without
touching the large one: JSON, canonical when written, strict when read (`docs/formats.md`).

Nothing of a picture is shown before its signature held. The manifest must name this channel,
this picture, this scheme, the sender's own pinned key and this receiver's key, and the digests
and content-key commitments must be those of the envelopes that were opened. Whatever fails
past that point is one refusal, `Tampered`.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import store
from exchange import texts
from exchange.desk import Act
from exchange.errors import CannotOpen, InputRefused, KeyChanged, NotDecoded, Tampered
from exchange.keys import classroom_keys, unlock_key
from exchange.known import Known
from exchange.values import Details, OpenedPicture, SenderProof, SentUnder
from exchange.wire import Arrival
from rsa_core import (
    SCHEMES,
    ClassroomKeyPair,
    DecodingError,
    DecryptionError,
    EnvelopeFormatError,
    KeyPair,
    LimitError,
    Manifest,
    Picture,
    PictureError,
    Progress,
    PublicKey,
    RecipientError,
    SignatureError,
    accept,
    open_bytes,
    read_picture,
)
from rsa_core.pictures import says_where

_NO_KEY_FITS = "This picture is not encrypted for any classroom key that you have had."
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


@dataclass(frozen=True, slots=True)
class Found:
    """A picture as it arrived at the asking receiver, read in one transaction.

    Attributes:
        sender_key: SPKI DER of the key that the receiver is told is the sender's.
        content: the envelope; b"" where only the details are asked for.
        share, sharer: how and by whom it was passed on to this seat; None for whom it was sent to.
    """

    act: Act
    arrival: Arrival
    sender: store.SeatRow
    sender_key: bytes
    records: store.PictureRecords
    known: Known
    content: bytes
    share: bytes | None = None
    sharer: store.SeatRow | None = None

    @property
    def picture(self) -> store.StoredPicture:
        """As its sender committed it."""
        return self.arrival.picture


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
    """Whether a file says where it was taken; False for anything but a picture."""
    try:
        return says_where(data)
    except PictureError:
        return False


def viewable(file: bytes) -> tuple[bytes, Picture]:
    """Bytes that any browser shows, and the picture as it was read.

    Raises:
        NotDecoded: there is no time or room for it now.
        Tampered: it is not a picture; an honest sender's program never sends that.
    """
    try:
        picture = read_picture(file)
        return (file if picture.browser_safe else picture.view_png()), picture
    except DecodingError:
        raise NotDecoded from None
    except PictureError:
        raise Tampered from None


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


def _verified(found: Found) -> Manifest:
    """The manifest, after everything that it must say was found true.

    Raises:
        KeyChanged: the two have compared another key than this.
    """
    if not found.sender_key or found.act.seat.public_key is None:
        raise Tampered
    sender = PublicKey.from_der(found.sender_key)
    pinned = found.known.people.get(found.sender.public_id)
    if pinned is not None and pinned.key != sender.fingerprint:
        if pinned.compared:
            raise KeyChanged
        if found.arrival.pins:
            raise Tampered
    try:
        return accept(
            found.records.manifest,
            found.records.signature,
            sender=sender,
            channel=found.act.channel.public_id,
            picture=found.picture.public_id,
            scheme=found.picture.scheme,
            recipient=PublicKey.from_der(found.act.seat.public_key),
            share=found.share,
            sharer=None if found.sharer is None else _key_of(found.sharer),
        )
    except (SignatureError, EnvelopeFormatError):
        raise Tampered from None


def _open_details(found: Found, manifest: Manifest, key: KeyPair) -> Details:
    try:
        got = open_bytes(found.records.details, key)
        manifest.check_part("details", got.digest, got.commitment)
    except (EnvelopeFormatError, RecipientError, DecryptionError, SignatureError):
        raise Tampered from None
    details, picture = parse_details(got.data), found.picture
    stored = SentUnder(picture.sent_at, picture.max_openings, picture.until_all_opened)
    if details.under not in (None, stored):
        raise Tampered
    return details


def details_of(found: Found) -> Details:
    """Name, caption, size and thumbnail; raises like `opened`."""
    return _open_details(found, _verified(found), unlock_key(found.act))


def opened(found: Found, progress: Progress | None) -> OpenedPicture:
    """The picture, after everything that must hold was found true.

    Raises:
        CannotOpen: it is not sealed for this seat's keys.
        Tampered: it was changed on its way.
        KeyChanged: the two have compared another key than the one that signed it.
        NotDecoded: it cannot be decoded now.
    """
    key = unlock_key(found.act)
    manifest = _verified(found)
    details = _open_details(found, manifest, key)
    file = _open_content(found, manifest, key, progress)
    view, picture = viewable(file)
    try:
        name = texts.file_name(details.file_name, "")
    except InputRefused:  # an honest sender's program never signs such a name
        raise Tampered from None
    scheme, sender = SCHEMES[found.picture.scheme], PublicKey.from_der(found.sender_key)
    sha256 = hashlib.sha256(file).digest()
    return OpenedPicture(
        id=found.picture.public_id,
        file=file,
        view=view,
        file_name=f"{name}-{sha256.hex()[:12]}{picture.suffix}",
        mime=picture.mime,
        view_mime=picture.mime if picture.browser_safe else "image/png",
        sha256=sha256,
        scheme=scheme.name,
        authenticated=scheme.authenticated,
        exact=scheme.keeps,
        details=details,
        shared_by="" if found.sharer is None else found.sharer.name,
        proof=SenderProof(
            name=found.sender.name,
            safety_number=sender.safety_number,
            compared=found.known.has_compared(found.sender, sender.fingerprint),
            doubt=found.known.doubt(found.sender),
        ),
    )


def _key_of(seat: store.SeatRow) -> PublicKey:
    return PublicKey.from_der(seat.public_key or b"")


def _open_content(
    found: Found, manifest: Manifest, key: KeyPair, progress: Progress | None
) -> bytes:
    """The file; where the scheme has classroom keys, any that this seat has had may fit."""
    scheme = SCHEMES[found.picture.scheme]
    classroom = scheme.key_kind == "classroom key"
    keys: list[KeyPair | ClassroomKeyPair] = [*classroom_keys(found.act)] if classroom else [key]
    for one in keys:
        try:
            got = scheme.open(found.content, one, progress=progress)
            if scheme.authenticated:
                manifest.check_part("content", got.digest, got.commitment)
        except RecipientError:
            continue
        except (EnvelopeFormatError, DecryptionError, SignatureError):
            raise Tampered from None
        except LimitError as error:
            raise CannotOpen(f"This picture cannot be opened here: {error}.") from None
        return got.file
    if classroom:
        raise CannotOpen(_NO_KEY_FITS)
    raise Tampered
