"""A seat's own keys: making, locking and unlocking them; classroom keys, weak ones too.

Private keys at rest are locked under secrets derived from the seat token, so the database alone can
use none of them, and a lost token is a lost key.

Some weaknesses lie between two keys (a shared prime, a shared modulus), and nobody can be given a
private key from outside. So such keys come in pairs: the first receiver to choose takes one, and
the next receiver of the channel who chooses the same weakness takes the other, as long as the first
is in use. Pairs are numbered, and a number and the pepper make the same pair in any process: the
store keeps the number alone.
"""

import json
from dataclasses import dataclass, field

from exchange.desk import Act, Desk
from exchange.errors import KEY_ELSEWHERE, CannotOpen, InputRefused, SeatGone, in_words
from exchange.known import Records
from exchange.values import KeyWay, Role, Seat
from rsa_core import (
    KEY_SIZES,
    SEED_KEY,
    WEAKNESSES,
    ClassroomKeyPair,
    KeyFormatError,
    KeyPair,
    PassphraseError,
    PublicKey,
    derive_secret,
    make_weak,
    open_note,
    seal_note,
)
from rsa_core.turns import NOBODY, QUICK, Visitor

CLASSROOM_KEY_SIZES = (12, 16, 32, 64, 128, 256, 512, 1024, 2048)
KEY_PURPOSE = "key pair"
CLASSROOM_PURPOSE = "classroom keys"
SHARED_MODULUS = "shared-modulus"
_PAIRED = frozenset(name for name, weakness in WEAKNESSES.items() if weakness.keys == 2)


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """Which RSA key a new receiver wants.

    Attributes:
        way: "new" makes a key pair; "private" imports one; "public" takes a public key only, and
            the private one stays at home.
        bits: size of a new key pair.
        pem: what is imported.
        passphrase: of an imported private key; "" for none.
    """

    way: KeyWay = "new"
    bits: int = 3072
    pem: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """A receiver's own keys, as far as its page may show them.

    Attributes:
        safety_number: of the key pair.
        fingerprint: of the key pair, 32 bytes.
        bits: size of the key pair.
        public_pem: SPKI.
        private_here: the server keeps the private key, locked under the seat token.
        classroom_key: (n, e), None in private channels.
    """

    safety_number: str
    fingerprint: bytes
    bits: int
    public_pem: str
    private_here: bool
    classroom_key: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class NewKeys:
    """Keys of a new seat as the store keeps them; private ones locked."""

    public_key: bytes | None = None
    locked_key: bytes | None = None
    classroom_public_key: bytes | None = None
    locked_classroom_key: bytes | None = None


def make_keys(role: str, kind: str, choice: KeyChoice, token: str) -> NewKeys:
    """The keys of a new seat: a sender signs, a receiver opens.

    Raises:
        InputRefused: an imported key cannot be used, or its size is not offered.
    """
    if role == "sender":
        return _locked(KeyPair.generate(), token)
    new = _receiver_keys(choice, token)
    if kind != "classroom":
        return new
    locked = lock_classroom_keys([SEED_KEY], token)
    return NewKeys(new.public_key, new.locked_key, SEED_KEY.public.der(), locked)


def unlock_key(act: Act) -> KeyPair:
    """The asking seat's own key pair.

    Raises:
        CannotOpen: the private key is not on this server.
    """
    if act.seat.locked_key is None:
        raise CannotOpen(KEY_ELSEWHERE)
    return KeyPair.unlock(act.seat.locked_key, act.secret(KEY_PURPOSE))


def classroom_keys(act: Act) -> list[ClassroomKeyPair]:
    """All classroom keys that the asking seat has had, the newest first."""
    if act.seat.locked_classroom_key is None:
        return []
    ring = json.loads(open_note(act.seat.locked_classroom_key, act.secret(CLASSROOM_PURPOSE)))
    return [ClassroomKeyPair.from_private_der(bytes.fromhex(der)) for der in ring]


def lock_classroom_keys(ring: list[ClassroomKeyPair], token: str) -> bytes:
    """A seat's classroom keys, the newest first, as the store keeps them."""
    secret = derive_secret(token.encode(), CLASSROOM_PURPOSE)
    return seal_note(json.dumps([pair.private_der().hex() for pair in ring]).encode(), secret)


