"""The interceptor's attacks: started in processes of their own, cancelled, kept as findings.

An attack gets what its seat can see: captures and public keys of its channel, and a classroom
key pair of the seat's own, if it has one. One attack of a seat runs at a time, and a few in the
whole process. What comes of it is sealed under a secret derived from the seat token and stored
by a thread that waits for the end, so that a closed page or a reload loses nothing; a killed
server loses what was running.
"""

import hashlib
import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import store
from exchange.admission import Sleep
from exchange.attack_values import AttackChoice, AttackState, Found, FoundItem, SeenKey
from exchange.desk import Asking, Clock, Desk, find_image, utc_now
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

ATTACKS_AT_ONCE = 8  # in this process, those that wait for their turn included
BUDGET = Budget(seconds=60.0, memory=1 << 30)
OTHER_BYTES = 64_000_000  # of other captures for one attack, the newest first
FINDING_BYTES = 24_000_000  # sealed
FINDINGS_OF_A_SEAT = 100_000_000  # bytes; the oldest make room
_UNPACKED_MOST = 512_000_000
_UNTOLD_MOST = 500
_PATIENCE = 10.0  # seconds for a cancelled attack to end when the exchange is closed

ATTACK_CHOICES: Mapping[str, AttackChoice] = MappingProxyType(
    {
        one.name: AttackChoice(one.name, one.title, one.summary, one.citation, one.needs, one.gives)
        for one in ATTACKS.values()
    }
)


@dataclass(slots=True)
class _Attack:
    """One attack of one seat, from its start until what came of it is stored.

    Attributes:
        drawn: how many pictures in the making there had been at the last look, and the last one.
    """

    image_id: str
    attack: str
    run: Run
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
        self._untold: dict[str, AttackState] = {}  # how attacks ended that left no finding
        self._attacks_lock = threading.Lock()

    def public_keys(self, seat: Seat) -> tuple[SeenKey, ...]:
        """Every public key of the channel's receivers, safe and classroom, in order of joining."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            rows = unit.seats.in_channel(asking.channel.id)
        return tuple(key for row in rows if row.role == "receiver" for key in _keys_of(row))

    def start_attack(self, seat: Seat, image_id: str, attack: str) -> None:
        """Starts an attack on a capture, in a process of its own.

        Args:
            seat: an interceptor.
            image_id: public id of a picture in this channel.
            attack: one of `ATTACK_CHOICES`.

        Raises:
            NotFound: no such picture in this channel.
            InputRefused: there is no such attack, this seat has one running, or too many run.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            image = find_image(unit, asking, image_id)
            if attack not in ATTACKS:
                raise InputRefused("Choose an attack from the list.")
            with self._attacks_lock:
                self._require_turn(asking.seat.public_id)
            target = _target(unit, seat, asking, image)
        place = asking.seat.public_id
        with self._attacks_lock:
            self._require_turn(place)
            mine = _Attack(image.public_id, attack, start(attack, target, BUDGET))
            self._attacks[place] = mine
            self._untold.pop(place, None)
            mine.thread = threading.Thread(target=self._keep, args=(seat, place, mine), daemon=True)
            mine.thread.start()

    def attack_state(self, seat: Seat) -> AttackState | None:
        """How this seat's attack stands; None when none runs.

        What ended well is a finding by then; a failure to keep it, and a cancellation, are told
        once.
        """
        with self._reading() as unit:
            place = self._asking(unit, seat.token, "interceptor").seat.public_id
        with self._attacks_lock:
            mine = self._attacks.get(place)
            if mine is None:
                return self._untold.pop(place, None)
        return _state(mine)

    def cancel_attack(self, seat: Seat) -> None:
        """Kills the seat's attack, if one runs."""
        with self._reading() as unit:
            place = self._asking(unit, seat.token, "interceptor").seat.public_id
        with self._attacks_lock:
            mine = self._attacks.get(place)
        if mine is not None:
            mine.run.cancel()

    def findings(self, seat: Seat) -> tuple[FoundItem, ...]:
        """What this seat has found out, the oldest first."""
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            rows = unit.findings.of_seat(asking.seat.id)
        return tuple(FoundItem(row.image_id, row.attack, row.found_at) for row in rows)

    def finding(self, seat: Seat, image_id: str, attack: str) -> Found:
        """One finding, unsealed.

        Raises:
            NotFound: this seat has no such finding, or its picture is gone.
            Unavailable: what is stored is not what this seat found.
        """
        with self._reading() as unit:
            asking = self._asking(unit, seat.token, "interceptor")
            image = find_image(unit, asking, image_id)
            sealed = unit.findings.data(asking.seat.id, image.public_id, attack)
        if sealed is None:
            raise NotFound("finding")
        return _found(_unseal(sealed, _secret(seat, image.public_id, attack)))

    def _require_turn(self, place: str) -> None:
        """Whether this seat may start an attack now; the lock is held."""
        if place in self._attacks:
            raise InputRefused("Your attack is still running. Cancel it, or wait for its end.")
        if len(self._attacks) >= ATTACKS_AT_ONCE:
            raise InputRefused(
                f"{ATTACKS_AT_ONCE} attacks are running or waiting on this server already. "
                "Try again in a moment."
            )

    def _keep(self, seat: Seat, place: str, mine: _Attack) -> None:
        """Waits for the end of an attack and stores what came of it."""
        problem: AttackState | None = None
        try:
            outcome = mine.run.wait()
        except CancelledError:
            problem = replace(_state(mine), phase="cancelled", words="The attack was cancelled.")
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
        secret = _secret(seat, mine.image_id, mine.attack)
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
                unit.findings.drop(asking.seat.id, [(oldest.image_id, oldest.attack)])
            unit.findings.put(
                asking.seat.id,
                asking.channel.id,
                mine.image_id,
                attack=mine.attack,
                data=sealed,
                at=now,
            )

    def _end_attacks(self) -> None:
        """Kills what runs and waits until its threads have let the store go."""
        with self._attacks_lock:
            running = list(self._attacks.values())
        for one in running:
            one.run.cancel()
        for one in running:
            if one.thread is not None:
                one.thread.join(_PATIENCE)


