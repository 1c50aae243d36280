"""Swapped keys: an interceptor stands between the senders and one receiver, unseen.

Senders are shown the interceptor's key as the receiver's, and seal to it; the receiver is shown
the keys that sign for the senders. Whatever is sealed so is on its way until the interceptor's page
relays it (`relaying`). Nothing is lost when it ends: what waits is relayed first. Where that cannot
be (the interceptor was removed, or the two have found out), the receiver reads that the picture is
sealed for another key.

A false key deceives a receiver and every sender who was in the channel while it was shown. Anyone
who came later never sees it.
"""

from contextlib import suppress

import store
from exchange.desk import Act, Desk
from exchange.errors import ExchangeError, InputRefused, NotFound, in_words
from exchange.values import Seat
from exchange.wire.honest import Exposed
from exchange.wire.relaying import Relaying, false_key_purpose
from exchange.wire.tampering import require_tampering
from exchange.wire.values import KeySwap
from rsa_core import KEY_SIZES, KeyPair, PublicKey, fingerprint_of
from rsa_core.turns import NOBODY, QUICK, Visitor


class KeySwaps:
    """An interceptor's acts on receivers' keys."""

    def __init__(self, desk: Desk, relaying: Relaying) -> None:
        self._desk = desk
        self._relaying = relaying

    def swap(self, seat: Seat, person_id: str, visitor: Visitor = NOBODY) -> None:
        """Shows senders a key of this interceptor's instead of a receiver's.

        Args:
            seat: an interceptor.
            person_id: a receiver of this channel.
            visitor: for the turn in which the key is made.

        Raises:
            NotFound: no such receiver in this channel.
            InputRefused: tampering is not allowed here, the key is swapped already, or the
                receiver has not been let in yet.
        """
        with self._desk.act(seat, "interceptor") as act:
            require_tampering(act)
            receiver, key = _receiver(act, person_id)
        # As long as the true one: another length would give it away.
        bits = PublicKey.from_der(key).bits
        with in_words(), QUICK.taken(visitor, act.channel.public_id):
            pair = KeyPair.generate(min(KEY_SIZES, key=lambda size: abs(size - bits)))
        locked = pair.lock(act.secret(false_key_purpose(pair.public)))
        try:
            with self._desk.act(seat, "interceptor", write=True) as act:
                require_tampering(act)
                receiver, _ = _receiver(act, person_id)
                swap = act.unit.key_swaps.add(
                    channel_id=act.channel.id,
                    receiver_id=receiver.id,
                    interceptor_id=act.seat.id,
                    at=act.now,
                    public_key=pair.public.der(),
                    fingerprint=pair.public.fingerprint,
                    locked_key=locked,
                )
                act.tell("swapped key", receiver.name, about=swap.id)
        except store.NameTaken:
            raise InputRefused("This receiver's key has been swapped already.") from None

    def give_back(self, seat: Seat, person_id: str) -> None:
        """Shows the receiver's true key again, after what waits was relayed.

        What could not be relayed, or is sealed meanwhile, is relayed later by the page.

        Raises:
            NotFound: this interceptor has not swapped this person's key.
        """
        with suppress(ExchangeError):
            self._relaying.relay(seat)
        with self._desk.act(seat, "interceptor", write=True) as act:
            people = act.unit.seats.in_channel(act.channel.id)
            receiver = next((row for row in people if row.public_id == person_id), None)
            mine = None if receiver is None else act.unit.key_swaps.in_force(receiver.id)
            if receiver is None or mine is None or mine.interceptor_id != act.seat.id:
                raise NotFound("person")
            act.unit.key_swaps.end(mine.id, act.now)
            act.tell("gave back key", receiver.name, about=mine.id)

    def swapped(self, seat: Seat) -> tuple[KeySwap, ...]:
        """All swapped keys, ended swaps too, the oldest first."""
        with self._desk.act(seat, "interceptor") as act:
            rows = act.unit.key_swaps.in_channel(act.channel.id)
            ids = {row.receiver_id for row in rows} | {row.interceptor_id for row in rows}
            seats = act.unit.seats.by_ids(ids)
            return tuple(
                KeySwap(
                    receiver=seats[row.receiver_id].name,
                    receiver_id=seats[row.receiver_id].public_id,
                    by=seats[row.interceptor_id].name,
                    mine=row.interceptor_id == act.seat.id,
                    since=row.started_at,
                    ended_at=row.ended_at,
                    discovered_at=row.discovered_at,
                    fingerprint=row.fingerprint,
                    pictures_read=act.unit.key_swaps.read_count(row.id),
                )
                for row in rows
            )


