"""One scheme under one key, measured on one picture: view, statistics, time, expansion.

The statistics look at ciphertext alone, but for NPCR, UACI and bit change, which compare it with
the ciphertext of the picture with one sample changed. What needs the original (MAE, PSNR, SSIM,
correlation) takes the ciphertext laid over the picture, one byte for each sample: for
`textbook-pixels` the low byte of each residue, for the others as many low bytes of each block as
it has of the plaintext, so that equal blocks lie where the picture is equal.

Sealing and opening may take all cores for a while; so measuring has to wait for its turn.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lab.cases import CASES, Case, key_for
from lab.errors import LabError, in_words
from lab.subject import Subject
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
    DIRECTIONS,
    Measurement,
    almost_opened,
    histogram,
    key_sensitivity,
    likeness,
    measured,
    report,
    scatter,
)
from rsa_core.analysis.measurements import unjudged
from rsa_core.analysis.neighbours import pearson
from rsa_core.turns import LONG, NOBODY, Visitor

Progress = Callable[[float, str], None]

VIEW_SIDE = 256
_WRONG_SIDE = 64  # d + 2 takes no short cut by p and q: the whole picture would take a minute
_DOTS = 500


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """How samples are distributed, of the picture or of ciphertext laid over it.

    Attributes:
        counts: how often each value 0 to 255 occurs.
        dots: for each direction pairs of neighbouring samples of the first channel, at most 500.
    """

    counts: tuple[int, ...] = field(repr=False)
    dots: Mapping[str, NDArray[np.uint8]] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What was found out about one case.

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
        """How many tests say "far from random"."""
        return sum(one.consistent is False for one in self.statistics)

    @property
    def tests(self) -> int:
        """How many tests gave an answer."""
        return sum(one.consistent is not None for one in self.statistics)


def measure(
    subject: Subject,
    case: Case,
    progress: Progress | None = None,
    visitor: Visitor = NOBODY,
) -> Entry:
    """Seals, opens and measures a picture; milliseconds to half a minute.

    Args:
        subject: the picture.
        case: one of `CASES`.
        progress: called with the part done, 0 to 1, and what is being done. It may raise, which
            ends the work at once.
        visitor: for the turn.

    Raises:
        LabError: the picture is too large for this scheme and key, or no such case is
            offered, or too many wait on this server.
    """
    if case not in CASES:
        raise LabError("Choose schemes and keys from the list.")
    tell = progress or (lambda _part, _words: None)
    with in_words(), LONG.taken(visitor, tell=lambda words: tell(0.0, words)):
        tell(0.0, "making the key")
        made = key_for(case)
        try:
            return _measured(subject, case, made.pair, made.seconds, tell)
        except LimitError:
            raise LabError(
                f"The picture is too large for {case.name}. Choose a shorter side."
            ) from None
        except PictureError as error:
            raise LabError(str(error)) from None


def baseline(subject: Subject) -> tuple[Measurement, ...]:
    """The same tests on the picture itself, which fails nearly all of them."""
    return report(subject.pixels)


def shape_of(pixels: NDArray[np.uint8]) -> Shape:
    """Histogram over all channels, neighbours of the first."""
    plane = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., 0])
    dots = {str(direction): scatter(plane, direction, _DOTS) for direction in DIRECTIONS}
    return Shape(tuple(histogram(pixels).tolist()), dots)


def _measured(
    subject: Subject, case: Case, pair: AnyKeyPair, key_seconds: float, tell: Progress
) -> Entry:
    scheme = SCHEMES[case.scheme]
    picture = subject.picture()
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
    seen = measured(capture)
    shown = views.noise_picture(capture) if capture.shape else over
    wrong, sensitivity = _almost_right(subject, case, pair)
    return Entry(
        case=case,
        envelope=envelope,
        key=(pair.public.n, pair.public.e),
        view=png_of(views.thinned(shown, VIEW_SIDE)),
        wrong=wrong,
        statistics=report(seen.samples, partner=partner.samples, block=seen.block),
        originals=(*likeness(subject.pixels, over), _related(subject.pixels, over), *sensitivity),
        measured_on=seen.words,
        shape=shape_of(over),
        key_seconds=key_seconds,
        seal_seconds=sealed - start,
        open_seconds=done - sealed,
        plain_bytes=plain_bytes,
        exact=opened.file == picture.data
        if scheme.keeps == "file"
        else bool(np.array_equal(opened.pixels, subject.pixels)),  # type: ignore[arg-type]
    )


def laid_over(capture: Capture, shape: tuple[int, ...], plain_bytes: int) -> NDArray[np.uint8]:
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


def _related(plain: NDArray[np.uint8], over: NDArray[np.uint8]) -> Measurement:
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
