"""Whom a false key has deceived: what an alarm says, and to whom.

A false key deceives a receiver and every sender who was in the channel while it was shown. Nobody
who came when it was over is told that somebody stood between them.
"""

import store
from exchange.desk import Asking
from rsa_core import fingerprint_of


def behind(unit: store.Unit, asking: Asking, peer: store.SeatRow) -> store.KeySwapRow | None:
    """Who stands, or last stood, between the two and was not found out yet."""
    two = (asking.seat, peer)
    receiver, sender = two if asking.seat.role == "receiver" else two[::-1]
    found = [
        one
        for one in unit.key_swaps.in_channel(asking.channel.id)
        if one.receiver_id == receiver.id and one.discovered_at is None and _met(sender, one)
    ]
    return found[-1] if found else None


def _met(sender: store.SeatRow, found: store.KeySwapRow) -> bool:
    """Whether this sender was in the channel while the false key was shown."""
    came_in_time = found.ended_at is None or sender.joined_at <= found.ended_at
    return came_in_time and (sender.left_at is None or sender.left_at >= found.started_at)


def also_deceived(
    unit: store.Unit, asking: Asking, found: store.KeySwapRow, two: set[int]
) -> list[store.SeatRow]:
    """The other senders, still here, who were shown this false key."""
    return [
        row
        for row in unit.seats.in_channel(asking.channel.id)
        if row.role == "sender" and row.id not in two and _met(row, found)
    ]


def by_the_two_themselves(unit: store.Unit, asking: Asking, rows: list[store.AlarmRow]) -> set[int]:
    """The alarms among these that were raised by those whom they are about.

    The first one of a substitution was; the others came with it.
    """
    known = {one.id: one for one in unit.key_swaps.in_channel(asking.channel.id)}
    receivers = {known[one.key_swap_id].receiver_id for one in rows if one.key_swap_id in known}
    first: dict[int | None, int] = {}
    for receiver in receivers:
        for one in unit.alarms.about(asking.channel.id, receiver):
            first.setdefault(one.key_swap_id, one.id)
    return {one.id for one in rows if one.key_swap_id is None} | set(first.values())


def is_false(
    unit: store.Unit,
    asking: Asking,
    alarm: store.AlarmRow,
    other: store.SeatRow,
    fingerprint: bytes,
) -> bool:
    """Whether this is the key that the asking seat was shown as the other's, as the alarm says."""
    if alarm.key_swap_id is None:
        return False
    if asking.seat.role == "receiver":
        signer = unit.key_swaps.signer(alarm.key_swap_id, other.id)
        return signer is not None and fingerprint_of(signer.public_key) == fingerprint
    return any(
        one.id == alarm.key_swap_id and one.fingerprint == fingerprint
        for one in unit.key_swaps.in_channel(asking.channel.id)
    )


def read_between(unit: store.Unit, found: store.KeySwapRow | None, two: set[int]) -> int:
    """How many pictures of the one to the other have gone through the hands of a third."""
    if found is None:
        return 0
    senders = {one.public_id: one.sender_id for one in unit.pictures.in_channel(found.channel_id)}
    return sum(
        relay.key_swap_id == found.id and senders[relay.picture_id] in two
        for relay in unit.interventions.in_channel(found.channel_id)
    )
