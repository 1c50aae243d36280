"""The interceptor's attacks: each started in a process, cancelled, and its result kept.

An attack gets what its seat can see: captures and public keys of its channel, and a classroom
key pair of the seat's own, if it has one. One attack of a seat runs at a time, and a few in the
whole process (`rsa_core.turns`); seats of one channel that want the same attack on the same capture
share one run. A thread waits for the end and keeps what came of it. A reload loses nothing; a run
ends when no page is open for it any more.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import store
from exchange.desk import Act, Desk, in_words
from exchange.errors import ExchangeError, InputRefused
from exchange.keys import classroom_keys
from exchange.values import Seat
from rsa_core import CancelledError, ClassroomPublicKey, EnvelopeFormatError, PublicKey, png_of
from rsa_core.attacks import ATTACKS, Budget, Outcome, Run, Target, start
from rsa_core.turns import LONG, NOBODY, Turn, Visitor

BUDGET = Budget(seconds=60.0, memory=1 << 30)
OTHER_BYTES = 64_000_000  # of other captures for one attack, the newest first
_UNTOLD_MOST = 500
_LOOK = 0.1  # seconds between two looks whether a seat has cancelled
_PATIENCE = 10.0  # seconds for a cancelled attack to end when the exchange is closed

Keep = Callable[[Seat, str, str, Outcome], None]
_Same = tuple[str, str, str, int]  # channel, picture, attack, modulus of the attacker's own key


@dataclass(frozen=True, slots=True)
class SeenKey:
    """A receiver's public key, which everyone in the channel can see.

    Attributes:
        name: nickname of its holder.
        classroom: it is for the textbook schemes.
    """

    name: str
    classroom: bool
    n: int = field(repr=False)
    e: int


@dataclass(frozen=True, slots=True)
class AttackState:
    """How a seat's attack stands.

    Attributes:
        picture_id: of the capture under attack.
        phase: "waiting" for its turn or "running"; afterwards "cancelled", or "failed" where its
            result could not be kept; each is reported once. Any other end is a finding.
        part: how far it is, 0 to 1.
        words: what it does, or why it failed.
        picture: the latest picture in the making, a PNG; None before the first.
        seconds: since it was started.
    """

    picture_id: str
    attack: str
    phase: Literal["waiting", "running", "cancelled", "failed"]
    part: float
    words: str
    picture: bytes | None = field(repr=False)
    seconds: float


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
        cancelled: whether this seat no longer wants it.
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


class Attacks:
    """An interceptor's attacks on captures."""

    def __init__(self, desk: Desk, keep: Keep) -> None:
        """Takes what keeps a seat's result: seat, picture, attack, outcome."""
        self._desk = desk
        self._keep_result = keep
        self._attacks: dict[str, _Attack] = {}  # by the seat's public id
        self._shared: dict[_Same, _Shared] = {}
        self._untold: dict[str, AttackState] = {}  # how attacks ended that left no finding
        self._lock = threading.Lock()

    def start(self, seat: Seat, picture_id: str, attack: str, visitor: Visitor = NOBODY) -> None:
        """Starts an attack on a capture, in a separate process, when its turn has come.

        Args:
            seat: an interceptor.
            picture_id: public id of a picture in this channel.
            attack: one of `ATTACKS`.
            visitor: for the turn, and for ending it when that page is closed.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: there is no such attack, or this seat has one running.
            Unavailable: too many wait on this server, or this session has enough under way.
        """
        with self._desk.act(seat, "interceptor") as act:
            picture = act.picture(picture_id)
        if attack not in ATTACKS:
            raise InputRefused("Choose an attack from the list.")
        place, own = act.seat.public_id, classroom_keys(act)
        same = (act.channel.public_id, picture.public_id, attack, own[0].public.n if own else 0)
        with self._lock:
            if place in self._attacks:
                raise InputRefused(
                    "Your attack is still running. Cancel it, or wait until it ends."
                )
            shared = self._shared_run(seat, same, visitor)
            mine = _Attack(picture.public_id, attack, shared.run, shared)
            self._attacks[place] = mine
            self._untold.pop(place, None)
            mine.thread = threading.Thread(
                target=self._keep, args=(seat, place, mine), name="attack", daemon=True
            )
            mine.thread.start()

    def state(self, seat: Seat, visitor: Visitor = NOBODY) -> AttackState | None:
        """How this seat's attack stands; None when none runs.

        A successful end is a finding by then; a failure to keep it, and a cancellation, are
        reported once. From now on the attack is for this visitor's page too: a reloaded page takes
        it over.
        """
        with self._desk.act(seat, "interceptor") as act:
            place = act.seat.public_id
        with self._lock:
            mine = self._attacks.get(place)
            if mine is None:
                return self._untold.pop(place, None)
        mine.shared.turn.also_for(visitor)
        return _state(mine)

    def cancel(self, seat: Seat) -> None:
        """Ends the seat's attack, if one runs; it is killed unless others share it."""
        with self._desk.act(seat, "interceptor") as act:
            place = act.seat.public_id
        with self._lock:
            mine = self._attacks.get(place)
        if mine is not None:
            self._give_up(mine, seat)

    def close(self) -> None:
        """Kills what runs, and waits until its threads have released the store."""
        with self._lock:
            running = list(self._attacks.values())
        for one in running:
            one.cancelled = True
            one.run.cancel()
        for one in running:
            if one.thread is not None:
                one.thread.join(_PATIENCE)

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
            with suppress(ExchangeError), self._desk.act(seat, "interceptor") as act:
                return _target(act, act.picture(picture_id))
        raise CancelledError

    def _give_up(self, mine: _Attack, seat: Seat) -> None:
        with self._lock:
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
                self._keep_result(seat, mine.picture_id, mine.attack, outcome)
            except ExchangeError as error:
                problem = replace(_state(mine), phase="failed", words=str(error))
        with self._lock:
            del self._attacks[place]
            if problem is not None:
                self._untold[place] = replace(problem, picture=None)
            while len(self._untold) > _UNTOLD_MOST:
                del self._untold[next(iter(self._untold))]


def keys_of(row: store.SeatRow) -> list[SeenKey]:
    """The public keys of a seat, safe and classroom."""
    keys = []
    if row.public_key is not None:
        safe = PublicKey.from_der(row.public_key)
        keys.append(SeenKey(row.name, False, safe.n, safe.e))
    if row.classroom_public_key is not None:
        number = ClassroomPublicKey.from_der(row.classroom_public_key)
        keys.append(SeenKey(row.name, True, number.n, number.e))
    return keys


def _target(act: Act, picture: store.StoredPicture) -> Target:
    """What the seat can see: the capture, other captures that an attack can use, public keys."""
    unit, channel = act.unit, act.channel.id
    others, room = [], OTHER_BYTES
    for other in reversed(unit.pictures.in_channel(channel)):
        room -= other.size
        if room < 0:
            break
        if other.public_id != picture.public_id and other.scheme != "hybrid":
            others.append(unit.pictures.content(channel, other.public_id))
    rows = unit.seats.in_channel(channel, with_left=True)
    keys = [key for row in rows if row.role == "receiver" for key in keys_of(row)]
    own = classroom_keys(act)
    return Target(
        unit.pictures.content(channel, picture.public_id),
        tuple(others),
        tuple((key.n, key.e) for key in keys),
        own[0] if own else None,
    )


def _outcome(mine: _Attack) -> Outcome:
    """Waits for it, or until this seat no longer wants it."""
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
