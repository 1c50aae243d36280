"""The seam: what an adversary can do to a channel, and the wire without one.

A room asks `wire_of(channel)`, and never needs to know whether anyone stands in between.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import store
from exchange.desk import Act
from exchange.values import Channel, Seat


@dataclass(frozen=True, slots=True)
class Arrival:
    """What reaches one receiver under one picture's id.

    Attributes:
        picture: as its sender committed it.
        size: bytes of the envelope that arrives.
        dropped: an interceptor lets nothing arrive.
        held_up: the receiver is not to know of it yet.
        name: changes whenever something else arrives; "" unaltered.
        obstacle: why it cannot be opened, as a sentence; "" when nothing on the way is to blame.
        pins: the receiver may keep the signing key at first sight.
        source: public id of the picture whose envelope arrives.
        instead: the intervention whose envelope arrives instead; None for none.
        relay: the intervention whose records arrive instead; None for none.
        signer: the key swap whose holder signs for the sender; None for none.
    """

    picture: store.StoredPicture
    size: int
    source: str
    dropped: bool = False
    held_up: bool = False
    name: str = ""
    obstacle: str = ""
    pins: bool = True
    instead: int | None = None
    relay: int | None = None
    signer: int | None = None

    @property
    def arrives(self) -> bool:
        """Whether the receiver gets anything."""
        return not (self.dropped or self.held_up)

    def content(self, unit: store.Unit) -> bytes:
        """The envelope; raises PictureMissing and PictureDamaged as the store does."""
        if self.instead is not None:
            own = unit.interventions.content(self.instead)
            if own is not None:
                return own
        return unit.pictures.content(self.picture.channel_id, self.source)

    def records(self, unit: store.Unit) -> store.PictureRecords:
        """Details, manifest and signature."""
        own = None if self.relay is None else unit.interventions.records(self.relay)
        if own is not None:
            return own
        return unit.pictures.records(self.picture.channel_id, self.picture.public_id)

    def sender_key(self, unit: store.Unit, sender: store.SeatRow) -> bytes | None:
        """The key, SPKI DER, that the receiver is shown as the sender's."""
        if self.signer is None:
            return sender.public_key
        signer = unit.key_swaps.signer(self.signer, sender.id)
        return None if signer is None else signer.public_key


@dataclass(frozen=True, slots=True)
class Exposed:
    """A key swap that two people have just found out.

    Attributes:
        id: of the swap.
        words: who did it to whom, for the event.
        pairs: the two, then all others who were deceived by it: receiver, sender, and how many
            pictures of theirs were read.
    """

    id: int
    words: str
    pairs: tuple[tuple[int, int, int], ...]


class Wire(Protocol):
    """What an adversary can do to a channel."""

    def keys_shown(self, act: Act) -> dict[int, bytes]:
        """The false keys (SPKI DER) that this seat is shown, by the seats they stand for."""

    def arrivals(self, act: Act, pictures: Sequence[store.StoredPicture]) -> list[Arrival]:
        """What reaches the asking receiver, in the same order."""

    def told(self, act: Act, rows: list[store.EventRow]) -> list[store.EventRow]:
        """Those of the channel's events that this seat may know."""

    def expose(self, act: Act, peer: store.SeatRow) -> Exposed | None:
        """Ends the deception between the asking seat and another; None where there was none."""

    def was_false(
        self, act: Act, alarm: store.AlarmRow, other: store.SeatRow, fingerprint: bytes
    ) -> bool:
        """Whether this key was shown to the asking seat as the other's, as the alarm says."""

    def before_leaving(self, seat: Seat) -> None:
        """Relays what only this seat can."""


WireOf = Callable[[store.ChannelRow | Channel], Wire]


class Honest:
    """The wire of a private channel: nobody is on it."""

    def keys_shown(self, _act: Act) -> dict[int, bytes]:
        return {}

    def arrivals(self, _act: Act, pictures: Sequence[store.StoredPicture]) -> list[Arrival]:
        return [Arrival(picture, picture.size, picture.public_id) for picture in pictures]

    def told(self, _act: Act, rows: list[store.EventRow]) -> list[store.EventRow]:
        return rows

    def expose(self, _act: Act, _peer: store.SeatRow) -> Exposed | None:
        return None

    def was_false(self, *_about: object) -> bool:
        return False

    def before_leaving(self, _seat: Seat) -> None:
        pass


def choosing(tapped: Wire) -> WireOf:
    """Classroom channels have this wire, private ones an honest one."""
    honest = Honest()
    return lambda channel: tapped if channel.kind == "classroom" else honest
