"""Sending a picture: validate, seal, sign, store, in that order.

All computing happens before the store is entered for writing; then one transaction adds the
picture and its event, and its commit is what "sent" means. Sending the same upload twice (a
double click, a reconnect) finds the first one.
"""

import json
import secrets
from collections.abc import Iterable
from typing import NoReturn

import store
from exchange import texts
from exchange.comparing_keys import ComparingKeys
from exchange.desk import Asking, find_picture
from exchange.details import make_details, pack_details
from exchange.errors import InputRefused
from exchange.known import Known
from exchange.recipients import Target, changed_keys, require_keys, require_names, targets_of
from exchange.seats import unlock_key
from exchange.values import (
    REMOVE_AFTER,
    Details,
    Receipt,
    Seat,
    SentPicture,
    SentUnder,
)
from rsa_core import (
    SCHEMES,
    DecryptionError,
    KeyFormatError,
    LimitError,
    Manifest,
    Part,
    Picture,
    PictureError,
    Progress,
    PublicKey,
    Sealed,
    derive_secret,
    open_note,
    read_picture,
    seal_bytes,
    seal_note,
    sign,
)

NOTE_PURPOSE = "sender's note"
PICTURES_OF_A_CHANNEL = 500
BYTES_OF_A_CHANNEL = 1_000_000_000


