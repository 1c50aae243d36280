"""The interceptor's attacks: started in processes of their own, cancelled, kept as findings.

An attack gets what its seat can see: captures and public keys of its channel, and a classroom
key pair of the seat's own, if it has one. One attack of a seat runs at a time, and a few in the
whole process (`turns`); seats of one channel that want the same attack on the same capture share
one run. What comes of it is sealed under a secret derived from the seat token and stored by a
thread that waits for the end. A reload loses nothing; a run that nobody's page is open for any more
is ended.
"""

import hashlib
import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

import store
from exchange.admission import Sleep
from exchange.attack_values import AttackChoice, AttackState, Found, FoundItem, SeenKey
from exchange.desk import Asking, Clock, Desk, find_picture, in_words, utc_now
from exchange.errors import ExchangeError, InputRefused, NotFound, Unavailable
from exchange.seats import classroom_keys
from exchange.values import Seat
from rsa_core import (
    CancelledError,
    ClassroomPublicKey,
    DecryptionError,
    EnvelopeFormatError,
    PictureError,
    PublicKey,
    derive_secret,
    open_note,
    png_of,
    read_picture,
    seal_note,
)
from rsa_core.attacks import (
    ATTACKS,
    Budget,
    Outcome,
    Run,
    Target,
    pack_outcome,
    parse_outcome,
    start,
)
from rsa_core.turns import LONG, NOBODY, Turn, Visitor

BUDGET = Budget(seconds=60.0, memory=1 << 30)
OTHER_BYTES = 64_000_000  # of other captures for one attack, the newest first
FINDING_BYTES = 24_000_000  # sealed
FINDINGS_OF_A_SEAT = 100_000_000  # bytes; the oldest make room
_UNPACKED_MOST = 512_000_000
_UNTOLD_MOST = 500
_LOOK = 0.1  # seconds between two looks whether a seat has cancelled
_PATIENCE = 10.0  # seconds for a cancelled attack to end when the exchange is closed

ATTACK_CHOICES: Mapping[str, AttackChoice] = MappingProxyType(
    {
        one.name: AttackChoice(one.name, one.title, one.summary, one.citation, one.needs, one.gives)
        for one in ATTACKS.values()
    }
)


_Same = tuple[str, str, str, int]  # channel, picture, attack, modulus of the attacker's own key


@dataclass(slots=True, eq=False)
class _Shared:
    """A run, and for whom it is.

    Attributes:
        seats: those that wait for its end; any of them can read the target when the turn comes.
    """

    turn: Turn
    seats: list[Seat]
    run: Run = field(init=False, repr=False)


@dataclass(slots=True)
class _Attack:
    """One attack of one seat, from its start until what came of it is stored.

    Attributes:
        cancelled: whether this seat does not want it any more.
        drawn: how many pictures in the making there had been at the last look, and the last one.
    """

    picture_id: str
    attack: str
    run: Run
    shared: _Shared = field(repr=False)
    cancelled: bool = False
    started: float = field(default_factory=time.monotonic)
    drawn: tuple[int, bytes | None] = (0, None)
    thread: threading.Thread | None = field(default=None, repr=False)


