"""What an interceptor sees on the wire: ciphertext, public keys, the public facts of an envelope.

Nothing here reads a private key, a details envelope or another seat's token.
"""

import hashlib
import zlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

import store
from exchange.attacking import Attacks, SeenKey, keys_of
from exchange.desk import Act, Desk, HeldAtEvent, receipts
from exchange.errors import NotFound, Tampered, Unavailable
from exchange.keys import Keys
from exchange.values import Receipt, Seat
from rsa_core import (
    SCHEMES,
    AnyPublicKey,
    Capture,
    ClassroomPublicKey,
    DecryptionError,
    EnvelopeFormatError,
    PictureError,
    PublicKey,
    fingerprint_of,
    open_note,
    png_of,
    read_picture,
    seal_note,
)
from rsa_core.attacks import Outcome, pack_outcome, parse_outcome

FINDING_BYTES = 24_000_000  # sealed
FINDINGS_OF_A_SEAT = 100_000_000  # bytes; the oldest make room
_UNPACKED_MOST = 512_000_000


@dataclass(frozen=True, slots=True)
class CaptureItem:
    """A ciphertext in an interceptor's list."""

    id: str
    number: int
    scheme: str
    sent_at: datetime
    size: int
    sender: str


@dataclass(frozen=True, slots=True, weakref_slot=True)
class CapturedPicture:
    """A ciphertext, whole, with what is public about it.

    Attributes:
        item: its line in the list.
        envelope: the exact bytes that travelled.
        file_name: with a SHA-256 prefix of `envelope`.
        facts: what the envelope says without any key.
        keys: the recipients' public keys, in the envelope's order, as far as they are known.
    """

    item: CaptureItem
    envelope: bytes = field(repr=False)
    file_name: str
    facts: Capture
    keys: tuple[AnyPublicKey, ...]


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A finding in its seat's own list."""

    picture_id: str
    attack: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one attack, unsealed for the seat that found it.

    Attributes:
        verdict: "broken", "not broken within the budget", "preconditions not met".
        words: what happened and why.
        evidence: lines that can be checked.
        seconds: that the attack took.
        exact: `picture` is the sender's to the last bit.
        picture: the recovered picture, or a part or an outline of it, as a PNG; None for none.
        candidates: where a few pictures fit, all of them as PNG; `picture` is the first.
        file: what is worth saving: the recovered original file, else `picture`; None for none.
        file_name: with a SHA-256 prefix of `file`; "" for none.
        mime: media type of `file`; "" for none.
        envelope: a forged envelope; None for none.
        envelope_name: with a SHA-256 prefix of `envelope`; "" for none.
        key: n, e, d, p, q of the recovered key pair; None for none.
    """

    verdict: str
    words: str
    evidence: tuple[str, ...] = field(repr=False)
    seconds: float
    exact: bool
    picture: bytes | None = field(repr=False)
    file: bytes | None = field(repr=False)
    file_name: str
    mime: str
    envelope: bytes | None = field(repr=False)
    envelope_name: str
    key: tuple[int, int, int, int, int] | None = field(repr=False)
    candidates: tuple[bytes, ...] = field(repr=False)


class Interceptor:
    """An interceptor's acts that change nothing for others."""

    def __init__(self, desk: Desk, keys: Keys) -> None:
        self.attacks = Attacks(desk, self._keep_finding)
        self.keys = keys
        self._desk = desk
        self._captures: HeldAtEvent[tuple[CaptureItem, ...]] = HeldAtEvent()

    def captures(self, seat: Seat) -> tuple[CaptureItem, ...]:
        """Every ciphertext of the channel, the newest first."""
        with self._desk.act(seat, "interceptor") as act:
            held = self._captures.get(act.channel)
            if held is not None:
                return held
            # Of the recipients those are listed that this seat is: none, which is quick.
            pictures = act.unit.pictures.in_channel(act.channel.id, recipient=act.seat.id)
            seats, numbers = act.seats_of(pictures), capture_numbers(act)
        items = [_item(picture, numbers[picture.public_id], seats) for picture in pictures]
        return self._captures.put(act.channel, tuple(reversed(items)))

    def capture(self, seat: Seat, picture_id: str) -> CapturedPicture:
        """One ciphertext, the exact bytes that travelled, and what they say without a key.

        Raises:
            NotFound: no such picture in this channel.
        """
        with self._desk.act(seat, "interceptor") as act:
            return capture_of(act, picture_id)

    def recipients(self, seat: Seat, picture_id: str) -> tuple[Receipt, ...]:
        """For whom a picture is; raises like `capture`."""
        with self._desk.act(seat, "interceptor") as act:
            picture = act.picture(picture_id)
            return receipts(picture, act.seats_of([picture]))

    def public_keys(self, seat: Seat) -> tuple[SeenKey, ...]:
        """Every public key of the channel's receivers, safe and classroom, in order of joining."""
        with self._desk.act(seat, "interceptor") as act:
            rows = act.unit.seats.in_channel(act.channel.id)
        return tuple(key for row in rows if row.role == "receiver" for key in keys_of(row))

    def findings(self, seat: Seat) -> tuple[FoundItem, ...]:
        """What this seat has found out, the oldest first."""
        with self._desk.act(seat, "interceptor") as act:
            rows = act.unit.findings.of_seat(act.seat.id)
        return tuple(FoundItem(row.picture_id, row.attack, row.found_at) for row in rows)

    def finding(self, seat: Seat, picture_id: str, attack: str) -> Found:
        """One finding, unsealed.

        Raises:
            NotFound: this seat has no such finding, or its picture is gone.
            Unavailable: what is stored is not what this seat found.
        """
        with self._desk.act(seat, "interceptor") as act:
            picture = act.picture(picture_id)
            sealed = act.unit.findings.data(act.seat.id, picture.public_id, attack)
        if sealed is None:
            raise NotFound("finding")
        return _found(_unseal(sealed, act.secret(_purpose(picture.public_id, attack))))

    def _keep_finding(self, seat: Seat, picture_id: str, attack: str, outcome: Outcome) -> None:
        """Seals what came of an attack for its seat; the oldest findings make room."""
        with self._desk.act(seat, "interceptor", write=True) as act:
            secret, findings = act.secret(_purpose(picture_id, attack)), act.unit.findings
            sealed = _seal(outcome, secret)
            if len(sealed) > FINDING_BYTES:
                lines = (*outcome.evidence, "what was recovered is too large to keep")
                bare = replace(outcome, pixels=None, file=None, envelope=None, evidence=lines)
                sealed = _seal(bare, secret)
            older = findings.of_seat(act.seat.id)
            while older and findings.total_bytes(act.seat.id) + len(sealed) > FINDINGS_OF_A_SEAT:
                oldest = older.pop(0)
                findings.drop(act.seat.id, [(oldest.picture_id, oldest.attack)])
            findings.put(
                act.seat.id, act.channel.id, picture_id, attack=attack, data=sealed, at=act.now
            )