class Sending(ComparingKeys):
    """A sender's acts."""

    def send(
        self,
        seat: Seat,
        data: bytes,
        *,
        file_name: str,
        scheme: str,
        recipients: tuple[str, ...],
        caption: str = "",
        submission: str,
        remove_after: str = "the channel ends",
        progress: Progress | None = None,
    ) -> SentPicture:
        """Seals one uploaded picture for the chosen receivers and commits it.

        Args:
            seat: a sender.
            data: the file's bytes, as uploaded.
            file_name: as the browser named it; travels sealed.
            scheme: one of `schemes_for` the channel's kind.
            recipients: public ids of receivers in this channel.
            caption: one line; travels sealed.
            submission: names this upload; the same name is never sent twice by one seat.
            remove_after: one of `REMOVE_AFTER`; only successful openings count, and ciphertexts
                that receivers take.
            progress: called with the part done, 0 to 1, by schemes that take their time; what
                it raises stops the sending, and nothing is stored.

        Returns:
            The picture, committed: it will be delivered bit-exact, or removed by its own rule,
            which leaves an event, or with the whole of its channel.

        Raises:
            InputRefused: the file, its name, the caption, the scheme or the recipients cannot
                be taken. Nothing was stored.
        """
        line = texts.caption(caption)
        if remove_after not in REMOVE_AFTER:
            raise InputRefused("Choose from the list when to remove the picture.")
        max_openings, until_all_opened = REMOVE_AFTER[remove_after]
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "sender")
            earlier = unit.pictures.by_submission(asking.seat.id, submission)
            known = self._known(unit, asking, seat)
            targets = targets_of(unit, asking, scheme, recipients)
        if earlier is not None:
            return self._sent_view(seat, earlier.public_id)
        self._require_known(seat, asking, known, targets)
        picture = _read(data)
        picture_id = secrets.token_hex(16)
        sealed = _seal(picture, scheme, targets, progress)
        now = self._clock()  # signed with the rule, so that nobody changes either in the store
        under = SentUnder(now, max_openings, until_all_opened)
        details = _details(picture, texts.file_name(file_name, picture.suffix), line, under)
        sealed_details = seal_bytes(pack_details(details), _unique_keys(targets))
        manifest, signature = _sign(
            seat, asking, picture_id, scheme, targets, sealed=sealed, sealed_details=sealed_details
        )
        note = json.dumps({"name": details.file_name, "caption": line}).encode()
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "sender")
            earlier = unit.pictures.by_submission(asking.seat.id, submission)
            known = self._known(unit, asking, seat)  # by now, in another tab too
            changed = [] if earlier else changed_keys(known, targets)
            if earlier is None and not changed:
                require_keys(asking, known, targets)
                self._pin(unit, asking, seat, known, targets)
                _check_number(unit, asking)
                check_room(unit, asking, len(sealed.envelope))
                unit.pictures.add(
                    store.NewPicture(
                        public_id=picture_id,
                        channel_id=asking.channel.id,
                        sender_id=asking.seat.id,
                        scheme=scheme,
                        submission=submission,
                        sent_at=now,
                        content=sealed.envelope,
                        details=sealed_details.envelope,
                        manifest=manifest,
                        signature=signature,
                        note=seal_note(note, derive_secret(seat.token.encode(), NOTE_PURPOSE)),
                        recipients=tuple((t.seat.id, t.public.fingerprint) for t in targets),
                        max_openings=max_openings,
                        until_all_opened=until_all_opened,
                    )
                )
                unit.events.add(
                    asking.channel.id,
                    "sent",
                    now,
                    seat_id=asking.seat.id,
                    picture_id=picture_id,
                )
        if changed:
            self._refuse_changed(seat, changed)
        # Another tab of the same seat may have been faster.
        return self._sent_view(seat, earlier.public_id if earlier else picture_id)

    def sent(self, seat: Seat) -> tuple[SentPicture, ...]:
        """The sender's own pictures, the newest first, with receipts."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "sender")
            pictures = unit.pictures.by_sender(asking.channel.id, asking.seat.id)
            seats = seats_of(unit, pictures)
            views = [_sent(unit, seat, asking, picture, seats) for picture in pictures]
        return tuple(reversed(views))

    def _require_known(
        self, seat: Seat, asking: Asking, known: Known, targets: list[Target]
    ) -> None:
        """Whom this sender knows is who it was, by key and by name."""
        changed = changed_keys(known, targets)
        if changed:
            self._refuse_changed(seat, changed)
        require_keys(asking, known, targets)
        require_names(known, targets)

    def _pin(
        self, unit: store.Unit, asking: Asking, seat: Seat, known: Known, targets: list[Target]
    ) -> None:
        """Keeps the keys that were sealed to; where tampering is allowed, only comparing does."""
        if asking.channel.tampering:
            return
        pinned = known
        for target in targets:
            pinned = pinned.seen(target.seat, target.public.fingerprint, self._clock())
        if pinned is not known:
            self._remember(unit, asking, seat, pinned)

    def _refuse_changed(self, seat: Seat, changed: list[Target]) -> NoReturn:
        """A recipient's key is not the one that two people compared: an alarm, and no sending."""
        for target in changed:
            with self._writing() as unit:
                asking = self._asking(unit, seat.token, "sender")
                self._sound_alarm(unit, asking, seat, target.seat)
        raise InputRefused(
            "Not sent: the key of a recipient is not the one that you compared. Somebody stands "
            "between you. Compare your safety numbers again."
        )

    def _sent_view(self, seat: Seat, picture_id: str) -> SentPicture:
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "sender")
            picture = find_picture(unit, asking, picture_id)
            return _sent(unit, seat, asking, picture, seats_of(unit, [picture]))


def removal_words(picture: store.StoredPicture) -> str:
    """By which rule, chosen at sending, a picture is removed before its channel ends."""
    if picture.until_all_opened:
        return "removed when everyone has opened it"
    if picture.max_openings is not None:
        left = picture.max_openings - picture.openings
        if left <= 0:
            return "about to be removed"
        return f"removed after {left} more opening{'s' * (left != 1)}"
    return ""


def _check_number(unit: store.Unit, asking: Asking) -> None:
    if unit.pictures.count(asking.channel.id) >= PICTURES_OF_A_CHANNEL:
        raise InputRefused(
            f"The channel holds {PICTURES_OF_A_CHANNEL} pictures already, and no more. "
            "Start another channel."
        )


