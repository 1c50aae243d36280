"""Relaying: what was sealed for a false key is opened, sealed for the true one, and sent on.

The interceptor's own page does it, which alone has the token that unlocks the false private key:
it opens what waits, seals it for the true key, names the true receiver in a manifest and signs that
with a key that the receiver is shown as the sender's. Nothing on either page is amiss but the
safety numbers.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import store
from exchange.admission import Sleep
from exchange.desk import Asking, Clock, find_picture, in_words, utc_now
from exchange.details import parse_details
from exchange.errors import Damaged, InputRefused, NotDecoded, NotFound, Tampered, Unavailable
from exchange.seats import Seats
from exchange.sending import check_room
from exchange.tamper_values import ReadItem, ReadPicture
from exchange.values import Seat
from exchange.watching import capture_numbers
from rsa_core import (
    SCHEMES,
    DecodingError,
    DecryptionError,
    EnvelopeFormatError,
    KeyFormatError,
    KeyPair,
    LimitError,
    Manifest,
    PictureError,
    PublicKey,
    RecipientError,
    derive_secret,
    open_bytes,
    read_picture,
    readdress,
    sign,
)
from rsa_core.turns import NOBODY, QUICK, Visitor

TICK_WAITS = 2.0  # seconds, for its turn; the page stands still meanwhile
NO_ROOM_FOR = timedelta(seconds=10)  # what finds no room in the channel is not tried sooner again

_FAULTS = (DecryptionError, EnvelopeFormatError, KeyFormatError, LimitError, RecipientError)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One picture that was sealed for a false key, with all that relaying it needs."""

    asking: Asking
    picture: store.StoredPicture
    substitution: store.KeySwapRow
    sender: store.SeatRow
    receiver: store.SeatRow
    records: store.PictureRecords
    content: bytes | None  # None where the scheme does not use the key that was exchanged


