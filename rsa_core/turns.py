"""Turns for heavy work: a few places, and a queue in which coming first buys nothing.

Attacks, comparisons, key health and the making of keys share the machine's cores. Each piece of
work asks for a turn and says whom it is for: a session, an address, a channel. Work without a
channel, that of the compare page, counts as one channel together.

A place that gets free goes to those who had least of late: what counts is the larger of what the
channel and the address have had, then what the address, then what the session has had, and only
then who came first. So a class behind one address is one share, a stranger with twenty channels is
one share, and within a class everybody has a first turn before anybody has a second one. No
channel and no address has all places at once: one is left for whoever comes next.

Processes of one machine may have their places together (`share_places`): then nobody has all of
them over all processes, while each process keeps its own queue.

A turn ends with its pages: when none of them has been open for `GRACE` seconds it is `gone`, and
the work has to end. A reload takes less than that.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from rsa_core import cores
from rsa_core.errors import BusyError
from rsa_core.places import Places

GRACE = 5.0  # seconds that work outlives the last page that it is for
PLACES = max(3, len(cores.ALL) + 1)
WAITING_MOST = 200
OF_A_SESSION = 2  # turns, those that are waited for included
FORGOTTEN_BY_HALF = 60.0  # seconds
_LOOK = 0.2  # seconds
_FIRST_GUESS = 5.0  # seconds that a turn takes, before any was seen
_NOTHING = 0.1  # seconds of work that are not worth remembering

Tell = Callable[[str], None]
Share = tuple[str, str]


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Visitor:
    """The visitor, as far as the server can tell; "" where it cannot.

    `session` names one browser session; a whole class may share an `address`. `alive` says whether
    a browser still shows that session's page; heavy work ends without it.
    """

    session: str = ""
    address: str = ""
    alive: Callable[[], bool] = field(default=_always, compare=False, repr=False)


NOBODY = Visitor()
_asking: ContextVar[Visitor] = ContextVar("asking", default=NOBODY)


def asked_by(visitor: Visitor) -> None:
    """Says for whom this thread (or task) decodes pictures from now on."""
    _asking.set(visitor)


def asking() -> Visitor:
    """For whom this thread decodes pictures."""
    return _asking.get()


class Turn:
    """One piece of heavy work in its queue. Made by `Turns.ask`."""

    def __init__(self, queue: "Turns", visitor: Visitor, channel: str) -> None:
        self._queue = queue
        self._visitors = [visitor]
        self._seen = time.monotonic()
        self.channel: Share = ("channel", channel)
        self.address: Share | None = ("address", visitor.address) if visitor.address else None
        self.session: Share | None = ("session", visitor.session) if visitor.session else None
        self.since: float | None = None  # when it got its place
        self.place: int | None = None  # among those of all processes
        self.crowded_out = False

    def wait(self, seconds: float) -> bool:
        """Waits at most this long; returns whether the place is there."""
        return self._queue.wait(self, seconds)

    def leave(self) -> None:
        """Gives up the place, or the waiting for it; idempotent."""
        self._queue.leave(self)

    def also_for(self, visitor: Visitor) -> None:
        """Another visitor, or a reloaded page, wants it to go on too."""
        others = [one for one in self._visitors if one != visitor and one.alive()]
        self._visitors = [*others, visitor]

    @property
    def gone(self) -> bool:
        """Whether the work has to end: nobody looks any more, or others had a better claim."""
        if self.crowded_out:
            return True
        if any(one.alive() for one in self._visitors):
            self._seen = time.monotonic()
        return time.monotonic() - self._seen > GRACE

    @property
    def words(self) -> str:
        """How it stands, for people."""
        if self.crowded_out:
            return "The server is too busy. Try again in a minute."
        if self.gone:
            return "It was ended, because its page was closed."
        return self._queue.words(self)


class Turns:
    """A few places with one queue."""

    def __init__(self, places: int = PLACES, of_a_session: float = OF_A_SESSION) -> None:
        self._places = places
        self._of_a_session = of_a_session
        self._changed = threading.Condition()
        self._working: list[Turn] = []
        self._waiting: list[Turn] = []
        self._shared: Places | None = None
        self._looked = -math.inf  # when a waiting turn last asked for a place
        self._had: dict[Share, tuple[float, float]] = {}  # seconds of work, as of when
        self._usual = _FIRST_GUESS

    def share_places(self, folder: Path) -> None:
        """From now on all processes that share the folder have these places together."""
        self._shared = Places(folder, self._places)

    def ask(self, visitor: Visitor = NOBODY, channel: str = "") -> Turn:
        """Queues up and returns immediately; the channel is "" for work without one.

        Raises:
            BusyError: this session has enough under way, or too many wait and none of them has
                less of a claim.
        """
        turn = Turn(self, visitor, channel)
        with self._changed:
            self._drop_gone()
            mine = [one for one in (*self._working, *self._waiting) if one.session == turn.session]
            if turn.session is not None and len(mine) >= self._of_a_session:
                raise BusyError(
                    "What you started before is still running. Cancel it, or wait for its end."
                )
            self._waiting.append(turn)
            if len(self._waiting) > WAITING_MOST:
                self._crowd_out_one()
            if turn.crowded_out:
                raise BusyError(turn.words)
            self._call_next()
        return turn

    @contextmanager
    def taken(
        self,
        visitor: Visitor = NOBODY,
        channel: str = "",
        tell: Tell | None = None,
        patience: float = math.inf,
    ) -> Iterator[Turn]:
        """Waits for a place, at most `patience` seconds, and has it inside.

        `tell` hears now and then how it stands; it may raise.

        Raises:
            BusyError: as for `ask`, or the waiting was in vain.
        """
        turn, begun = self.ask(visitor, channel), time.monotonic()
        try:
            while not turn.wait(_LOOK):
                if turn.gone or time.monotonic() - begun > patience:
                    raise BusyError(turn.words)
                if tell is not None:
                    tell(turn.words)
            yield turn
        finally:
            turn.leave()

    def wait(self, turn: Turn, seconds: float) -> bool:
        """See `Turn.wait`."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                now = time.monotonic()
                if now - self._looked > _LOOK / 2:  # many wait, and each asks often
                    self._looked = now
                    self._call_next()
                if turn.since is not None or now >= end:
                    return turn.since is not None
                self._changed.wait(min(_LOOK, end - now))  # other processes wake nobody

    def leave(self, turn: Turn) -> None:
        """See `Turn.leave`."""
        with self._changed:
            if turn in self._waiting:
                self._waiting.remove(turn)
            if turn in self._working and turn.since is not None:
                self._working.remove(turn)
                if self._shared is not None and turn.place is not None:
                    self._shared.leave(turn.place)
                took = time.monotonic() - turn.since
                self._usual += (took - self._usual) / 8
                for share in _shares(turn):
                    self._had[share] = self._spent(share, time.monotonic()) + took, time.monotonic()
            self._call_next()

    def words(self, turn: Turn) -> str:
        """See `Turn.words`."""
        with self._changed:
            if turn not in self._waiting:
                return "Starting"
            ahead = sorted(self._waiting, key=self._claim(time.monotonic())).index(turn)
            seconds = self._usual * (ahead + 1) / self._places
        before = "you are next" if not ahead else f"{ahead} before you"
        about = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
        return f"Waiting for its turn: {before}, about {about}"

    def _call_next(self) -> None:
        """Gives free places away; the lock is held."""
        self._drop_gone()
        claim = self._claim(time.monotonic())
        while len(self._working) < self._places:
            able = [one for one in self._waiting if self._leaves_room(one)]
            turn = self._first(sorted(able, key=claim))
            if turn is None:
                break
            self._waiting.remove(turn)
            self._working.append(turn)
            turn.since = time.monotonic()
            self._changed.notify_all()

    def _leaves_room(self, turn: Turn) -> bool:
        """Whether its channel and its address leave a place to others."""
        return all(
            sum(share in _shares(one) for one in self._working) < self._most
            for share in _crowds(turn)
        )

    def _first(self, able: list[Turn]) -> Turn | None:
        """The first of them for which there is a place, among those of all processes too."""
        if not able or self._shared is None:
            return able[0] if able else None
        taken = self._shared.take([map(":".join, _crowds(turn)) for turn in able], self._most)
        if taken is None:
            return None
        able[taken[0]].place = taken[1]
        return able[taken[0]]

    @property
    def _most(self) -> int:
        """Places that one channel or one address may have."""
        return max(1, self._places - 1)

    def _claim(self, now: float) -> Callable[[Turn], tuple[float, ...]]:
        """The smaller, the sooner; the order of coming decides between equals."""

        def of(turn: Turn) -> tuple[float, ...]:
            channel, address, session = (
                0.0 if share is None else self._spent(share, now)
                for share in (turn.channel, turn.address, turn.session)
            )
            return max(channel, address), address, session

        return of

    def _spent(self, share: Share, now: float) -> float:
        """Seconds of work that a share has had of late, and has under way."""
        had, at = self._had.get(share, (0.0, now))
        under_way = sum(
            now - one.since
            for one in self._working
            if one.since is not None and share in _shares(one)
        )
        left: float = 0.5 ** ((now - at) / FORGOTTEN_BY_HALF)
        return had * left + under_way

    def _drop_gone(self) -> None:
        self._waiting = [one for one in self._waiting if not one.gone]
        if len(self._had) > 4 * WAITING_MOST:
            now = time.monotonic()
            kept = {share: self._spent(share, now) for share in self._had}
            self._had = {share: (had, now) for share, had in kept.items() if had > _NOTHING}

    def _crowd_out_one(self) -> None:
        """Of those who wait, the last one of whoever waits most often has to give way."""
        crowds: dict[Share, list[Turn]] = {}
        for one in self._waiting:
            crowds.setdefault(one.address or one.channel, []).append(one)
        last = max(crowds.values(), key=len)[-1]
        last.crowded_out = True
        self._waiting.remove(last)


def _crowds(turn: Turn) -> list[Share]:
    """Those of which none may have all places."""
    return [share for share in (turn.channel, turn.address) if share is not None]


def _shares(turn: Turn) -> list[Share]:
    return [share for share in (turn.channel, turn.address, turn.session) if share is not None]


LONG = Turns()  # attacks and comparisons: up to a minute or two
DECODING = Turns(4, of_a_session=math.inf)  # seconds at most; a page decodes many pictures
QUICK = Turns()  # key health, statistics, experiments, making keys, relaying: some seconds
