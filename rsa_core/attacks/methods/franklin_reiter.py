"""Franklin-Reiter: two pictures under one key with e = 3, of which one follows from the other.

Where the second block is m + b and b is known, m is the only root that x^3 - c1 and (x + b)^3 - c2
have in common:

    m = b (c2 + 2 c1 - b^3) / (c2 - c1 + 2 b^3)   mod n

A picture and the same one brighter are so related, block by block, and b is one of a few hundred
numbers; so are a picture and its negative (255 - sample), and two pictures that differ in a sample
of a block. Each guess is checked by encrypting what it gives.

Coppersmith, Franklin, Patarin and Reiter, "Low-exponent RSA with related messages" (1996).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import fmpz

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.reading import Reading, draw, others
from rsa_core.attacks.values import Target
from rsa_core.envelopes.container import Container, block_bytes
from rsa_core.residues import Blocks, residues_of

_LOOKED_AT = 48  # blocks among which a relation that holds for many is looked for
_TIME = 0.8  # of the budget, for samples changed here and there


@dataclass(frozen=True, slots=True)
class _Relation:
    """The second block is `sign` times the first, plus `step` times a pattern.

    The pattern repeats `mask`, one byte for each byte of a pixel.
    """

    sign: int
    step: int
    mask: tuple[int, ...]

    def added(self, width: int, phase: int) -> int:
        """The number that is added in a block that begins at byte `phase` of a pixel."""
        unit = len(self.mask)
        return self.step * int.from_bytes(
            bytes(self.mask[(phase + at) % unit] for at in range(width)), "big"
        )


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two blocks under one key, of `width` bytes that begin at byte `phase` of a pixel."""

    n: int
    first: int
    second: int
    width: int
    phase: int

    def solved(self, sign: int, added: int) -> int | None:
        """The first plaintext, if the second is `sign` times it plus `added`."""
        n, b = fmpz(self.n), fmpz(added)
        c1, c2 = fmpz(sign * self.first), fmpz(self.second)
        cube = b**3
        above, below = b * (c2 + 2 * c1 - cube) % n, (c2 - c1 + 2 * cube) % n
        if not below or (above * above % n * above - below * below % n * below % n * c1) % n:
            return None
        try:
            m = int(above) * pow(int(below), -1, self.n) * sign % self.n
        except ValueError:  # not invertible
            return None
        fits = m >> 8 * self.width == 0 and pow(m, 3, self.n) == self.first
        return m if fits else None

    def related(self, relation: _Relation) -> int | None:
        """The first plaintext, if this relation holds."""
        return self.solved(relation.sign, relation.added(self.width, self.phase))

    def one_sample(self) -> Iterator[int | None]:
        """The first plaintext, if one byte is another in the second: guess after guess."""
        for place in range(self.width):
            for step in range(1, 256):
                for added in (step << 8 * place, -step << 8 * place):
                    yield self.solved(1, added)


def franklin_reiter(target: Target, reading: Reading, course: Course) -> Found:
    """Tries every other capture under the same key with e = 3."""
    container = reading.textbook()
    if container.scheme != "textbook-blocks":
        raise NotMetError("Each residue hides one sample here: the codebook has them all at once.")
    copies = [copy for copy in container.copies if copy.key.e == 3]
    if not copies:
        raise NotMetError("No recipient's e is 3: with a larger one the relation is worth little.")
    alike = [
        (mine, theirs)
        for other in others(target)
        if (other.scheme, other.samples, other.shape)
        == (container.scheme, container.samples, container.shape)
        for mine in copies
        for theirs in other.copies
        if theirs.key == mine.key
    ]
    problem = NotMetError(
        "It takes a second capture of the same shape under the same key with e = 3; none is there."
    )
    for mine, theirs in alike:
        if isinstance(mine, Blocks) and isinstance(theirs, Blocks) and mine.data != theirs.data:
            try:
                return _redrawn(container, mine, theirs, course)
            except NotMetError as error:
                problem = error
    raise problem


