"""A receiver's inbox: what waits, what it is, opening it, and the receipt."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import store
from exchange.contents import Found, details_of, opened
from exchange.desk import Act, Desk, removal_words
from exchange.errors import CannotOpen, ExchangeError, KeyChanged, NotFound, Tampered
from exchange.keys import KEY_ELSEWHERE, Keys
from exchange.known import Known, Records
from exchange.safety import sound_alarm
from exchange.values import Details, OpenedPicture, Seat
from exchange.wire import Arrival, WireOf
from rsa_core import SCHEMES, Progress, fingerprint_of

_USED_UP = "This picture was opened as often as its sender allowed, and is about to be removed."
_GONE = (
    "This picture was removed from the channel after you had opened it, and it does not open again."
)
_HIDDEN = "What this picture is stays hidden until you open it, since its openings are counted."
_DAMAGED = (
    "This picture was damaged in the server's storage and cannot be opened. Ask its sender to send "
    "it again."
)
_BEFORE_YOU = (
    "You cannot open this picture: it was sent before you joined, so it is not sealed for your "
    "key. Ask its sender to send it again."
)
_NOT_FOR_YOU = (
    "You cannot open this picture: its sender did not choose you as a recipient, so it is not "
    "sealed for your key."
)


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
        counted: its sender wants openings counted, and this seat's are: taking the ciphertext is
            one too.
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


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """The exact envelope of a picture, to be opened elsewhere.

    Attributes:
        data: the envelope.
        file_name: with a SHA-256 prefix of `data`.
    """

    data: bytes = field(repr=False)
    file_name: str


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

    def details(self, seat: Seat, picture_id: str) -> Details:
        """Name, caption, size and thumbnail of a picture, verified.

        Raises:
            NotFound: no such picture in this channel.
            CannotOpen: it is not sealed for this seat's keys, or openings of it are counted and
                this seat has not opened it: a preview would be an opening that nobody counts.
            Tampered: it was changed on its way.
        """
        found = self._find(seat, picture_id)
        if _is_counted(found.act, found.arrival) and not _opened_before(found):
            raise CannotOpen(_HIDDEN)
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
            picture_id: public id of a picture in this channel.
            progress: called with the part done, 0 to 1, by schemes that take their time.

        Raises:
            NotFound: no such picture in this channel.
            CannotOpen: it is not sealed for this seat's keys; the message says why.
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
            known = before.with_opening(picture_id, counted=_has_rule(found.picture))
            if found.arrival.pins:
                known = known.seen(found.sender, fingerprint_of(found.sender_key), act.now)
            if known is not before:
                self._records.keep(act, known)
        return picture

    def envelope(self, seat: Seat, picture_id: str) -> Ciphertext:
        """The exact ciphertext of a picture in this receiver's inbox, to open elsewhere.

        Whoever has the key opens it unseen. So where openings are counted, this is one.

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
        prefix = hashlib.sha256(data).hexdigest()[:12]
        return Ciphertext(data, f"ciphertext-{prefix}{SCHEMES[arrival.picture.scheme].suffix}")

    def _arrival(self, act: Act, picture_id: str) -> Arrival:
        """What arrives under this id."""
        [arrival] = self._wire_of(act.channel).arrivals(act, [act.picture(picture_id)])
        if not arrival.arrives:
            raise NotFound
        return arrival

    def _find(self, seat: Seat, picture_id: str, *, with_content: bool = False) -> Found:
        with self._desk.act(seat, "receiver") as act:
            arrival = self._arrival(act, picture_id)
            sender = act.unit.seats.get(arrival.picture.sender_id)
            if sender is None:
                raise NotFound
            known = self._records.of(act)
            obstacle = _obstacle(act, arrival, known)
            if obstacle:
                raise CannotOpen(obstacle)
            return Found(
                act=act,
                arrival=arrival,
                sender=sender,
                sender_key=arrival.sender_key(act.unit, sender) or b"",
                records=arrival.records(act.unit),
                known=known,
                content=arrival.content(act.unit) if with_content else b"",
            )

    @contextmanager
    def _opening(self, seat: Seat, picture_id: str) -> Iterator[tuple[Act, Known]]:
        """The act that leaves the receipt; only the first opening is an event."""
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
        """Whatever this seat has opened and is gone does not open again, should it come back."""
        with self._desk.act(seat, "receiver", write=True) as act:
            here = {one.public_id for one in act.unit.pictures.in_channel(act.channel.id)}
            self._records.keep(act, self._records.of(act).removed(here))


def _has_rule(picture: store.StoredPicture) -> bool:
    return picture.max_openings is not None or picture.until_all_opened


def _is_counted(act: Act, arrival: Arrival) -> bool:
    """Whether the sender wants openings counted, and this seat can open it, here or elsewhere."""
    meant = any(one.seat_id == act.seat.id for one in arrival.picture.recipients)
    return meant and _has_rule(arrival.picture) and not arrival.obstacle


def _used_up(picture: store.StoredPicture, known: Known | None) -> bool:
    """Opened as often as its sender allowed, by all or, as this seat remembers, by it alone."""
    limit = picture.max_openings
    if limit is not None and picture.openings >= limit:
        return True
    return known is not None and known.used_up(picture.public_id, limit)


def _opened_before(found: Found) -> bool:
    return any(
        one.opened_at is not None
        for one in found.picture.recipients
        if one.seat_id == found.act.seat.id
    )


def _obstacle(act: Act, arrival: Arrival, known: Known | None) -> str:
    """What stands in this seat's way, in a sentence that says what to do; "" for nothing."""
    picture = arrival.picture
    meant = any(one.seat_id == act.seat.id for one in picture.recipients)
    not_meant = _BEFORE_YOU if picture.sent_at < act.seat.joined_at else _NOT_FOR_YOU
    obstacles = (
        (_GONE, known is not None and picture.public_id in known.gone),
        (_USED_UP, known is not None and known.used_up(picture.public_id, picture.max_openings)),
        (not_meant, not meant),
        (arrival.obstacle, bool(arrival.obstacle)),
        (_USED_UP, _used_up(picture, None)),
        (_DAMAGED, picture.damaged),
        (KEY_ELSEWHERE, act.seat.locked_key is None),
    )
    return next((words for words, stands in obstacles if stands), "")


def _require_openings_left(picture: store.StoredPicture, known: Known) -> None:
    if picture.public_id in known.gone:
        raise CannotOpen(_GONE)
    if _used_up(picture, known):
        raise CannotOpen(_USED_UP)


def _item(act: Act, arrival: Arrival, sender: store.SeatRow, known: Known | None) -> InboxItem:
    picture = arrival.picture
    opened = {one.seat_id: one.opened_at for one in picture.recipients}
    return InboxItem(
        id=picture.public_id,
        sender=sender.name,
        sender_id=sender.public_id,
        scheme=picture.scheme,
        sent_at=picture.sent_at,
        size=arrival.size,
        opened_at=opened.get(act.seat.id),
        obstacle=_obstacle(act, arrival, known),
        removal=removal_words(picture),
        delivery=arrival.name,
        counted=_is_counted(act, arrival),
        openssl=SCHEMES[picture.scheme].suffix == ".p7m",
    )
