"""Active interception: what an interceptor does to a picture between its sender and its receivers.

Only in classroom channels, and only while the owner allows it. The picture that was sent is never
touched: each act adds something that arrives instead (`arriving`), and taking the act back lets the
picture itself arrive again. When the owner forbids tampering, all of it is suspended. Every act is
an event that everyone can read.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import store
from exchange.desk import Act, Desk
from exchange.errors import InputRefused, Tampered
from exchange.interceptor import CapturedPicture, capture_numbers, capture_of, captured
from exchange.values import EventKind, Seat
from exchange.wire.values import Intervention
from rsa_core import EnvelopeFormatError, LimitError, PublicKey
from rsa_core.tampering import FACTORS, REGIONS, Altered, CannotTamperError, flip, multiply

_EVENTS: dict[str, EventKind] = {
    "flip": "flipped",
    "multiply": "multiplied",
    "swap": "swapped",
    "replay": "replayed",
    "drop": "dropped",
}


class Tampering:
    """An interceptor's acts on what is on its way."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

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
        """Swaps two captures of one scheme: each arrives under the other's name.

        Raises:
            NotFound: no such pictures in this channel.
            InputRefused: not allowed, or the two do not go together.
        """
        with self._intercepting(seat, picture_id) as (act, picture):
            other = act.picture(other_id)
            if other.id == picture.id or other.scheme != picture.scheme:
                raise InputRefused("Choose another capture of the same scheme to swap with.")
            numbers, group = capture_numbers(act), secrets.token_hex(8)
            for one, source in ((other, picture), (picture, other)):
                detail = f"with capture {numbers[source.public_id]}"
                _put(act, one, "swap", detail, group=group, source_id=source.public_id)
            _tell(act, picture, "swap", detail)

    def replay(self, seat: Seat, picture_id: str, other_id: str) -> None:
        """Delivers an earlier capture of the same sender and scheme instead of this one.

        Raises:
            NotFound: no such pictures in this channel.
            InputRefused: not allowed, or the other cannot be taken for this one.
        """
        with self._intercepting(seat, picture_id) as (act, picture):
            other = act.picture(other_id)
            alike = (other.sender_id, other.scheme) == (picture.sender_id, picture.scheme)
            if other.id >= picture.id or not alike:
                raise InputRefused(
                    "Choose an earlier capture of the same sender and the same scheme."
                )
            detail = f"capture {capture_numbers(act)[other.public_id]}"
            _put(act, picture, "replay", detail, source_id=other.public_id)
            _tell(act, picture, "replay", detail)

    def drop(self, seat: Seat, picture_id: str) -> None:
        """Lets nothing arrive; raises like `flip`."""
        with self._intercepting(seat, picture_id) as (act, picture):
            _put(act, picture, "drop", "")
            _tell(act, picture, "drop", "")

    def let_pass(self, seat: Seat, picture_id: str) -> None:
        """Takes back what is being done to this capture, no matter who did it.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: nothing is being done to it.
        """
        with self._desk.act(seat, "interceptor", write=True) as act:
            picture = act.picture(picture_id)
            act.unit.interventions.take_back(_altered(act, picture).act)
            number = capture_numbers(act)[picture_id]
            act.tell("let pass", f"capture {number}", picture_id=picture_id)

    def interventions(self, seat: Seat) -> tuple[Intervention, ...]:
        """What is being done to the channel's captures, the oldest act first."""
        with self._desk.act(seat, "interceptor") as act:
            rows = act.unit.interventions.in_channel(act.channel.id)
            rows = [row for row in rows if row.receiver_id is None]
            seats = act.unit.seats.by_ids({row.seat_id for row in rows})
        return tuple(
            Intervention(
                picture_id=row.picture_id,
                kind=row.kind,
                detail=row.detail,
                by=seats[row.seat_id].name,
                mine=row.seat_id == act.seat.id,
                at=row.done_at,
                rests=not act.channel.tampering,
            )
            for row in rows
        )

    def on_its_way(self, seat: Seat, picture_id: str) -> CapturedPicture | None:
        """What goes on to the receivers instead of this capture; None when nothing does.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: nothing is being done to it.
        """
        with self._desk.act(seat, "interceptor") as act:
            capture = capture_of(act, picture_id)
            altered = _altered(act, act.picture(picture_id))
            if altered.source_id is not None:
                envelope: bytes | None = act.unit.pictures.content(
                    act.channel.id, altered.source_id
                )
            else:
                envelope = act.unit.interventions.content(altered.id)
        return (
            None if envelope is None else captured(capture.item, envelope, capture.keys, "altered")
        )

    def _alter(
        self,
        seat: Seat,
        picture_id: str,
        kind: str,
        change: Callable[[bytes, list[PublicKey]], Altered],
    ) -> None:
        """Computes another envelope, then lets that arrive."""
        with self._desk.act(seat, "interceptor") as act:
            require_tampering(act)
            envelope = act.unit.pictures.content(act.channel.id, act.picture(picture_id).public_id)
            keys = _public_keys(act)
        try:
            altered = change(envelope, keys)
        except CannotTamperError as error:
            raise InputRefused(str(error)) from None
        except LimitError as error:
            raise InputRefused(f"This cannot be done to this capture: {error}.") from None
        except EnvelopeFormatError:
            raise Tampered from None
        with self._intercepting(seat, picture_id) as (act, picture):
            act.require_room(len(altered.envelope))
            _put(act, picture, kind, altered.words, content=altered.envelope)
            _tell(act, picture, kind, altered.words)

    @contextmanager
    def _intercepting(
        self, seat: Seat, picture_id: str
    ) -> Iterator[tuple[Act, store.StoredPicture]]:
        """A writing act of an interceptor who may tamper, and a picture of the channel."""
        with self._desk.act(seat, "interceptor", write=True) as act:
            require_tampering(act)
            yield act, act.picture(picture_id)