class Relaying(Seats):
    """An interceptor's acts on what was sealed for its false keys."""

    def __init__(
        self, backend: store.Store, clock: Clock = utc_now, sleep: Sleep = time.sleep
    ) -> None:
        super().__init__(backend, clock, sleep)
        self._hopeless: set[tuple[int, str]] = set()  # what cannot be relayed is tried once
        self._without_room: dict[tuple[int, str], datetime] = {}  # when it was tried last
        self._relaying: set[int] = set()  # seats
        self._relaying_lock = threading.Lock()

    def relay(self, seat: Seat, visitor: Visitor = NOBODY) -> int:
        """Sends on what was sealed for this interceptor's false keys: a tick of its page.

        Costs three short reads when nothing waits. It goes on when the owner forbids tampering:
        what has been sealed for a false key can reach its receiver in no other way.

        Returns:
            How many pictures were relayed.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            if asking.channel.kind != "classroom":
                return 0
            waiting = unit.key_swaps.waiting(asking.seat.id)
        waiting = [one for one in waiting if self._worth_trying(one)]
        with self._relaying_lock:  # a second tab of the same seat need not do the same work
            if not waiting or asking.seat.id in self._relaying:
                return 0
            self._relaying.add(asking.seat.id)
        done = 0
        try:
            for one in waiting:
                with (
                    in_words(),
                    QUICK.taken(visitor, asking.channel.public_id, patience=TICK_WAITS),
                ):
                    done += self._relay(seat, *one)
        except (InputRefused, Unavailable):
            pass  # others have much to do: the rest is for a later tick
        finally:
            self._relaying.discard(asking.seat.id)
        return done

    def readings(self, seat: Seat) -> tuple[ReadItem, ...]:
        """The pictures that this seat has read by key substitution, the newest first."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            pictures = unit.pictures.in_channel(asking.channel.id)
            mine = _own(unit, asking)
            relays = unit.interventions.in_channel(asking.channel.id)
            seats = unit.seats.by_ids({one.receiver_id for one in mine.values()})
            numbers = capture_numbers(unit, asking)
        found = []
        for picture in pictures:
            theirs = [
                mine[relay.key_swap_id]
                for relay in relays
                if relay.picture_id == picture.public_id and relay.key_swap_id in mine
            ]
            if theirs:
                names = ", ".join(sorted(seats[one.receiver_id].name for one in theirs))
                number = numbers[picture.public_id]
                found.append(
                    ReadItem(picture.public_id, number, picture.scheme, picture.sent_at, names)
                )
        return tuple(reversed(found))

    def reading(self, seat: Seat, picture_id: str) -> ReadPicture:
        """One picture, as the false private key opens it: nothing of it is stored anywhere else.

        Raises:
            NotFound: no such picture in this channel, or none that this seat has read.
            Tampered: what was sent does not open.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            picture = find_picture(unit, asking, picture_id)
            mine = _own(unit, asking)
            relays = unit.interventions.of_picture(asking.channel.id, picture.public_id)
            ours = [mine[r.key_swap_id] for r in relays if r.key_swap_id in mine]
            if not ours:
                raise NotFound
            found = _waiting(unit, asking, picture, ours[0])
        false = _unlock(seat, ours[0].locked_key, ours[0].public_key)
        details = parse_details(_opened(lambda: open_bytes(found.records.details, false).data))
        if found.content is None:
            return ReadPicture(details, None, None, "", "", "")
        content, scheme = found.content, SCHEMES[picture.scheme]
        file = _opened(lambda: scheme.open(content, false).file)
        try:
            decoded = read_picture(file)
            view = file if decoded.browser_safe else decoded.view_png()
        except DecodingError:
            raise NotDecoded from None
        except PictureError:
            raise Tampered from None
        prefix = hashlib.sha256(file).hexdigest()[:12]
        return ReadPicture(
            details=details,
            file=file,
            view=view,
            file_name=f"read-{prefix}{decoded.suffix}",
            mime=decoded.mime,
            view_mime=decoded.mime if decoded.browser_safe else "image/png",
        )

    def _relay(self, seat: Seat, number: int, picture_id: str) -> int:
        """Relays one picture; 1 when that was done, 0 when it was done before or cannot be."""
        try:
            with self._reading() as unit:
                asking = self._asking(unit, seat.token, "interceptor")
                picture = find_picture(unit, asking, picture_id)
                found = _waiting(unit, asking, picture, _by_id(unit, asking, number))
            new = self._readdressed(seat, found)
        except DecodingError:
            return 0  # the next tick tries again
        except (*_FAULTS, Damaged, NotFound):
            self._hopeless.add((number, picture_id))
            return 0
        try:
            with self._reading() as unit:
                check_room(unit, asking, len(new.content or b""))
        except InputRefused:
            self._without_room[number, picture_id] = self._clock()
            return 0
        self._without_room.pop((number, picture_id), None)
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            if (number, picture_id) not in unit.key_swaps.waiting(asking.seat.id):
                return 0
            unit.interventions.add(asking.channel.id, new)
            unit.events.add(
                asking.channel.id,
                "relayed",
                self._clock(),
                seat_id=asking.seat.id,
                picture_id=picture_id,
                detail=found.receiver.name,
            )
        return 1

    def _worth_trying(self, one: tuple[int, str]) -> bool:
        """Not what cannot be relayed at all, nor what found no room a moment ago."""
        tried = self._without_room.get(one)
        rests = tried is not None and timedelta(0) <= self._clock() - tried < NO_ROOM_FOR
        return one not in self._hopeless and not rests

    def _readdressed(self, seat: Seat, found: _Waiting) -> store.NewIntervention:
        """The picture as if it had been sealed for the true key, signed in its sender's stead."""
        false = _unlock(seat, found.substitution.locked_key, found.substitution.public_key)
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
            seat_id=found.asking.seat.id,
            act=secrets.token_hex(8),
            kind="relay",
            done_at=self._clock(),
            content=content,
            receiver_id=found.receiver.id,
            key_swap_id=found.substitution.id,
            records=(details.envelope, forged, sign(forged, signer)),
        )

    def _signer(self, seat: Seat, found: _Waiting) -> KeyPair:
        """The key that signs in the sender's stead, made when it is first needed."""
        with self._reading() as unit:
            kept = unit.key_swaps.signer(found.substitution.id, found.sender.id)
        if kept is None:
            pair = KeyPair.generate()
            new = store.Signer(
                found.substitution.id,
                found.sender.id,
                pair.public.der(),
                pair.lock(false_secret(seat, pair.public)),
            )
            with self._writing() as unit:
                self._asking(unit, seat.token, "interceptor")
                kept = unit.key_swaps.add_signer(new)
        return _unlock(seat, kept.locked_key, kept.public_key)


def _own(unit: store.Unit, asking: Asking) -> dict[int, store.KeySwapRow]:
    """The asking interceptor's substitutions, ended ones too, by id."""
    found = unit.key_swaps.in_channel(asking.channel.id)
    return {one.id: one for one in found if one.interceptor_id == asking.seat.id}


def _by_id(unit: store.Unit, asking: Asking, number: int) -> store.KeySwapRow:
    for one in unit.key_swaps.in_channel(asking.channel.id):
        if one.id == number:
            return one
    raise NotFound


def _waiting(
    unit: store.Unit, asking: Asking, picture: store.StoredPicture, found: store.KeySwapRow
) -> _Waiting:
    seats = unit.seats.by_ids({picture.sender_id, found.receiver_id})
    uses_it = SCHEMES[picture.scheme].key_kind == "key pair"
    return _Waiting(
        asking,
        picture,
        found,
        seats[picture.sender_id],
        seats[found.receiver_id],
        unit.pictures.records(asking.channel.id, picture.public_id),
        unit.pictures.content(asking.channel.id, picture.public_id) if uses_it else None,
    )


def false_secret(seat: Seat, public: PublicKey) -> bytes:
    """One secret for each key, so that none can be put in another's place."""
    return derive_secret(seat.token.encode(), f"false key {public.fingerprint.hex()}")


def _unlock(seat: Seat, locked: bytes, public_key: bytes) -> KeyPair:
    return KeyPair.unlock(locked, false_secret(seat, PublicKey.from_der(public_key)))


def _opened(work: Callable[[], bytes]) -> bytes:
    try:
        return work()
    except _FAULTS:
        raise Tampered from None
