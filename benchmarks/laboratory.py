"""The interceptor's laboratory: how fast attacks and statistics are, and how often noise fails.

    python -m benchmarks.laboratory           some minutes; exit status 1 when a promise is missed
    python -m benchmarks.laboratory --quick   less of everything; shows figures, judges nothing
    python -m benchmarks.laboratory --markdown docs/performance.md

Prints a Markdown table. Attacks are timed from the envelope's bytes to the redrawn picture, in
this process; what starting a child costs is a separate line.
"""

import argparse
import functools
import math
import secrets
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import Line, compared, medians, rows, seconds
from benchmarks.reports import arguments_of, told
from rsa_core import (
    TEXTBOOK_BLOCKS,
    TEXTBOOK_PIXELS,
    CancelledError,
    ClassroomKeyPair,
    ClassroomPublicKey,
    make_weak,
    png_of,
    read_picture,
)
from rsa_core.analysis import report
from rsa_core.attacks import ATTACKS, Budget, Target, start
from rsa_core.attacks.course import Course
from rsa_core.attacks.methods.small_values import find_small
from rsa_core.attacks.numbers import sharing
from rsa_core.numbers import primes
from rsa_core.numbers.powers import public_power
from rsa_core.numbers.searches import SEARCHES

BITS = 2048


def main() -> int:
    """Measures everything; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.laboratory", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything, judge nothing")
    wanted = arguments_of(parser, None, lambda _: "laboratory")
    return told(wanted, rows(everything(quick=wanted.quick), judged=not wanted.quick))


def everything(*, quick: bool) -> Iterator[Line]:
    """All figures, those with a promise first."""
    side = 256 if quick else 512
    yield codebook(side)
    yield factored(128, side, 3)
    if not quick:
        yield factored(192, side, 20)
    yield from classics()
    yield from degenerate()
    yield related()
    yield many_moduli(1000 if quick else 10_000)
    yield from searches(quick=quick)
    yield page_of_statistics(1000 if quick else 3000)
    yield noise(100 if quick else 1000)
    yield from children(quick=quick)
    yield from blocks(64 if quick else 256)
    yield small_values(16 if quick else 24)


def photograph(side: int) -> NDArray[np.uint8]:
    """A smooth RGB picture with grain, shape (side, side, 3)."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    planes = [127 + 90 * np.sin(x / (31 + 7 * c)) * np.cos(y / (47 - 5 * c)) for c in range(3)]
    grain = np.random.default_rng(7).integers(-6, 7, (side, side, 3))
    return np.clip(np.stack(planes, axis=-1) + grain, 0, 255).astype(np.uint8)


def attacked(
    what: str, attack: str, target: Target, wanted: NDArray[np.uint8], limit: float
) -> Line:
    """Runs an attack that must give the exact picture; the promise is on its time."""
    start_time = time.perf_counter()
    outcome = ATTACKS[attack].run(target, Budget(120))
    took = time.perf_counter() - start_time
    exact = outcome.pixels is not None and np.array_equal(outcome.pixels, wanted)
    return Line(
        what,
        seconds(took) if exact else f"not exact: {outcome.words}",
        promise=f"exact, under {limit:g} s",
        kept=exact and took < limit,
    )


def codebook(side: int) -> Line:
    """From the public key alone, at 2048 bits."""
    pixels = photograph(side)
    public = ClassroomKeyPair.generate(BITS).public
    envelope = TEXTBOOK_PIXELS.seal(read_picture(png_of(pixels)), [public]).envelope
    what = f"codebook, {side} x {side} RGB, {BITS} bits"
    return attacked(what, "codebook", Target(envelope), pixels, 0.2)


def factored(bits: int, side: int, limit: float) -> Line:
    """A short modulus factored, and the blocks decrypted."""
    pixels = photograph(side)
    public = ClassroomKeyPair.generate(bits).public
    envelope = TEXTBOOK_BLOCKS.seal(read_picture(png_of(pixels)), [public]).envelope
    what = f"factoring {bits} bits and redrawing {side} x {side} RGB in blocks"
    return attacked(what, "factoring", Target(envelope), pixels, limit)


