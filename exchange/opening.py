"""A receiver's inbox: what waits, what it is, and opening it.

Nothing of a picture is shown before its signature held. The manifest must name this channel,
this picture, this scheme, the sender's own pinned key and this receiver's key, and the digests
and content-key commitments must be those of the envelopes that were opened. Whatever fails
past that point is one refusal, `Tampered`.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass

import store
from exchange import texts
from exchange.comparing_keys import ComparingKeys
from exchange.delivery import Delivery, deliveries, delivery_of
from exchange.desk import Asking, find_picture
from exchange.details import parse_details
from exchange.errors import (
    CannotOpen,
    ExchangeError,
    InputRefused,
    KeyChanged,
    NotDecoded,
    NotFound,
    Tampered,
)
from exchange.known import Known
from exchange.obstacles import GONE, HIDDEN, USED_UP, is_counted, obstacle_for, used_up
from exchange.seats import classroom_keys, unlock_key
from exchange.sending import removal_words, seats_of
from exchange.values import (
    Ciphertext,
    Details,
    InboxItem,
    OpenedPicture,
    Seat,
    SenderProof,
    SentUnder,
)
from rsa_core import (
    SCHEMES,
    DecodingError,
    DecryptionError,
    EnvelopeFormatError,
    KeyPair,
    LimitError,
    Manifest,
    Opened,
    OpenedBytes,
    PictureError,
    Progress,
    PublicKey,
    RecipientError,
    SignatureError,
    accept,
    fingerprint_of,
    open_bytes,
    read_picture,
)


@dataclass(frozen=True, slots=True)
class _Found:
    """All that one opening needs, read in one transaction."""

    asking: Asking
    picture: store.StoredPicture
    delivery: Delivery
    sender: store.SeatRow
    sender_key: bytes
    records: store.PictureRecords
    known: Known


class Opening(ComparingKeys):
    """A receiver's acts."""

    def inbox(self, seat: Seat) -> tuple[InboxItem, ...]:
        """Every picture that has arrived, the newest first, and why any cannot be opened."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "receiver")
            pictures = unit.pictures.in_channel(asking.channel.id, recipient=asking.seat.id)
            seats = seats_of(unit, pictures)
            known = self._known_if_whole(unit, asking, seat)
            found = deliveries(unit, asking, pictures, self._clock())
            items = [
                _item(unit, asking, one, seats[one.picture.sender_id], known)
                for one in found
                if one.arrives
            ]
        if known is not None and known.opened.keys() - {picture.public_id for picture in pictures}:
            with suppress(ExchangeError):  # the list can be read while writing has to wait
                self._note_removed(seat)
        return tuple(reversed(items))

    def details(self, seat: Seat, picture_id: str) -> Details:
        """Name, caption, size and thumbnail of a picture, verified.

        Raises:
            NotFound: no such picture in this channel.
            CannotOpen: it is not sealed for this seat's keys, or openings of it are counted and
                this seat has not opened it: a preview would be an opening that nobody counts.
            Tampered: it was changed on its way.
        """
        found = self._find(seat, picture_id)
        opened = {one.seat_id: one.opened_at for one in found.picture.recipients}
        if is_counted(found.asking, found.delivery) and opened[found.asking.seat.id] is None:
            raise CannotOpen(HIDDEN)
        key = unlock_key(seat, found.asking)
        try:
            manifest = self._verified(found)
        except KeyChanged:
            self._alarm(seat, found)
            raise
        return _open_details(found, manifest, key)

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
        NotDecoded: it cannot be decoded just now; this is no opening.
        """
        found = self._find(seat, picture_id)
        try:
            opened = self._open(seat, found, progress)
        except Tampered as refused:
            self._note(seat, found, "refused")
            if isinstance(refused, KeyChanged):
                self._alarm(seat, found)
            raise
        self._note(seat, found, "opened")
        return opened

    def envelope(self, seat: Seat, picture_id: str) -> Ciphertext:
        """The exact ciphertext of a picture in this receiver's inbox, to open elsewhere.

        Whoever has the key opens it unseen. So where openings are counted, this is one.

        Raises:
            NotFound: no such picture in this channel.
            CannotOpen: it was opened as often as its sender allowed.
        """
        now = self._clock()
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "receiver")
            picture = find_picture(unit, asking, picture_id)
            delivery = delivery_of(unit, asking, picture, now)
            if not delivery.arrives:
                raise NotFound
            _require_openings_left(picture, self._known(unit, asking, seat))
            data = delivery.content(unit)
        if is_counted(asking, delivery):
            with self._writing() as unit:
                asking = self._asking(unit, seat.token, "receiver")
                known = self._known(unit, asking, seat)
                _require_openings_left(find_picture(unit, asking, picture_id), known)
                self._remember(unit, asking, seat, known.with_opening(picture_id, counted=True))
                channel, me = asking.channel.id, asking.seat.id
                if unit.pictures.mark_opened(channel, picture_id, me, now):
                    unit.events.add(channel, "opened", now, seat_id=me, picture_id=picture_id)
        prefix = hashlib.sha256(data).hexdigest()[:12]
        return Ciphertext(data, f"ciphertext-{prefix}{SCHEMES[picture.scheme].suffix}")

    def _find(self, seat: Seat, picture_id: str) -> _Found:
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "receiver")
            picture = find_picture(unit, asking, picture_id)
            delivery = delivery_of(unit, asking, picture, self._clock())
            sender = unit.seats.get(picture.sender_id)
            if sender is None or not delivery.arrives:
                raise NotFound
            known = self._known(unit, asking, seat)
            obstacle = _obstacle(asking, delivery, known)
            if obstacle:
                raise CannotOpen(obstacle)
            return _Found(
                asking=asking,
                picture=picture,
                delivery=delivery,
                sender=sender,
                sender_key=delivery.sender_key(unit, sender) or b"",
                records=delivery.records(unit),
                known=known,
            )

    def _verified(self, found: _Found) -> Manifest:
        """The manifest, after everything that it must say was found true.

        Raises:
            KeyChanged: the two have compared another key than this.
        """
        if not found.sender_key or found.asking.seat.public_key is None:
            raise Tampered
        sender = PublicKey.from_der(found.sender_key)
        pinned = found.known.people.get(found.sender.public_id)
        if pinned is not None and pinned.key != sender.fingerprint:
            if pinned.compared:
                raise KeyChanged
            # Where keys may be exchanged for the lesson, only what was compared is to be relied on;
            # and what was sealed again in that time stays valid when the time is over.
            if not found.asking.channel.tampering and found.delivery.relay is None:
                raise Tampered
        try:
            return accept(
                found.records.manifest,
                found.records.signature,
                sender=sender,
                channel=found.asking.channel.public_id,
                picture=found.picture.public_id,
                scheme=found.picture.scheme,
                recipient=PublicKey.from_der(found.asking.seat.public_key),
            )
        except (SignatureError, EnvelopeFormatError):
            raise Tampered from None

    def _open(self, seat: Seat, found: _Found, progress: Progress | None) -> OpenedPicture:
        key = unlock_key(seat, found.asking)
        manifest = self._verified(found)
        details = _open_details(found, manifest, key)
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "receiver")
            content = delivery_of(unit, asking, found.picture, self._clock()).content(unit)
        scheme = SCHEMES[found.picture.scheme]
        if scheme.key_kind == "classroom key":
            opened = _open_with_ring(seat, found, content, progress)
        else:
            opened = _open_with_key(content, found.picture.scheme, key, progress)
        if scheme.authenticated:
            _check(manifest, "content", opened)
        return _picture(found, opened, details)

    def _alarm(self, seat: Seat, found: _Found) -> None:
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "receiver")
            self._sound_alarm(unit, asking, seat, found.sender)

    def _note_removed(self, seat: Seat) -> None:
        """Whatever this seat has opened and is gone does not open again, should it come back."""
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "receiver")
            here = {picture.public_id for picture in unit.pictures.in_channel(asking.channel.id)}
            known = self._known(unit, asking, seat)
            self._remember(unit, asking, seat, known.removed(here))

    def _note(self, seat: Seat, found: _Found, kind: str) -> None:
        """The receipt and the event of an opening, or the event of a refusal.

        Only the first opening is an event; a refusal is one each time somebody tries.
        """
        now = self._clock()
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "receiver")
            picture = find_picture(unit, asking, found.picture.public_id)
            me = asking.seat.id
            if kind == "opened":
                # The rule as it was when its signature held; the row may be another by now.
                before = self._known(unit, asking, seat)
                _require_openings_left(picture, before)
                _require_openings_left(found.picture, before)
                known = before.with_opening(picture.public_id, counted=_has_rule(found.picture))
                # Where keys may be exchanged for the lesson, a mere sight pins nothing.
                if not asking.channel.tampering and found.delivery.relay is None:
                    known = known.seen(found.sender, fingerprint_of(found.sender_key), now)
                if known is not before:
                    self._remember(unit, asking, seat, known)
                if not unit.pictures.mark_opened(asking.channel.id, picture.public_id, me, now):
                    return
            unit.events.add(asking.channel.id, kind, now, seat_id=me, picture_id=picture.public_id)


