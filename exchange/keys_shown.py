"""Which public key one seat is shown for another: the true one, or one in its place.

Everything that shows, seals to or compares a key asks here. A key is hidden only in a channel whose
owner allows tampering, from the two whom somebody has put himself between: senders are shown the
interceptor's key for the receiver's, and the receiver is shown the keys that sign in senders'
stead. Nobody else is deceived.
"""

from collections.abc import Iterable
from dataclasses import replace

import store
from exchange.desk import Asking
from exchange.values import Person
from rsa_core import fingerprint_of, safety_number_of


def false_keys(unit: store.Unit, asking: Asking) -> dict[int, bytes]:
    """The keys (SPKI DER) that this seat is shown in the place of others', by the others' ids."""
    if not asking.channel.tampering:
        return {}
    if asking.seat.role == "sender":
        found = unit.key_swaps.in_channel(asking.channel.id)
        return {one.receiver_id: one.public_key for one in found if one.ended_at is None}
    if asking.seat.role == "receiver":
        mine = unit.key_swaps.in_force(asking.seat.id)
        signers = [] if mine is None else unit.key_swaps.signers(mine.id)
        return {one.sender_id: one.public_key for one in signers}
    return {}


def as_shown(unit: store.Unit, asking: Asking, people: Iterable[Person]) -> tuple[Person, ...]:
    """People with the keys that this seat is shown."""
    false = false_keys(unit, asking)
    if not false:
        return tuple(people)
    hidden = {seat.public_id: false[seat.id] for seat in unit.seats.by_ids(false).values()}
    return tuple(
        replace(
            person,
            fingerprint=fingerprint_of(hidden[person.id]),
            safety_number=safety_number_of(hidden[person.id]),
        )
        if person.id in hidden
        else person
        for person in people
    )
