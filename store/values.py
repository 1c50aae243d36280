"""The plain values that `store` takes and gives. Rows never leave the package.

Times are aware UTC datetimes from the caller; the store never asks the clock. `id` is the store's
own number and stays on the server; `public_id` is the caller's random name for the same thing and
may travel. Keys, digests, token hashes and sealed records are opaque bytes; public keys are SPKI
DER, fingerprints their SHA-256, and what is locked or sealed was encrypted by the caller.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A room.

    Attributes:
        kind: "private" or "classroom".
        expires_at: nobody may act in the channel from then on.
        closed_at: when its owner ended it.
        owner_id: seat that created it; None until that seat is taken.
        last_seq: number of the newest event, 0 when there is none.
        locked: no new seats.
        approval: new receivers wait until the owner lets them in.
        interceptors: the role may be taken.
        tampering: interceptors may change what is on its way.
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
class SeatRow:
    """One person in one role in one channel.

    Attributes:
        left_at: when it was given up or removed.
        public_key, classroom_public_key: None where the role has none.
        locked_key, locked_classroom_key: the private halves; None where the server has none.
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
class AttackRow:
    """A seat's attack on a picture, as all processes see it.

    Attributes:
        seat_id: whose it is; each seat has one at most.
        picture_id: public id of the picture; it may be gone.
        node: the process that runs it.
        until: when its process is given up for dead, unless it says more.
        wanted_until: until when a page of the seat is known to be open in another process.
        cancelled: the seat wants it no more.
        ended: its process is done with it.
        told: how it stands, sealed by the caller.
    """

    seat_id: int
    picture_id: str
    attack: str
    node: str
    started_at: datetime
    until: datetime
    wanted_until: datetime
    cancelled: bool
    ended: bool
    told: bytes = field(repr=False)

    def goes_on(self, now: datetime) -> bool:
        """Whether a process still runs it, as far as anyone knows."""
        return not self.ended and self.until > now


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture to be stored.

    Attributes:
        submission: the sender's name for this act of sending, which is stored once.
        content: the whole envelope.
        details: sealed: file name, caption, thumbnail.
        signature: detached, over the manifest.
        note: only the sender can open it.
        recipients: seat id and fingerprint of each.
        max_openings: it is removed after this many successful openings.
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
    """A seat that a picture is for, and the first successful opening by it.

    Attributes:
        share: signed by the one who shared it with this seat; None for those it was sent to.
    """

    seat_id: int
    fingerprint: bytes
    opened_at: datetime | None
    share: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture in a listing: everything but its bytes.

    Attributes:
        size, sha256: of the envelope.
        recipients: by seat id.
        openings: successful ones so far, of all recipients together.
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

    @property
    def has_rule(self) -> bool:
        """Whether openings remove it."""
        return self.max_openings is not None or self.until_all_opened


@dataclass(frozen=True, slots=True)
class PictureRecords:
    """The small records of one picture, as in `NewPicture`; never part of a listing."""

    details: bytes = field(repr=False)
    manifest: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    note: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened in a channel.

    Attributes:
        seq: 1, 2, 3 ... in each channel, without gaps, in the order of commits.
        picture_id: public id of the picture that it is about, which may be gone.
        detail: short text; nothing secret.
        about_id: the seat or the key swap that it is about, as the kind says; it may be gone.
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
    """What a seat found out of a picture (by public id) by one attack, without its bytes."""

    seat_id: int
    picture_id: str
    attack: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class NewIntervention:
    """What is to arrive instead of a picture.

    Attributes:
        picture_id: public id of the picture.
        seat_id: who does it.
        act: the caller's name for the act, which may be several interventions.
        kind: the caller's word for what is done.
        detail: short text; nothing secret.
        content: the envelope that arrives; None where it is another picture's, or none arrives.
        source_id: public id of the picture whose envelope arrives.
        receiver_id: at whose seat it arrives; None for every recipient's.
        key_swap_id: the key swap that made it possible.
        records: details, manifest and signature that arrive; None for the picture's own.
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
    key_swap_id: int | None = None
    records: tuple[bytes, bytes, bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class InterventionRow:
    """An intervention in a listing, as in `NewIntervention`; `size` is that of its envelope."""

    id: int
    picture_id: str
    seat_id: int
    receiver_id: int | None
    source_id: str | None
    key_swap_id: int | None
    act: str
    kind: str
    done_at: datetime
    detail: str
    size: int | None


@dataclass(frozen=True, slots=True)
class KeySwapRow:
    """A key that an interceptor shows to senders instead of a receiver's.

    Attributes:
        ended_at: when the true key was shown again.
        discovered_at: when two people found out.
        public_key, fingerprint, locked_key: of the key that is shown.
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
    """The key with which one sender's pictures are signed again under a key swap."""

    key_swap_id: int
    sender_id: int
    public_key: bytes
    locked_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """Two people's safety numbers differ.

    Attributes:
        seat_id, peer_id: the two.
        key_swap_id: the key swap behind it; None where nothing is known.
        pictures_read: how many pictures the interceptor had read until then.
        answered_at: when the two compared again and the numbers matched.
        direct: the two found out themselves; False where others found out and they were warned.
    """

    id: int
    channel_id: int
    seat_id: int
    peer_id: int
    key_swap_id: int | None
    raised_at: datetime
    pictures_read: int
    answered_at: datetime | None = None
    direct: bool = True


@dataclass(frozen=True, slots=True)
class Removal:
    """A picture that a rule removed.

    Attributes:
        public_id: of the picture.
        rule: "expired" or "closed" (the channel), "openings" or "all opened" (the picture).
    """

    channel_id: int
    public_id: str
    rule: str


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep removed; false for nothing.

    Attributes:
        rows: how many other rows of ended channels were deleted; rows that went along with
            them are not counted.
    """

    pictures: tuple[Removal, ...]
    rows: int

    def __bool__(self) -> bool:
        return bool(self.pictures or self.rows)
