"""What processes tell one another about running attacks: one row for each seat that has one.

The process that runs an attack says every few seconds that it still does, and how it stands, sealed
under the seat's token. Any process shows that, and cancels, and says that the seat has a page open.
A row whose process said nothing for `LEASE` tells of a process that has ended.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, Protocol

import store
from exchange.desk import Act, Desk
from exchange.errors import ExchangeError, InputRefused
from exchange.values import Seat
from rsa_core import DecryptionError, derive_secret, open_note, seal_note
from rsa_core.turns import Visitor

LEASE = timedelta(seconds=10)
LOOK_EVERY = 0.5  # seconds between two looks whether a seat has cancelled elsewhere
WRITE_EVERY = 2.0  # seconds; each commit is a write to the disk
STILL_RUNNING = "Your attack is still running. Cancel it, or wait until it ends."
CANCELLED = "The attack was cancelled."
_NODE_ENDED = "The server was restarted while the attack ran. Start it again."
_DAMAGED = "The server's note of this attack is damaged. Cancel it, and start it again."

Phase = Literal["waiting", "running", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class AttackState:
    """How a seat's attack stands.

    Attributes:
        picture_id: of the capture under attack.
        phase: "waiting" for its turn or "running"; afterwards "cancelled", or "failed" where its
            result could not be kept; each is reported once. Any other end is a finding.
        part: how far it is, 0 to 1.
        words: what it does, or why it failed.
        picture: the latest picture in the making, a PNG; None before the first, and where another
            process runs the attack.
        seconds: since it was started.
    """

    picture_id: str
    attack: str
    phase: Phase
    part: float
    words: str
    picture: bytes | None = field(repr=False)
    seconds: float


class Own(Protocol):
    """An attack that this process runs."""

    seat: Seat

    def state(self) -> AttackState: ...  # noqa: D102
    def give_up(self) -> None: ...  # noqa: D102
    def also_for(self, visitor: Visitor) -> None: ...  # noqa: D102


class AttackRows:
    """The rows of this process's attacks, and its view of the others'."""

    def __init__(self, desk: Desk, own: Callable[[], Mapping[int, Own]]) -> None:
        """Takes what gives the attacks that this process runs, by the seat's number."""
        self._desk = desk
        self._own = own
        self._node = secrets.token_hex(16)
        self._elsewhere: dict[int, Visitor] = {}  # whose pages are here, and attacks elsewhere
        self._wanted: dict[int, datetime] = {}  # until when pages elsewhere want ours
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def begin(self, act: Act, state: AttackState) -> None:
        """Notes that this process runs an attack for the seat.

        Raises:
            InputRefused: some process runs one already.
        """
        row = store.AttackRow(
            act.seat.id,
            state.picture_id,
            state.attack,
            self._node,
            started_at=act.now,
            until=act.now + LEASE,
            wanted_until=act.now,
            cancelled=False,
            ended=False,
            told=_sealed(state, act.token),
        )
        if not act.unit.attacks.begin(act.channel.id, row, act.now):
            raise InputRefused(STILL_RUNNING)
        self.keep_watch()

    def end(self, seat_id: int, token: str, told: AttackState | None) -> None:
        """This process is done with the attack; None where there is a finding instead of words."""
        with suppress(ExchangeError), self._desk.unit(write=True) as unit:
            if told is None:
                unit.attacks.drop(self._node, seat_id)
            else:
                unit.attacks.end(self._node, seat_id, _sealed(told, token))

    def elsewhere(self, row: store.AttackRow, token: str, visitor: Visitor) -> AttackState | None:
        """How an attack stands that this process does not run; its end is told once.

        While it goes on, it does so for this visitor's page too.
        """
        now = self._desk.clock()
        state = _unsealed(row, token, now)
        if row.goes_on(now):
            with self._lock:
                self._elsewhere[row.seat_id] = visitor
            self.keep_watch()
            return state
        with self._lock:
            self._elsewhere.pop(row.seat_id, None)
        with self._desk.unit(write=True) as unit:
            if not unit.attacks.drop_over(row.seat_id, now):
                return None
        if row.ended:
            return state
        if row.cancelled:
            return replace(state, phase="cancelled", words=CANCELLED)
        return replace(state, phase="failed", words=_NODE_ENDED)

    def keep_watch(self) -> None:
        """Starts the thread that reads and writes the rows, once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="attacks", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Ends the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        written = -WRITE_EVERY
        while not self._stop.wait(LOOK_EVERY):
            with suppress(ExchangeError):  # a store that does not answer may do so later
                self._look()
            if time.monotonic() - written >= WRITE_EVERY:
                written = time.monotonic()
                with suppress(ExchangeError):
                    self._write()

    def _look(self) -> None:
        """Does what other processes ask for."""
        own = self._own()
        if not own:
            return
        with self._desk.unit() as unit:
            rows = {row.seat_id: row for row in unit.attacks.of_node(self._node)}
        for seat_id, mine in own.items():
            row = rows.get(seat_id)
            if row is None or row.cancelled:  # without a row: the seat was left
                mine.give_up()
            elif row.wanted_until > self._desk.clock():
                self._wanted[seat_id] = row.wanted_until
                alive = partial(self._is_wanted, seat_id)
                mine.also_for(Visitor("a page of another process", "", alive))
        for seat_id in self._wanted.keys() - own.keys():
            del self._wanted[seat_id]

    def _is_wanted(self, seat_id: int) -> bool:
        until = self._wanted.get(seat_id)
        return until is not None and until > self._desk.clock()

    def _write(self) -> None:
        """Says that ours go on, and which of the others' have a page here."""
        own = self._own().items()
        told = [(seat_id, _sealed(mine.state(), mine.seat.token)) for seat_id, mine in own]
        with self._lock:
            elsewhere = dict(self._elsewhere)
        wanted = sorted(seat_id for seat_id, visitor in elsewhere.items() if visitor.alive())
        over = elsewhere.keys() - set(wanted)
        if told or wanted:
            until = self._desk.clock() + LEASE
            with self._desk.unit(write=True) as unit:
                unit.attacks.go_on(self._node, until, told)
                over |= {seat_id for seat_id in wanted if not unit.attacks.want(seat_id, until)}
        with self._lock:
            for seat_id in over:
                self._elsewhere.pop(seat_id, None)


def _secret(picture_id: str, attack: str, token: str) -> bytes:
    return derive_secret(token.encode(), f"attack under way: {picture_id} {attack}")


def _sealed(state: AttackState, token: str) -> bytes:
    said = json.dumps([state.phase, state.part, state.words])
    return seal_note(said.encode(), _secret(state.picture_id, state.attack, token))


def _unsealed(row: store.AttackRow, token: str, now: datetime) -> AttackState:
    phase: Phase = "failed" if row.ended else "running"
    part, words = 0.0, _DAMAGED
    with suppress(DecryptionError):
        said = open_note(row.told, _secret(row.picture_id, row.attack, token))
        phase, part, words = json.loads(said)
    seconds = (now - row.started_at).total_seconds()
    return AttackState(row.picture_id, row.attack, phase, part, words, None, seconds)
