"""Which events a seat may know: all, except those that would give a key swap away.

Only interceptors and the owner see that a key was swapped, given back or used, until someone finds
out. The receiver whose key it is sees that a picture was sent when it arrives. What a seat may not
know is left out; the numbers of the others stay.
"""

from dataclasses import replace

import store
from exchange.desk import Act
from exchange.wire.arriving import arrivals

_SECRET = frozenset({"swapped key", "gave back key", "relayed"})


def told(act: Act, rows: list[store.EventRow]) -> list[store.EventRow]:
    """Those of these events that the asking seat may know."""
    unit, channel, seat = act.unit, act.channel, act.seat
    if seat.role == "interceptor" or channel.owner_id == seat.id:
        return rows
    kinds = {row.kind for row in rows}
    if not kinds & (_SECRET | {"sent"}):
        return rows
    swaps = {swap.id: swap for swap in unit.key_swaps.in_channel(channel.id)}
    pictures = {}
    # Every page asks all the time: what is not needed is not read.
    if kinds & {"sent", "relayed"} and any(one.receiver_id == seat.id for one in swaps.values()):
        pictures = {picture.public_id: picture for picture in unit.pictures.in_channel(channel.id)}
    sent = [
        pictures[row.picture_id]
        for row in rows
        if row.kind == "sent" and row.picture_id in pictures
    ]
    late = {
        one.picture.public_id
        for one in (arrivals(act, sent) if sent else ())
        if one.held_up or one.relay is not None
    }
    heard = []
    for row in rows:
        swap = swaps.get(row.about_id or 0)
        picture = pictures.get(row.picture_id or "")
        if row.kind not in _SECRET:
            if row.kind != "sent" or row.picture_id not in late:
                heard.append(row)
        elif swap is None:
            continue
        elif row.kind == "relayed" and picture is not None and swap.receiver_id == seat.id:
            heard.append(replace(row, kind="sent", seat_id=picture.sender_id, detail=""))
        elif swap.discovered_at is not None:
            heard.append(row)
    return heard
