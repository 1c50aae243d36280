"""Seats: taking one, coming back to it, leaving it, and the keys that belong to it.

The seat token is made here, goes to one browser, and is kept by nobody else: the store has its
SHA-256. Private keys at rest are locked under secrets derived from the token, so the database
alone can use none of them, and a lost token is a lost key.
"""

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass

import store
from exchange.desk import Asking, channel_view, in_words, role_of, token_hash
from exchange.errors import CannotOpen, InputRefused, RecordLost, SeatChanged, SeatGone
from exchange.knowing import Knowing
from exchange.known import Known, Me
from exchange.lookalikes import look_alike
from exchange.texts import name_key, person_name
from exchange.values import ROLES, KeyChoice, OwnKeys, Role, Seat
from rsa_core import (
    KEY_SIZES,
    SEED_KEY,
    ClassroomKeyPair,
    ClassroomPublicKey,
    KeyFormatError,
    KeyPair,
    PassphraseError,
    PublicKey,
    derive_secret,
    open_note,
    seal_note,
)
from rsa_core.turns import NOBODY, QUICK, Visitor

CLASSROOM_KEY_SIZES = (12, 16, 32, 64, 128, 256, 512, 1024, 2048)
SEATS_OF_A_CHANNEL = 200
KEY_PURPOSE = "key pair"
CLASSROOM_PURPOSE = "classroom keys"


@dataclass(frozen=True, slots=True)
class _NewKeys:
    """Keys as the store keeps them; private ones locked."""

    public_key: bytes | None = None
    locked_key: bytes | None = None
    classroom_public_key: bytes | None = None
    locked_classroom_key: bytes | None = None


