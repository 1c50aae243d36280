"""Sending a picture: validate, seal, sign, store, in that order.

All computing happens before the store is entered for writing; then one transaction adds the
picture and its event, and its commit is what "sent" means. Sending the same upload twice (a
double click, a reconnect) finds the first one.
"""

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

import store
from exchange import texts
from exchange.contents import make_details, make_manifest, shared_with
from exchange.desk import Act, Desk, receipts, removal_words
from exchange.errors import DAMAGED, CannotOpen, InputRefused, NotFound
from exchange.keys import unlock_key
from exchange.known import Known, Pin, Records
from exchange.safety import sound_alarm
from exchange.values import REMOVE_AFTER, ChannelKind, Seat, SentPicture, in_megabytes, schemes_for
from exchange.wire import WireOf
from rsa_core import (
    HYBRID,
    SCHEMES,
    AnyPublicKey,
    ClassroomPublicKey,
    DecryptionError,
    KeyFormatError,
    LimitError,
    Picture,
    PictureError,
    Progress,
    PublicKey,
    Sealed,
    open_note,
    read_picture,
    seal_bytes,
    seal_note,
    sign,
)
from rsa_core.details import SentUnder

NOTE_PURPOSE = "sender's note"


@dataclass(frozen=True, slots=True)
class _Target:
    """One recipient: the seat, its safe key, and the key that the chosen scheme uses."""

    seat: store.SeatRow
    public: PublicKey
    scheme_key: AnyPublicKey

    @property
    def pin(self) -> Pin:
        return self.seat, self.public.fingerprint