def _keys_of(row: store.Seat) -> list[SeenKey]:
    keys = []
    if row.public_key is not None:
        safe = PublicKey.from_der(row.public_key)
        keys.append(SeenKey(row.name, False, safe.n, safe.e))
    if row.classroom_public_key is not None:
        number = ClassroomPublicKey.from_der(row.classroom_public_key)
        keys.append(SeenKey(row.name, True, number.n, number.e))
    return keys


def _target(unit: store.Unit, seat: Seat, asking: Asking, image: store.StoredImage) -> Target:
    """What the seat can see: the capture, other captures that an attack can use, public keys."""
    channel = asking.channel.id
    others, room = [], OTHER_BYTES
    for other in reversed(unit.images.in_channel(channel)):
        room -= other.size
        if room < 0:
            break
        if other.public_id != image.public_id and other.scheme != "hybrid":
            others.append(unit.images.content(channel, other.public_id))
    rows = unit.seats.in_channel(channel, with_left=True)
    keys = [key for row in rows if row.role == "receiver" for key in _keys_of(row)]
    own = classroom_keys(seat, asking)
    return Target(
        unit.images.content(channel, image.public_id),
        tuple(others),
        tuple((key.n, key.e) for key in keys),
        own[0] if own else None,
    )


def _state(mine: _Attack) -> AttackState:
    state = mine.run.state
    number, png = mine.drawn
    if state.pictures != number and state.picture is not None:
        png = png_of(state.picture)
        mine.drawn = state.pictures, png
    return AttackState(
        image_id=mine.image_id,
        attack=mine.attack,
        phase="waiting" if state.phase == "waiting" else "running",
        part=state.part,
        words=state.words,
        picture=png,
        seconds=time.monotonic() - mine.started,
    )


def _secret(seat: Seat, image_id: str, attack: str) -> bytes:
    """One secret for each finding, so that none can be put in another's place."""
    return derive_secret(seat.token.encode(), f"finding {image_id} {attack}")


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
