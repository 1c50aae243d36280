"""One scheme under one key on one picture: what it looks like, what it costs, what breaks it.

The statistics look at ciphertext alone, but for NPCR, UACI and bit change, which compare it with
the ciphertext of the picture with one sample changed. What needs the original (MAE, PSNR, SSIM,
correlation) takes the ciphertext laid over the picture, one byte for each sample: for
`textbook-pixels` the low byte of each residue, for the others as many low bytes of each block as
it has of the plaintext, so that equal blocks lie where the picture is equal.

Sealing and opening may take all cores for a while, so measuring waits for its turn; attacks run
in processes that can be killed.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from lab.errors import LabError, in_words
from lab.statistics import Samples, Shape, shape_of
from lab.subject import CASES, Case, MadeKey, Subject, key_for
from rsa_core import (
    SCHEMES,
    AnyKeyPair,
    Capture,
    ClassroomKeyPair,
    LimitError,
    PictureError,
    png_of,
    views,
)
from rsa_core.analysis import (
    Measurement,
    almost_opened,
    key_sensitivity,
    likeness,
    measured,
    pearson,
    report,
    unjudged,
)
from rsa_core.attacks import ATTACKS, Budget, Outcome, Run, Target, start
from rsa_core.key_health import factoring_cost
from rsa_core.turns import LONG, NOBODY, Visitor

Progress = Callable[[float, str], None]

# Those that need one capture; the others want several captures, or a badly made key.
ATTACK_TITLES: Mapping[str, str] = MappingProxyType(
    {
        name: ATTACKS[name].title
        for name in ("codebook", "equality-map", "factoring", "brightness", "cut-and-paste")
    }
)
BUDGETS = (2, 5, 20, 60)  # seconds
DEFAULT_BUDGET = 5
PAIRS = 500

_VIEW_SIDE = 256
_FOUND_SIDE = 128
_WRONG_SIDE = 64  # large enough to show whether the picture can be seen


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """The measurements of one case.

    Attributes:
        case: scheme and key length.
        envelope: all that travels.
        key: (n, e) of the recipient.
        view: PNG of the ciphertext in the picture's own shape, at most 256 a side.
        wrong: PNG of what an almost right key shows; None where such a key is refused.
        statistics: of the ciphertext, Holm-corrected over this case.
        originals: measures that need the original picture or the private key.
        measured_on: which bytes `statistics` looked at, in words.
        shape: of the ciphertext laid over the picture.
        key_seconds, seal_seconds, open_seconds: wall clock on this machine.
        plain_bytes: what was encrypted: the file, or the samples.
        exact: whether opening gave the same samples back.
    """

    case: Case
    envelope: bytes = field(repr=False)
    key: tuple[int, int] = field(repr=False)
    view: bytes = field(repr=False)
    wrong: bytes | None = field(repr=False)
    statistics: tuple[Measurement, ...] = field(repr=False)
    originals: tuple[Measurement, ...] = field(repr=False)
    measured_on: str
    shape: Shape = field(repr=False)
    key_seconds: float
    seal_seconds: float
    open_seconds: float
    plain_bytes: int
    exact: bool

    @property
    def expansion(self) -> float:
        """Bytes of the envelope for each byte that was encrypted."""
        return len(self.envelope) / self.plain_bytes

    @property
    def rejected(self) -> int:
        """Number of tests that say "far from random"."""
        return sum(one.consistent is False for one in self.statistics)

    @property
    def tests(self) -> int:
        """Number of tests that gave an answer."""
        return sum(one.consistent is not None for one in self.statistics)


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """The outcome of one attack, in short.

    Attributes:
        case: what was attacked.
        attack: name, a key of `ATTACK_TITLES`.
        verdict: "broken", "not broken within the budget", "preconditions not met".
        gain: what the attacker has: "the picture", "an outline", "a forged envelope", or "".
        words: what happened and why.
        seconds: computing time, without starting the process.
        estimate: what it would take, where it was not run; "" otherwise.
        picture: PNG of what was recovered, at most 128 a side; None without one.
    """

    case: Case
    attack: str
    verdict: str
    gain: str
    words: str
    seconds: float
    estimate: str
    picture: bytes | None = field(repr=False)

    @property
    def broken(self) -> bool:
        """Whether the attack succeeded."""
        return self.verdict == "broken"


def measure(
    subject: Subject, case: Case, progress: Progress | None = None, visitor: Visitor = NOBODY
) -> Entry:
    """Seals, opens and measures a picture; milliseconds to half a minute.

    Args:
        subject: the picture.
        case: one of `CASES`.
        progress: called with the part done, 0 to 1, and what is being done. It may raise, which
            ends the work at once.
        visitor: for the turn.

    Raises:
        LabError: the picture is too large for this scheme and key, the case is not offered, or
            the server is too busy.
    """
    if case not in CASES:
        raise LabError("Choose schemes and keys from the list.")
    tell = progress or (lambda _part, _words: None)
    with in_words(), LONG.taken(visitor, tell=lambda words: tell(0.0, words)):
        tell(0.0, "making the key")
        made = key_for(case)
        try:
            return _measured(subject, case, made, tell)
        except LimitError:
            raise LabError(
                f"The picture is too large for {case.name}. Choose a shorter side."
            ) from None
        except PictureError as error:
            raise LabError(str(error)) from None


def begin(entry: Entry, attack: str, seconds: float, visitor: Visitor = NOBODY) -> Run:
    """Starts an attack when its turn has come; see `rsa_core.attacks.Run`.

    Raises:
        LabError: the attack or the budget is not offered, or the server is too busy.
    """
    if attack not in ATTACK_TITLES or seconds not in BUDGETS:
        raise LabError("Choose attacks and seconds from the lists.")
    target = Target(entry.envelope, keys=(entry.key,))
    with in_words():
        return start(attack, target, Budget(seconds=seconds), turn=LONG.ask(visitor))


def attempt_of(entry: Entry, outcome: Outcome) -> Attempt:
    """The outcome of an attack on `entry`, in short."""
    gain = ""
    if outcome.verdict == "broken":
        gain = "the picture" if outcome.exact else "an outline"
        if outcome.envelope is not None:
            gain = "a forged envelope"
    elif outcome.pixels is not None:
        gain = "a part"
    not_done = outcome.attack == "factoring" and outcome.verdict == "not broken within the budget"
    pixels = outcome.pixels
    return Attempt(
        case=entry.case,
        attack=outcome.attack,
        verdict=outcome.verdict,
        gain=gain,
        words=outcome.words,
        seconds=outcome.seconds,
        estimate=factoring_cost(entry.case.bits) if not_done else "",
        picture=None
        if pixels is None
        else png_of(views.thinned(pixels.astype(np.uint8), _FOUND_SIDE)),
    )


def _measured(subject: Subject, case: Case, made: MadeKey, tell: Progress) -> Entry:
    scheme, pair, picture = SCHEMES[case.scheme], made.pair, subject.picture()
    start = time.perf_counter()
    envelope = scheme.seal(
        picture, [pair.public], progress=lambda part: tell(0.3 * part, "sealing")
    ).envelope
    sealed = time.perf_counter()
    opened = scheme.open(envelope, pair, progress=lambda part: tell(0.3 + 0.5 * part, "opening"))
    done = time.perf_counter()
    tell(0.8, "measuring")
    other = scheme.seal(subject.neighbour(), [pair.public]).envelope
    capture, partner = scheme.capture(envelope), measured(scheme.capture(other))
    plain_bytes = len(picture.data) if scheme.keeps == "file" else subject.pixels.size
    over = laid_over(capture, subject.pixels.shape, plain_bytes)
    view = views.noise_picture(capture) if capture.shape else over
    seen = measured(capture)
    wrong, sensitivity = _almost_right(subject, case, pair)
    return Entry(
        case=case,
        envelope=envelope,
        key=(pair.public.n, pair.public.e),
        view=png_of(views.thinned(view, _VIEW_SIDE)),
        wrong=wrong,
        statistics=report(seen.samples, partner=partner.samples, block=seen.block),
        originals=(*likeness(subject.pixels, over), _related(subject.pixels, over), *sensitivity),
        measured_on=seen.words,
        shape=shape_of(over, PAIRS),
        key_seconds=made.seconds,
        seal_seconds=sealed - start,
        open_seconds=done - sealed,
        plain_bytes=plain_bytes,
        exact=opened.file == picture.data
        if opened.pixels is None
        else bool(np.array_equal(opened.pixels, subject.pixels)),
    )


def laid_over(capture: Capture, shape: tuple[int, ...], plain_bytes: int) -> Samples:
    """One byte of ciphertext for each sample, in the picture's own shape.

    Args:
        capture: of the picture.
        shape: of the picture, (H, W) or (H, W, 3).
        plain_bytes: what was encrypted; the samples are its end.
    """
    if capture.shape is not None:
        return measured(capture).samples
    size = int(np.prod(shape))
    blocks = np.frombuffer(capture.ciphertext, np.uint8).reshape(-1, capture.residue_width)
    taken = -(-plain_bytes // len(blocks))
    flat = np.ascontiguousarray(blocks[:, -taken:]).reshape(-1)
    return flat[plain_bytes - size : plain_bytes].reshape(shape)


def _related(plain: Samples, over: Samples) -> Measurement:
    r = pearson(plain, over)
    return unjudged(
        "Correlation with the original",
        r,
        "n/a: one of the two is constant" if r is None else "near 0 for noise",
        "Pearson's r between the original's samples and the ciphertext laid over them.",
    )


def _almost_right(
    subject: Subject, case: Case, pair: AnyKeyPair
) -> tuple[bytes | None, tuple[Measurement, ...]]:
    """The picture under d + 2, and how it compares, at 64 pixels a side in 32 shades."""
    if not isinstance(pair, ClassroomKeyPair):
        words = "refused: RSA-OAEP opens under the right key or not at all"
        return None, (unjudged("Picture under an almost right key", None, words, ""),)
    small = subject.miniature(_WRONG_SIDE)
    envelope = SCHEMES[case.scheme].seal(small.picture(), [pair.public]).envelope
    wrong = almost_opened(envelope, pair).astype(np.uint8)
    return png_of(wrong), key_sensitivity(small.pixels, wrong)
