"""What an attack reads in the envelopes before it begins, and how it draws what it found."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from rsa_core.attacks.values import Pixels, Target
from rsa_core.envelopes.container import MAGIC, Container, block_bytes
from rsa_core.errors import EnvelopeFormatError, KeyFormatError
from rsa_core.keys import PublicKey
from rsa_core.residues import Copy, Residues, residues_of
from rsa_core.schemes.copies import pixels_of
from rsa_core.schemes.hybrid import HYBRID

Numbers = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The capture under attack, taken apart.

    Attributes:
        envelope: the capture, whole.
        container: None for `hybrid`, whose ciphertext no attack here touches.
        keys: (n, e) of its recipients as far as they are known: all for the classroom schemes,
            for `hybrid` those among the channel's keys whose key id the envelope names.
        recipients: how many there are.
    """

    envelope: bytes = field(repr=False)
    scheme: str
    container: Container | None = field(repr=False)
    keys: tuple[Numbers, ...]
    recipients: int

    @classmethod
    def of(cls, target: Target) -> "Reading":
        """Reads the envelope (EnvelopeFormatError: not an envelope of any scheme)."""
        if target.envelope.startswith(MAGIC):
            container = Container.parse(target.envelope)
            keys = tuple((copy.key.n, copy.key.e) for copy in container.copies)
            return cls(target.envelope, container.scheme, container, keys, len(keys))
        recipients = HYBRID.capture(target.envelope).recipients
        named = {one.key_id for one in recipients}
        known = tuple(key for key in dict.fromkeys(target.keys) if _key_id(key) in named)
        return cls(target.envelope, "hybrid", None, known, len(recipients))

    def textbook(self) -> Container:
        """The container of a scheme that `stopped_by` lets through (EnvelopeFormatError: none)."""
        if self.container is None:
            raise EnvelopeFormatError("the envelope is not a classroom container")
        return self.container


def all_keys(target: Target, reading: Reading) -> list[Numbers]:
    """Every public key in sight, the recipients' first, each once."""
    found = [*reading.keys, *target.keys]
    for container in others(target):
        found += [(copy.key.n, copy.key.e) for copy in container.copies]
    return list(dict.fromkeys(found))


def others(target: Target) -> list[Container]:
    """The other captures that are classroom containers; what does not parse is passed over."""
    found = []
    for envelope in target.others:
        if envelope.startswith(MAGIC):
            with suppress(EnvelopeFormatError):
                found.append(Container.parse(envelope))
    return found


def copies_of_the_picture(target: Target, reading: Reading) -> list[Copy]:
    """All copies that may hold the same picture: this envelope's first, then others'.

    The others' are those of containers of the same scheme and shape. Whether they hold the same
    picture an attack sees when its numbers come out even.
    """
    mine = reading.textbook()
    alike = [
        other
        for other in others(target)
        if (other.scheme, other.samples, other.shape) == (mine.scheme, mine.samples, mine.shape)
    ]
    return [copy for container in (mine, *alike) for copy in container.copies]


def rows(copies: Sequence[Copy]) -> list[tuple[int, ...]]:
    """For each residue of the first copy the residues of the same plaintext in all copies.

    The copies are of one scheme and one shape; for blocks, of one block length.
    """
    first = copies[0]
    if not isinstance(first, Residues):
        return list(zip(*map(residues_of, copies), strict=True))
    _, places = np.unique(first.indices, return_index=True)
    columns = [
        [copy.distinct[index] for index in copy.indices[places].tolist()]
        for copy in copies
        if isinstance(copy, Residues)
    ]
    return list(zip(*columns, strict=True))


def draw(container: Container, copy: Copy, values: Sequence[int | None]) -> Pixels:
    """The picture from the plaintext of each residue of `residues_of(copy)`; None is drawn as 0.

    A value too large for its place is shown as the receiver's program shows it: 255 for a
    sample, the low bytes for a block.
    """
    if isinstance(copy, Residues):
        table = np.array([min(value or 0, 255) for value in values], np.uint8)
        return pixels_of(table[copy.indices], container)
    size, width = container.plaintext_bytes, block_bytes(container.scheme, copy.key)
    mask = (1 << 8 * width) - 1
    whole = b"".join(((value or 0) & mask).to_bytes(width, "big") for value in values[:-1])
    last = size - len(whole)
    tail = ((values[-1] or 0) & ((1 << 8 * last) - 1)).to_bytes(last, "big")
    return pixels_of(np.frombuffer(whole + tail, np.uint8), container)


def largest(container: Container, copy: Copy) -> list[int]:
    """The largest plaintext that each residue of `residues_of(copy)` may hide."""
    if isinstance(copy, Residues):
        return [255] * len(copy.distinct)
    width = block_bytes(container.scheme, copy.key)
    last = container.plaintext_bytes - (len(copy) - 1) * width
    return [(1 << 8 * width) - 1] * (len(copy) - 1) + [(1 << 8 * last) - 1]


def _key_id(numbers: Numbers) -> bytes | None:
    try:
        return PublicKey(*numbers).key_id
    except KeyFormatError:
        return None
