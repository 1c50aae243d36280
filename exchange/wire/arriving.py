"""What arrives: the one place that decides it for every list, every opening and every download.

A picture in the store is what its sender committed. A receiver gets what the newest intervention
puts there instead, if the owner allows tampering at that moment; and what was sealed for a false
key as the key's holder has sealed it again for the true one. That holds whatever the owner allows
later: without it there would be nothing to open.

What was sealed for a false key and not yet sealed again is held up unseen, but only while the
deception goes on: the owner allows tampering, nobody has found out, and the holder of the key is
there and has not given it back, or has not had the time to relay since. Otherwise the receiver sees
it, and reads what is wrong with it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import store
from exchange.desk import Act
from exchange.wire.honest import Arrival

GIVEN_BACK_FOR = timedelta(minutes=2)  # a hidden page relays once a minute

_HELD_UP = (
    "You cannot open this picture: it is held up on its way, because it is sealed for a key that "
    "is not yours. Ask its sender to send it again, or the owner of this channel to remove the "
    "interceptor."
)
_FALSE_KEY = (
    "You cannot open this picture: it is sealed for a key that is not yours. Someone had swapped "
    "your key for theirs. Ask its sender to send it again."
)
_FOUND_OUT = (
    "You cannot open this picture any more: an interceptor had swapped in their own key and "
    "forged the sender's signature. Ask its sender to send it again."
)


def arrivals(act: Act, pictures: Sequence[store.StoredPicture]) -> list[Arrival]:
    """What reaches the asking receiver under each picture's id, in the same order."""
    unit, channel, me = act.unit, act.channel, act.seat.id
    interventions = unit.interventions.in_channel(channel.id)
    altered = {one.picture_id: one for one in interventions if one.receiver_id is None}
    relays = {one.picture_id: one for one in interventions if one.receiver_id == me}
    swaps = unit.key_swaps.in_channel(channel.id)
    false = {swap.fingerprint: swap for swap in swaps if swap.receiver_id == me}
    holders = unit.seats.by_ids({swap.interceptor_id for swap in false.values()})
    found = []
    for picture in pictures:
        sealed_for = {one.seat_id: one.fingerprint for one in picture.recipients}.get(me)
        swap = None if sealed_for is None else false.get(sealed_for)
        relay = relays.get(picture.public_id)
        may_come = (
            relay is None
            and swap is not None
            and swap.discovered_at is None
            and holders[swap.interceptor_id].left_at is None
        )
        held_up = may_come and channel.tampering and _goes_on(swap, picture, act.now)
        by = altered.get(picture.public_id) if channel.tampering else None
        found.append(
            replace(
                _arrival(act, picture, by, relays),
                held_up=held_up,
                obstacle=_obstacle(swap, relay, may_come=may_come),
            )
        )
    return found


def _arrival(
    act: Act,
    picture: store.StoredPicture,
    by: store.InterventionRow | None,
    relays: dict[str, store.InterventionRow],
) -> Arrival:
    source = picture.public_id if by is None or by.source_id is None else by.source_id
    relay = relays.get(picture.public_id)
    source_relay = None if by is None else relays.get(by.source_id or "")
    # What brings an envelope along goes before the committed one; the alteration goes first.
    moved = source != picture.public_id
    bringing = [one for one in (by, source_relay if moved else relay) if one is not None]
    instead = next((one for one in bringing if one.size is not None), None)
    size = picture.size
    if instead is not None and instead.size is not None:
        size = instead.size
    elif moved and (other := act.unit.pictures.get(act.channel.id, source)) is not None:
        size = other.size
    name = "-".join(str(one.id) for one in (by, source_relay, relay) if one is not None)
    return Arrival(
        picture=picture,
        size=size,
        source=source,
        dropped=by is not None and by.kind == "drop",
        name=name,
        pins=relay is None and not act.channel.tampering,
        instead=None if instead is None else instead.id,
        relay=None if relay is None else relay.id,
        signer=None if relay is None else relay.key_swap_id,
    )


def _obstacle(
    swap: store.KeySwapRow | None, relay: store.InterventionRow | None, *, may_come: bool
) -> str:
    if swap is None:
        return ""
    if may_come:
        return _HELD_UP
    if relay is None:
        return _FALSE_KEY
    return _FOUND_OUT if swap.discovered_at is not None else ""


def _goes_on(swap: store.KeySwapRow | None, picture: store.StoredPicture, now: datetime) -> bool:
    """Whether the false key is shown, or its holder may not have had the time to relay since."""
    if swap is None or swap.ended_at is None:
        return swap is not None
    # A sender who was sealing when the key was given back commits after that.
    return now - max(swap.ended_at, picture.sent_at) < GIVEN_BACK_FOR
