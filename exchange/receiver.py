"""A receiver's inbox: what waits, what it is, opening it, and the receipt."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime

import store
from exchange.contents import Found, details_of, opened, shared_with
from exchange.desk import Act, Desk, removal_words
from exchange.errors import (
    BEFORE_YOU,
    DAMAGED,
    GONE,
    HIDDEN,
    KEY_ELSEWHERE,
    NOT_FOR_YOU,
    USED_UP,
    CannotOpen,
    ExchangeError,
    KeyChanged,
    NotFound,
    Tampered,
)
from exchange.keys import Keys, unlock_key
from exchange.known import Known, Records
from exchange.safety import sound_alarm
from exchange.values import Ciphertext, OpenedPicture, Person, Seat
from exchange.wire import Arrival, WireOf
from rsa_core import SCHEMES, Progress, PublicKey, fingerprint_of
from rsa_core.details import Details


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A picture in a receiver's list, before anything of it was opened.

    Attributes:
        sender: nickname.
        sender_id: public id of the sender's seat.
        size: bytes of the envelope.
        opened_at: when this seat opened it first; None before.
        obstacle: why this seat cannot open it; "" when it can.
        removal: by which rule it will be removed before the channel ends; "" for none.
        delivery: names what arrives under this id; it is another name as soon as something else
            arrives in its place.
        counted: its sender wants openings counted, this seat's too: taking the ciphertext is one.
        openssl: `openssl cms -decrypt` opens its ciphertext.
    """

    id: str
    sender: str
    sender_id: str
    scheme: str
    sent_at: datetime
    size: int
    opened_at: datetime | None
    obstacle: str
    removal: str
    delivery: str
    counted: bool
    openssl: bool

    @property
    def hidden(self) -> bool:
        """What it is (preview, name, caption) stays hidden until this seat has opened it."""
        return self.counted and self.opened_at is None