def _redrawn(container: Container, mine: Blocks, theirs: Blocks, course: Course) -> Found:
    pairs = _pairs(container, mine, theirs)
    values: list[int | None] = [None] * len(pairs)
    differ = [at for at, pair in enumerate(pairs) if pair.first != pair.second]
    relations = _found_relations([pairs[at] for at in differ[:_LOOKED_AT]], container, course)
    for number, at in enumerate(differ):
        if number % 64 == 0:
            course.report(0.5 * number / len(differ), "Solving the blocks by the relations found")
        tried = (pairs[at].related(relation) for relation in relations)
        values[at] = next((m for m in tried if m is not None), None)
    left = [at for at in differ if values[at] is None]
    course.note(f"{len(pairs)} blocks, {len(differ)} of them differ between the two captures")
    for relation in relations:
        course.note(_words(relation))
    values = _single_samples(pairs, values, left, course)
    _spread(pairs, values)
    known = len(values) - values.count(None)
    course.note(f"{known} of {len(values)} blocks solved")
    if known == len(values):
        return Found(
            "Two pictures under one key, one made from the other: under e = 3 each pair of blocks "
            "gives its plaintext.",
            draw(container, mine, values),
            exact=True,
        )
    raise NotMetError(
        f"Two captures under one key were compared, and {known} of {len(values)} blocks follow "
        "from a relation that was tried: brighter, one channel brighter, the negative, one sample "
        "changed. Blocks that are equal in both tell nothing.",
        draw(container, mine, values) if known else None,
    )


def _pairs(container: Container, mine: Blocks, theirs: Blocks) -> list[_Pair]:
    width = block_bytes(container.scheme, mine.key)
    unit = _unit(container)
    size = container.plaintext_bytes
    return [
        _Pair(mine.key.n, c1, c2, min(width, size - at * width), at * width % unit)
        for at, (c1, c2) in enumerate(zip(residues_of(mine), residues_of(theirs), strict=True))
    ]


def _unit(container: Container) -> int:
    """Bytes of a pixel."""
    channels = container.shape[2] if len(container.shape) == 3 else 1
    return channels * (2 if container.samples == "u16" else 1)


def _family(container: Container) -> Iterator[_Relation]:
    """The relations that are tried: the negative, all brighter or darker, one channel so.

    The two bytes of a wide sample count as channels.
    """
    unit = _unit(container)
    yield _Relation(-1, 255, (1,) * unit)
    single = [tuple(int(at == one) for at in range(unit)) for one in range(unit)]
    colours = [(1,) * (unit - 1) + (0,)] if unit in (2, 4) else []
    for mask in dict.fromkeys([(1,) * unit, *colours, *single]):
        for step in range(1, 256):
            yield _Relation(1, step, mask)
            yield _Relation(1, -step, mask)


def _found_relations(
    pairs: Sequence[_Pair], container: Container, course: Course
) -> list[_Relation]:
    """Each relation that holds for one of these blocks, once."""
    found: list[_Relation] = []
    family = list(_family(container))
    for number, pair in enumerate(pairs):
        course.report(0.3 * number / len(pairs), f"Looking for a relation in block {number + 1}")
        if any(pair.related(relation) is not None for relation in found):
            continue
        for tried, relation in enumerate(family):
            if tried % 256 == 0:
                course.check()
            if pair.related(relation) is not None:
                found.append(relation)
                break
    return found


def _single_samples(
    pairs: Sequence[_Pair], values: list[int | None], left: Sequence[int], course: Course
) -> list[int | None]:
    """Blocks in which one sample differs, as long as the time allows."""
    until = course.left * (1 - _TIME)
    for number, at in enumerate(left):
        for tried, m in enumerate(pairs[at].one_sample()):
            if tried % 256 == 0:
                course.report(
                    0.5 + 0.5 * number / len(left), f"One sample changed? Block {number + 1}"
                )
                if course.left < until:
                    return values
            if m is not None:
                values[at] = m
                break
    return values


def _spread(pairs: Sequence[_Pair], values: list[int | None]) -> None:
    """What a residue hides in one place it hides in all."""
    known = {pair.first: m for pair, m in zip(pairs, values, strict=True) if m is not None}
    for at, pair in enumerate(pairs):
        if values[at] is None:
            values[at] = known.get(pair.first)


def _words(relation: _Relation) -> str:
    if relation.sign < 0:
        return "the second picture is the negative of the first"
    which = "all samples" if all(relation.mask) else "some channels"
    kind = "brighter" if relation.step > 0 else "darker"
    return f"{which} of the second picture are {kind} by {abs(relation.step)}"


ATTACK = Attack(
    name="franklin-reiter",
    title="Related messages (Franklin and Reiter)",
    summary="Solves two captures under one key with e = 3, one of which is the other made brighter "
    "or darker, its negative, or changed in one sample.",
    citation="Coppersmith, Franklin, Patarin and Reiter, Low-exponent RSA with related messages, "
    "1996",
    needs="Two such pictures, sent in blocks under one key with e = 3.",
    gives="the picture",
    work=franklin_reiter,
    stopped_by={
        "hybrid": "The two plaintexts would have to be related. RSA-OAEP pads a fresh content key "
        "at random each time, and e is 65537 or more.",
        "oaep-blocks": "The two plaintexts would have to be related. RSA-OAEP pads each block at "
        "random, and e is 65537 or more.",
    },
)
