"""Relaying: what was sealed for a false key is opened, sealed for the true one, and sent on.

Only the interceptor's token unlocks the false private key. So it is done while a page of that seat
is open, by one thread of the process: it opens what waits, seals it for the true key, names the
true receiver in a manifest and signs that with a key that the receiver is shown as the sender's.
Nothing on either page looks wrong but the safety numbers.
"""

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import store
from exchange.contents import viewable
from exchange.desk import Act, Desk
from exchange.errors import (
    Damaged,
    ExchangeError,
    InputRefused,
    NotFound,
    SeatGone,
    Tampered,
    Unavailable,
    WrongRole,
    in_words,
)
from exchange.interceptor import capture_numbers
from exchange.values import Seat
from exchange.wire.values import ReadItem, ReadPicture
from rsa_core import (
    SCHEMES,
    DecodingError,
    DecryptionError,
    EnvelopeFormatError,
    KeyFormatError,
    KeyPair,
    LimitError,
    Manifest,
    PublicKey,
    RecipientError,
    open_bytes,
    readdress,
    sign,
)
from rsa_core.details import Details
from rsa_core.turns import GRACE, NOBODY, QUICK, Visitor

Read = TypeVar("Read")

EVERY = 1.0  # second between two looks at what waits
NO_ROOM_FOR = timedelta(seconds=10)  # what finds no room in the channel is not tried sooner again
_PATIENCE = 10.0  # seconds for one picture to be relayed when the exchange is closed