class Receiver:
    """A receiver's acts."""

    def __init__(self, desk: Desk, records: Records, wire_of: WireOf, keys: Keys) -> None:
        self.keys = keys
        self._desk = desk
        self._records = records
        self._wire_of = wire_of

    def inbox(self, seat: Seat) -> tuple[InboxItem, ...]:
        """Every picture that has arrived, the newest first, and why any cannot be opened."""
        with self._desk.act(seat, "receiver") as act:
            pictures = act.unit.pictures.in_channel(act.channel.id, recipient=act.seat.id)
            seats = act.seats_of(pictures)
            known = self._records.if_whole(act)
            arrivals = self._wire_of(act.channel).arrivals(act, pictures)
        if known is not None and known.opened.keys() - {one.public_id for one in pictures}:
            with suppress(ExchangeError):  # the list can be read while writing has to wait
                self._note_removed(seat)
        return tuple(
            _item(act, one, seats[one.picture.sender_id], known)
            for one in reversed(arrivals)
            if one.arrives
        )

    def arrived(self, seat: Seat, picture_id: str) -> tuple[InboxItem, Details | None]:
        """One picture of the inbox, and its details, if `details` would give them.

        Raises:
            NotFound: it is not there.
        """
        with self._desk.act(seat, "receiver") as act:
            arrival = self._arrival(act, picture_id)
            sender, known = act.sender_of(arrival.picture), self._records.if_whole(act)
            item = _item(act, arrival, sender, known)
            if known is None or item.obstacle or item.hidden:
                return item, None
            found = _found(act, arrival, sender, known)
        with suppress(ExchangeError):  # `details` says which
            return item, details_of(found)
        return item, None

    def details(self, seat: Seat, picture_id: str) -> Details:
        """Name, caption, size and thumbnail of a picture, verified; raises like `open`.

        Where openings are counted, CannotOpen before the first: a preview would be one.
        """
        found = self._find(seat, picture_id)
        if _item(found.act, found.arrival, found.sender, found.known).hidden:
            raise CannotOpen(HIDDEN)
        try:
            return details_of(found)
        except KeyChanged:
            self._sound_alarm(seat, found)
            raise

    def open(
        self, seat: Seat, picture_id: str, *, progress: Progress | None = None
    ) -> OpenedPicture:
        """Verifies and decrypts a picture, and leaves a receipt.

        Args:
            seat: a receiver.
            picture_id: public id.
            progress: called with the part done, 0 to 1, by schemes that take their time.

        Raises:
            NotFound: no such picture in this channel.
            CannotOpen: the message says why.
            Tampered: it was changed on its way; that too is an event.
            NotDecoded: it cannot be decoded now; this does not count as an opening.
        """
        found = self._find(seat, picture_id, with_content=True)
        try:
            picture = opened(found, progress)
        except Tampered as refused:
            with self._desk.act(seat, "receiver", write=True) as act:
                act.tell("refused", picture_id=act.picture(picture_id).public_id)
            if isinstance(refused, KeyChanged):
                self._sound_alarm(seat, found)
            raise
        with self._opening(seat, picture_id) as (act, before):
            # The rule as it was when its signature held; the row may have changed since.
            _require_openings_left(found.picture, before)
            known = before.with_opening(picture_id, counted=found.picture.has_rule)
            if found.arrival.pins:
                known = known.seen(found.sender, fingerprint_of(found.sender_key), act.now)
            if known is not before:
                self._records.keep(act, known)
        return picture

    def envelope(self, seat: Seat, picture_id: str) -> Ciphertext:
        """The exact ciphertext of a picture in this receiver's inbox, to open elsewhere.

        Anyone with the key can open it unseen. So where openings are counted, this is one.

        Raises:
            NotFound: no such picture in this channel.
            CannotOpen: it was opened as often as its sender allowed.
        """
        with self._desk.act(seat, "receiver") as act:
            arrival = self._arrival(act, picture_id)
            _require_openings_left(arrival.picture, self._records.of(act))
            data = arrival.content(act.unit)
        if _is_counted(act, arrival):
            with self._opening(seat, picture_id) as (act, known):
                self._records.keep(act, known.with_opening(picture_id, counted=True))
        name = f"ciphertext-{hashlib.sha256(data).hexdigest()[:12]}"
        return Ciphertext(data, name + SCHEMES[arrival.picture.scheme].suffix)

    def shareable(self, seat: Seat, picture_id: str) -> tuple[Person, ...]:
        """Receivers who lack a picture and may be given it.

        Nobody where openings are counted, the scheme is not `hybrid`, or tampering is possible; and
        nobody who was not chosen by its sender can vouch for it.
        """
        with self._desk.act(seat, "receiver") as act:
            rows = _without_it(act, self._arrival(act, picture_id))
        return tuple(self._desk.person(row, act.channel) for row in rows)

    def share(self, seat: Seat, picture_id: str, person_id: str) -> None:
        """Shares a picture with a receiver it was not sent to, who may have joined later.

        The content keys are wrapped once more, and this seat signs for whom; all else stays.

        Raises:
            NotFound: no such picture in this channel, or it is not `shareable` with this person.
            CannotOpen, Tampered: as `open`; what does not open is not shared.
            Unavailable: someone else was faster.
        """
        with self._desk.act(seat, "receiver") as act:
            receiver = _to_share_with(act, self._arrival(act, picture_id), person_id)
        found = self._find(seat, picture_id, with_content=True)
        opened(found, None)
        key, records = unlock_key(found.act), found.records
        shared = shared_with(
            PublicKey.from_der(receiver.public_key or b""),
            before=found.picture,
            content=(found.content, key),
            details=(records.details, key),
            manifest=records.manifest,
            signer=key,
        )
        with self._desk.act(seat, "receiver", write=True) as act:
            shared.add(act, _to_share_with(act, self._arrival(act, picture_id), person_id))

    def _arrival(self, act: Act, picture_id: str) -> Arrival:
        """What arrives under this id."""
        [arrival] = self._wire_of(act.channel).arrivals(act, [act.picture(picture_id)])
        if not arrival.arrives:
            raise NotFound
        return arrival

    def _find(self, seat: Seat, picture_id: str, *, with_content: bool = False) -> Found:
        with self._desk.act(seat, "receiver") as act:
            arrival = self._arrival(act, picture_id)
            sender, known = act.sender_of(arrival.picture), self._records.of(act)
            obstacle = _obstacle(act, arrival, known)
            if obstacle:
                raise CannotOpen(obstacle)
            found = _found(act, arrival, sender, known)
            return replace(found, content=arrival.content(act.unit)) if with_content else found

    @contextmanager
    def _opening(self, seat: Seat, picture_id: str) -> Iterator[tuple[Act, Known]]:
        """Leaves the receipt; only the first opening is an event."""
        with self._desk.act(seat, "receiver", write=True) as act:
            known = self._records.of(act)
            _require_openings_left(act.picture(picture_id), known)
            yield act, known
            channel, me = act.channel.id, act.seat.id
            if act.unit.pictures.mark_opened(channel, picture_id, me, act.now):
                act.tell("opened", picture_id=picture_id)

    def _sound_alarm(self, seat: Seat, found: Found) -> None:
        with self._desk.act(seat, "receiver", write=True) as act:
            sound_alarm(act, self._records, self._wire_of, found.sender)

    def _note_removed(self, seat: Seat) -> None:
        """What this seat has opened and is gone does not open again, should it return."""
        with self._desk.act(seat, "receiver", write=True) as act:
            here = {one.public_id for one in act.unit.pictures.in_channel(act.channel.id)}
            self._records.keep(act, self._records.of(act).removed(here))


