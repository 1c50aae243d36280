"""Things for tests to put into a store: each call makes a new one, valid and random."""

import hashlib
import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import delete, update

from store import ChannelRow, KeySwapRow, NewPicture, SeatRow, Store, Unit, new_channel_key, schema

NOW = datetime(2030, 5, 17, 12, 30, 15, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
PEPPER = b"a pepper for tests, 32 bytes lon"

# LONG=1 in the environment runs the long form of the tests that have one.
LONG = os.environ.get("LONG") == "1"

_numbers = count(1)


def word() -> str:
    """A random name, as callers draw them for public ids and submissions."""
    return os.urandom(8).hex()


def channel(store: Store, unit: Unit, **changes) -> ChannelRow:
    fields = {
        "public_id": word(),
        "key_digest": store.key_digest(new_channel_key()),
        "name": "Class 7b",
        "kind": "private",
        "created_at": NOW,
        "expires_at": NOW + 24 * HOUR,
        "owner_ticket_hash": os.urandom(32),
    }
    return unit.channels.add(**(fields | changes))


def seat(unit: Unit, channel_id: int, **changes) -> SeatRow:
    name = changes.get("name", f"Person {next(_numbers)}")
    fields = {
        "channel_id": channel_id,
        "public_id": word(),
        "name": name,
        "name_key": name.casefold(),
        "role": "receiver",
        "token_hash": os.urandom(32),
        "joined_at": NOW,
    }
    return unit.seats.add(**(fields | changes))


def picture(sender: SeatRow, recipients: list[SeatRow] | None = None, **changes) -> NewPicture:
    new = NewPicture(
        public_id=word(),
        channel_id=sender.channel_id,
        sender_id=sender.id,
        scheme="hybrid",
        submission=word(),
        sent_at=NOW,
        content=os.urandom(1000),
        details=b"details " + os.urandom(20),
        manifest=b"manifest " + os.urandom(20),
        signature=b"signature " + os.urandom(20),
        note=b"note " + os.urandom(20),
        recipients=tuple((seat.id, os.urandom(32)) for seat in recipients or []),
    )
    return replace(new, **changes)


def room(store: Store, **changes) -> tuple[ChannelRow, SeatRow, SeatRow]:
    """A channel with a sender and a receiver in it."""
    with store.write() as unit:
        made = channel(store, unit, **changes)
        return (
            made,
            seat(unit, made.id, role="sender"),
            seat(unit, made.id, role="receiver"),
        )


def send(
    store: Store, sender: SeatRow, recipients: list[SeatRow] | None = None, **changes
) -> NewPicture:
    """One picture and its event, committed."""
    new = picture(sender, recipients, **changes)
    with store.write() as unit:
        unit.pictures.add(new)
        unit.events.add(new.channel_id, "sent", NOW, seat_id=sender.id, picture_id=new.public_id)
    return new


def delete_pictures(unit: Unit, channel_id: int) -> int:
    """Deletes the channel's pictures at once, as the sweep does by rule; gives their number."""
    gone = delete(schema.picture).where(schema.picture.c.channel_id == channel_id)
    return unit.pictures._connection.execute(gone).rowcount


def set_keys(unit: Unit, seat_id: int, **keys: bytes | None) -> None:
    """What only a writer to the database can do."""
    changed = update(schema.seat).where(schema.seat.c.id == seat_id).values(**keys)
    unit.seats._connection.execute(changed)


def key_swap(unit: Unit, **changes) -> KeySwapRow:
    key = os.urandom(40)
    fields = {
        "at": NOW,
        "public_key": key,
        "fingerprint": hashlib.sha256(key).digest(),
        "locked_key": os.urandom(50),
    }
    return unit.key_swaps.add(**(fields | changes))


def gapless(store: Store, channel_id: int) -> int:
    """Checks that the channel's events are 1, 2, 3 ...; gives their number."""
    seen, last = Counter(), 0
    while True:
        with store.read() as unit:
            batch = unit.events.since(channel_id, last)
        if not batch:
            break
        seen.update(event.seq for event in batch)
        last = batch[-1].seq
    assert seen == Counter(range(1, last + 1))
    return last