class Attacking(Desk):
    """An interceptor's acts on captures."""

    def __init__(
        self, backend: store.Store, clock: Clock = utc_now, sleep: Sleep = time.sleep
    ) -> None:
        super().__init__(backend, clock, sleep)
        self._attacks: dict[str, _Attack] = {}  # by the seat's public id
        self._shared: dict[_Same, _Shared] = {}
        self._untold: dict[str, AttackState] = {}  # how attacks ended that left no finding
        self._attacks_lock = threading.Lock()

    def public_keys(self, seat: Seat) -> tuple[SeenKey, ...]:
        """Every public key of the channel's receivers, safe and classroom, in order of joining."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            rows = unit.seats.in_channel(asking.channel.id)
        return tuple(key for row in rows if row.role == "receiver" for key in _keys_of(row))

    def start_attack(
        self, seat: Seat, picture_id: str, attack: str, visitor: Visitor = NOBODY
    ) -> None:
        """Starts an attack on a capture, in a process of its own, when its turn has come.

        Args:
            seat: an interceptor.
            picture_id: public id of a picture in this channel.
            attack: one of `ATTACK_CHOICES`.
            visitor: for the turn, and for ending it when that page is closed.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: there is no such attack, or this seat or session has one running.
            Unavailable: too many wait on this server.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            picture = find_picture(unit, asking, picture_id)
        if attack not in ATTACKS:
            raise InputRefused("Choose an attack from the list.")
        place, own = asking.seat.public_id, classroom_keys(seat, asking)
        same = (asking.channel.public_id, picture.public_id, attack, own[0].public.n if own else 0)
        with self._attacks_lock:
            if place in self._attacks:
                raise InputRefused("Your attack is still running. Cancel it, or wait for its end.")
            shared = self._shared_run(seat, same, visitor)
            mine = _Attack(picture.public_id, attack, shared.run, shared)
            self._attacks[place] = mine
            self._untold.pop(place, None)
            mine.thread = threading.Thread(target=self._keep, args=(seat, place, mine), daemon=True)
            mine.thread.start()

    def attack_state(self, seat: Seat, visitor: Visitor = NOBODY) -> AttackState | None:
        """How this seat's attack stands; None when none runs.

        What ended well is a finding by then; a failure to keep it, and a cancellation, are told
        once. From now on the attack is for this visitor's page too: a page opened anew takes it
        over.
        """
        with self._reading() as unit:
            place = self._asking(unit, seat.token, "interceptor").seat.public_id
        with self._attacks_lock:
            mine = self._attacks.get(place)
            if mine is None:
                return self._untold.pop(place, None)
        mine.shared.turn.also_for(visitor)
        return _state(mine)

    def cancel_attack(self, seat: Seat) -> None:
        """Ends the seat's attack, if one runs; it is killed unless others share it."""
        with self._reading() as unit:
            place = self._asking(unit, seat.token, "interceptor").seat.public_id
        with self._attacks_lock:
            mine = self._attacks.get(place)
        if mine is not None:
            self._give_up(mine, seat)

    def findings(self, seat: Seat) -> tuple[FoundItem, ...]:
        """What this seat has found out, the oldest first."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            rows = unit.findings.of_seat(asking.seat.id)
        return tuple(FoundItem(row.picture_id, row.attack, row.found_at) for row in rows)

    def finding(self, seat: Seat, picture_id: str, attack: str) -> Found:
        """One finding, unsealed.

        Raises:
            NotFound: this seat has no such finding, or its picture is gone.
            Unavailable: what is stored is not what this seat found.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            picture = find_picture(unit, asking, picture_id)
            sealed = unit.findings.data(asking.seat.id, picture.public_id, attack)
        if sealed is None:
            raise NotFound("finding")
        return _found(_unseal(sealed, _secret(seat, picture.public_id, attack)))

    def _shared_run(self, seat: Seat, same: _Same, visitor: Visitor) -> _Shared:
        """The run that others of the channel have begun already, or a new one; the lock is held."""
        for key, one in list(self._shared.items()):
            if one.run.state.phase not in ("waiting", "running"):
                del self._shared[key]
        shared = self._shared.get(same)
        if shared is not None and shared.seats and not shared.turn.gone:
            shared.seats.append(seat)
            shared.turn.also_for(visitor)
            return shared
        channel, picture_id, attack, _ = same
        with in_words():
            shared = _Shared(LONG.ask(visitor, channel), [seat])
        shared.run = start(
            attack, partial(self._target_of, shared, picture_id), BUDGET, turn=shared.turn
        )
        self._shared[same] = shared
        return shared

    def _target_of(self, shared: _Shared, picture_id: str) -> Target:
        """What the first of the seats can see that is still there and gets an answer."""
        for seat in list(shared.seats):
            with suppress(ExchangeError), self._reading() as unit:
                asking = self._asking(unit, seat.token, "interceptor")
                return _target(unit, seat, asking, find_picture(unit, asking, picture_id))
        raise CancelledError

    def _give_up(self, mine: _Attack, seat: Seat) -> None:
        with self._attacks_lock:
            mine.cancelled = True
            if seat in mine.shared.seats:
                mine.shared.seats.remove(seat)
            alone = not mine.shared.seats
        if alone:
            mine.run.cancel()

    def _keep(self, seat: Seat, place: str, mine: _Attack) -> None:
        """Waits for the end of an attack and stores what came of it."""
        problem: AttackState | None = None
        try:
            outcome = _outcome(mine)
        except CancelledError:
            words = "The attack was cancelled." if mine.cancelled else mine.run.state.words
            problem = replace(_state(mine), phase="cancelled", words=words)
        except EnvelopeFormatError as error:
            outcome = Outcome(mine.attack, "preconditions not met", str(error))
        if problem is None:
            try:
                self._store_finding(seat, mine, outcome)
            except ExchangeError as error:
                problem = replace(_state(mine), phase="failed", words=str(error))
        with self._attacks_lock:
            del self._attacks[place]
            if problem is not None:
                self._untold[place] = replace(problem, picture=None)
            while len(self._untold) > _UNTOLD_MOST:
                del self._untold[next(iter(self._untold))]

    def _store_finding(self, seat: Seat, mine: _Attack, outcome: Outcome) -> None:
        secret = _secret(seat, mine.picture_id, mine.attack)
        sealed = _seal(outcome, secret)
        if len(sealed) > FINDING_BYTES:
            lines = (*outcome.evidence, "what was recovered is too large to be kept")
            sealed = _seal(
                replace(outcome, pixels=None, file=None, envelope=None, evidence=lines), secret
            )
        now = self._clock()
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            mine_all = unit.findings.of_seat(asking.seat.id)
            while mine_all and (
                unit.findings.total_bytes(asking.seat.id) + len(sealed) > FINDINGS_OF_A_SEAT
            ):
                oldest = mine_all.pop(0)
                unit.findings.drop(asking.seat.id, [(oldest.picture_id, oldest.attack)])
            unit.findings.put(
                asking.seat.id,
                asking.channel.id,
                mine.picture_id,
                attack=mine.attack,
                data=sealed,
                at=now,
            )

    def _end_attacks(self) -> None:
        """Kills what runs and waits until its threads have let the store go."""
        with self._attacks_lock:
            running = list(self._attacks.values())
        for one in running:
            one.cancelled = True
            one.run.cancel()
        for one in running:
            if one.thread is not None:
                one.thread.join(_PATIENCE)


