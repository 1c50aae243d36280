"""What an interceptor tries without opening a capture: on public keys, and on their own picture."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lab.errors import LabError, in_words
from lab.subject import Subject
from rsa_core import (
    SCHEMES,
    AnyPublicKey,
    Finding,
    KeyFormatError,
    LimitError,
    PictureError,
    png_of,
)
from rsa_core.analysis import Measurement, report, sealed_twice
from rsa_core.attacks import exhibit
from rsa_core.key_health import beside, health_alone
from rsa_core.processes import EndedError, in_child
from rsa_core.turns import NOBODY, QUICK, Visitor

EXHIBITS = exhibit.EXHIBITS
Numbers = tuple[int, int]

_SECONDS = 60.0
_MEMORY = 1 << 28  # bytes
_KEPT = 200  # keys

_known: OrderedDict[Numbers, tuple[Finding, ...]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class BrokenExhibit:
    """One cipher, measured and broken.

    Attributes:
        words: how it was broken.
        seconds: computing time of the attack.
        cipher: the ciphertext as PNG.
        recovered: what the attack gave back, as PNG; None where it failed.
        exact: whether that is the picture to the last bit.
        alone: statistics of the one ciphertext.
        paired: with a second one, whose picture differs in one sample.
    """

    words: str
    seconds: float
    cipher: bytes = field(repr=False)
    recovered: bytes | None = field(repr=False)
    exact: bool
    alone: tuple[Measurement, ...]
    paired: tuple[Measurement, ...]


def health_of(
    key: Numbers, others: Sequence[Numbers], visitor: Visitor = NOBODY, channel: str = ""
) -> tuple[Finding, ...]:
    """Tries quick attacks on a public key and estimates the rest; some seconds.

    The searches run in a child process, once for each key: a class looks at the same ones.

    Args:
        key: (n, e).
        others: (n, e) of the channel's other keys, which may share a prime.
        visitor: for the turn, which ends when that page is closed.
        channel: for the turn.

    Raises:
        LabError: the server is too busy, the page was closed, or the key took too long.
    """
    with _lock:
        alone = _known.get(key)
    if alone is None:
        alone = _checked(key, visitor, channel)
        with _lock:
            _known[key] = alone
            while len(_known) > _KEPT:
                _known.popitem(last=False)
    return beside(alone, *key, others)


def _checked(key: Numbers, visitor: Visitor, channel: str) -> tuple[Finding, ...]:
    with in_words(), QUICK.taken(visitor, channel) as turn:
        try:
            found: tuple[Finding, ...] = in_child(
                health_alone, *key, memory=_MEMORY, seconds=_SECONDS, stop=lambda: turn.gone
            )
        except EndedError as error:
            words = "Checking this key took too long. Try again in a minute."
            raise LabError(turn.words if error.why == "stopped" else words) from None
    return found


def experiment(
    scheme: str, keys: Sequence[AnyPublicKey], subject: Subject
) -> tuple[Measurement, ...]:
    """Chosen plaintext: seals the picture, changes one sample, seals it again, and measures.

    Args:
        scheme: of the capture.
        keys: the recipients' public keys, as far as they are known; the first is used.
        subject: the picture.

    Raises:
        LabError: no key is known, or it cannot take the picture.
    """
    if not keys:
        raise LabError("The public key of this capture is not known in the channel.")
    try:
        pair = sealed_twice(SCHEMES[scheme], subject.pixels, keys[0])
    except PictureError as error:
        raise LabError(str(error)) from None
    except (KeyFormatError, LimitError) as error:
        raise LabError(f"The captured key cannot take this picture: {error}.") from None
    return report(pair.first.samples, partner=pair.second.samples, block=pair.first.block)


def show_broken(name: str, subject: Subject) -> BrokenExhibit:
    """Encrypts the picture with one of `EXHIBITS`, measures it, and breaks it.

    Raises:
        LabError: there is no such exhibit, or it cannot take the picture.
    """
    if name not in EXHIBITS:
        raise LabError("Choose an exhibit from the list.")
    try:
        shown = exhibit.show(name, subject.pixels)
    except PictureError as error:
        raise LabError(str(error)) from None
    except LimitError as error:
        raise LabError(f"The exhibit cannot take this picture: {error}.") from None
    return BrokenExhibit(
        words=shown.words,
        seconds=shown.seconds,
        cipher=png_of(shown.cipher),
        recovered=None if shown.recovered is None else png_of(shown.recovered),
        exact=shown.recovered is not None and np.array_equal(shown.recovered, subject.pixels),
        alone=report(shown.cipher),
        paired=report(shown.cipher, partner=shown.partner),
    )
