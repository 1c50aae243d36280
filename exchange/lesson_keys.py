"""Classroom keys: of a chosen size, the seed's, or weak in a way that a lesson is about.

Some weaknesses lie between two keys (a shared prime, a shared modulus), and a private key is
locked under its own seat's token, so nobody can be given one from outside. The two keys are made
together: the person who chooses first takes one, the other waits for the next receiver of the
channel who chooses the same weakness. It waits in this process's memory only, never at rest, and
only as long as the first one is in use; after a restart the next choice begins a new pair.
"""

import threading
import time

import store
from exchange.admission import Sleep
from exchange.desk import Asking, Clock, Desk, in_words, utc_now
from exchange.errors import InputRefused
from exchange.seats import CLASSROOM_KEY_SIZES, classroom_keys, lock_classroom_keys
from exchange.values import Seat
from rsa_core import SEED_KEY, WEAKNESSES, ClassroomKeyPair, make_weak
from rsa_core.turns import NOBODY, QUICK, Visitor

SHARED_MODULUS = "shared-modulus"
_WAITING_MOST = 500  # partner keys; the oldest make room


class LessonKeys(Desk):
    """Acts that give a seat a classroom key."""

    def __init__(
        self, backend: store.Store, clock: Clock = utc_now, sleep: Sleep = time.sleep
    ) -> None:
        super().__init__(backend, clock, sleep)
        # (channel, weakness): the public key in use, and its partner, which waits.
        self._partners: dict[tuple[int, str], tuple[bytes, ClassroomKeyPair]] = {}
        self._partners_lock = threading.Lock()

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
        with self._reading() as unit:
            channel = self._asking(unit, seat.token, "receiver").channel.public_id
        with in_words(), QUICK.taken(visitor, channel):
            pairs = _make(choice)
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "receiver")
            if asking.channel.kind != "classroom":
                raise InputRefused("Only a classroom channel has classroom keys.")
            partner = None
            if len(pairs) > 1:
                partner = self._claim_partner(unit, asking, str(choice))
            self._give(unit, seat, asking, partner or pairs[0])
            unit.events.add(
                asking.channel.id, "classroom key", self._clock(), seat_id=asking.seat.id
            )
        if partner is None and len(pairs) > 1:
            self._offer_partner(asking, str(choice), pairs[0], pairs[1])

    def take_insider_key(self, seat: Seat) -> None:
        """Gives an interceptor the other key of a receiver's shared modulus: it sits inside then.

        No event: an insider does not say so.

        Raises:
            InputRefused: no receiver of the channel uses such a key whose partner is free.
        """
        with self._writing() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            partner = self._claim_partner(unit, asking, SHARED_MODULUS)
            if partner is None:
                raise InputRefused(
                    "No key is free. A receiver has to choose the classroom key "
                    f"\u201c{WEAKNESSES[SHARED_MODULUS].title}\u201d first."
                )
            self._give(unit, seat, asking, partner)

    def insider_key(self, seat: Seat) -> tuple[int, int] | None:
        """(n, e) of the interceptor's own classroom key; None while it has none."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            return self._person(asking.seat, asking.channel).classroom_key

    def _give(self, unit: store.Unit, seat: Seat, asking: Asking, pair: ClassroomKeyPair) -> None:
        older = [old for old in classroom_keys(seat, asking) if old.public != pair.public]
        unit.seats.set_classroom_keys(
            asking.seat.id,
            public_key=pair.public.der(),
            locked_key=lock_classroom_keys([pair, *older], seat.token),
        )

    def _claim_partner(
        self, unit: store.Unit, asking: Asking, weakness: str
    ) -> ClassroomKeyPair | None:
        """Takes the key that waits, if somebody else still uses the one that it belongs to."""
        others = unit.seats.in_channel(asking.channel.id)
        in_use = {row.classroom_public_key for row in others if row.id != asking.seat.id}
        with self._partners_lock:
            used, partner = self._partners.get((asking.channel.id, weakness), (b"", None))
            if used not in in_use:
                return None
            del self._partners[asking.channel.id, weakness]
        return partner

    def _offer_partner(
        self, asking: Asking, weakness: str, used: ClassroomKeyPair, partner: ClassroomKeyPair
    ) -> None:
        with self._partners_lock:
            self._partners[asking.channel.id, weakness] = used.public.der(), partner
            while len(self._partners) > _WAITING_MOST:
                del self._partners[next(iter(self._partners))]


def _make(choice: int | str | None) -> tuple[ClassroomKeyPair, ...]:
    if choice is None:
        return (SEED_KEY,)
    if isinstance(choice, str) and choice in WEAKNESSES:
        return make_weak(choice)
    if isinstance(choice, int) and choice in CLASSROOM_KEY_SIZES:
        return (ClassroomKeyPair.generate(choice),)
    raise InputRefused("Choose a classroom key from the list.")
