"""What a picture holds, and when a receiver may believe it.

Its details are a small record that travels in a separate `hybrid` envelope to the recipients' safe
keys, whatever scheme the picture itself uses, so that an inbox lists names and previews without
touching the large one.

Nothing of a picture is shown before its signature held. The manifest must name this channel,
this picture, this scheme, the sender's own pinned key and this receiver's key, and the digests
and content-key commitments must be those of the envelopes that were opened. Everything that fails
past that point is one refusal, `Tampered`.
"""

import hashlib
from dataclasses import dataclass, field

import store
from exchange import texts
from exchange.desk import Act
from exchange.errors import (
    CannotOpen,
    InputRefused,
    KeyChanged,
    NotDecoded,
    Tampered,
    Unavailable,
)
from exchange.keys import classroom_keys, unlock_key
from exchange.known import Known
from exchange.values import OpenedPicture, SenderProof
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
    Opened,
    Part,
    Picture,
    PictureError,
    Progress,
    PublicKey,
    RecipientError,
    Sealed,
    SignatureError,
    accept,
    open_bytes,
    read_picture,
    share_bytes,
    sign_share,
)
from rsa_core.details import Details, SentUnder
from rsa_core.left_out import words_for
from rsa_core.pictures import says_where

_NO_KEY_FITS = "This picture is not encrypted for any classroom key that you have had."


@dataclass(frozen=True, slots=True)
class Found:
    """A picture as it arrived at the asking receiver, read in one transaction.

    Attributes:
        sender_key: SPKI DER of the key that the receiver is shown as the sender's.
        content: the envelope; b"" where only the details are asked for.
        share, sharer: how and by whom it was shared with this seat; None for those it was sent to.
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
        thumbnail=_thumbnail(picture),
        under=under,
    )


def make_manifest(
    act: Act,
    picture_id: str,
    scheme: str,
    recipients: tuple[PublicKey, ...],
    sealed: dict[str, Sealed],
) -> bytes:
    """What the asking sender signs.

    A scheme without a content key (the textbook ones) is meant to be tampered with, so its
    content is not part of the manifest; its details always are.
    """
    parts = [
        Part(name, part.digest, part.commitment)
        for name, part in sealed.items()
        if part.commitment is not None
    ]
    return Manifest(
        channel=act.channel.public_id,
        picture=picture_id,
        scheme=scheme,
        sender=PublicKey.from_der(act.seat.public_key or b"").fingerprint,
        recipients=tuple(key.fingerprint for key in recipients),
        parts=tuple(parts),
    ).pack()


def _thumbnail(picture: Picture) -> bytes:
    """A preview; b"" where the picture is too large for one, or of a rare kind."""
    try:
        return picture.thumbnail()
    except DecodingError:
        raise
    except PictureError:
        return b""


def left_out(data: bytes, scheme: str) -> tuple[str, ...]:
    """What of a picture does not travel under a scheme, one short phrase each.

    Nothing for anything but a picture, which is not sent at all.
    """
    if SCHEMES[scheme].keeps == "file":
        return ()
    try:
        return words_for(read_picture(data).left_out)
    except PictureError:
        return ()


def tells_place(data: bytes) -> bool:
    """Whether a file says where it was taken; False for anything but a picture."""
    try:
        return says_where(data)
    except PictureError:
        return False


def viewable(file: bytes) -> tuple[Picture, bytes, str]:
    """The picture as it was read, with what `Picture.shown` gives.

    Raises:
        NotDecoded: there is no time or room for it now.
        Tampered: it is not a picture; an honest sender's program never sends that.
    """
    try:
        picture = read_picture(file)
        return picture, *picture.shown()
    except DecodingError:
        raise NotDecoded from None
    except PictureError:
        raise Tampered from None


def _verified(found: Found) -> Manifest:
    """The manifest, once everything that it must say is checked.

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
            sharer=_sharer_key(found, sender),
        )
    except (SignatureError, EnvelopeFormatError):
        raise Tampered from None