def check_room(unit: store.Unit, asking: Asking, size: int) -> None:
    """The channel's own quota; the store has one for all channels together.

    Raises:
        InputRefused: pictures and what arrives in their place would be more than that.
    """
    channel = asking.channel.id
    used = unit.pictures.total_bytes(channel) + unit.interventions.total_bytes(channel)
    if used + size > BYTES_OF_A_CHANNEL:
        limit = BYTES_OF_A_CHANNEL // 1_000_000
        raise InputRefused(f"The channel may hold {limit} MB, and no more. Start another channel.")


def seats_of(unit: store.Unit, pictures: Iterable[store.StoredPicture]) -> dict[int, store.SeatRow]:
    """The seats of the pictures' senders and recipients, by id; some may have left."""
    ids = {picture.sender_id for picture in pictures}
    ids.update(recipient.seat_id for picture in pictures for recipient in picture.recipients)
    return unit.seats.by_ids(ids)


def receipts(picture: store.StoredPicture, seats: dict[int, store.SeatRow]) -> tuple[Receipt, ...]:
    """Who a picture is for, and when each of them opened it."""
    return tuple(
        Receipt(seats[one.seat_id].name, one.fingerprint, one.opened_at)
        for one in picture.recipients
    )


def _sent(
    unit: store.Unit,
    seat: Seat,
    asking: Asking,
    picture: store.StoredPicture,
    seats: dict[int, store.SeatRow],
) -> SentPicture:
    records = unit.pictures.records(asking.channel.id, picture.public_id)
    try:
        secret = derive_secret(seat.token.encode(), NOTE_PURPOSE)
        note = json.loads(open_note(records.note, secret))
    except DecryptionError:
        note = {"name": "(note damaged)", "caption": ""}
    return SentPicture(
        id=picture.public_id,
        scheme=picture.scheme,
        sent_at=picture.sent_at,
        size=picture.size,
        file_name=note["name"],
        caption=note["caption"],
        receipts=receipts(picture, seats),
        removal=removal_words(picture),
    )


def _read(data: bytes) -> Picture:
    try:
        return read_picture(data)
    except PictureError as error:
        raise InputRefused(str(error)) from None


def _seal(
    picture: Picture, scheme: str, targets: list[Target], progress: Progress | None
) -> Sealed:
    keys = {target.scheme_key.fingerprint: target.scheme_key for target in targets}
    try:
        return SCHEMES[scheme].seal(picture, tuple(keys.values()), progress=progress)
    except PictureError as error:
        raise InputRefused(str(error)) from None
    except (LimitError, KeyFormatError) as error:
        raise InputRefused(f"This scheme cannot take this picture: {error}.") from None


def _details(picture: Picture, file_name: str, caption: str, under: SentUnder) -> Details:
    try:
        return make_details(picture, file_name, caption, under)
    except PictureError as error:
        raise InputRefused(str(error)) from None


def _unique_keys(targets: list[Target]) -> tuple[PublicKey, ...]:
    return tuple({target.public.fingerprint: target.public for target in targets}.values())


def _sign(
    seat: Seat,
    asking: Asking,
    picture_id: str,
    scheme: str,
    targets: list[Target],
    *,
    sealed: Sealed,
    sealed_details: Sealed,
) -> tuple[bytes, bytes]:
    """The manifest and its signature.

    A scheme without a content key (the textbook ones) is meant to be tampered with, so its
    content is no part of the manifest; its details always are.
    """
    key = unlock_key(seat, asking)
    parts = [
        Part(name, part.digest, part.commitment)
        for name, part in (("content", sealed), ("details", sealed_details))
        if part.commitment is not None
    ]
    manifest = Manifest(
        channel=asking.channel.public_id,
        picture=picture_id,
        scheme=scheme,
        sender=key.public.fingerprint,
        recipients=tuple(target.fingerprint for target in _unique_keys(targets)),
        parts=tuple(parts),
    ).pack()
    return manifest, sign(manifest, key)
