"""Codebook: encrypt every possible plaintext under the public key, and look the ciphertext up.

A scheme without randomness is a substitution. Where a residue hides one sample, 256 powers are
the whole dictionary, at any key size. Where it hides a block of k - 1 bytes there are too many,
but not of the blocks that pictures are full of: those of one flat colour. One colour c repeated
is the number c R with R = 1 + 2^(8b) + 2^(16b) ..., so E(c R) = E(c) E(R), and b = 1, 2 or 3
bytes of colour are looked up after division by E(R).

RFC 8017 pads at random for this reason; Goldwasser and Micali, "Probabilistic encryption" (1984).
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import SHOWN_SIDE, Course, Found, GaveUpError, NotMetError
from rsa_core.attacks.methods.small_values import find_small
from rsa_core.attacks.reading import Reading, draw
from rsa_core.attacks.values import Pixels, Target
from rsa_core.classroom import ClassroomPublicKey
from rsa_core.envelopes.container import Container, block_bytes
from rsa_core.numbers.powers import public_power
from rsa_core.residues import Blocks, Residues, residues_of
from rsa_core.views import thinned

STAGES = 16


def codebook(_target: Target, reading: Reading, course: Course) -> Found:
    """Redraws the picture from the public key alone, as far as the dictionary reaches."""
    container = reading.textbook()
    copy = container.copies[0]
    if isinstance(copy, Residues):
        return _samples(container, copy, course)
    return _blocks(container, copy, course)


def stages(envelope: bytes) -> Iterator[Pixels]:
    """The picture appearing: 16 pictures, each with more of the 256 samples looked up.

    At most 512 on a side; samples not looked up yet are 0. Brightest first. Nothing where a
    residue hides more than one sample. Raises as `Container.parse`.
    """
    container = Container.parse(envelope)
    copy = container.copies[0]
    if isinstance(copy, Residues):
        for book in _books(copy.key, STAGES):
            yield _reduced_draw(container, copy, [book.get(c) for c in copy.distinct])


def _samples(container: Container, copy: Residues, course: Course) -> Found:
    book: dict[int, int] = {}
    for number, grown in enumerate(_books(copy.key, STAGES), 1):
        book = grown
        course.report(number / STAGES, f"{len(book)} of 256 samples looked up")
        course.show(_reduced_draw(container, copy, [book.get(c) for c in copy.distinct]))
    values = [book.get(c) for c in copy.distinct]
    unknown = values.count(None)
    course.note(f"256 public powers, {len(copy.distinct)} different residues in the capture")
    pixels = draw(container, copy, values)
    if unknown:
        course.note(f"{unknown} residues belong to no sample: the ciphertext was changed")
    return Found(
        "256 public powers are the whole dictionary: every sample is looked up, and the size of "
        "the key does not matter.",
        pixels,
        exact=not unknown,
    )


def _books(key: ClassroomPublicKey, count: int) -> Iterator[dict[int, int]]:
    """Dictionaries residue -> sample that grow to all 256, brightest samples first."""
    power = public_power(key.e, key.n)
    book: dict[int, int] = {}
    for stage in range(count):
        for m in range(255 - 256 * stage // count, 255 - 256 * (stage + 1) // count, -1):
            book[power(m)] = m
        yield book


def _reduced_draw(container: Container, copy: Residues, values: list[int | None]) -> Pixels:
    """As `draw`, thinned: pictures in the making are for eyes."""
    if container.samples == "u16" or max(container.shape[:2]) <= SHOWN_SIDE:
        return thinned(draw(container, copy, values), SHOWN_SIDE)
    table = np.array([value or 0 for value in values], np.uint8)
    return table[thinned(copy.indices.reshape(container.shape), SHOWN_SIDE)]


def _blocks(container: Container, copy: Blocks, course: Course) -> Found:
    residues = residues_of(copy)
    book: dict[int, int] = {}

    def drawn() -> Pixels:
        return draw(container, copy, [book.get(c) for c in residues])

    width = block_bytes(container.scheme, copy.key)
    last = container.plaintext_bytes - (len(residues) - 1) * width
    search = _Search(set(residues), copy.key, sorted({width, last}), course)
    try:
        for words, part in search.flat(_unit(container)):
            new = sum(c not in book for c in part)
            book |= part
            course.note(f"{words}: {new} different blocks looked up")
            course.show(drawn())
            if all(c in book for c in residues):
                break
    except GaveUpError as error:
        raise GaveUpError(str(error), drawn() if book else None) from None
    known = sum(c in book for c in residues)
    course.note(f"{known} of {len(residues)} blocks redrawn")
    if known == len(residues):
        return Found("Every block is in the dictionary of flat colours.", drawn(), exact=True)
    raise NotMetError(
        f"A block holds {width} samples and has 2^{8 * width} values, too many for a dictionary. "
        f"Blocks of one flat colour could be looked up: {known} of {len(residues)}.",
        drawn() if known else None,
    )


def _unit(container: Container) -> int:
    """Bytes of one pixel."""
    return container.plaintext_bytes // math.prod(container.shape[:2])


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for flat blocks; `widths` are the bytes of a block, and of the last one."""

    wanted: set[int]
    key: ClassroomPublicKey
    widths: list[int]
    course: Course

    def flat(self, unit: int) -> Iterator[tuple[str, dict[int, int]]]:
        """Names and dictionaries of blocks of one colour, cheap first; a pixel has `unit` bytes."""
        yield "Blocks of one repeated byte", self._tried([(v,) for v in range(256)])
        if unit == 4:
            yield "Opaque greys", self._tried([(v, v, v, 255) for v in range(256)])
        if unit == 2:
            both = [(v >> 8, v & 255) for v in range(1 << 16)]
            yield "Pixels of two bytes", self._tried(both)
        if unit == 3 and self.widths[-1] % 3 == 0:
            yield "Pixels of three bytes, by multiplication", self._repeated()

    def _tried(self, colours: Sequence[tuple[int, ...]]) -> dict[int, int]:
        """One power for each colour, each width, and each byte at which a block may begin."""
        power = public_power(self.key.e, self.key.n)
        found: dict[int, int] = {}
        for number, colour in enumerate(colours):
            for width in self.widths:
                for phase in range(len(colour)):
                    m = _pattern(colour, width, phase)
                    if (c := power(m)) in self.wanted:
                        found[c] = m
            if number % 1024 == 0:
                self.course.report(number / len(colours), f"{number} of {len(colours)} colours")
        return found

    def _repeated(self) -> dict[int, int]:
        """Blocks c R with c of three bytes: divided by E(R) they are E(c)."""
        n, e = self.key.n, self.key.e
        divided: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for width in self.widths:
            ones = _pattern((0, 0, 1), width, 0)
            if math.gcd(ones, n) == 1:
                undo = pow(pow(ones, e, n), -1, n)
                for c in self.wanted:  # a full block and a short one of one colour meet here
                    divided[c * undo % n].append((c, ones))
        small = find_small(divided, n, e, 1 << 24, self.course)
        return {c: m * ones for found, m in small.items() for c, ones in divided[found]}


def _pattern(colour: tuple[int, ...], width: int, phase: int) -> int:
    """The block of `width` bytes that repeats a colour, beginning at its byte `phase`."""
    unit = len(colour)
    turned = colour[phase:] + colour[:phase]
    return int.from_bytes((bytes(turned) * (width // unit + 1))[:width], "big")


ATTACK = Attack(
    name="codebook",
    title="Codebook",
    summary="Encrypts every sample, or every flat block, under the public key and looks the "
    "ciphertext up. The picture appears sample by sample.",
    citation="Goldwasser and Micali, Probabilistic encryption, 1984",
    needs="The public key, which everybody has.",
    gives="the picture",
    work=codebook,
    stopped_by={
        "hybrid": "A dictionary needs equal plaintexts to have equal ciphertexts. Every picture "
        "has a fresh random content key, and RSA-OAEP pads with fresh randomness: there are 2^256 "
        "entries for each value, and none is ever used twice.",
        "oaep-blocks": "A dictionary needs equal plaintexts to have equal ciphertexts. RSA-OAEP "
        "mixes 256 random bits into every block, so that a guess cannot be checked.",
    },
)
