"""Whom a false key has deceived: what an alarm says, and to whom.

A false key deceives a receiver and every sender who was in the channel while it was shown. Nobody
who came when it was over is told that somebody stood between them.
"""

import store
from exchange.desk import Asking
from rsa_core import fingerprint_of


def behind(unit: store.Unit, asking: Asking, peer: store.Seat) -> store.Substitution | None:
    """Who stands, or last stood, between the two and was not found out yet."""
    two = (asking.seat, peer)
    receiver, sender = two if asking.seat.role == "receiver" else two[::-1]
    found = [
        one
        for one in unit.substitutions.in_channel(asking.channel.id)
        if one.receiver_id == receiver.id and one.discovered_at is None and _met(sender, one)
    ]
    return found[-1] if found else None


def _met(sender: store.Seat, found: store.Substitution) -> bool:
    """Whether this sender was in the channel while the false key was shown."""
    came_in_time = found.ended_at is None or sender.joined_at <= found.ended_at
    return came_in_time and (sender.left_at is None or sender.left_at >= found.started_at)


def also_deceived(
    unit: store.Unit, asking: Asking, found: store.Substitution, two: set[int]
) -> list[store.Seat]:
    """The other senders, still here, who were shown this false key."""
    return [
        row
        for row in unit.seats.in_channel(asking.channel.id)
        if row.role == "sender" and row.id not in two and _met(row, found)
    ]


def forget_false(unit: store.Unit, found: store.Substitution, sender_id: int) -> None:
    """Unpins the false keys that a sender and the receiver know of one another, and no others."""
    signer = unit.substitutions.signer(found.id, sender_id)
    pins = [(sender_id, found.receiver_id, found.fingerprint)]
    if signer is not None:
        pins.append((found.receiver_id, sender_id, fingerprint_of(signer.public_key)))
    for one, other, fingerprint in pins:
        known = unit.known_keys.get(one, other)
        if known is not None and known.fingerprint == fingerprint:
            unit.known_keys.forget(one, other)


def read_between(unit: store.Unit, found: store.Substitution | None, two: set[int]) -> int:
    """How many pictures of the one to the other have gone through the hands of a third."""
    if found is None:
        return 0
    senders = {one.public_id: one.sender_id for one in unit.images.in_channel(found.channel_id)}
    return sum(
        relay.substitution_id == found.id and senders[relay.image_id] in two
        for relay in unit.interventions.in_channel(found.channel_id)
    )