def keys_shown(act: Act) -> dict[int, bytes]:
    """The false keys that the asking seat is shown: `Wire.keys_shown`."""
    unit = act.unit
    if not act.channel.tampering:
        return {}
    if act.seat.role == "sender":
        swaps = unit.key_swaps.in_channel(act.channel.id)
        return {swap.receiver_id: swap.public_key for swap in swaps if swap.ended_at is None}
    if act.seat.role == "receiver":
        mine = unit.key_swaps.in_force(act.seat.id)
        signers = [] if mine is None else unit.key_swaps.signers(mine.id)
        return {signer.sender_id: signer.public_key for signer in signers}
    return {}


def expose(act: Act, peer: store.SeatRow) -> Exposed | None:
    """Ends the newest swap between the asking seat and another: `Wire.expose`."""
    unit, me = act.unit, act.seat
    receiver, sender = (me, peer) if me.role == "receiver" else (peer, me)
    between = [
        swap
        for swap in unit.key_swaps.in_channel(act.channel.id)
        if swap.receiver_id == receiver.id and swap.discovered_at is None and _met(sender, swap)
    ]
    if not between:
        return None
    swap = between[-1]
    others = [
        row
        for row in unit.seats.in_channel(act.channel.id)
        if row.role == "sender" and row.id != sender.id and _met(row, swap)
    ]
    unit.key_swaps.end(swap.id, act.now)
    unit.key_swaps.mark_discovered(swap.id, act.now)
    names = unit.seats.by_ids({swap.interceptor_id, receiver.id})
    pairs = [(me.id, peer.id), *((receiver.id, row.id) for row in others)]
    return Exposed(
        swap.id,
        f"{names[swap.interceptor_id].name} had swapped {names[receiver.id].name}'s key",
        tuple((whose, other, _read_between(act, swap, {whose, other})) for whose, other in pairs),
    )


def was_false(act: Act, alarm: store.AlarmRow, other: store.SeatRow, fingerprint: bytes) -> bool:
    """Whether the asking seat was shown this key as the other's: `Wire.was_false`."""
    if alarm.key_swap_id is None:
        return False
    if act.seat.role == "receiver":
        signer = act.unit.key_swaps.signer(alarm.key_swap_id, other.id)
        return signer is not None and fingerprint_of(signer.public_key) == fingerprint
    return any(
        swap.id == alarm.key_swap_id and swap.fingerprint == fingerprint
        for swap in act.unit.key_swaps.in_channel(act.channel.id)
    )


def _receiver(act: Act, person_id: str) -> tuple[store.SeatRow, bytes]:
    """A receiver of this channel with its true key."""
    for row in act.unit.seats.in_channel(act.channel.id):
        if row.public_id == person_id and row.role == "receiver" and row.public_key is not None:
            if row.waiting:
                raise InputRefused("The owner of the channel has not let this receiver in yet.")
            return row, row.public_key
    raise NotFound("person")


def _met(sender: store.SeatRow, swap: store.KeySwapRow) -> bool:
    """Whether this sender was in the channel while the false key was shown."""
    came_in_time = swap.ended_at is None or sender.joined_at <= swap.ended_at
    return came_in_time and (sender.left_at is None or sender.left_at >= swap.started_at)


def _read_between(act: Act, swap: store.KeySwapRow, two: set[int]) -> int:
    """How many pictures of the one to the other were relayed under this swap."""
    pictures = act.unit.pictures.in_channel(act.channel.id)
    senders = {picture.public_id: picture.sender_id for picture in pictures}
    return sum(
        relay.key_swap_id == swap.id and senders[relay.picture_id] in two
        for relay in act.unit.interventions.in_channel(act.channel.id)
    )
