"""From the factors of n to the picture: what breaking a key is worth."""

import math
import time
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from rsa_core.attacks.course import Course, Found, GaveUpError, NotMetError
from rsa_core.attacks.reading import Numbers, Reading, draw, largest
from rsa_core.attacks.roots import Roots
from rsa_core.attacks.values import Pixels
from rsa_core.classroom import ClassroomKeyPair
from rsa_core.envelopes.container import Container
from rsa_core.errors import DecryptionError, KeyFormatError, LimitError, PictureError
from rsa_core.key_files import pkcs1
from rsa_core.keys import KeyPair
from rsa_core.numbers import searches
from rsa_core.numbers.powers import private_power, public_power
from rsa_core.numbers.searches import Factored
from rsa_core.pictures import read_picture
from rsa_core.residues import Copy, Residues, residues_of
from rsa_core.schemes.hybrid import HYBRID
from rsa_core.schemes.oaep_blocks import OAEP_BLOCKS

MAX_CANDIDATES = 16  # pictures
_CANDIDATE_BYTES = 64_000_000  # of all of them

_SEVERAL = "n is factored, but this exponent has several roots."
_TICK = 0.25  # seconds between two pictures in the making
_HOPE = 4  # an estimate of FLINT's time is good to such a factor


def redraw(how: str, key: Numbers, factored: Factored, reading: Reading, course: Course) -> Found:
    """Opens the capture with the factors of a recipient's n, whatever kind of factors they are.

    A key of a safe size is an ordinary private key, once its factors are known: it is taken by
    the ordinary program, and opens `hybrid` and `oaep-blocks` as its owner does. No padding and
    no cipher helps against that.

    Raises:
        NotMetError: the picture does not follow from what is known of n.
        GaveUpError: what is left of n would take too long to factor.
    """
    n, e = key
    if not factored.whole:
        factored = _completed(factored, course)
    course.note(_sizes(factored))
    several = searches.roots_of(factored.primes, e)
    if several > 1:
        course.note(f"e shares a factor with p - 1: a residue has {several} roots modulo n")
    container = reading.container
    if container is None or container.scheme == "oaep-blocks":
        return _with_ordinary_key(how, key, factored, reading, course)
    copy = next(copy for copy in container.copies if (copy.key.n, copy.key.e) == key)
    if several > 1 and isinstance(copy, Residues):
        powers = {power: m for m, power in enumerate(map(public_power(e, n), range(256)))}
        return _from_candidates(
            f"{how} {_SEVERAL}",
            [[powers[c]] if c in powers else [] for c in copy.distinct],
            container,
            copy,
            course,
        )
    try:
        roots = Roots(factored.primes, e)
    except LimitError as error:
        raise NotMetError(f"{how} {_SEVERAL} They are too many to try: {error}.") from None
    if several > 1 or not factored.whole:
        options = _options(factored, roots, container, copy, course)
        words = _SEVERAL if several > 1 else "A plaintext is shorter than the factors known."
        return _from_candidates(f"{how} {words}", options, container, copy, course)
    pair = key_pair_of(n, e, factored.primes)
    d = roots.inverse if pair is None else pair.d
    course.note(f"recovered private key: d has {d.bit_length()} bits, n {n.bit_length()}")
    power = (
        private_power(pair.d, pair.p, pair.q) if pair else lambda c: next(iter(roots.of(c)), None)
    )
    values = _each(copy, container, power, course)
    pixels = draw(container, copy, values)
    if None in values:
        raise NotMetError(f"{how} Some residues are multiples of a prime that n has twice.", pixels)
    return Found(f"{how} The private key redraws the picture exactly.", pixels, True, key=pair)


def key_pair_of(n: int, e: int, factors: Sequence[int]) -> ClassroomKeyPair | None:
    """The key pair from the factors of n; None where they are not two primes that suit e."""
    if len(factors) != 2 or math.prod(factors) != n:
        return None
    try:
        return ClassroomKeyPair.from_primes(factors[1], factors[0], e)
    except KeyFormatError:
        return None


def _completed(factored: Factored, course: Course) -> Factored:
    """With the rest factored by FLINT, if that is within reach."""
    if not factored.within_reach:
        return factored
    seconds = sum(searches.seconds_to_factor(part.bit_length()) for part in factored.rest)
    if seconds > _HOPE * course.left:
        raise GaveUpError(
            f"A factor of n is found. FLINT needs about {seconds:.0f} seconds for the rest."
        )
    course.report(0.2, f"FLINT factors what is left, in about {math.ceil(seconds)} s")
    return searches.with_flint(factored)


def _sizes(factored: Factored) -> str:
    lengths = [prime.bit_length() for prime in factored.primes]
    words = f"{len(lengths)} prime factors known, of {min(lengths, default=0)} to"
    words = f"{words} {max(lengths, default=0)} bits"
    left = " and ".join(f"{part.bit_length()} bits" for part in factored.rest)
    return f"{words}; not split: {left}" if left else words