class Seats(Knowing):
    """Acts of one person about their own seat."""

    def take_seat(
        self,
        key: str,
        *,
        name: str,
        role: str,
        owner_ticket: str = "",
        keys: KeyChoice | None = None,
        token: str | None = None,
        own_tokens: Collection[str] = (),
        visitor: Visitor = NOBODY,
    ) -> Seat:
        """Takes a seat in the channel that this key opens.

        Making a key pair takes a second or so; it is done before the store is touched.

        Args:
            key: the channel key.
            name: nickname. It must not look like a name in the channel: of somebody who is there,
                in whatever role, or of somebody who left and whose pictures are still listed.
            role: "sender", "interceptor" or "receiver".
            owner_ticket: from `create_channel`, for the creator's first seat.
            keys: a receiver's choice; 3072 bits when left out.
            token: from `new_token`; the same one never takes a second seat, so that a browser
                may keep it first and ask again when it got no answer.
            own_tokens: of seats that this person holds already. In another role they may have
                the same name.
            visitor: for the turn in which the keys are made or read.

        Raises:
            NotAdmitted: no open channel has this key.
            InputRefused: the name, the role or an imported key cannot be taken.
            Unavailable: too many keys are being made.
        """
        nickname = person_name(name)
        if role not in ROLES:
            raise InputRefused("Choose a role: Sender, Interceptor or Receiver.")
        with self._reading() as unit:
            channel = self._enterable(unit, key, role)
            own = [unit.seats.by_token(token_hash(one)) for one in own_tokens]
            own_ids = {seat.id for seat in own if seat is not None}
        token = token or new_token()
        taken = self._taken(token)
        if taken is not None:
            return taken
        new = _NewKeys()
        if role != "interceptor":
            with in_words(), QUICK.taken(visitor, channel.public_id):
                new = _make_keys(role, channel.kind, keys or KeyChoice(), token)
        now = self._clock()
        try:
            with self._writing() as unit:
                channel = self._enterable(unit, key, role)
                _check_name(unit, channel, nickname, role, own_ids)
                row = unit.seats.add(
                    channel_id=channel.id,
                    public_id=secrets.token_hex(8),
                    name=nickname,
                    name_key=name_key(nickname),
                    role=role,
                    token_hash=token_hash(token),
                    joined_at=now,
                    public_key=new.public_key,
                    locked_key=new.locked_key,
                    classroom_public_key=new.classroom_public_key,
                    locked_classroom_key=new.locked_classroom_key,
                    waiting=channel.approval and role == "receiver",
                )
                if row.role != "interceptor":
                    unit.seat_records.put(row.id, Known(Me.of(row, channel)).seal(token))
                owner = bool(owner_ticket) and unit.channels.claim_owner(
                    channel.id, row.id, token_hash(owner_ticket)
                )
                unit.events.add(channel.id, "joined", now, seat_id=row.id)
        except store.NameTaken:
            taken = self._taken(token)
            if taken is not None:  # by the same person, pressing twice
                return taken
            raise InputRefused(
                "Somebody here has this name already, or one that looks like it. "
                "Please choose another, or add a letter of your last name."
            ) from None
        return Seat(
            token, row.public_id, row.name, role_of(row), owner, row.waiting, channel_view(channel)
        )

    def _taken(self, token: str) -> Seat | None:
        try:
            return self.resume(token)
        except SeatGone:
            return None

    def resume(self, token: str) -> Seat:
        """Brings a seat back after a reload or a restart of the server.

        Raises:
            SeatGone: the token is unknown, the seat was left or the channel has ended.
        """
        with self._reading() as unit:
            asking = self._asking(unit, token)
        return _seat_view(token, asking)

    def begin_anew(self, seat: Seat) -> None:
        """Starts the seat's record again, empty; does nothing to one that is whole.

        Raises:
            SeatChanged: the public key that others are shown is not the seat's own.
        """
        with self._writing() as unit:
            asking = self._asking(unit, seat.token)
            if asking.seat.role == "interceptor":
                return
            try:
                self._known(unit, asking, seat)
            except RecordLost:
                me = Me.of(asking.seat, asking.channel)
                here = asking.seat.locked_key is not None
                if here and unlock_key(seat, asking).public.fingerprint != me.key:
                    raise SeatChanged from None
                self._remember(unit, asking, seat, Known(me))

    def key_fits(self, seat: Seat, key: str) -> bool:
        """Whether this is still the key of this seat's channel; the owner may have changed it."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token)
            channel = self._with_key(unit, key)
        return channel is not None and channel.id == asking.channel.id

    def leave(self, seat: Seat) -> None:
        """Gives the seat up for good; its token opens nothing any more."""
        now = self._clock()
        with self._writing() as unit:
            asking = self._asking(unit, seat.token)
            unit.seats.leave(asking.seat.id, now)
            unit.events.add(asking.channel.id, "left", now, seat_id=asking.seat.id)

    def _enterable(self, unit: store.Unit, key: str, role: str) -> store.ChannelRow:
        """The channel of this key, if it takes in somebody with this role just now."""
        channel = self._admit(unit, key)
        if channel.locked:
            raise InputRefused("The channel is locked: its owner lets nobody in just now.")
        if role == "interceptor" and not channel.interceptors:
            raise InputRefused("The owner of this channel wants no interceptors in it.")
        if len(unit.seats.in_channel(channel.id)) >= SEATS_OF_A_CHANNEL:
            raise InputRefused(f"The channel is full: it has {SEATS_OF_A_CHANNEL} seats.")
        return channel

    def own_keys(self, seat: Seat) -> OwnKeys:
        """What a receiver's page may show of its own keys.

        Raises:
            RecordLost, SeatChanged: the store cannot be relied on for them.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "receiver")
            self._known(unit, asking, seat)  # else the store may show another key as this one
        if asking.seat.public_key is None:
            raise SeatGone
        public = PublicKey.from_der(asking.seat.public_key)
        person = self._person(asking.seat, asking.channel)
        return OwnKeys(
            safety_number=public.safety_number,
            fingerprint=public.fingerprint,
            bits=public.bits,
            public_pem=public.pem(),
            private_here=asking.seat.locked_key is not None,
            classroom_key=person.classroom_key,
        )

    def export_key(self, seat: Seat, passphrase: str) -> str:
        """The receiver's own private key as PKCS#8 PEM, under a passphrase unless it is empty.

        Raises:
            CannotOpen: the private key is not on this server.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "receiver")
        return unlock_key(seat, asking).pem(passphrase or None)


def _check_name(
    unit: store.Unit, channel: store.ChannelRow, name: str, role: str, own_ids: set[int]
) -> None:
    """Refuses a name by which readers could take one person for another.

    The unit holds the channel, so that no two seats can be taken at once.

    Raises:
        NameTaken: somebody else has or had it, or the same person in the same role.
    """
    taken = [
        seat
        for seat in unit.seats.in_channel(channel.id)
        if seat.role == role or seat.id not in own_ids
    ]
    taken += unit.seats.left_with_pictures(channel.id)
    if any(look_alike(name, seat.name) for seat in taken):
        raise store.NameTaken


def new_token() -> str:
    """A seat token that nobody has: 192 random bits."""
    return secrets.token_urlsafe(24)


def unlock_key(seat: Seat, asking: Asking) -> KeyPair:
    """The seat's own key pair, out of its locked form."""
    if asking.seat.locked_key is None:
        raise CannotOpen(
            "Your private key is not on this server. Download the ciphertext and open it "
            "with OpenSSL, where your key is."
        )
    secret = derive_secret(seat.token.encode(), KEY_PURPOSE)
    return KeyPair.unlock(asking.seat.locked_key, secret)