def _obstacle(asking: Asking, delivery: Delivery, known: Known | None) -> str:
    """What stands in the way, after what this seat itself remembers of the picture."""
    picture = delivery.picture
    if known is not None and picture.public_id in known.gone:
        return GONE
    if known is not None and known.used_up(picture.public_id, picture.max_openings):
        return USED_UP
    return obstacle_for(asking, delivery)


def _require_openings_left(picture: store.StoredPicture, known: Known) -> None:
    if picture.public_id in known.gone:
        raise CannotOpen(GONE)
    if used_up(picture) or known.used_up(picture.public_id, picture.max_openings):
        raise CannotOpen(USED_UP)


def _has_rule(picture: store.StoredPicture) -> bool:
    return picture.max_openings is not None or picture.until_all_opened


def _item(
    unit: store.Unit,
    asking: Asking,
    delivery: Delivery,
    sender: store.SeatRow,
    known: Known | None,
) -> InboxItem:
    picture = delivery.picture
    opened = {r.seat_id: r.opened_at for r in picture.recipients}
    return InboxItem(
        id=picture.public_id,
        sender=sender.name,
        sender_id=sender.public_id,
        scheme=picture.scheme,
        sent_at=picture.sent_at,
        size=delivery.size(unit),
        opened_at=opened.get(asking.seat.id),
        obstacle=_obstacle(asking, delivery, known),
        removal=removal_words(picture),
        delivery=delivery.name,
        counted=is_counted(asking, delivery),
        openssl=SCHEMES[picture.scheme].suffix == ".p7m",
    )