def _open_details(found: Found, manifest: Manifest, key: KeyPair) -> Details:
    try:
        got = open_bytes(found.records.details, key)
        manifest.check_part("details", got.digest, got.commitment)
        details, picture = Details.parse(got.data), found.picture
    except (EnvelopeFormatError, RecipientError, DecryptionError, SignatureError):
        raise Tampered from None
    stored = SentUnder(picture.sent_at, picture.max_openings, picture.until_all_opened)
    if details.under != stored:
        raise Tampered
    return details


def details_of(found: Found) -> Details:
    """Name, caption, size and thumbnail; raises like `opened`."""
    return _open_details(found, _verified(found), unlock_key(found.act))


def opened(found: Found, progress: Progress | None) -> OpenedPicture:
    """The picture, once everything that must hold is checked.

    Raises:
        CannotOpen: it is not sealed for this seat's keys.
        Tampered: it was changed on its way.
        KeyChanged: the two have compared another key than the one that signed it.
        NotDecoded: it cannot be decoded now.
    """
    key = unlock_key(found.act)
    manifest = _verified(found)
    details = _open_details(found, manifest, key)
    content = _open_content(found, manifest, key, progress)
    file, (picture, view, view_mime) = content.file, viewable(content.file)
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
        view_mime=view_mime,
        sha256=sha256,
        scheme=scheme.name,
        authenticated=scheme.authenticated,
        exact=scheme.keeps,
        left_out=content.left_out,
        details=details,
        shared_by="" if found.sharer in (None, found.sender) else found.sharer.name,
        proof=SenderProof(
            name=found.sender.name,
            safety_number=sender.safety_number,
            compared=found.known.has_compared(found.sender, sender.fingerprint),
            doubt=found.known.doubt(found.sender),
        ),
    )


def _sharer_key(found: Found, sender: PublicKey) -> PublicKey | None:
    if found.sharer is None:
        return None
    if found.sharer.id == found.sender.id:
        return sender
    return PublicKey.from_der(found.sharer.public_key or b"")


@dataclass(frozen=True, slots=True)
class Shared:
    """A picture with one more recipient: both envelopes, and the signature that says for whom."""

    before: store.StoredPicture
    fingerprint: bytes
    content: bytes = field(repr=False)
    details: bytes = field(repr=False)
    share: bytes = field(repr=False)

    def add(self, act: Act, receiver: store.SeatRow) -> None:
        """Takes the stored picture's place, unless that has changed since (Unavailable)."""
        picture = act.picture(self.before.public_id)
        if picture.sha256 != self.before.sha256:
            raise Unavailable("Someone else has shared this picture meanwhile. Please try again.")
        act.require_room(len(self.content) - picture.size)
        recipient = store.Recipient(receiver.id, self.fingerprint, None, self.share)
        act.unit.pictures.share(picture, recipient, content=self.content, details=self.details)
        act.tell("shared", f"with {receiver.name}", picture_id=picture.public_id)


def shared_with(
    public: PublicKey,
    *,
    before: store.StoredPicture,
    content: tuple[bytes, KeyPair | bytes],
    details: tuple[bytes, KeyPair | bytes],
    manifest: bytes,
    signer: KeyPair,
) -> Shared:
    """Wraps the content keys of both envelopes, each given with what opens it, for one more key."""
    try:
        return Shared(
            before,
            public.fingerprint,
            share_bytes(*content, public).envelope,
            share_bytes(*details, public).envelope,
            sign_share(manifest, public, signer),
        )
    except (ValueError, DecryptionError):
        raise CannotOpen("This picture cannot be shared with anyone else.") from None


def _open_content(
    found: Found, manifest: Manifest, key: KeyPair, progress: Progress | None
) -> Opened:
    """The content; where the scheme has classroom keys, any that this seat has had may fit."""
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
        return got
    if classroom:
        raise CannotOpen(_NO_KEY_FITS)
    raise Tampered
