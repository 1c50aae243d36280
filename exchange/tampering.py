"""Active interception: what an interceptor does to a picture between its sender and its receivers.

Only in classroom channels, and only while the owner allows it. The picture that was sent
is never touched: each act puts something beside it that arrives in its place (`delivery`), and
taking the act back lets the picture itself arrive again. When the owner forbids tampering all that
was done rests. Every act is an event that everybody can read; no page is told more loudly.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace

import store
from exchange.desk import Asking, find_picture
from exchange.errors import InputRefused, Tampered
from exchange.sending import check_room
from exchange.tamper_values import Intervention
from exchange.values import CapturedPicture, Seat
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

    def flip(self, seat: Seat, picture_id: str, region: str = "square") -> None:
        """Flips bits of the ciphertext: of one region of the picture where the scheme has pixels.

        Args:
            seat: an interceptor.
            picture_id: public id of a picture in this channel.
            region: one of `rsa_core.tampering.REGIONS`.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: tampering is not allowed here, or there is no such region.
        """
        if region not in REGIONS:
            raise InputRefused("Choose a region from the list.")
        self._alter(seat, picture_id, "flip", lambda envelope, _keys: flip(envelope, region))

    def multiply(self, seat: Seat, picture_id: str, factor: int = 2) -> None:
        """Multiplies every residue by factor^e; raises like `flip`."""
        if factor not in FACTORS:
            raise InputRefused("Choose a factor from the list.")
        self._alter(seat, picture_id, "multiply", lambda env, keys: multiply(env, factor, keys))

    def swap(self, seat: Seat, picture_id: str, other_id: str) -> None:
        """Makes two captures of one scheme change places: each arrives under the other's name.

        Raises:
            NotFound: no such pictures in this channel.
            InputRefused: not allowed, or the two do not go together.
        """
        act = secrets.token_hex(8)
        with self._writing() as unit:
            asking, picture = self._intercept(unit, seat, picture_id)
            other = find_picture(unit, asking, other_id)
            if other.id == picture.id or other.scheme != picture.scheme:
                raise InputRefused("Choose another capture of the same scheme to change places.")
            numbers = capture_numbers(unit, asking)
            for one, source in ((picture, other), (other, picture)):
                detail = f"with capture {numbers[source.public_id]}"
                new = self._new(asking, one, act, "swap", detail)
                unit.interventions.add(asking.channel.id, replace(new, source_id=source.public_id))
            self._tell(unit, asking, picture, "swap", f"with capture {numbers[other.public_id]}")

    def replay(self, seat: Seat, picture_id: str, other_id: str) -> None:
        """Delivers an earlier capture of the same sender and scheme in this one's place.

        Raises:
            NotFound: no such pictures in this channel.
            InputRefused: not allowed, or the other is none that could be taken for this one.
        """
        with self._writing() as unit:
            asking, picture = self._intercept(unit, seat, picture_id)
            other = find_picture(unit, asking, other_id)
            alike = (other.sender_id, other.scheme) == (picture.sender_id, picture.scheme)
            if other.id >= picture.id or not alike:
                raise InputRefused(
                    "Choose an earlier capture of the same sender and the same scheme."
                )
            detail = f"capture {capture_numbers(unit, asking)[other.public_id]}"
            new = self._new(asking, picture, secrets.token_hex(8), "replay", detail)
            unit.interventions.add(asking.channel.id, replace(new, source_id=other.public_id))
            self._tell(unit, asking, picture, "replay", detail)

    def drop(self, seat: Seat, picture_id: str) -> None:
        """Lets nothing arrive; raises like `flip`."""
        with self._writing() as unit:
            asking, picture = self._intercept(unit, seat, picture_id)
            new = self._new(asking, picture, secrets.token_hex(8), "drop", "")
            unit.interventions.add(asking.channel.id, new)
            self._tell(unit, asking, picture, "drop", "")

    def let_pass(self, seat: Seat, picture_id: str) -> None:
        """Takes back what is being done to this capture, whoever did it.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: nothing is being done to it.
        """
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            picture = find_picture(unit, asking, picture_id)
            altered = _altered(unit, asking, picture)
            if altered is None:
                raise InputRefused("Nothing is being done to this capture.")
            unit.interventions.take_back(altered.act)
            number = capture_numbers(unit, asking)[picture.public_id]
            unit.events.add(
                asking.channel.id,
                "let pass",
                self._clock(),
                seat_id=asking.seat.id,
                picture_id=picture.public_id,
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
                picture_id=row.picture_id,
                kind=row.kind,
                detail=row.detail,
                by=seats[row.seat_id].name,
                mine=row.seat_id == asking.seat.id,
                at=row.done_at,
                rests=not asking.channel.tampering,
            )
            for row in rows
        )

    def on_its_way(self, seat: Seat, picture_id: str) -> CapturedPicture | None:
        """What goes on to the receivers in this capture's place; None when nothing does.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: nothing is being done to it.
        """
        captured = self.capture(seat, picture_id)
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            picture = find_picture(unit, asking, picture_id)
            altered = _altered(unit, asking, picture)
            if altered is None:
                raise InputRefused("Nothing is being done to this capture.")
            if altered.source_id is not None:
                envelope = unit.pictures.content(asking.channel.id, altered.source_id)
            else:
                own = unit.interventions.content(altered.id)
                if own is None:
                    return None
                envelope = own
        scheme = SCHEMES[picture.scheme]
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
        picture_id: str,
        kind: str,
        change: Callable[[bytes, list[PublicKey]], Altered],
    ) -> None:
        """Computes another envelope, then puts it in the picture's place."""
        with self._reading() as unit:
            asking, picture = self._intercept(unit, seat, picture_id)
            envelope = unit.pictures.content(asking.channel.id, picture.public_id)
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
            asking, picture = self._intercept(unit, seat, picture_id)
            check_room(unit, asking, len(altered.envelope))
            new = self._new(asking, picture, secrets.token_hex(8), kind, altered.words)
            unit.interventions.add(asking.channel.id, replace(new, content=altered.envelope))
            self._tell(unit, asking, picture, kind, altered.words)

    def _intercept(
        self, unit: store.Unit, seat: Seat, picture_id: str
    ) -> tuple[Asking, store.StoredPicture]:
        """An interceptor who may tamper, and the picture of this channel."""
        asking = self._asking(unit, seat.token, "interceptor")
        require_tampering(asking)
        return asking, find_picture(unit, asking, picture_id)

    def _new(
        self, asking: Asking, picture: store.StoredPicture, act: str, kind: str, detail: str
    ) -> store.NewIntervention:
        return store.NewIntervention(
            picture.public_id, asking.seat.id, act, kind, self._clock(), detail
        )

    def _tell(
        self, unit: store.Unit, asking: Asking, picture: store.StoredPicture, kind: str, detail: str
    ) -> None:
        number = capture_numbers(unit, asking)[picture.public_id]
        unit.events.add(
            asking.channel.id,
            _EVENTS[kind],
            self._clock(),
            seat_id=asking.seat.id,
            picture_id=picture.public_id,
            detail=f"capture {number}: {detail}" if detail else f"capture {number}",
        )


def require_tampering(asking: Asking) -> None:
    """Refuses, in words, where interceptors may only look."""
    if asking.channel.kind != "classroom":
        raise InputRefused("Only in a classroom channel can anything be changed on its way.")
    if not asking.channel.tampering:
        raise InputRefused("The owner of this channel does not allow interceptors to tamper.")


def _altered(
    unit: store.Unit, asking: Asking, picture: store.StoredPicture
) -> store.InterventionRow | None:
    rows = unit.interventions.of_picture(asking.channel.id, picture.public_id)
    return next((row for row in rows if row.receiver_id is None), None)


def _public_keys(unit: store.Unit, asking: Asking) -> list[PublicKey]:
    """Every safe public key in sight, false ones among them."""
    rows = unit.seats.in_channel(asking.channel.id, with_left=True)
    keys = [row.public_key for row in rows if row.public_key is not None]
    keys += [one.public_key for one in unit.key_swaps.in_channel(asking.channel.id)]
    return [PublicKey.from_der(key) for key in dict.fromkeys(keys)]