def _open_details(found: _Found, manifest: Manifest, key: KeyPair) -> Details:
    try:
        opened = open_bytes(found.records.details, key)
    except (EnvelopeFormatError, RecipientError, DecryptionError):
        raise Tampered from None
    _check(manifest, "details", opened)
    details, picture = parse_details(opened.data), found.picture
    stored = SentUnder(picture.sent_at, picture.max_openings, picture.until_all_opened)
    if details.under not in (None, stored):
        raise Tampered
    return details


def _open_with_key(content: bytes, scheme: str, key: KeyPair, progress: Progress | None) -> Opened:
    try:
        return SCHEMES[scheme].open(content, key, progress=progress)
    except (EnvelopeFormatError, RecipientError, DecryptionError):
        raise Tampered from None
    except LimitError as error:
        raise CannotOpen(f"This picture cannot be opened here: {error}.") from None


def _open_with_ring(seat: Seat, found: _Found, content: bytes, progress: Progress | None) -> Opened:
    """Tries the seat's classroom keys, the newest first. Nothing here is authenticated."""
    scheme = SCHEMES[found.picture.scheme]
    for key in classroom_keys(seat, found.asking):
        try:
            return scheme.open(content, key, progress=progress)
        except RecipientError:
            continue
        except (EnvelopeFormatError, DecryptionError):
            raise Tampered from None
        except LimitError as error:
            raise CannotOpen(f"This picture cannot be opened here: {error}.") from None
    raise CannotOpen("This picture is not encrypted for any classroom key that you have had.")


def _check(manifest: Manifest, part: str, opened: Opened | OpenedBytes) -> None:
    """The manifest vouches for exactly this ciphertext under exactly this content key."""
    try:
        manifest.check_part(part, opened.digest, opened.commitment)
    except SignatureError:
        raise Tampered from None


def _picture(found: _Found, opened: Opened, details: Details) -> OpenedPicture:
    try:
        picture = read_picture(opened.file)
        view = opened.file if picture.browser_safe else picture.view_png()
    except DecodingError:
        raise NotDecoded from None
    except PictureError:
        raise Tampered from None
    scheme = SCHEMES[found.picture.scheme]
    sha256 = hashlib.sha256(opened.file).digest()
    try:
        name = texts.file_name(details.file_name, "")
    except InputRefused:  # an honest sender's program never signs such a name
        raise Tampered from None
    sender = PublicKey.from_der(found.sender_key)
    return OpenedPicture(
        id=found.picture.public_id,
        file=opened.file,
        view=view,
        file_name=f"{name}-{sha256.hex()[:12]}{picture.suffix}",
        mime=picture.mime,
        view_mime=picture.mime if picture.browser_safe else "image/png",
        sha256=sha256,
        scheme=scheme.name,
        authenticated=scheme.authenticated,
        exact=scheme.keeps,
        details=details,
        proof=SenderProof(
            name=found.sender.name,
            safety_number=sender.safety_number,
            compared=found.known.has_compared(found.sender, sender.fingerprint),
            doubt=found.known.doubt(found.sender),
        ),
    )