def require_tampering(act: Act) -> None:
    """Refuses, in words, where interceptors may only look."""
    if act.channel.kind != "classroom":
        raise InputRefused("Only in a classroom channel can anything be changed on its way.")
    if not act.channel.tampering:
        raise InputRefused("The owner of this channel does not allow interceptors to tamper.")


def _put(
    act: Act,
    picture: store.StoredPicture,
    kind: str,
    detail: str,
    *,
    group: str = "",
    source_id: str | None = None,
    content: bytes | None = None,
) -> None:
    act.unit.interventions.add(
        act.channel.id,
        store.NewIntervention(
            picture_id=picture.public_id,
            seat_id=act.seat.id,
            act=group or secrets.token_hex(8),
            kind=kind,
            done_at=act.now,
            detail=detail,
            source_id=source_id,
            content=content,
        ),
    )


def _tell(act: Act, picture: store.StoredPicture, kind: str, detail: str) -> None:
    number = capture_numbers(act)[picture.public_id]
    words = f"capture {number}: {detail}" if detail else f"capture {number}"
    act.tell(_EVENTS[kind], words, picture_id=picture.public_id)


def _altered(act: Act, picture: store.StoredPicture) -> store.InterventionRow:
    for row in act.unit.interventions.of_picture(act.channel.id, picture.public_id):
        if row.receiver_id is None:
            return row
    raise InputRefused("Nothing is being done to this capture.")


def _public_keys(act: Act) -> list[PublicKey]:
    """Every safe public key in sight, false ones among them."""
    rows = act.unit.seats.in_channel(act.channel.id, with_left=True)
    keys = [row.public_key for row in rows if row.public_key is not None]
    keys += [swap.public_key for swap in act.unit.key_swaps.in_channel(act.channel.id)]
    return [PublicKey.from_der(key) for key in dict.fromkeys(keys)]
