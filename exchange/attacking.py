"""The interceptor's attacks: each started in a process, cancelled, and its result kept.

An attack gets what its seat can see: captures and public keys of its channel, and a classroom
key pair of the seat's own, if it has one. One attack of a seat runs at a time, and a few in the
whole process (`rsa_core.turns`); seats of one channel that want the same attack on the same capture
share one run. A thread waits for the end and keeps what came of it. A reload loses nothing; a run
ends when no page is open for it any more. Other processes see it in the store (`attack_rows`).
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import store
from exchange.attack_rows import CANCELLED, STILL_RUNNING, AttackRows, AttackState
from exchange.desk import Act, Desk
from exchange.errors import ExchangeError, InputRefused, in_words
from exchange.keys import classroom_keys
from exchange.values import Seat
from rsa_core import CancelledError, ClassroomPublicKey, EnvelopeFormatError, PublicKey, png_of
from rsa_core.attacks import ATTACKS, Budget, Outcome, Run, Target, start
from rsa_core.turns import LONG, NOBODY, Turn, Visitor

BUDGET = Budget(seconds=60.0, memory=1 << 30)
OTHER_BYTES = 64_000_000  # of other captures for one attack, the newest first
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


@dataclass(slots=True, eq=False)
class _Shared:
    """A run, and for whom it is.

    Attributes:
        seats: those that wait for its end; any of them can read the target when the turn comes.
    """

    turn: Turn
    seats: list[Seat]
    run: Run = field(init=False, repr=False)


@dataclass(slots=True, eq=False)
class _Attack:
    """One attack of one seat, from its start until what came of it is stored.

    Attributes:
        cancelled: whether this seat no longer wants it.
        drawn: how many pictures in the making there had been at the last look, and the last one.
    """

    seat: Seat
    picture_id: str
    attack: str
    run: Run
    shared: _Shared = field(repr=False)
    lock: threading.Lock = field(repr=False)
    cancelled: bool = False
    started: float = field(default_factory=time.monotonic)
    drawn: tuple[int, bytes | None] = (0, None)
    thread: threading.Thread | None = field(default=None, repr=False)

    def state(self) -> AttackState:
        """How it stands, without what came of it."""
        state = self.run.state
        return AttackState(
            picture_id=self.picture_id,
            attack=self.attack,
            phase="waiting" if state.phase == "waiting" else "running",
            part=state.part,
            words=state.words,
            picture=None,
            seconds=time.monotonic() - self.started,
        )

    def also_for(self, visitor: Visitor) -> None:
        """This visitor's page wants it, too."""
        self.shared.turn.also_for(visitor)

    def give_up(self) -> None:
        """Its seat wants it no more; the run ends unless others share it."""
        with self.lock:
            self.cancelled = True
            if self.seat in self.shared.seats:
                self.shared.seats.remove(self.seat)
            alone = not self.shared.seats
        if alone:
            self.run.cancel()


class Attacks:
    """An interceptor's attacks on captures."""

    def __init__(self, desk: Desk, keep: Keep) -> None:
        """Takes what keeps a seat's result: seat, picture, attack, outcome."""
        self._desk = desk
        self._keep_result = keep
        self._attacks: dict[int, _Attack] = {}  # by the store's number of the seat
        self._shared: dict[_Same, _Shared] = {}
        self._lock = threading.Lock()
        self._rows = AttackRows(desk, self._own)

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
        with self._desk.act(seat, "interceptor", write=True) as act:
            picture = act.picture(picture_id)
            if attack not in ATTACKS:
                raise InputRefused("Choose an attack from the list.")
            place, own = act.seat.id, classroom_keys(act)
            if place in self._own():  # though its row may say nothing for a while
                raise InputRefused(STILL_RUNNING)
            begun = AttackState(picture.public_id, attack, "waiting", 0.0, "Starting", None, 0.0)
            self._rows.begin(act, begun)
        same = (act.channel.public_id, picture.public_id, attack, own[0].public.n if own else 0)
        try:
            with self._lock:
                shared = self._shared_run(seat, same, visitor)
                mine = _Attack(seat, picture.public_id, attack, shared.run, shared, self._lock)
                self._attacks[place] = mine
                mine.thread = threading.Thread(
                    target=self._keep, args=(place, mine), name="attack", daemon=True
                )
                mine.thread.start()
        except ExchangeError:
            self._rows.end(place, seat.token, None)
            raise

    def state(self, seat: Seat, visitor: Visitor = NOBODY) -> AttackState | None:
        """How this seat's attack stands, whichever process runs it; None when none runs.

        A successful end is a finding by then; a failure to keep it, and a cancellation, are
        reported once. From now on the attack is for this visitor's page too: a reloaded page takes
        it over.
        """
        with self._desk.act(seat, "interceptor") as act:
            place, row = act.seat.id, act.unit.attacks.get(act.seat.id)
        with self._lock:
            mine = self._attacks.get(place)
        if mine is not None:
            mine.also_for(visitor)
            return replace(mine.state(), picture=_drawn(mine))
        return None if row is None else self._rows.elsewhere(row, seat.token, visitor)

    def cancel(self, seat: Seat) -> None:
        """Ends the seat's attack, if one runs anywhere; it is killed unless others share it."""
        with self._desk.act(seat, "interceptor") as act:
            place, row = act.seat.id, act.unit.attacks.get(act.seat.id)
        with self._lock:
            mine = self._attacks.get(place)
        if mine is not None:
            mine.give_up()
        elif row is not None and not row.ended:
            with self._desk.act(seat, "interceptor", write=True) as act:
                act.unit.attacks.cancel(place)

    def close(self) -> None:
        """Kills what runs, and waits until its threads have released the store."""
        running = list(self._own().values())
        for one in running:
            one.cancelled = True
            one.run.cancel()
        for one in running:
            if one.thread is not None:
                one.thread.join(_PATIENCE)
        self._rows.close()

    def _own(self) -> dict[int, _Attack]:
        with self._lock:
            return dict(self._attacks)

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

    def _keep(self, place: int, mine: _Attack) -> None:
        """Waits for the end of an attack and stores what came of it."""
        problem: AttackState | None = None
        try:
            outcome = _outcome(mine)
        except CancelledError:
            words = CANCELLED if mine.cancelled else mine.run.state.words
            problem = replace(mine.state(), phase="cancelled", words=words)
        except EnvelopeFormatError as error:
            outcome = Outcome(mine.attack, "preconditions not met", str(error))
        if problem is None:
            try:
                self._keep_result(mine.seat, mine.picture_id, mine.attack, outcome)
            except ExchangeError as error:
                problem = replace(mine.state(), phase="failed", words=str(error))
        self._rows.end(place, mine.seat.token, problem)
        with self._lock:
            del self._attacks[place]


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


def _drawn(mine: _Attack) -> bytes | None:
    """The latest picture in the making, made a PNG once."""
    state, (number, png) = mine.run.state, mine.drawn
    if state.pictures != number and state.picture is not None:
        png = png_of(state.picture)
        mine.drawn = state.pictures, png
    return png
