"""What anybody in the channel may follow, and what an interceptor sees on the wire.

An interceptor gets ciphertext, public keys and the public facts of an envelope. No function
here reads a private key, a details envelope or another seat's token.
"""

import hashlib
import time
from datetime import datetime

import store
from exchange.admission import Sleep
from exchange.desk import Asking, Clock, Desk, find_image, role_of, utc_now
from exchange.errors import Tampered
from exchange.events_shown import visible_after
from exchange.held import HeldAtEvent
from exchange.sending import receipts, seats_of
from exchange.values import CapturedImage, CaptureItem, Event, Seat
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
            images = unit.images.in_channel(asking.channel.id)
            seats = seats_of(unit, images)
            numbers = capture_numbers(unit, asking)
        items = [_capture(image, numbers[image.public_id], seats) for image in images]
        return self._captures.put(asking.channel, tuple(reversed(items)))

    def capture(self, seat: Seat, image_id: str) -> CapturedImage:
        """One ciphertext, the exact bytes that travelled, and what they say without a key.

        Raises:
            NotFound: no such picture in this channel.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            image = find_image(unit, asking, image_id)
            number = capture_numbers(unit, asking)[image.public_id]
            seats = seats_of(unit, [image])
            item = _capture(image, number, seats)
            envelope = unit.images.content(asking.channel.id, image.public_id)
            false = [one.public_key for one in unit.substitutions.in_channel(asking.channel.id)]
        scheme = SCHEMES[image.scheme]
        try:
            facts = scheme.capture(envelope)
        except EnvelopeFormatError:
            raise Tampered from None
        prefix = hashlib.sha256(envelope).hexdigest()[:12]
        return CapturedImage(
            item=item,
            envelope=envelope,
            file_name=f"capture-{number}-{prefix}{scheme.suffix}",
            facts=facts,
            keys=_keys(image, seats, facts, false),
        )


def capture_numbers(unit: store.Unit, asking: Asking) -> dict[str, int]:
    """The captures' numbers by image, for good: what is removed leaves its number unused."""
    sent = unit.events.images_with(asking.channel.id, "sent")
    return {image_id: number for number, image_id in enumerate(sent, start=1)}


def events_after(unit: store.Unit, asking: Asking, seq: int, now: datetime) -> tuple[Event, ...]:
    """What happened in the channel after event number `seq`; costs nothing when nothing did."""
    if asking.channel.last_seq <= seq:
        return ()
    rows = visible_after(unit, asking, seq, now)
    seats = unit.seats.by_ids({row.seat_id for row in rows if row.seat_id is not None})
    return tuple(_event(row, seats.get(row.seat_id or 0)) for row in rows)


def _capture(image: store.StoredImage, number: int, seats: dict[int, store.Seat]) -> CaptureItem:
    return CaptureItem(
        id=image.public_id,
        number=number,
        scheme=image.scheme,
        sent_at=image.sent_at,
        size=image.size,
        sender=seats[image.sender_id].name,
        recipients=receipts(image, seats),
    )


def _keys(
    image: store.StoredImage, seats: dict[int, store.Seat], facts: Capture, false: list[bytes]
) -> tuple[AnyPublicKey, ...]:
    """The recipients' public keys: classroom keys are in the envelope, others at the seats.

    An image may be sealed for a false key in the place of a seat's.
    """
    if facts.moduli:
        return tuple(ClassroomPublicKey(n, e) for n, e in facts.moduli)
    held = [seats[recipient.seat_id].public_key for recipient in image.recipients]
    known = {fingerprint_of(key): key for key in (*held, *false) if key is not None}
    named = dict.fromkeys(recipient.fingerprint for recipient in image.recipients)
    return tuple(PublicKey.from_der(known[name]) for name in named if name in known)


def _event(row: store.Event, seat: store.Seat | None) -> Event:
    return Event(
        seq=row.seq,
        kind=row.kind,
        at=row.at,
        who=seat.name if seat else "",
        who_id=seat.public_id if seat else "",
        role=role_of(seat) if seat else None,
        image_id=row.image_id or "",
        detail=row.detail,
    )