def _found(act: Act, arrival: Arrival, sender: store.SeatRow, known: Known) -> Found:
    """What its details are opened from."""
    mine = act.mine(arrival.picture)
    share = None if mine is None else mine.share
    return Found(
        act=act,
        arrival=arrival,
        sender=sender,
        sender_key=arrival.sender_key(act.unit, sender) or b"",
        records=arrival.records(act.unit),
        known=known,
        content=b"",
        share=share,
        sharer=_sharer(act, arrival.picture, share, sender),
    )


def _sharer(
    act: Act, picture: store.StoredPicture, share: bytes | None, sender: store.SeatRow
) -> store.SeatRow | None:
    """Who shared it: its sender, or a recipient whom the manifest names, which `accept` checks."""
    if share and sender.public_key and share.startswith(fingerprint_of(sender.public_key)):
        return sender
    by = [one.seat_id for one in picture.recipients if share and share.startswith(one.fingerprint)]
    return act.unit.seats.get(by[0]) if by else None


def _without_it(act: Act, arrival: Arrival) -> tuple[store.SeatRow, ...]:
    """Who may be given it; only a recipient whom its sender chose can vouch for it."""
    picture, mine = arrival.picture, act.mine(arrival.picture)
    if mine is None or mine.share is not None or arrival.name:
        return ()
    return act.lacking(picture)


def _to_share_with(act: Act, arrival: Arrival, person_id: str) -> store.SeatRow:
    for row in _without_it(act, arrival):
        if row.public_id == person_id:
            return row
    raise NotFound("person")


def _is_counted(act: Act, arrival: Arrival) -> bool:
    """Whether the sender wants openings counted, and this seat can open it, here or elsewhere."""
    meant = act.mine(arrival.picture) is not None
    return meant and arrival.picture.has_rule and not arrival.obstacle


def _used_up(picture: store.StoredPicture, known: Known | None) -> bool:
    """Opened as often as its sender allowed, by all or, as this seat remembers, by it alone."""
    limit = picture.max_openings
    all_together = limit is not None and picture.openings >= limit
    return all_together or (known is not None and known.used_up(picture.public_id, limit))


def _obstacle(act: Act, arrival: Arrival, known: Known | None) -> str:
    """What stands in this seat's way, in a sentence that says what to do; "" for nothing."""
    picture = arrival.picture
    not_meant = BEFORE_YOU if picture.sent_at < act.seat.joined_at else NOT_FOR_YOU
    obstacles = (
        (GONE, known is not None and picture.public_id in known.gone),
        (USED_UP, known is not None and known.used_up(picture.public_id, picture.max_openings)),
        (not_meant, act.mine(picture) is None),
        (arrival.obstacle, bool(arrival.obstacle)),
        (USED_UP, _used_up(picture, None)),
        (DAMAGED, picture.damaged),
        (KEY_ELSEWHERE, act.seat.locked_key is None),
    )
    return next((words for words, stands in obstacles if stands), "")


def _require_openings_left(picture: store.StoredPicture, known: Known) -> None:
    if picture.public_id in known.gone:
        raise CannotOpen(GONE)
    if _used_up(picture, known):
        raise CannotOpen(USED_UP)


def _item(act: Act, arrival: Arrival, sender: store.SeatRow, known: Known | None) -> InboxItem:
    picture, mine = arrival.picture, act.mine(arrival.picture)
    return InboxItem(
        id=picture.public_id,
        sender=sender.name,
        sender_id=sender.public_id,
        scheme=picture.scheme,
        sent_at=picture.sent_at,
        size=arrival.size,
        opened_at=None if mine is None else mine.opened_at,
        obstacle=_obstacle(act, arrival, known),
        removal=removal_words(picture),
        delivery=arrival.name,
        counted=_is_counted(act, arrival),
        openssl=SCHEMES[picture.scheme].suffix == ".p7m",
    )