def classroom_keys(seat: Seat, asking: Asking) -> list[ClassroomKeyPair]:
    """All classroom keys that this seat has had, the newest first."""
    if asking.seat.locked_classroom_key is None:
        return []
    secret = derive_secret(seat.token.encode(), CLASSROOM_PURPOSE)
    ring = json.loads(open_note(asking.seat.locked_classroom_key, secret))
    return [ClassroomKeyPair.from_private_der(bytes.fromhex(der)) for der in ring]


def lock_classroom_keys(ring: list[ClassroomKeyPair], token: str) -> bytes:
    """A seat's classroom keys as the store keeps them; the newest first."""
    secret = derive_secret(token.encode(), CLASSROOM_PURPOSE)
    return seal_note(json.dumps([pair.private_der().hex() for pair in ring]).encode(), secret)


def _make_keys(role: str, kind: str, choice: KeyChoice, token: str) -> _NewKeys:
    """The keys of a new seat: a sender signs, a receiver opens."""
    if role == "sender":
        return _locked(KeyPair.generate(), token)
    new = _receiver_keys(choice, token)
    if kind != "classroom":
        return new
    public: ClassroomPublicKey = SEED_KEY.public
    return _NewKeys(
        public_key=new.public_key,
        locked_key=new.locked_key,
        classroom_public_key=public.der(),
        locked_classroom_key=lock_classroom_keys([SEED_KEY], token),
    )


def _receiver_keys(choice: KeyChoice, token: str) -> _NewKeys:
    try:
        if choice.way == "public":
            return _NewKeys(public_key=PublicKey.from_pem(choice.pem).der())
        if choice.way == "private":
            return _locked(KeyPair.from_pem(choice.pem, choice.passphrase or None), token)
    except (KeyFormatError, PassphraseError) as error:
        raise InputRefused(f"This key cannot be used: {error}.") from None
    if choice.bits not in KEY_SIZES:
        raise InputRefused("Choose the size of the key from the list.")
    return _locked(KeyPair.generate(choice.bits), token)


def _locked(pair: KeyPair, token: str) -> _NewKeys:
    secret = derive_secret(token.encode(), KEY_PURPOSE)
    return _NewKeys(public_key=pair.public.der(), locked_key=pair.lock(secret))


def _seat_view(token: str, asking: Asking) -> Seat:
    seat, channel = asking.seat, asking.channel
    role: Role = role_of(seat)
    owner = channel.owner_id == seat.id
    return Seat(token, seat.public_id, seat.name, role, owner, seat.waiting, channel_view(channel))