_FAULTS = (DecryptionError, EnvelopeFormatError, KeyFormatError, LimitError, RecipientError)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One picture that was sealed for a false key, with all that relaying it needs."""

    act: Act
    picture: store.StoredPicture
    swap: store.KeySwapRow
    sender: store.SeatRow
    receiver: store.SeatRow
    records: store.PictureRecords
    content: bytes | None  # None where the scheme does not use the key that was swapped


class Relaying:
    """An interceptor's acts on what was sealed for its false keys."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._hopeless: set[tuple[int, str]] = set()  # what cannot be relayed is tried once
        self._without_room: dict[tuple[int, str], datetime] = {}  # when it was tried last
        self._busy: set[int] = set()  # seats
        self._attended: dict[str, tuple[Seat, Visitor, float]] = {}  # and when its page was seen
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def attend(self, seat: Seat, visitor: Visitor = NOBODY) -> None:
        """From now on relays for this interceptor, as long as its page is open. Costs nothing."""
        with self._lock:
            self._attended[seat.id] = seat, visitor, time.monotonic()
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._go_on, name="relaying", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Ends the thread."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def relay(self, seat: Seat, visitor: Visitor = NOBODY) -> int:
        """Sends on what was sealed for this interceptor's false keys.

        It goes on when the owner forbids tampering: what has been sealed for a false key can reach
        its receiver in no other way.

        Returns:
            How many pictures were relayed.
        """
        with self._desk.act(seat, "interceptor") as act:
            if act.channel.kind != "classroom":
                return 0
            waiting = act.unit.key_swaps.waiting(act.seat.id)
        waiting = [one for one in waiting if self._worth_trying(one)]
        with self._lock:  # someone else may be doing the same work
            if not waiting or act.seat.id in self._busy:
                return 0
            self._busy.add(act.seat.id)
        done = 0
        try:
            for swap_id, picture_id in waiting:
                with in_words(), QUICK.taken(visitor, act.channel.public_id):
                    done += self._relay(seat, swap_id, picture_id)
        except (InputRefused, Unavailable):
            pass  # others have much to do: the rest is for later
        finally:
            self._busy.discard(act.seat.id)
        return done

    def _go_on(self) -> None:
        while not self._closing.wait(EVERY):
            for seat, visitor, seen in list(self._attended.values()):
                now = time.monotonic()
                try:
                    if visitor.alive():
                        with self._lock:
                            self._attended[seat.id] = seat, visitor, now
                        self.relay(seat, visitor)
                    elif now - seen > GRACE:
                        self._forget(seat)
                except (SeatGone, WrongRole):
                    self._forget(seat)
                except ExchangeError:
                    pass  # the next look tries again
                except Exception:  # nothing may end the others' relaying
                    _log.exception("relaying failed")

    def _forget(self, seat: Seat) -> None:
        with self._lock:
            self._attended.pop(seat.id, None)

    def readings(self, seat: Seat) -> tuple[ReadItem, ...]:
        """The pictures that this seat has read under swapped keys, the newest first."""
        with self._desk.act(seat, "interceptor") as act:
            pictures = act.unit.pictures.in_channel(act.channel.id)
            mine = _own(act)
            relays = act.unit.interventions.in_channel(act.channel.id)
            seats = act.unit.seats.by_ids({swap.receiver_id for swap in mine.values()})
            numbers = capture_numbers(act)
        found = []
        for picture in pictures:
            names = sorted(
                seats[mine[relay.key_swap_id].receiver_id].name
                for relay in relays
                if relay.picture_id == picture.public_id and relay.key_swap_id in mine
            )
            if names:
                number, id_ = numbers[picture.public_id], picture.public_id
                found.append(
                    ReadItem(id_, number, picture.scheme, picture.sent_at, ", ".join(names))
                )
        return tuple(reversed(found))

    def reading(self, seat: Seat, picture_id: str) -> ReadPicture:
        """One picture, as the false private key opens it: nothing of it is stored elsewhere.

        Raises:
            NotFound: no such picture in this channel, or this seat has not read it.
            Tampered: what was sent does not open.
        """
        with self._desk.act(seat, "interceptor") as act:
            picture, mine = act.picture(picture_id), _own(act)
            relays = act.unit.interventions.of_picture(act.channel.id, picture_id)
            ours = [mine[r.key_swap_id] for r in relays if r.key_swap_id in mine]
            if not ours:
                raise NotFound
            found = _waiting(act, picture, ours[0])
        false = _unlock(act, ours[0].locked_key, ours[0].public_key)
        details = _opened(lambda: Details.parse(open_bytes(found.records.details, false).data))
        if found.content is None:
            return ReadPicture(details, None, None, "", "", "")
        content, scheme = found.content, SCHEMES[picture.scheme]
        file = _opened(lambda: scheme.open(content, false).file)
        decoded, view, view_mime = viewable(file)
        return ReadPicture(
            details=details,
            file=file,
            view=view,
            file_name=f"read-{hashlib.sha256(file).hexdigest()[:12]}{decoded.suffix}",
            mime=decoded.mime,
            view_mime=view_mime,
        )

    def _relay(self, seat: Seat, swap_id: int, picture_id: str) -> int:
        """Relays one picture; 1 when that was done, 0 when it was done before or cannot be."""
        key = swap_id, picture_id
        try:
            with self._desk.act(seat, "interceptor") as act:
                found = _waiting(act, act.picture(picture_id), _own(act)[swap_id])
            new = self._readdressed(seat, found)
        except DecodingError:
            return 0  # tried again later
        except (*_FAULTS, Damaged, NotFound):
            self._hopeless.add(key)
            return 0
        with self._desk.act(seat, "interceptor", write=True) as act:
            if key not in act.unit.key_swaps.waiting(act.seat.id):
                return 0
            try:
                act.require_room(len(new.content or b""))
            except InputRefused:
                self._without_room[key] = act.now
                return 0
            self._without_room.pop(key, None)
            act.unit.interventions.add(act.channel.id, new)
            act.tell("relayed", found.receiver.name, picture_id=picture_id, about=swap_id)
        return 1

    def _worth_trying(self, one: tuple[int, str]) -> bool:
        """Not what cannot be relayed at all, nor what found no room a moment ago."""
        tried = self._without_room.get(one)
        rests = tried is not None and timedelta(0) <= self._desk.clock() - tried < NO_ROOM_FOR
        return one not in self._hopeless and not rests

    def _readdressed(self, seat: Seat, found: _Waiting) -> store.NewIntervention:
        """The picture as if it had been sealed for the true key, signed as its sender's."""
        false = _unlock(found.act, found.swap.locked_key, found.swap.public_key)
        true = PublicKey.from_der(found.receiver.public_key or b"")
        signer = self._signer(seat, found)
        details = readdress("hybrid", found.records.details, false, true)
        content = None
        if found.content is not None:
            content = readdress(found.picture.scheme, found.content, false, true).envelope
        manifest = Manifest.parse(found.records.manifest)
        recipients = (
            true.fingerprint if one == false.public.fingerprint else one
            for one in manifest.recipients
        )
        # Digests and commitments stay: the content key is the same.
        forged = replace(
            manifest,
            sender=signer.public.fingerprint,
            recipients=tuple(dict.fromkeys(recipients)),
        ).pack()
        return store.NewIntervention(
            picture_id=found.picture.public_id,
            seat_id=found.act.seat.id,
            act=secrets.token_hex(8),
            kind="relay",
            done_at=self._desk.clock(),
            content=content,
            receiver_id=found.receiver.id,
            key_swap_id=found.swap.id,
            records=(details.envelope, forged, sign(forged, signer)),
        )

    def _signer(self, seat: Seat, found: _Waiting) -> KeyPair:
        """The key that signs for the sender, made when it is first needed."""
        with self._desk.act(seat, "interceptor") as act:
            kept = act.unit.key_swaps.signer(found.swap.id, found.sender.id)
        if kept is None:
            pair = KeyPair.generate()
            locked = pair.lock(act.secret(false_key_purpose(pair.public)))
            new = store.Signer(found.swap.id, found.sender.id, pair.public.der(), locked)
            with self._desk.act(seat, "interceptor", write=True) as act:
                kept = act.unit.key_swaps.add_signer(new)
        return _unlock(act, kept.locked_key, kept.public_key)


def false_key_purpose(public: PublicKey) -> str:
    """One secret for each key, so that none can replace another."""
    return f"false key {public.fingerprint.hex()}"


def _own(act: Act) -> dict[int, store.KeySwapRow]:
    """The asking interceptor's swaps, ended ones too, by id."""
    swaps = act.unit.key_swaps.in_channel(act.channel.id)
    return {swap.id: swap for swap in swaps if swap.interceptor_id == act.seat.id}


def _waiting(act: Act, picture: store.StoredPicture, swap: store.KeySwapRow) -> _Waiting:
    seats = act.unit.seats.by_ids({picture.sender_id, swap.receiver_id})
    uses_it = SCHEMES[picture.scheme].key_kind == "key pair"
    channel, picture_id = act.channel.id, picture.public_id
    return _Waiting(
        act=act,
        picture=picture,
        swap=swap,
        sender=seats[picture.sender_id],
        receiver=seats[swap.receiver_id],
        records=act.unit.pictures.records(channel, picture_id),
        content=act.unit.pictures.content(channel, picture_id) if uses_it else None,
    )


def _unlock(act: Act, locked: bytes, public_key: bytes) -> KeyPair:
    return KeyPair.unlock(locked, act.secret(false_key_purpose(PublicKey.from_der(public_key))))


def _opened(work: Callable[[], Read]) -> Read:
    try:
        return work()
    except _FAULTS:
        raise Tampered from None