def _keys_of(row: store.SeatRow) -> list[SeenKey]:
    keys = []
    if row.public_key is not None:
        safe = PublicKey.from_der(row.public_key)
        keys.append(SeenKey(row.name, False, safe.n, safe.e))
    if row.classroom_public_key is not None:
        number = ClassroomPublicKey.from_der(row.classroom_public_key)
        keys.append(SeenKey(row.name, True, number.n, number.e))
    return keys


def _target(unit: store.Unit, seat: Seat, asking: Asking, picture: store.StoredPicture) -> Target:
    """What the seat can see: the capture, other captures that an attack can use, public keys."""
    channel = asking.channel.id
    others, room = [], OTHER_BYTES
    for other in reversed(unit.pictures.in_channel(channel)):
        room -= other.size
        if room < 0:
            break
        if other.public_id != picture.public_id and other.scheme != "hybrid":
            others.append(unit.pictures.content(channel, other.public_id))
    rows = unit.seats.in_channel(channel, with_left=True)
    keys = [key for row in rows if row.role == "receiver" for key in _keys_of(row)]
    own = classroom_keys(seat, asking)
    return Target(
        unit.pictures.content(channel, picture.public_id),
        tuple(others),
        tuple((key.n, key.e) for key in keys),
        own[0] if own else None,
    )


def _outcome(mine: _Attack) -> Outcome:
    """Waits for it, or until this seat wants it no more."""
    while not mine.cancelled or mine.run.state.phase == "done":
        with suppress(TimeoutError):
            return mine.run.wait(_LOOK)
    with suppress(TimeoutError):  # so that the next attack does not overlap with this one's end
        if not mine.shared.seats:
            mine.run.wait(_PATIENCE)
    raise CancelledError


def _state(mine: _Attack) -> AttackState:
    state = mine.run.state
    number, png = mine.drawn
    if state.pictures != number and state.picture is not None:
        png = png_of(state.picture)
        mine.drawn = state.pictures, png
    return AttackState(
        picture_id=mine.picture_id,
        attack=mine.attack,
        phase="waiting" if state.phase == "waiting" else "running",
        part=state.part,
        words=state.words,
        picture=png,
        seconds=time.monotonic() - mine.started,
    )


def _secret(seat: Seat, picture_id: str, attack: str) -> bytes:
    """One secret for each finding, so that none can be put in another's place."""
    return derive_secret(seat.token.encode(), f"finding {picture_id} {attack}")


def _seal(outcome: Outcome, secret: bytes) -> bytes:
    return seal_note(zlib.compress(pack_outcome(outcome), level=1), secret)


def _unseal(sealed: bytes, secret: bytes) -> Outcome:
    try:
        data = zlib.decompressobj().decompress(open_note(sealed, secret), _UNPACKED_MOST)
        return parse_outcome(data)
    except (DecryptionError, EnvelopeFormatError, zlib.error):
        raise Unavailable(
            "This finding was damaged in the server's storage. Run the attack again."
        ) from None


def _found(outcome: Outcome) -> Found:
    picture = None if outcome.pixels is None else png_of(outcome.pixels)
    file, suffix, mime = picture, ".png", "image/png"
    if outcome.file is not None:
        file, suffix, mime = outcome.file, ".bin", "application/octet-stream"
        with suppress(PictureError):
            original = read_picture(outcome.file)
            suffix, mime = original.suffix, original.mime
    key = outcome.key
    return Found(
        verdict=outcome.verdict,
        words=outcome.words,
        evidence=outcome.evidence,
        seconds=outcome.seconds,
        exact=outcome.exact,
        picture=picture,
        file=file,
        file_name=_name("recovered", file, suffix),
        mime=mime if file else "",
        envelope=outcome.envelope,
        envelope_name=_name("forged", outcome.envelope, ".rsaimg"),
        key=None if key is None else (key.public.n, key.public.e, key.d, key.p, key.q),
    )


def _name(what: str, data: bytes | None, suffix: str) -> str:
    return f"{what}-{hashlib.sha256(data).hexdigest()[:12]}{suffix}" if data else ""