class Keys:
    """Acts of receivers and interceptors about their own keys."""

    def __init__(self, desk: Desk, records: Records) -> None:
        self._desk = desk
        self._records = records

    def own(self, seat: Seat) -> OwnKeys:
        """What a receiver's page may show of its own keys.

        Raises:
            RecordLost, SeatChanged: the store cannot be relied on for them.
        """
        with self._desk.act(seat, "receiver") as act:
            self._records.of(act)  # otherwise the store may show another key as this one
        if act.seat.public_key is None:
            raise SeatGone
        public = PublicKey.from_der(act.seat.public_key)
        return OwnKeys(
            safety_number=public.safety_number,
            fingerprint=public.fingerprint,
            bits=public.bits,
            public_pem=public.pem(),
            private_here=act.seat.locked_key is not None,
            classroom_key=self._desk.person(act.seat, act.channel).classroom_key,
        )

    def export(self, seat: Seat, passphrase: str) -> str:
        """The receiver's own private key as PKCS#8 PEM, under a passphrase unless it is empty.

        Raises:
            CannotOpen: the private key is not on this server.
            InputRefused: OpenSSL could not read this passphrase.
        """
        with self._desk.act(seat, "receiver") as act:
            try:
                return unlock_key(act).pem(passphrase or None)
            except PassphraseError as error:
                raise InputRefused(f"Choose another passphrase: {error}.") from None

    def new_classroom_key(
        self, seat: Seat, choice: int | str | None, visitor: Visitor = NOBODY
    ) -> None:
        """Gives a receiver another classroom key; the older ones still open older pictures.

        Args:
            seat: a receiver in a classroom channel.
            choice: one of `CLASSROOM_KEY_SIZES`, the name of one of `WEAKNESSES`, or None for the
                seed's preset (n = 3233).
            visitor: for the turn in which the key is made.
        """
        if isinstance(choice, str) and choice in _PAIRED:
            self._take_of_pair(seat, "receiver", choice, visitor)
            return
        with self._desk.act(seat, "receiver") as act:
            channel = act.channel.public_id
        with in_words(), QUICK.taken(visitor, channel):
            pair = _make(choice)
        with self._desk.act(seat, "receiver", write=True) as act:
            _require_classroom(act)
            act.unit.weak_pairs.wait_no_more(act.channel.id, act.seat.id)
            _give(act, pair)
            act.tell("classroom key")

    def take_insider_key(self, seat: Seat, visitor: Visitor = NOBODY) -> None:
        """Gives an interceptor the other key of a receiver's shared modulus: an insider.

        No event: an insider does not say so.

        Raises:
            InputRefused: no receiver of the channel uses such a key whose partner is free.
        """
        self._take_of_pair(seat, "interceptor", SHARED_MODULUS, visitor)

    def insider_key(self, seat: Seat) -> tuple[int, int] | None:
        """(n, e) of the interceptor's own classroom key; None while it has none."""
        with self._desk.act(seat, "interceptor") as act:
            return self._desk.person(act.seat, act.channel).classroom_key

    def _take_of_pair(self, seat: Seat, role: Role, weakness: str, visitor: Visitor) -> None:
        """Gives the seat the free partner of a key in use, or the first key of a new pair.

        It is taken before it is made: a class that chooses at the same moment makes each key once.
        """
        with self._desk.act(seat, role) as act:
            _require_classroom(act)
            channel = act.channel.public_id
        with in_words(), QUICK.taken(visitor, channel):
            with self._desk.act(seat, role, write=True) as act:
                number, which = _take(act, weakness)
            seed = self._desk.store.secret("weak keys", f"{channel} {weakness} {number}")
            pair = make_weak(weakness, seed=seed)[which]
        with self._desk.act(seat, role, write=True) as act:
            _give(act, pair)
            if role == "receiver":
                act.tell("classroom key")


def _take(act: Act, weakness: str) -> tuple[int, int]:
    """Takes a key: number of its pair, and which of the two; an interceptor gets a second one."""
    pairs, own = act.unit.weak_pairs, act.seat.id
    number, waiting = pairs.newest(act.channel.id, weakness)
    present = {row.id for row in act.unit.seats.in_channel(act.channel.id)}
    free = waiting in present - {own}
    if act.seat.role == "interceptor" and not free:
        raise InputRefused(
            "No key is free. A receiver has to choose the classroom key "
            f"\u201c{WEAKNESSES[SHARED_MODULUS].title}\u201d first."
        )
    pairs.wait_no_more(act.channel.id, own)
    if free:
        pairs.take(act.channel.id, weakness, number, None)
        return number, 1
    pairs.take(act.channel.id, weakness, number + 1, own)
    return number + 1, 0


def _require_classroom(act: Act) -> None:
    if act.channel.kind != "classroom":
        raise InputRefused("Only a classroom channel has classroom keys.")


def _give(act: Act, pair: ClassroomKeyPair) -> None:
    older = [old for old in classroom_keys(act) if old.public != pair.public]
    act.unit.seats.set_classroom_keys(
        act.seat.id,
        public_key=pair.public.der(),
        locked_key=lock_classroom_keys([pair, *older], act.token),
    )


def _make(choice: int | str | None) -> ClassroomKeyPair:
    if choice is None:
        return SEED_KEY
    if isinstance(choice, str) and choice in WEAKNESSES:
        [pair] = make_weak(choice)
        return pair
    if isinstance(choice, int) and choice in CLASSROOM_KEY_SIZES:
        return ClassroomKeyPair.generate(choice)
    raise InputRefused("Choose a classroom key from the list.")


def _receiver_keys(choice: KeyChoice, token: str) -> NewKeys:
    try:
        if choice.way == "public":
            return NewKeys(public_key=PublicKey.from_pem(choice.pem).der())
        if choice.way == "private":
            return _locked(KeyPair.from_pem(choice.pem, choice.passphrase or None), token)
    except (KeyFormatError, PassphraseError) as error:
        raise InputRefused(f"This key cannot be used: {error}.") from None
    if choice.bits not in KEY_SIZES:
        raise InputRefused("Choose the size of the key from the list.")
    return _locked(KeyPair.generate(choice.bits), token)


def _locked(pair: KeyPair, token: str) -> NewKeys:
    return NewKeys(pair.public.der(), pair.lock(derive_secret(token.encode(), KEY_PURPOSE)))