def classics() -> Iterator[Line]:
    """The attacks on a badly made or badly used key, at 2048 bits on 256 x 256 RGB."""
    pixels = photograph(256)
    picture = read_picture(png_of(pixels))
    for attack, weakness in (
        ("wiener", "small-d"),
        ("fermat", "close-primes"),
        ("pollard", "smooth-p-1"),
        ("williams", "smooth-p+1"),
        ("close-ratio", "close-ratio"),
        ("known-bits", "patterned"),
        ("shared-primes", "shared-prime"),
        ("common-modulus", "shared-modulus"),
    ):
        publics = [pair.public for pair in make_weak(weakness, BITS)]
        recipients = publics if attack == "common-modulus" else publics[:1]
        envelope = TEXTBOOK_BLOCKS.seal(picture, recipients).envelope
        target = Target(envelope, keys=tuple((key.n, key.e) for key in publics))
        limit = 5 if attack in {"pollard", "williams"} else 2
        yield attacked(f"{attack}, {BITS} bits, blocks", attack, target, pixels, limit)
    cubes = [make_weak("small-e", BITS)[0].public for _ in range(3)]
    envelope = TEXTBOOK_BLOCKS.seal(picture, cubes).envelope
    yield attacked(f"broadcast, {BITS} bits, blocks", "broadcast", Target(envelope), pixels, 2)
    envelope = TEXTBOOK_PIXELS.seal(picture, cubes[:1]).envelope
    yield attacked(f"cube-root, {BITS} bits, samples", "cube-root", Target(envelope), pixels, 2)


def degenerate() -> Iterator[Line]:
    """Moduli that are no product of two large primes, by the general attack."""
    pixels = photograph(64)
    picture = read_picture(png_of(pixels))
    p, many = (
        primes.random_prime(BITS // 2, 65537),
        [primes.random_prime(32, 65537) for _ in range(32)],
    )
    for what, n in (("n = p", p), ("n = p^2", p * p), ("n of 32 primes", math.prod(many))):
        envelope = TEXTBOOK_BLOCKS.seal(picture, [ClassroomPublicKey(n, 65537)]).envelope
        yield attacked(f"factoring, {what}", "factoring", Target(envelope), pixels, 5)


def related() -> Line:
    """Two captures under e = 3, the second of a brighter picture."""
    pixels = photograph(256) // 2
    key = make_weak("small-e", BITS)[0].public
    envelope, other = (
        TEXTBOOK_BLOCKS.seal(read_picture(png_of(one)), [key]).envelope
        for one in (pixels, pixels + np.uint8(9))
    )
    what = f"franklin-reiter, {BITS} bits, blocks"
    return attacked(what, "franklin-reiter", Target(envelope, (other,)), pixels, 10)


def searches(*, quick: bool) -> Iterator[Line]:
    """What a sound key costs, for which every search goes on to its end."""
    public = ClassroomKeyPair.generate(BITS).public
    for search in SEARCHES.values():
        (took,) = medians(1 if quick else 3, functools.partial(search.find, public.n, public.e))
        yield Line(f"{search.title}, {BITS} bits, to its bound", seconds(took))


def many_moduli(count: int) -> Line:
    """Batch GCD; two of the moduli share a prime."""
    weak = [pair.public.n for pair in make_weak("shared-prime", BITS)]
    moduli = [secrets.randbits(BITS) | 1 << (BITS - 1) | 1 for _ in range(count - 2)]
    begun = time.perf_counter()
    found = sharing([*moduli, *weak])
    took = time.perf_counter() - begun
    return Line(
        f"batch GCD of {count} moduli of {BITS} bits",
        seconds(took),
        promise="both keys found, under 10 s",
        kept=took < 10 and set(weak) <= set(found),
    )


def page_of_statistics(height: int) -> Line:
    """All statistics with an original and a second ciphertext."""
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 256, (2, height, 4000, 3), np.uint8)
    (took,) = medians(3, lambda: report(first, plain=second, partner=second))
    return Line(
        f"all statistics of {height * 4000 / 1e6:g} megapixels RGB",
        seconds(took),
        promise="under 2 s",
        kept=took < 2,
    )


