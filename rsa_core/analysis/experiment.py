"""A chosen-plaintext experiment: one's own picture, sealed twice under a captured public key.

NPCR, UACI and bit change need two ciphertexts whose plaintexts differ in one sample. An
interceptor has them without any secret, because the public key is public. The picture is written
as plain PPM or PGM, so that the schemes that encrypt files get two of the same length.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rsa_core.analysis.ciphertext import Measured, measured
from rsa_core.pictures import ppm_of, read_picture
from rsa_core.schemes.base import AnyPublicKey, Scheme


@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """Ciphertexts of a picture, and of the same with one sample changed in its lowest bit."""

    first: Measured
    second: Measured


def sealed_twice(
    scheme: Scheme[Any, Any],
    pixels: NDArray[np.uint8],
    public: AnyPublicKey,
    *,
    changed: bool = True,
) -> Experiment:
    """Seals a test picture, changes one sample in its middle, and seals it again.

    The samples are uint8, shape (H, W) or (H, W, C); of four channels the first three are taken,
    of two the first. Without `changed` the same picture is sealed twice: a scheme with randomness
    gives unrelated ciphertexts even so.

    Raises:
        ValueError: the samples are not uint8, or are no picture.
        KeyFormatError, LimitError: as the scheme's `seal`.
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or not pixels.size:
        raise ValueError("the experiment takes a picture of 8-bit samples")
    plain = _opaque(pixels)
    other = one_changed(plain) if changed else plain
    envelopes = [scheme.seal(read_picture(ppm_of(one)), [public]) for one in (plain, other)]
    return Experiment(*(measured(scheme.capture(one.envelope)) for one in envelopes))


def one_changed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same picture with the lowest bit of its middle sample changed."""
    changed = pixels.copy()
    changed.reshape(-1)[pixels.size // 2] ^= np.uint8(1)
    return changed


def _opaque(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.ndim == 2:
        return pixels
    return pixels[..., :3].copy() if pixels.shape[2] >= 3 else pixels[..., 0].copy()
