"""What the classroom schemes share: one copy for each different key, in a container."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rsa_core.classroom import ClassroomPublicKey
from rsa_core.envelopes.container import MAX_ENVELOPE, Container, Samples, SchemeName
from rsa_core.errors import EnvelopeFormatError, LimitError, RecipientError
from rsa_core.keys import PublicKey
from rsa_core.left_out import words_for
from rsa_core.pictures import Picture, Pixels, png_of
from rsa_core.residues import Blocks, Copy, Residues
from rsa_core.schemes.base import Capture, Opened, RecipientFacts, Sealed


class ContainerScheme:
    """A scheme whose envelope is a `Container`."""

    name: SchemeName
    secure = False
    authenticated = False
    key_kind: Literal["key pair", "classroom key"] = "classroom key"
    keeps: Literal["file", "pixels"] = "pixels"
    suffix = ".rsaimg"

    def capture(self, envelope: bytes) -> Capture:
        """Reads what is public; raises as `Scheme.capture`."""
        container = self._parsed(envelope)
        residues = tuple(copy for copy in container.copies if isinstance(copy, Residues))
        first, keys = container.copies[0], [copy.key for copy in container.copies]
        wide = container.samples == "u16"
        return Capture(
            scheme=self.name,
            size=len(envelope),
            recipients=tuple(RecipientFacts(key.fingerprint, key.bits) for key in keys),
            parameters=public_parameters(container),
            ciphertext=first.data if isinstance(first, Blocks) else b"",
            residue_width=first.key.width,
            shape=bytes_shape(container) if residues else None,
            moduli=() if self.key_kind == "key pair" else tuple((key.n, key.e) for key in keys),
            residues=residues,
            wide=wide,
        )

    def _parsed(self, envelope: bytes) -> Container:
        container = Container.parse(envelope)
        if container.scheme != self.name:
            raise EnvelopeFormatError(
                f"the envelope is of {container.scheme}; expected {self.name}"
            )
        return container

    def _packed(self, plain: "Plain", copies: Sequence[Copy]) -> Sealed:
        container = Container(
            self.name, plain.samples, plain.shape, tuple(copies), plain.left_out, plain.profile
        )
        return Sealed(container.pack(), container.digest(), None)


@dataclass(frozen=True, slots=True)
class Plain:
    """What is encrypted, and what a container says beside it.

    Attributes:
        data: the samples' bytes in reading order, or a file's.
        samples, shape, left_out, profile: as in `Container`.
    """

    data: bytes = field(repr=False)
    samples: Samples
    shape: tuple[int, ...]
    left_out: int = 0
    profile: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, picture: Picture) -> "Plain":
        """The samples of a picture (PictureError: there is a problem)."""
        pixels = picture.pixels()
        samples: Samples = "u16" if pixels.dtype == np.uint16 else "u8"
        data = bytes_of(pixels).tobytes()
        return cls(data, samples, pixels.shape, picture.left_out, picture.profile)


def opened_pixels(container: Container, samples: NDArray[np.uint8]) -> Opened:
    """What comes out of an envelope that keeps the pixels: as a PNG, and as samples."""
    pixels = pixels_of(samples, container)
    png = png_of(pixels, container.profile)
    return Opened(png, pixels, container.digest(), None, words_for(container.left_out))


def copy_for(container: Container, key: ClassroomPublicKey | PublicKey) -> Copy:
    """The copy that was made under a key (RecipientError: there is none)."""
    for copy in container.copies:
        if (copy.key.n, copy.key.e) == (key.n, key.e):
            return copy
    raise RecipientError("the envelope has no copy for this key")


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


def bytes_shape(container: Container) -> tuple[int, ...]:
    """Of the samples' bytes in the picture's own grid: those of a pixel are its last axis."""
    if container.samples != "u16":
        return container.shape
    height, width, *channels = container.shape
    return height, width, 2 * (channels[0] if channels else 1)


def distinct_keys(recipients: Sequence[ClassroomPublicKey]) -> list[ClassroomPublicKey]:
    """Each key once, by first mention: a class may share the published one (ValueError: none)."""
    keys = list(dict.fromkeys(recipients))
    if not keys:
        raise ValueError("an envelope has at least one recipient")
    return keys


def check_size(copies: int, size: int) -> None:
    """Refuses copies of `size` bytes together, before any work is done (LimitError: too large)."""
    if size > MAX_ENVELOPE:
        raise LimitError(
            f"{copies} different keys would make an envelope of {size / 1e6:.0f} MB; "
            f"the limit is {MAX_ENVELOPE / 1e6:.0f} MB"
        )


def public_parameters(container: Container) -> tuple[tuple[str, str], ...]:
    """What a container says in clear, names and values for people."""
    if container.samples == "file":
        what = ("file", f"{container.shape[0]} bytes")
    else:
        bits = 16 if container.samples == "u16" else 8
        what = ("samples", f"{' x '.join(map(str, container.shape))}, {bits} bits")
    rest = []
    if container.left_out:
        rest.append(("left out", "; ".join(words_for(container.left_out))))
    if container.profile:
        rest.append(("colour profile", f"{len(container.profile)} bytes"))
    keys = [
        (f"n, e of copy {i}", f"{copy.key.n}, {copy.key.e}")
        for i, copy in enumerate(container.copies, 1)
    ]
    return (what, *rest, ("copies", str(len(container.copies))), *keys)
