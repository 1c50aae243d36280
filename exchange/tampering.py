"""Active interception: what an interceptor does to an image between its sender and its receivers.

Only in classroom channels, and only while the owner allows it. The image that its sender committed
is never touched: each act puts something beside it that arrives in its place (`delivery`), and
taking the act back lets the image itself arrive again. When the owner forbids tampering all that
was done rests. Every act is an event that everybody can read; no page is told more loudly.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace

import store
from exchange.desk import Asking, find_image
from exchange.errors import InputRefused, Tampered
from exchange.sending import check_room
from exchange.tamper_values import Intervention
from exchange.values import CapturedImage, Seat
from exchange.watching import Watching, capture_numbers
from rsa_core import SCHEMES, EnvelopeFormatError, LimitError, PublicKey
from rsa_core.tampering import FACTORS, REGIONS, Altered, CannotTamperError, flip, multiply

_EVENTS = {
    "flip": "flipped",
    "multiply": "multiplied",
    "swap": "swapped",
    "replay": "replayed",
    "drop": "dropped",
}


class Tampering(Watching):
    """An interceptor's acts on what is on its way."""

    def flip(self, seat: Seat, image_id: str, region: str = "square") -> None:
        """Flips bits of the ciphertext: of one region of the picture where the scheme has pixels.

        Args:
            seat: an interceptor.
            image_id: public id of a picture in this channel.
            region: one of `rsa_core.tampering.REGIONS`.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: tampering is not allowed here, or there is no such region.
        """
        if region not in REGIONS:
            raise InputRefused("Choose a region from the list.")
        self._alter(seat, image_id, "flip", lambda envelope, _keys: flip(envelope, region))

    def multiply(self, seat: Seat, image_id: str, factor: int = 2) -> None:
        """Multiplies every residue by factor^e; raises like `flip`."""
        if factor not in FACTORS:
            raise InputRefused("Choose a factor from the list.")
        self._alter(seat, image_id, "multiply", lambda env, keys: multiply(env, factor, keys))

    def swap(self, seat: Seat, image_id: str, other_id: str) -> None:
        """Makes two captures of one scheme change places: each arrives under the other's name.

        Raises:
            NotFound: no such pictures in this channel.
            InputRefused: not allowed, or the two do not go together.
        """
        act = secrets.token_hex(8)
        with self._writing() as unit:
            asking, image = self._intercept(unit, seat, image_id)
            other = find_image(unit, asking, other_id)
            if other.id == image.id or other.scheme != image.scheme:
                raise InputRefused("Choose another capture of the same scheme to change places.")
            numbers = capture_numbers(unit, asking)
            for one, source in ((image, other), (other, image)):
                detail = f"with capture {numbers[source.public_id]}"
                new = self._new(asking, one, act, "swap", detail)
                unit.interventions.add(asking.channel.id, replace(new, source_id=source.public_id))
            self._tell(unit, asking, image, "swap", f"with capture {numbers[other.public_id]}")

    def replay(self, seat: Seat, image_id: str, other_id: str) -> None:
        """Delivers an earlier capture of the same sender and scheme in this one's place.

        Raises:
            NotFound: no such pictures in this channel.
            InputRefused: not allowed, or the other is none that could be taken for this one.
        """
        with self._writing() as unit:
            asking, image = self._intercept(unit, seat, image_id)
            other = find_image(unit, asking, other_id)
            alike = (other.sender_id, other.scheme) == (image.sender_id, image.scheme)
            if other.id >= image.id or not alike:
                raise InputRefused(
                    "Choose an earlier capture of the same sender and the same scheme."
                )
            detail = f"capture {capture_numbers(unit, asking)[other.public_id]}"
            new = self._new(asking, image, secrets.token_hex(8), "replay", detail)
            unit.interventions.add(asking.channel.id, replace(new, source_id=other.public_id))
            self._tell(unit, asking, image, "replay", detail)

    def drop(self, seat: Seat, image_id: str) -> None:
        """Lets nothing arrive; raises like `flip`."""
        with self._writing() as unit:
            asking, image = self._intercept(unit, seat, image_id)
            new = self._new(asking, image, secrets.token_hex(8), "drop", "")
            unit.interventions.add(asking.channel.id, new)
            self._tell(unit, asking, image, "drop", "")

    def let_pass(self, seat: Seat, image_id: str) -> None:
        """Takes back what is being done to this capture, whoever did it.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: nothing is being done to it.
        """
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            image = find_image(unit, asking, image_id)
            altered = _altered(unit, asking, image)
            if altered is None:
                raise InputRefused("Nothing is being done to this capture.")
            unit.interventions.take_back(altered.act)
            number = capture_numbers(unit, asking)[image.public_id]
            unit.events.add(
                asking.channel.id,
                "let pass",
                self._clock(),
                seat_id=asking.seat.id,
                image_id=image.public_id,
                detail=f"capture {number}",
            )

    def interventions(self, seat: Seat) -> tuple[Intervention, ...]:
        """What is being done to the channel's captures, the oldest act first."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            rows = unit.interventions.in_channel(asking.channel.id)
            rows = [row for row in rows if row.receiver_id is None]
            seats = unit.seats.by_ids({row.seat_id for row in rows})
        return tuple(
            Intervention(
                image_id=row.image_id,
                kind=row.kind,
                detail=row.detail,
                by=seats[row.seat_id].name,
                mine=row.seat_id == asking.seat.id,
                at=row.done_at,
                rests=not asking.channel.tampering,
            )
            for row in rows
        )

    def on_its_way(self, seat: Seat, image_id: str) -> CapturedImage | None:
        """What goes on to the receivers in this capture's place; None when nothing does.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: nothing is being done to it.
        """
        captured = self.capture(seat, image_id)
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            image = find_image(unit, asking, image_id)
            altered = _altered(unit, asking, image)
            if altered is None:
                raise InputRefused("Nothing is being done to this capture.")
            if altered.source_id is not None:
                envelope = unit.images.content(asking.channel.id, altered.source_id)
            else:
                own = unit.interventions.content(altered.id)
                if own is None:
                    return None
                envelope = own
        scheme = SCHEMES[image.scheme]
        prefix = hashlib.sha256(envelope).hexdigest()[:12]
        try:
            facts = scheme.capture(envelope)
        except EnvelopeFormatError:
            raise Tampered from None
        name = f"altered-{captured.item.number}-{prefix}{scheme.suffix}"
        return replace(captured, envelope=envelope, file_name=name, facts=facts)

    def _alter(
        self,
        seat: Seat,
        image_id: str,
        kind: str,
        change: Callable[[bytes, list[PublicKey]], Altered],
    ) -> None:
        """Computes another envelope, then puts it in the image's place."""
        with self._reading() as unit:
            asking, image = self._intercept(unit, seat, image_id)
            envelope = unit.images.content(asking.channel.id, image.public_id)
            keys = _public_keys(unit, asking)
        try:
            altered = change(envelope, keys)
        except CannotTamperError as error:
            raise InputRefused(str(error)) from None
        except LimitError as error:
            raise InputRefused(f"This cannot be done to this capture: {error}.") from None
        except EnvelopeFormatError:
            raise Tampered from None
        with self._writing() as unit:
            asking, image = self._intercept(unit, seat, image_id)
            check_room(unit, asking, len(altered.envelope))
            new = self._new(asking, image, secrets.token_hex(8), kind, altered.words)
            unit.interventions.add(asking.channel.id, replace(new, content=altered.envelope))
            self._tell(unit, asking, image, kind, altered.words)

    def _intercept(
        self, unit: store.Unit, seat: Seat, image_id: str
    ) -> tuple[Asking, store.StoredImage]:
        """An interceptor who may tamper, and the picture of this channel."""
        asking = self._asking(unit, seat.token, "interceptor")
        require_tampering(asking)
        return asking, find_image(unit, asking, image_id)

    def _new(
        self, asking: Asking, image: store.StoredImage, act: str, kind: str, detail: str
    ) -> store.NewIntervention:
        return store.NewIntervention(
            image.public_id, asking.seat.id, act, kind, self._clock(), detail
        )

    def _tell(
        self, unit: store.Unit, asking: Asking, image: store.StoredImage, kind: str, detail: str
    ) -> None:
        number = capture_numbers(unit, asking)[image.public_id]
        unit.events.add(
            asking.channel.id,
            _EVENTS[kind],
            self._clock(),
            seat_id=asking.seat.id,
            image_id=image.public_id,
            detail=f"capture {number}: {detail}" if detail else f"capture {number}",
        )


def require_tampering(asking: Asking) -> None:
    """Refuses, in words, where interceptors may only look."""
    if asking.channel.kind != "classroom":
        raise InputRefused("Only in a classroom channel can anything be changed on its way.")
    if not asking.channel.tampering:
        raise InputRefused("The owner of this channel does not allow interceptors to tamper.")


def _altered(
    unit: store.Unit, asking: Asking, image: store.StoredImage
) -> store.Intervention | None:
    rows = unit.interventions.of_image(asking.channel.id, image.public_id)
    return next((row for row in rows if row.receiver_id is None), None)


def _public_keys(unit: store.Unit, asking: Asking) -> list[PublicKey]:
    """Every safe public key in sight, false ones among them."""
    rows = unit.seats.in_channel(asking.channel.id, with_left=True)
    keys = [row.public_key for row in rows if row.public_key is not None]
    keys += [one.public_key for one in unit.substitutions.in_channel(asking.channel.id)]
    return [PublicKey.from_der(key) for key in dict.fromkeys(keys)]