def noise(pairs: int) -> Line:
    """How often each test rejects ideal noise at 5 %."""
    rng = np.random.default_rng(20_260_101)
    rejected: Counter[str] = Counter()
    for _ in range(pairs):
        first, second = rng.integers(0, 256, (2, 256, 256), np.uint8)
        page = report(first, partner=second)
        rejected.update(one.name for one in page if (one.p_value or 0) < one.level)
    rates = [100 * rejected[one.name] / pairs for one in page if "Equal blocks" not in one.name]
    return Line(
        f"{len(rates)} tests on {pairs} pairs of noise, rejected at 5 %",
        f"{min(rates):.1f} to {max(rates):.1f} %",
        promise="5 % ± 2 % each",
        kept=all(abs(rate - 5) <= 2 for rate in rates),
    )


def children(*, quick: bool) -> Iterator[Line]:
    """What a process for each attack costs, and whether this one stays responsive."""
    pixels = photograph(64)
    picture = read_picture(png_of(pixels))
    easy = Target(TEXTBOOK_PIXELS.seal(picture, [ClassroomKeyPair.generate(64).public]).envelope)
    hard = Target(TEXTBOOK_PIXELS.seal(picture, [ClassroomKeyPair.generate(240).public]).envelope)
    (took,) = medians(3, lambda: start("codebook", easy).wait(60))
    yield Line("starting an attack in a child, to its outcome", seconds(took))
    runs = [start("factoring", hard, Budget(120)) for _ in range(2)]
    late: list[float] = []
    for _ in range(40 if quick else 200):
        begun = time.perf_counter()
        time.sleep(0.05)
        late.append(time.perf_counter() - begun - 0.05)
    busy = all(run.state.phase == "running" for run in runs)
    begun = time.perf_counter()
    for run in runs:
        run.cancel()
    for run in runs:
        try:
            run.wait(10)
        except CancelledError:
            continue
    cancelled = time.perf_counter() - begun
    worst = statistics.quantiles(late, n=20)[-1]
    yield Line(
        "a tick in this process while two attacks factor, late at the 95th percentile",
        seconds(worst) if busy else "the attacks were over too soon",
        promise="under 0.5 s",
        kept=worst < 0.5 if busy else None,
    )
    yield Line(
        "Cancel, until both children are gone",
        seconds(cancelled),
        promise="under 1 s",
        kept=cancelled < 1,
    )


def blocks(side: int) -> Iterator[Line]:
    """Sealing and opening whole envelopes of textbook-blocks, against Python's `pow` alone."""
    pair = ClassroomKeyPair.generate(BITS)
    n, e, p, q = pair.public.n, pair.public.e, pair.p, pair.q
    at_p, at_q, inverse = pair.d % (p - 1), pair.d % (q - 1), pow(q, -1, p)
    picture = read_picture(png_of(photograph(side)))
    envelope = TEXTBOOK_BLOCKS.seal(picture, [pair.public]).envelope
    numbers = [secrets.randbelow(n) for _ in range(-(-side * side * 3 // (BITS // 8 - 1)))]

    def private(c: int) -> int:
        low = pow(c, at_q, q)
        return low + q * ((pow(c, at_p, p) - low) * inverse % p)

    what, repeats = f"textbook-blocks, {BITS} bits, {side} x {side} RGB,", 5
    ours, other = medians(
        repeats,
        lambda: TEXTBOOK_BLOCKS.seal(picture, [pair.public], processes=1),
        lambda: [pow(m, e, n) for m in numbers],
    )
    yield compared(f"{what} seal", ours, "pow", other, 4)
    ours, other = medians(
        repeats,
        lambda: TEXTBOOK_BLOCKS.open(envelope, pair, processes=1),
        lambda: [private(c) for c in numbers],
    )
    yield compared(f"{what} open", ours, "pow modulo p and q", other, 4)


def small_values(bits: int) -> Line:
    """All plaintexts of some bits by multiplication, against a power for each."""
    n, e = ClassroomKeyPair.generate(512).public.n, 65537
    course = Course(Budget(600, 1 << 31))
    begun = time.perf_counter()
    find_small({2}, n, e, 1 << bits, course)
    ours = time.perf_counter() - begun
    power = public_power(e, n)
    begun = time.perf_counter()
    for m in range(1 << 14):
        power(m)
    other = (time.perf_counter() - begun) * 2 ** (bits - 14)
    return compared(f"all plaintexts of {bits} bits, 512-bit key", ours, "a power each", other)


if __name__ == "__main__":
    sys.exit(main())
