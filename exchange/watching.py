"""What anybody in the channel may follow, and what an interceptor sees on the wire.

An interceptor gets ciphertext, public keys and the public facts of an envelope. No function
here reads a private key, a details envelope or another seat's token.
"""

import hashlib
import time
from datetime import datetime

import store
from exchange.admission import Sleep
from exchange.desk import Asking, Clock, Desk, find_picture, role_of, utc_now
from exchange.errors import Tampered
from exchange.events_shown import visible_after
from exchange.held import HeldAtEvent
from exchange.sending import receipts, seats_of
from exchange.values import CapturedPicture, CaptureItem, Event, Seat
from rsa_core import (
    SCHEMES,
    AnyPublicKey,
    Capture,
    ClassroomPublicKey,
    EnvelopeFormatError,
    PublicKey,
    fingerprint_of,
)


class Watching(Desk):
    """Events for everybody, captures for interceptors."""

    def __init__(
        self, backend: store.Store, clock: Clock = utc_now, sleep: Sleep = time.sleep
    ) -> None:
        super().__init__(backend, clock, sleep)
        self._captures: HeldAtEvent[tuple[CaptureItem, ...]] = HeldAtEvent()

    def events_since(self, seat: Seat, seq: int) -> tuple[Event, ...]:
        """What happened after event number `seq`, in order; a long story comes in parts."""
        with self._reading() as unit:
            return events_after(unit, self._asking(unit, seat.token), seq, self._clock())

    def captures(self, seat: Seat) -> tuple[CaptureItem, ...]:
        """Every ciphertext of the channel, the newest first."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            held = self._captures.get(asking.channel)
            if held is not None:
                return held
            pictures = unit.pictures.in_channel(asking.channel.id)
            seats = seats_of(unit, pictures)
            numbers = capture_numbers(unit, asking)
        items = [_capture(picture, numbers[picture.public_id], seats) for picture in pictures]
        return self._captures.put(asking.channel, tuple(reversed(items)))

    def capture(self, seat: Seat, picture_id: str) -> CapturedPicture:
        """One ciphertext, the exact bytes that travelled, and what they say without a key.

        Raises:
            NotFound: no such picture in this channel.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            picture = find_picture(unit, asking, picture_id)
            number = capture_numbers(unit, asking)[picture.public_id]
            seats = seats_of(unit, [picture])
            item = _capture(picture, number, seats)
            envelope = unit.pictures.content(asking.channel.id, picture.public_id)
            false = [one.public_key for one in unit.key_swaps.in_channel(asking.channel.id)]
        scheme = SCHEMES[picture.scheme]
        try:
            facts = scheme.capture(envelope)
        except EnvelopeFormatError:
            raise Tampered from None
        prefix = hashlib.sha256(envelope).hexdigest()[:12]
        return CapturedPicture(
            item=item,
            envelope=envelope,
            file_name=f"capture-{number}-{prefix}{scheme.suffix}",
            facts=facts,
            keys=_keys(picture, seats, facts, false),
        )


def capture_numbers(unit: store.Unit, asking: Asking) -> dict[str, int]:
    """The captures' numbers by picture, for good: what is removed leaves its number unused."""
    sent = unit.events.pictures_with(asking.channel.id, "sent")
    return {picture_id: number for number, picture_id in enumerate(sent, start=1)}


def events_after(unit: store.Unit, asking: Asking, seq: int, now: datetime) -> tuple[Event, ...]:
    """What happened in the channel after event number `seq`; costs nothing when nothing did."""
    if asking.channel.last_seq <= seq:
        return ()
    rows = visible_after(unit, asking, seq, now)
    seats = unit.seats.by_ids({row.seat_id for row in rows if row.seat_id is not None})
    return tuple(_event(row, seats.get(row.seat_id or 0)) for row in rows)


def _capture(
    picture: store.StoredPicture, number: int, seats: dict[int, store.SeatRow]
) -> CaptureItem:
    return CaptureItem(
        id=picture.public_id,
        number=number,
        scheme=picture.scheme,
        sent_at=picture.sent_at,
        size=picture.size,
        sender=seats[picture.sender_id].name,
        recipients=receipts(picture, seats),
    )


def _keys(
    picture: store.StoredPicture,
    seats: dict[int, store.SeatRow],
    facts: Capture,
    false: list[bytes],
) -> tuple[AnyPublicKey, ...]:
    """The recipients' public keys: classroom keys are in the envelope, others at the seats.

    A picture may be sealed for a false key in the place of a seat's.
    """
    if facts.moduli:
        return tuple(ClassroomPublicKey(n, e) for n, e in facts.moduli)
    held = [seats[recipient.seat_id].public_key for recipient in picture.recipients]
    known = {fingerprint_of(key): key for key in (*held, *false) if key is not None}
    named = dict.fromkeys(recipient.fingerprint for recipient in picture.recipients)
    return tuple(PublicKey.from_der(known[name]) for name in named if name in known)


def _event(row: store.EventRow, seat: store.SeatRow | None) -> Event:
    return Event(
        seq=row.seq,
        kind=row.kind,
        at=row.at,
        who=seat.name if seat else "",
        who_id=seat.public_id if seat else "",
        role=role_of(seat) if seat else None,
        picture_id=row.picture_id or "",
        detail=row.detail,
    )
