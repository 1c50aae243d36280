"""Cut and paste: blocks that nothing binds to their neighbours, moved or swapped.

Each residue is well formed by itself, so the receiver's program finds nothing wrong with another
order, nor with blocks out of another envelope for the same key. RSA-OAEP hides what a block says;
it does not say where the block belongs.

Menezes, van Oorschot and Vanstone, Handbook of Applied Cryptography, 7.2.2 (block replacement).
"""

from dataclasses import replace

import numpy as np

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found, NotMetError
from rsa_core.attacks.reading import Reading, others
from rsa_core.attacks.values import Target
from rsa_core.envelopes.container import Container
from rsa_core.residues import Blocks, Copy, Residues, dictionary_of

_KEPT = 2  # blocks at the beginning stay: a picture file's header


def cut_and_paste(target: Target, reading: Reading, course: Course) -> Found:
    """Pastes another capture's second half into this one, or swaps the halves of this one."""
    container = reading.textbook()
    for other in others(target):
        copies = _pasted(container, other)
        if copies is not None:
            course.note("blocks of another capture for the same keys pasted into the second half")
            return _forged(container, copies, "It has the second half of another picture.")
    copies = tuple(_exchanged(copy) for copy in container.copies)
    course.note("no other capture for the same keys; the halves of this one are swapped")
    return _forged(container, copies, "Its halves are swapped.")


def _forged(container: Container, copies: tuple[Copy, ...], what: str) -> Found:
    forged = replace(container, copies=copies)
    if forged.digest() == container.digest():
        raise NotMetError("The picture has too few blocks, or too few that differ.")
    return Found(
        f"The forged envelope is well formed, and opens without a warning. {what} Nothing was "
        "read, and no key was needed: no block knows its place.",
        envelope=forged.pack(),
    )


def _pasted(mine: Container, other: Container) -> tuple[Copy, ...] | None:
    """This container's copies with the other's second half; None if it has not the same keys."""
    theirs = {(copy.key.n, copy.key.e): copy for copy in other.copies}
    if other.scheme != mine.scheme or other.digest() == mine.digest():
        return None
    copies: list[Copy] = []
    for copy in mine.copies:
        found = theirs.get((copy.key.n, copy.key.e))
        if isinstance(copy, Blocks) and isinstance(found, Blocks):
            copies.append(_blocks_of_two(copy, found))
        elif isinstance(copy, Residues) and isinstance(found, Residues):
            copies.append(_samples_of_two(copy, found))
        else:
            return None
    return tuple(copies)


def _blocks_of_two(mine: Blocks, other: Blocks) -> Blocks:
    """The last block of either stays out: its place has another length."""
    width = mine.key.width
    start = len(mine) // 2
    stop = max(start, min(len(mine), len(other)) - 1)
    cut = slice(start * width, stop * width)
    return Blocks(mine.key, mine.data[: cut.start] + other.data[cut] + mine.data[cut.stop :])


def _samples_of_two(mine: Residues, other: Residues) -> Residues:
    start = mine.indices.size // 2
    stop = max(start, min(mine.indices.size, other.indices.size))
    residues = sorted({*mine.distinct, *other.distinct})
    place = {c: at for at, c in enumerate(residues)}
    mine_to, other_to = (
        np.array([place[c] for c in copy.distinct], np.uint16) for copy in (mine, other)
    )
    indices = mine_to[mine.indices]
    indices[start:stop] = other_to[other.indices[start:stop]]
    return dictionary_of(mine.key, residues, indices)


def _exchanged(copy: Copy) -> Copy:
    if isinstance(copy, Residues):
        return replace(copy, indices=np.roll(copy.indices, copy.indices.size // 2))
    width = copy.key.width
    middle = max(0, (len(copy) - _KEPT - 1) // 2)
    a = slice(_KEPT * width, (_KEPT + middle) * width)
    b = slice(a.stop, a.stop + middle * width)
    data = copy.data
    return Blocks(copy.key, data[: a.start] + data[b] + data[a] + data[b.stop :])


ATTACK = Attack(
    name="cut-and-paste",
    title="Cut and paste",
    summary="Moves blocks, or pastes those of another capture, without reading any.",
    citation="Menezes, van Oorschot and Vanstone, Handbook of Applied Cryptography, 7.2.2",
    needs="Write access to the wire; with a second capture for the same keys, its blocks.",
    gives="a forged envelope",
    work=cut_and_paste,
    stopped_by={
        "hybrid": "Parts of the ciphertext would have to be independent of each other. AES-GCM's "
        "tag covers all of it in its order, under a key that is used for this picture only.",
    },
)
