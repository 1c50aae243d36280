"""What arrives: one place that decides it for every list, every opening and every download.

A picture in the store is what its sender committed. At a receiver arrives what the newest
intervention has put in its place, if the channel's owner allows tampering at that moment; and if
it was sealed for a false key, what its holder has sealed again for the true one. That holds
whatever the owner allows later: without it there would be nothing to open.

What was sealed for a false key and not sealed again yet is held up unseen, but only while the
deception goes on: the owner allows tampering, nobody has found out, and the holder of the key is
there and has not given it back, or has not had the time to relay since. Else the receiver is shown
it, and told what is wrong with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import store
from exchange.desk import Asking

GIVEN_BACK_FOR = timedelta(minutes=2)  # a hidden page relays once a minute


@dataclass(frozen=True, slots=True)
class Delivery:
    """One picture on its way to one receiver.

    Attributes:
        picture: as its sender committed it.
        altered: what was done to it for all receivers; None when nothing was, or rests.
        relay: how it was sealed again for this receiver; None when it was not.
        substitution: under whose false key it was sealed for this receiver; None for the true one.
        may_come: it is sealed for a false key, whose holder can still seal it again.
        held_up: until that is done, the receiver is not to know of it.
        source_relay: how the picture in whose place this one arrives was sealed again for this
            receiver; None when there is none such.
    """

    picture: store.StoredPicture
    altered: store.InterventionRow | None = None
    relay: store.InterventionRow | None = None
    substitution: store.KeySwapRow | None = None
    may_come: bool = False
    held_up: bool = False
    source_relay: store.InterventionRow | None = None

    @property
    def arrives(self) -> bool:
        """Whether the receiver gets anything: not what was dropped, nor what is held up."""
        if self.altered is not None and self.altered.kind == "drop":
            return False
        return not self.held_up

    @property
    def name(self) -> str:
        """Another name for whatever else arrives under the same picture's id; "" unaltered."""
        parts = [one.id for one in (self.altered, self.source_relay, self.relay) if one is not None]
        return "-".join(map(str, parts))

    def content(self, unit: store.Unit) -> bytes:
        """The envelope that arrives.

        Raises:
            PictureMissing, PictureDamaged: as the store's.
        """
        for one in self._acts():
            own = unit.interventions.content(one.id)
            if own is not None:
                return own
        return unit.pictures.content(self.picture.channel_id, self._original)

    def size(self, unit: store.Unit) -> int:
        """Bytes of the envelope that arrives."""
        for one in self._acts():
            if one.size is not None:
                return one.size
        if self._original == self.picture.public_id:
            return self.picture.size
        source = unit.pictures.get(self.picture.channel_id, self._original)
        return self.picture.size if source is None else source.size

    def records(self, unit: store.Unit) -> store.PictureRecords:
        """Details, manifest and signature that arrive."""
        if self.relay is not None:
            own = unit.interventions.records(self.relay.id)
            if own is not None:
                return own
        return unit.pictures.records(self.picture.channel_id, self.picture.public_id)

    @property
    def _original(self) -> str:
        """Public id of the committed picture whose envelope arrives, sealed again or not."""
        source = None if self.altered is None else self.altered.source_id
        return self.picture.public_id if source is None else source

    def _acts(self) -> list[store.InterventionRow]:
        """What may have an envelope of its own, the one that goes before the others first."""
        exchanged = self._original != self.picture.public_id
        acts = (self.altered, self.source_relay if exchanged else self.relay)
        return [one for one in acts if one is not None]

    def sender_key(self, unit: store.Unit, sender: store.SeatRow) -> bytes | None:
        """The key, SPKI DER, that the receiver is told is the sender's."""
        if self.relay is not None and self.relay.key_swap_id is not None:
            signer = unit.key_swaps.signer(self.relay.key_swap_id, sender.id)
            return None if signer is None else signer.public_key
        return sender.public_key


def deliveries(
    unit: store.Unit, asking: Asking, pictures: Iterable[store.StoredPicture], now: datetime
) -> list[Delivery]:
    """What arrives at the asking receiver in each picture's place by now, in the same order."""
    channel, me = asking.channel, asking.seat.id
    if channel.kind != "classroom":
        return [Delivery(picture) for picture in pictures]
    interventions = unit.interventions.in_channel(channel.id)
    altered = {one.picture_id: one for one in interventions if one.receiver_id is None}
    relays = {one.picture_id: one for one in interventions if one.receiver_id == me}
    false = {
        one.fingerprint: one
        for one in unit.key_swaps.in_channel(channel.id)
        if one.receiver_id == me
    }
    holders = unit.seats.by_ids({one.interceptor_id for one in false.values()})
    found = []
    for picture in pictures:
        sealed_for = {one.seat_id: one.fingerprint for one in picture.recipients}.get(me)
        substitution = None if sealed_for is None else false.get(sealed_for)
        relay = relays.get(picture.public_id)
        may_come = (
            relay is None
            and substitution is not None
            and substitution.discovered_at is None
            and holders[substitution.interceptor_id].left_at is None
        )
        act = altered.get(picture.public_id) if channel.tampering else None
        found.append(
            Delivery(
                picture,
                act,
                relay,
                substitution,
                may_come,
                may_come and channel.tampering and _deceived(substitution, picture, now),
                None if act is None else relays.get(act.source_id or ""),
            )
        )
    return found


def delivery_of(
    unit: store.Unit, asking: Asking, picture: store.StoredPicture, now: datetime
) -> Delivery:
    """What arrives at the asking receiver in one picture's place by now."""
    return deliveries(unit, asking, [picture], now)[0]


def _deceived(
    substitution: store.KeySwapRow | None, picture: store.StoredPicture, now: datetime
) -> bool:
    """Whether the false key is shown, or its holder may not have had the time to relay since."""
    if substitution is None or substitution.ended_at is None:
        return substitution is not None
    # Whoever was sealing when the key was given back commits after that.
    return now - max(substitution.ended_at, picture.sent_at) < GIVEN_BACK_FOR