class Sender:
    """A sender's acts."""

    def __init__(self, desk: Desk, records: Records, wire_of: WireOf) -> None:
        self._desk = desk
        self._records = records
        self._wire_of = wire_of

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
    ) -> str:
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
            Public id of the picture, which is committed: it will be delivered bit-exact, or removed
            by its own rule, which leaves an event, or with the whole of its channel.

        Raises:
            InputRefused: the file, its name, the caption, the scheme or the recipients cannot
                be taken. Nothing was stored.
        """
        if len(data) > self._desk.limits.picture:
            limit = in_megabytes(self._desk.limits.picture)
            raise InputRefused(f"The file is larger than {limit}: make it smaller.")
        line = texts.caption(caption)
        if remove_after not in REMOVE_AFTER:
            raise InputRefused("Choose from the list when to remove the picture.")
        with self._desk.act(seat, "sender") as act:
            earlier = act.unit.pictures.by_submission(act.seat.id, submission)
            known = self._records.of(act)
            targets = self._targets(act, scheme, recipients)
        if earlier is not None:
            return earlier.public_id
        self._require_known(seat, act, known, targets)
        try:
            picture = read_picture(data)
            sealed = _seal(picture, scheme, targets, progress)
            # Signed with the rule, so that nobody changes either in the store.
            under = SentUnder(self._desk.clock(), *REMOVE_AFTER[remove_after])
            details = make_details(picture, texts.file_name(file_name, picture.suffix), line, under)
        except PictureError as error:
            raise InputRefused(str(error)) from None
        public = tuple({one.public.fingerprint: one.public for one in targets}.values())
        sealed_details = seal_bytes(details.pack(), public)
        picture_id = secrets.token_hex(16)
        manifest = make_manifest(
            act, picture_id, scheme, public, {"content": sealed, "details": sealed_details}
        )
        signature = sign(manifest, unlock_key(act))
        keys = [part.content_key.hex() for part in (sealed, sealed_details) if part.content_key]
        note = json.dumps({"name": details.file_name, "caption": line, "keys": keys}).encode()
        with self._desk.act(seat, "sender", write=True) as act:
            earlier = act.unit.pictures.by_submission(act.seat.id, submission)
            if earlier is not None:  # another tab of the same seat was faster
                return earlier.public_id
            known = self._records.of(act)  # another tab may have learnt more, too
            changed = _compared_others(known, targets)
            if not changed:
                self._records.pin(act, known, [one.pin for one in targets])
                act.require_place(len(sealed.envelope))
                act.unit.pictures.add(
                    store.NewPicture(
                        public_id=picture_id,
                        channel_id=act.channel.id,
                        sender_id=act.seat.id,
                        scheme=scheme,
                        submission=submission,
                        sent_at=under.sent_at,
                        content=sealed.envelope,
                        details=sealed_details.envelope,
                        manifest=manifest,
                        signature=signature,
                        note=seal_note(note, act.secret(NOTE_PURPOSE)),
                        recipients=tuple((one.seat.id, one.public.fingerprint) for one in targets),
                        max_openings=under.max_openings,
                        until_all_opened=under.until_all_opened,
                    )
                )
                act.tell("sent", picture_id=picture_id)
        if changed:
            self._refuse_changed(seat, changed)
        return picture_id

    def sent(self, seat: Seat, *, newest: int | None = None) -> tuple[SentPicture, ...]:
        """The sender's own pictures, the newest first, with receipts; only so many for a number."""
        with self._desk.act(seat, "sender") as act:
            pictures = act.unit.pictures.by_sender(act.channel.id, act.seat.id, newest=newest)
            seats, notes = act.seats_of(pictures), _notes(act, pictures)
        return tuple(_sent(one, seats, notes[one.public_id]) for one in reversed(pictures))

    def lacking(self, seat: Seat) -> dict[str, str]:
        """Receivers who lack something that is `shareable`: nicknames by public id."""
        with self._desk.act(seat, "sender") as act:
            if act.channel.tampering:
                return {}
            all_of, had = act.unit.pictures.free_counts(act.channel.id, act.seat.id, HYBRID.name)
            people = act.receivers() if all_of else []
        return {row.public_id: row.name for row in people if had.get(row.id, 0) < all_of}

    def shareable(self, seat: Seat, person_id: str) -> dict[str, str]:
        """File names of what may be shared with a receiver, by the pictures' ids, newest first.

        Nothing where openings are counted, the scheme is not `hybrid`, or tampering is possible.

        Raises:
            NotFound: no such receiver in this channel.
        """
        with self._desk.act(seat, "sender") as act:
            person = next((one for one in act.receivers() if one.public_id == person_id), None)
            if person is None:
                raise NotFound("person")
            if act.channel.tampering:
                return {}
            pictures = act.unit.pictures.free_by_sender(
                act.channel.id, act.seat.id, HYBRID.name, without=person.id
            )
            notes = _notes(act, pictures)
        return {one.public_id: notes[one.public_id]["name"] for one in reversed(pictures)}

    def share(self, seat: Seat, picture_id: str, person_id: str) -> None:
        """Shares a picture with a receiver it was not sent to.

        The note has the content keys: they are wrapped once more, and all else stays.

        Raises:
            NotFound: not this sender's picture, or this person does not lack it.
            InputRefused: as `send`, about the receiver's key.
            CannotOpen: the stored picture or its note is damaged.
            Unavailable: someone else was faster.
        """
        with self._desk.act(seat, "sender") as act:
            picture = _own(act, picture_id)
            _require_lacking(act, picture, person_id)
            known = self._records.of(act)
            targets = self._targets(act, picture.scheme, (person_id,))
            records = act.unit.pictures.records(act.channel.id, picture_id)
            content = act.unit.pictures.content(act.channel.id, picture_id)
        self._require_known(seat, act, known, targets)
        keys = [bytes.fromhex(one) for one in _note(records.note, act.secret(NOTE_PURPOSE))["keys"]]
        if len(keys) != 2:
            raise CannotOpen(DAMAGED)
        [target] = targets
        shared = shared_with(
            target.public,
            before=picture,
            content=(content, keys[0]),
            details=(records.details, keys[1]),
            manifest=records.manifest,
            signer=unlock_key(act),
        )
        with self._desk.act(seat, "sender", write=True) as act:
            _require_lacking(act, _own(act, picture_id), person_id)
            known = self._records.of(act)
            self._records.pin(act, known, [one.pin for one in targets])
            shared.add(act, target.seat)

    def _targets(self, act: Act, scheme: str, recipients: tuple[str, ...]) -> list[_Target]:
        kind: ChannelKind = "classroom" if act.channel.kind == "classroom" else "private"
        if scheme not in {choice.name for choice in schemes_for(kind)}:
            raise InputRefused(
                "Choose a scheme from the list; this channel does not offer that one."
            )
        if not recipients:
            raise InputRefused("Choose at least one recipient.")
        present = {row.public_id: row for row in act.unit.seats.in_channel(act.channel.id)}
        false = self._wire_of(act.channel).keys_shown(act)
        targets = []
        for public_id in dict.fromkeys(recipients):
            row = present.get(public_id)
            if row is None or row.role != "receiver" or row.public_key is None or row.waiting:
                raise InputRefused("A chosen recipient has left the channel. Please choose again.")
            public = PublicKey.from_der(false.get(row.id, row.public_key))
            key: AnyPublicKey = public
            if SCHEMES[scheme].key_kind == "classroom key":
                key = ClassroomPublicKey.from_der(row.classroom_public_key or b"")
            targets.append(_Target(row, public, key))
        return targets

    def _require_known(self, seat: Seat, act: Act, known: Known, targets: list[_Target]) -> None:
        """Returns if everyone is the person this sender knows, by key and by name."""
        changed = _compared_others(known, targets)
        if changed:
            self._refuse_changed(seat, changed)
        self._records.require_pins(act, known, [one.pin for one in targets])
        for target in targets:
            if not known.doubt(target.seat):
                continue
            before = known.people.get(target.seat.public_id)
            if before is not None and before.compared:
                raise InputRefused(
                    "Not sent: a recipient had another name when you compared. Names were changed "
                    "in the server's storage: tell the person who runs it."
                )
            raise InputRefused(
                "Not sent: you compared safety numbers with someone else who has the name "
                "of a recipient. Compare with this one too, then send again."
            )

    def _refuse_changed(self, seat: Seat, changed: list[_Target]) -> NoReturn:
        """A recipient's key is not the one that two people compared: an alarm, and no sending."""
        for target in changed:
            with self._desk.act(seat, "sender", write=True) as act:
                sound_alarm(act, self._records, self._wire_of, target.seat)
        raise InputRefused(
            "Not sent: a recipient's key is different from the one you compared. Someone may be "
            "intercepting you. Compare your safety numbers again."
        )


