"""Which events a seat is told of: all, except what would give a key swap away.

That a key was swapped, given back or used is told to interceptors and the owner alone, until
somebody finds out. The receiver whose key it is hears that a picture was sent when it arrives. What
a seat is not told is left out; the numbers of the others stay.
"""

from dataclasses import replace

import store
from exchange.desk import Act
from exchange.wire.arriving import arrivals

_SECRET = frozenset({"substituted", "gave back", "relayed"})


def told(act: Act, rows: list[store.EventRow]) -> list[store.EventRow]:
    """Those of these events that the asking seat is told of."""
    unit, channel, seat = act.unit, act.channel, act.seat
    if seat.role == "interceptor" or channel.owner_id == seat.id:
        return rows
    if not any(row.kind in _SECRET or row.kind == "sent" for row in rows):
        return rows
    swaps = unit.key_swaps.in_channel(channel.id)
    if not swaps:
        return rows
    mine = {swap.fingerprint for swap in swaps if swap.receiver_id == seat.id}
    # Every page asks all the time: what is not needed is not read.
    pictures = {}
    concerned = bool(mine) or any(swap.discovered_at is not None for swap in swaps)
    if concerned and any(row.kind in ("sent", "relayed") for row in rows):
        pictures = {picture.public_id: picture for picture in unit.pictures.in_channel(channel.id)}
    sealed = [
        picture
        for row in rows
        if row.kind == "sent" and (picture := pictures.get(row.picture_id or "")) is not None
        if _sealed_for(picture, seat.id) in mine
    ]
    on_their_way = {
        one.picture.public_id
        for one in (arrivals(act, sealed) if sealed else ())
        if one.held_up or one.relay is not None
    }
    behind = {swap.id: swap for swap in swaps}
    heard = []
    for row in rows:
        picture = pictures.get(row.picture_id or "")
        if row.kind == "sent" and row.picture_id in on_their_way:
            continue
        if row.kind not in _SECRET:
            heard.append(row)
            continue
        swap = behind.get(row.about_id or 0)
        if swap is None:
            continue
        if row.kind == "relayed" and picture is not None and swap.receiver_id == seat.id:
            heard.append(replace(row, kind="sent", seat_id=picture.sender_id, detail=""))
        elif swap.discovered_at is not None:
            heard.append(row)
    return heard


def _sealed_for(picture: store.StoredPicture, seat_id: int) -> bytes | None:
    return next((one.fingerprint for one in picture.recipients if one.seat_id == seat_id), None)