def capture_numbers(act: Act) -> dict[str, int]:
    """The captures' numbers by picture; they last: a removed picture leaves its number unused."""
    sent = act.unit.events.pictures_with(act.channel.id, "sent")
    return {picture_id: number for number, picture_id in enumerate(sent, start=1)}


def capture_of(act: Act, picture_id: str) -> CapturedPicture:
    """The capture of one picture; raises like `Interceptor.capture`."""
    picture = act.picture(picture_id)
    seats = act.seats_of([picture])
    item = _item(picture, capture_numbers(act)[picture_id], seats)
    envelope = act.unit.pictures.content(act.channel.id, picture_id)
    keys = [seats[one.seat_id].public_key for one in picture.recipients]
    keys += [swap.public_key for swap in act.unit.key_swaps.in_channel(act.channel.id)]
    known = {fingerprint_of(key): key for key in keys if key is not None}
    named = dict.fromkeys(one.fingerprint for one in picture.recipients)
    return captured(
        item, envelope, tuple(PublicKey.from_der(known[one]) for one in named if one in known)
    )


def captured(
    item: CaptureItem,
    envelope: bytes,
    keys: tuple[AnyPublicKey, ...],
    word: str = "capture",
) -> CapturedPicture:
    """An envelope with what it says without a key.

    Args:
        item: whose envelope it is, or arrives instead of.
        envelope: what travels.
        keys: the recipients', where the envelope does not name them itself.
        word: begins the file's name.
    """
    scheme = SCHEMES[item.scheme]
    try:
        facts = scheme.capture(envelope)
    except EnvelopeFormatError:
        raise Tampered from None
    if facts.moduli:
        keys = tuple(ClassroomPublicKey(n, e) for n, e in facts.moduli)
    prefix = hashlib.sha256(envelope).hexdigest()[:12]
    name = f"{word}-{item.number}-{prefix}{scheme.suffix}"
    return CapturedPicture(item, envelope, name, facts, keys)


def _item(
    picture: store.StoredPicture, number: int, seats: dict[int, store.SeatRow]
) -> CaptureItem:
    return CaptureItem(
        id=picture.public_id,
        number=number,
        scheme=picture.scheme,
        sent_at=picture.sent_at,
        size=picture.size,
        sender=seats[picture.sender_id].name,
    )


def _purpose(picture_id: str, attack: str) -> str:
    """One secret for each finding, so that none can replace another."""
    return f"finding {picture_id} {attack}"


def _seal(outcome: Outcome, secret: bytes) -> bytes:
    return seal_note(zlib.compress(pack_outcome(outcome), level=1), secret)


def _unseal(sealed: bytes, secret: bytes) -> Outcome:
    try:
        data = zlib.decompressobj().decompress(open_note(sealed, secret), _UNPACKED_MOST)
        return parse_outcome(data)
    except (DecryptionError, EnvelopeFormatError, zlib.error):
        raise Unavailable(
            "This finding was damaged in the server's storage. Run the attack again."
        ) from None


def _found(outcome: Outcome) -> Found:
    picture = None if outcome.pixels is None else png_of(outcome.pixels)
    file, suffix, mime = picture, ".png", "image/png"
    if outcome.file is not None:
        file, suffix, mime = outcome.file, ".bin", "application/octet-stream"
        with suppress(PictureError):
            original = read_picture(outcome.file)
            suffix, mime = original.suffix, original.mime
    key = outcome.key
    return Found(
        verdict=outcome.verdict,
        words=outcome.words,
        evidence=outcome.evidence,
        seconds=outcome.seconds,
        exact=outcome.exact,
        picture=picture,
        file=file,
        file_name=_name("recovered", file, suffix),
        mime=mime if file else "",
        envelope=outcome.envelope,
        envelope_name=_name("forged", outcome.envelope, ".rsaimg"),
        key=None if key is None else (key.public.n, key.public.e, key.d, key.p, key.q),
        candidates=tuple(png_of(one) for one in outcome.candidates),
    )


def _name(what: str, data: bytes | None, suffix: str) -> str:
    return f"{what}-{hashlib.sha256(data).hexdigest()[:12]}{suffix}" if data else ""