def _each(
    copy: Copy, container: Container, power: Callable[[int], int | None], course: Course
) -> list[int | None]:
    """The plaintext of each residue; the picture is shown while it grows."""
    residues = residues_of(copy)
    values: list[int | None] = []
    shown = time.monotonic()
    for residue in residues:
        values.append(power(residue))
        if time.monotonic() - shown > _TICK:
            course.report(len(values) / len(residues), "Redrawing with the recovered key")
            missing = len(residues) - len(values)
            course.show(draw(container, copy, [*values, *[None] * missing]))
            shown = time.monotonic()
    course.note(f"{len(residues)} residues decrypted")
    return values


def _options(
    factored: Factored, roots: Roots, container: Container, copy: Copy, course: Course
) -> list[list[int]]:
    """For each residue the roots that are short enough to be its plaintext."""
    bounds = largest(container, copy)
    if roots.modulus <= max(bounds):
        raise NotMetError(
            f"A factor of n is found, but {factored.rest[-1].bit_length()} bits of n remain, and "
            "what is known is shorter than a plaintext."
        )
    power = public_power(copy.key.e, copy.key.n)
    options: list[list[int]] = []
    for at, (residue, bound) in enumerate(zip(residues_of(copy), bounds, strict=True)):
        if at % 16 == 0:
            course.report(at / len(bounds), f"Roots of {at} of {len(bounds)} residues")
        fit = [m for m in roots.of(residue) if m <= bound]
        options.append([m for m in fit if factored.whole or power(m) == residue])
    return options


def _from_candidates(
    how: str, options: list[list[int]], container: Container, copy: Copy, course: Course
) -> Found:
    """The picture, or all that it may be, from what each residue may hide."""
    pictures = math.prod(map(len, options))
    sure = sum(len(fit) == 1 for fit in options)
    course.note(f"{sure} of {len(options)} residues have one root that can be a plaintext")
    if pictures == 1:
        pixels = draw(container, copy, [fit[0] for fit in options])
        words = f"{how} Only one root can be a plaintext each time: the picture is exact."
        return Found(words, pixels, exact=True)
    if not 1 < pictures <= min(MAX_CANDIDATES, _CANDIDATE_BYTES // container.plaintext_bytes):
        values = [fit[0] if len(fit) == 1 else None for fit in options]
        raise NotMetError(
            f"{how} {len(options) - sure} of {len(options)} residues do not tell which was meant.",
            draw(container, copy, values) if sure else None,
        )
    drawn = sorted((draw(container, copy, values) for values in product(*options)), key=_roughness)
    return Found(
        f"{how} {pictures} pictures have this ciphertext, and one of them was sent; the smoothest "
        "comes first.",
        drawn[0],
        candidates=tuple(drawn),
    )


def _roughness(pixels: Pixels) -> float:
    """How much neighbours differ: pictures are smoother than noise."""
    steps = [np.abs(np.diff(pixels.astype(np.int32), axis=axis)).sum() for axis in (0, 1)]
    return float(sum(steps))


def _with_ordinary_key(
    how: str, numbers: Numbers, factored: Factored, reading: Reading, course: Course
) -> Found:
    n, e = numbers
    if not factored.whole:
        raise NotMetError(
            f"{how} But {factored.rest[-1].bit_length()} bits of n remain, and without their "
            "factors there is no private key."
        )
    if searches.roots_of(factored.primes, e) > 1:
        raise NotMetError(f"{how} {_SEVERAL} Such a key opens nothing, its owner's included.")
    d = Roots(factored.primes, e).inverse
    course.note(f"recovered private key: d has {d.bit_length()} bits, n {n.bit_length()}")
    pair = key_pair_of(n, e, factored.primes)
    try:
        if len(factored.primes) != 2:
            raise KeyFormatError("not two primes")
        key = KeyPair.from_der(pkcs1.pack(n, e, d, *reversed(factored.primes)))
    except KeyFormatError:
        return Found(
            f"{how} The factors give the private key, but the program takes no such key; the "
            "picture is open to whoever writes three lines of code.",
            key=pair,
        )
    try:
        if reading.container is None:
            file = HYBRID.open(reading.envelope, key).file
        else:
            file = OAEP_BLOCKS.open(
                reading.envelope,
                key,
                processes=1,
                progress=lambda part: course.report(part, "Opening with the recovered key"),
            ).file
    except (DecryptionError, LimitError):
        return Found(f"{how} The private key is recovered; the envelope did not open.", key=pair)
    course.note(f"{len(file)} bytes of the original file recovered")
    pixels: Pixels | None
    try:
        pixels = read_picture(file).pixels()
    except PictureError:
        pixels = None
    return Found(
        f"{how} The private key opens the envelope as its owner does: padding and AES-GCM do not "
        "help against a key whose factors are known.",
        pixels,
        pixels is not None,
        file=file,
        key=pair,
    )
