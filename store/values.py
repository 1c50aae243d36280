"""The plain values that `store` gets and gives. Rows never leave the package.

Times are aware UTC datetimes that the caller gives; the store never asks the clock. `id` is the
store's own number and stays on the server; `public_id` is the caller's random name for the same
thing and may travel. Keys, digests, tokens' hashes and sealed records are opaque bytes.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Channel:
    """A room.

    Attributes:
        kind: "private" or "classroom".
        expires_at: from this moment on nobody may act in the channel.
        closed_at: when its owner ended it; None while it is open.
        owner_id: seat that created it; None until that seat is taken.
        last_seq: number of the newest event, 0 when there is none.
        locked: no new seats.
        approval: new receivers wait until the owner lets them in.
        interceptors: whether the role may be taken.
        tampering: whether interceptors may change what is on its way.
    """

    id: int
    public_id: str
    name: str
    kind: str
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    owner_id: int | None
    last_seq: int
    locked: bool
    approval: bool = False
    interceptors: bool = True
    tampering: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """One person in one role in one channel.

    Attributes:
        left_at: when it was given up or removed; None while it is held.
        public_key: RSA public key, SPKI DER; None where the role has none.
        locked_key: its private half, encrypted by the caller; None where the server has none.
        classroom_public_key: public key for the classroom schemes.
        locked_classroom_key: its private half, encrypted by the caller.
        waiting: the owner has not let it in yet.
    """

    id: int
    public_id: str
    channel_id: int
    name: str
    role: str
    joined_at: datetime
    last_seen_at: datetime
    left_at: datetime | None
    public_key: bytes | None
    locked_key: bytes | None = field(repr=False)
    classroom_public_key: bytes | None
    locked_classroom_key: bytes | None = field(repr=False)
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture to be stored.

    Attributes:
        submission: the sender's name for this act of sending; the same one is stored once.
        content: the whole envelope.
        details: small sealed record: file name, caption, thumbnail.
        manifest: what the signature covers.
        signature: detached, over the manifest.
        note: small record that only the sender can open.
        recipients: seat id and fingerprint (SHA-256 of the public key, 32 bytes) of each.
        max_openings: it is removed after so many successful openings; None for no such rule.
        until_all_opened: it is removed when every recipient has opened it.
    """

    public_id: str
    channel_id: int
    sender_id: int
    scheme: str
    submission: str
    sent_at: datetime
    content: bytes = field(repr=False)
    details: bytes = field(repr=False)
    manifest: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    note: bytes = field(repr=False)
    recipients: tuple[tuple[int, bytes], ...]
    max_openings: int | None = None
    until_all_opened: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """One of those a picture is for.

    Attributes:
        fingerprint: SHA-256 of the public key it was sealed to, 32 bytes.
        opened_at: first successful opening; None before.
    """

    seat_id: int
    fingerprint: bytes
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture in a listing: everything but its bytes.

    Attributes:
        size: length of the envelope in bytes.
        sha256: of the envelope, 32 bytes.
        recipients: by seat id.
        openings: successful ones so far, of all recipients together.
        max_openings, until_all_opened: as in `NewPicture`.
        damaged: a check found that its bytes are not what was given.
    """

    id: int
    public_id: str
    channel_id: int
    sender_id: int
    scheme: str
    sent_at: datetime
    size: int
    sha256: bytes
    recipients: tuple[Recipient, ...]
    openings: int = 0
    max_openings: int | None = None
    until_all_opened: bool = False
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class PictureRecords:
    """The small records of one picture, as in `NewPicture`; never part of a listing."""

    details: bytes = field(repr=False)
    manifest: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    note: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a channel.

    Attributes:
        seq: 1, 2, 3 ... in each channel, without gaps, in the order of commits.
        picture_id: public id of the picture it is about; the picture may be gone since.
        detail: short text of the caller; nothing secret.
        about_id: the seat or the substitution that it is about, as the kind says; it may be gone.
    """

    seq: int
    kind: str
    at: datetime
    seat_id: int | None
    picture_id: str | None
    detail: str
    about_id: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one seat found out of one picture, in a listing: without its bytes.

    Attributes:
        picture_id: public id of the picture.
        attack: by which way; one seat keeps one finding of each picture for each.
    """

    seat_id: int
    picture_id: str
    attack: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class NewIntervention:
    """What is to arrive in the place of a picture.

    Attributes:
        picture_id: public id of the picture.
        seat_id: who does it.
        act: the caller's name for the act; several interventions may be one act.
        kind: which act; the caller's word.
        detail: short text of the caller; nothing secret.
        content: the envelope that arrives; None where it is another picture's, or none arrives.
        source_id: public id of the picture whose envelope arrives; None for none.
        receiver_id: at whose seat it arrives; None for every recipient's.
        substitution_id: the exchanged key that made it possible; None for none.
        records: details, manifest and signature that arrive in the place of the picture's own;
            None leaves those.
    """

    picture_id: str
    seat_id: int
    act: str
    kind: str
    done_at: datetime
    detail: str = ""
    content: bytes | None = field(default=None, repr=False)
    source_id: str | None = None
    receiver_id: int | None = None
    substitution_id: int | None = None
    records: tuple[bytes, bytes, bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Intervention:
    """What arrives in the place of a picture, in a listing: without its bytes.

    Attributes:
        size: length of its own envelope; None where it has none of its own.
        the others: as in `NewIntervention`.
    """

    id: int
    picture_id: str
    seat_id: int
    receiver_id: int | None
    source_id: str | None
    substitution_id: int | None
    act: str
    kind: str
    done_at: datetime
    detail: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Substitution:
    """A key that is shown in the place of a receiver's.

    Attributes:
        receiver_id: the seat whose key is hidden.
        interceptor_id: the seat that has the private half.
        ended_at: when the true key was shown again; None while it is not.
        discovered_at: when two people found out; None before.
        public_key: what is shown, SPKI DER.
        fingerprint: SHA-256 of it, 32 bytes.
        locked_key: the private half, encrypted by the caller.
    """

    id: int
    channel_id: int
    receiver_id: int
    interceptor_id: int
    started_at: datetime
    ended_at: datetime | None
    discovered_at: datetime | None
    public_key: bytes
    fingerprint: bytes
    locked_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """The key with which what one sender sent is signed again.

    Attributes:
        public_key: SPKI DER.
        locked_key: the private half, encrypted by the caller.
    """

    substitution_id: int
    sender_id: int
    public_key: bytes
    locked_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Two people found that their safety numbers differ.

    Attributes:
        seat_id: who said so.
        peer_id: with whom it had compared.
        substitution_id: what was behind it; None where nothing is known.
        pictures_read: how many pictures had gone through the other hands by then.
        answered_at: when one of the two compared again, the numbers being the same; None before.
        direct: the two found out themselves; False where they were told because others did.
    """

    id: int
    channel_id: int
    seat_id: int
    peer_id: int
    substitution_id: int | None
    raised_at: datetime
    pictures_read: int
    answered_at: datetime | None = None
    direct: bool = True


@dataclass(frozen=True, slots=True)
class Removal:
    """A picture that a rule removed.

    Attributes:
        public_id: of the picture that is gone.
        rule: "expired" or "closed" (the channel), "openings" or "all opened" (the picture).
    """

    channel_id: int
    public_id: str
    rule: str


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep has removed; false when there was nothing.

    Attributes:
        pictures: those that are gone.
        rows: how many other rows, of channels that are over, were deleted by name; what hung on
            them went along uncounted.
    """

    pictures: tuple[Removal, ...]
    rows: int

    def __bool__(self) -> bool:
        return bool(self.pictures or self.rows)
