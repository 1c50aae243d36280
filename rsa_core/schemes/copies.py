"""What the classroom schemes share: samples as bytes, and one copy for each different key."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rsa_core.classroom import ClassroomPublicKey
from rsa_core.envelopes.container import MAX_ENVELOPE, Container, Samples, SchemeName
from rsa_core.errors import EnvelopeFormatError, LimitError
from rsa_core.pictures import Pixels


def kind_of(pixels: Pixels) -> Samples:
    """How a container names the samples' type."""
    return "u16" if pixels.dtype == np.uint16 else "u8"


def bytes_of(pixels: Pixels) -> NDArray[np.uint8]:
    """All samples in reading order, shape (N,); those of 16 bits as high byte, low byte."""
    if pixels.dtype == np.uint16:
        return pixels.astype(">u2").reshape(-1).view(np.uint8)
    return np.ascontiguousarray(pixels, np.uint8).reshape(-1)


def pixels_of(samples: NDArray[np.uint8], container: Container) -> Pixels:
    """Undoes `bytes_of` for a container's samples."""
    if container.samples == "u16":
        return samples.view(">u2").astype(np.uint16).reshape(container.shape)
    return samples.reshape(container.shape)


def distinct_keys(recipients: Sequence[ClassroomPublicKey]) -> list[ClassroomPublicKey]:
    """Each key once, in order of first mention: a class may well share the published key.

    Raises:
        ValueError: there is none.
    """
    keys = list(dict.fromkeys(recipients))
    if not keys:
        raise ValueError("an envelope has at least one recipient")
    return keys


def check_size(copies: int, size: int) -> None:
    """Refuses before any work is done.

    Raises:
        LimitError: the copies, of `size` bytes together, are more than an envelope may hold.
    """
    if size > MAX_ENVELOPE:
        raise LimitError(
            f"{copies} different keys would make an envelope of {size / 1e6:.0f} MB; "
            f"the limit is {MAX_ENVELOPE / 1e6:.0f} MB"
        )


def parsed(envelope: bytes, scheme: SchemeName) -> Container:
    """The container of one scheme.

    Raises:
        EnvelopeFormatError: no container, or that of another scheme.
    """
    container = Container.parse(envelope)
    if container.scheme != scheme:
        raise EnvelopeFormatError(f"the envelope is of {container.scheme}; wanted: {scheme}")
    return container


def public_parameters(container: Container) -> tuple[tuple[str, str], ...]:
    """What a container says in clear, names and values for people."""
    if container.samples == "file":
        what = ("file", f"{container.shape[0]} bytes")
    else:
        bits = 16 if container.samples == "u16" else 8
        what = ("samples", f"{' x '.join(map(str, container.shape))}, {bits} bits")
    keys = [
        (f"n, e of copy {i}", f"{copy.key.n}, {copy.key.e}")
        for i, copy in enumerate(container.copies, 1)
    ]
    return (what, ("copies", str(len(container.copies))), *keys)
