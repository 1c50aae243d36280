"""Which events a seat is told of: all, but for what would give a key substitution away.

That a key was exchanged, given back or used is told to interceptors and to the owner alone, until
somebody finds out. The receiver whose key it is hears that a picture was sent when it arrives: that
is, when it was relayed, or when it is held up no more (`delivery`). What a seat is not told is left
out; the numbers of the others stay.
"""

from dataclasses import replace
from datetime import datetime

import store
from exchange.delivery import deliveries
from exchange.desk import Asking

_SECRET = frozenset({"substituted", "gave back", "relayed"})
_AT_ONCE = 500


def visible_after(
    unit: store.Unit, asking: Asking, seq: int, now: datetime
) -> list[store.EventRow]:
    """What this seat is told by now of the events after `seq`; empty only when nothing is left."""
    while True:
        rows = unit.events.since(asking.channel.id, seq, limit=_AT_ONCE)
        told = _told(unit, asking, rows, now)
        if told or len(rows) < _AT_ONCE:
            return told
        seq = rows[-1].seq


def _told(
    unit: store.Unit, asking: Asking, rows: list[store.EventRow], now: datetime
) -> list[store.EventRow]:
    channel, seat = asking.channel, asking.seat
    if channel.kind != "classroom" or seat.role == "interceptor" or channel.owner_id == seat.id:
        return rows
    if not any(row.kind in _SECRET or row.kind == "sent" for row in rows):
        return rows
    substitutions = unit.key_swaps.in_channel(channel.id)
    if not substitutions:
        return rows
    mine = {one.fingerprint for one in substitutions if one.receiver_id == seat.id}
    # Every page asks all the time: what is not needed is not read.
    pictures = {}
    concerned = bool(mine) or any(one.discovered_at is not None for one in substitutions)
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
        for one in (deliveries(unit, asking, sealed, now) if sealed else ())
        if one.held_up or one.relay is not None
    }
    people = unit.seats.by_ids({one.receiver_id for one in substitutions})
    told = []
    for row in rows:
        picture = pictures.get(row.picture_id or "")
        if row.kind == "sent" and row.picture_id in on_their_way:
            continue
        if row.kind not in _SECRET:
            told.append(row)
            continue
        behind = _behind(row, picture, substitutions, people)
        if behind is None:
            continue
        if row.kind == "relayed" and picture is not None and behind.receiver_id == seat.id:
            told.append(replace(row, kind="sent", seat_id=picture.sender_id, detail=""))
        elif behind.discovered_at is not None:
            told.append(row)
    return told


def _behind(
    row: store.EventRow,
    picture: store.StoredPicture | None,
    substitutions: list[store.KeySwapRow],
    people: dict[int, store.SeatRow],
) -> store.KeySwapRow | None:
    """The substitution that an event is about; None where that cannot be told any more.

    An event has the receiver's name only, and the name may be somebody else's by now.
    """
    keys = {one.fingerprint for one in picture.recipients} if picture is not None else set()
    for one in substitutions:
        about = {
            "substituted": one.started_at == row.at,
            "gave back": one.ended_at == row.at,
            "relayed": one.fingerprint in keys,
        }
        named = (one.interceptor_id, people[one.receiver_id].name) == (row.seat_id, row.detail)
        if named and about[row.kind]:
            return one
    return None


def _sealed_for(picture: store.StoredPicture, seat_id: int) -> bytes | None:
    return next((one.fingerprint for one in picture.recipients if one.seat_id == seat_id), None)