def _compared_others(known: Known, targets: list[_Target]) -> list[_Target]:
    """Those whose keys are not the ones that were compared."""
    return [one for one in targets if known.compared_another(*one.pin)]


def _own(act: Act, picture_id: str) -> store.StoredPicture:
    picture = act.picture(picture_id)
    if picture.sender_id != act.seat.id:
        raise NotFound
    return picture


def _require_lacking(act: Act, picture: store.StoredPicture, person_id: str) -> None:
    if person_id not in {row.public_id for row in act.lacking(picture)}:
        raise NotFound("person")


def _seal(
    picture: Picture, scheme: str, targets: list[_Target], progress: Progress | None
) -> Sealed:
    keys = {target.scheme_key.fingerprint: target.scheme_key for target in targets}
    try:
        return SCHEMES[scheme].seal(picture, tuple(keys.values()), progress=progress)
    except (LimitError, KeyFormatError) as error:
        raise InputRefused(f"This scheme cannot take this picture: {error}.") from None


def _notes(act: Act, pictures: Collection[store.StoredPicture]) -> dict[str, dict[str, Any]]:
    """What the sender keeps of each, by public id: name, caption, and the envelopes' keys."""
    secret = act.secret(NOTE_PURPOSE)
    return {one: _note(note, secret) for one, note in act.unit.pictures.notes(pictures).items()}


def _note(sealed: bytes, secret: bytes) -> dict[str, Any]:
    try:
        note: dict[str, Any] = json.loads(open_note(sealed, secret))
    except DecryptionError:
        return {"name": "(note damaged)", "caption": "", "keys": []}
    return note


def _sent(
    picture: store.StoredPicture, seats: dict[int, store.SeatRow], note: dict[str, Any]
) -> SentPicture:
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
