"""The exhibit "passes every test, still broken": three ciphers on the student's own picture.

    xor       a keystream that looks perfect, from a key of 16 bits: all keys are tried
    blocks    RSA without padding, 128 bits: the bytes look random, and n is factored
    shuffle   pixels moved about by a secret permutation, used twice: chosen pictures tell it

The first passes all statistics, the second all that look at one ciphertext, the third fools the
correlation.
"""

import hashlib
import math
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from rsa_core.analysis.ciphertext import measured
from rsa_core.analysis.experiment import one_changed
from rsa_core.attacks.methods import factoring
from rsa_core.attacks.values import Budget, Pixels, Target
from rsa_core.classroom import ClassroomKeyPair, ClassroomPublicKey
from rsa_core.pictures import png_of, read_picture
from rsa_core.schemes.textbook_blocks import TEXTBOOK_BLOCKS

Samples = NDArray[np.uint8]

KEYS = 1 << 16
BITS = 128

EXHIBITS: Mapping[str, str] = MappingProxyType(
    {
        "xor": "A perfect keystream from a key of 16 bits",
        "blocks": f"RSA without padding, blocks under {BITS} bits",
        "shuffle": "Pixels moved about by a secret permutation",
    }
)  # titles

_LOOKED_AT = 768  # samples by which a right key is recognised
_KEYS_AT_ONCE = 4096
_CLEAR = 0.6  # of the median roughness; a right key is far below, a wrong one close to 1


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One of `EXHIBITS`, shown and broken in `seconds`.

    `cipher` is to be measured, uint8, two or three axes; `partner` is the same after one sample of
    the picture was changed. `recovered` is None where the attack did not recognise the picture;
    `words` say how it was broken, and what the tests had said.
    """

    name: str
    cipher: Samples = field(repr=False)
    partner: Samples = field(repr=False)
    recovered: Pixels | None = field(repr=False)
    words: str
    seconds: float


def show(name: str, pixels: Samples) -> Shown:
    """Encrypts a picture, uint8 of shape (H, W) or (H, W, C), with an exhibit, and breaks it.

    Raises:
        ValueError: no such exhibit, or samples that are not uint8.
        LimitError: the picture is too large for the block cipher.
    """
    if name not in EXHIBITS:
        raise ValueError(f"no such exhibit; there are {', '.join(EXHIBITS)}")
    if pixels.dtype != np.uint8:
        raise ValueError("the exhibit takes samples of 8 bits")
    return _SHOWS[name](pixels)


def xor_encrypt(pixels: Samples, key: int) -> Samples:
    """Adds the keystream SHAKE128(key, 2 bytes): perfect noise, from one of 65 536 keys."""
    return pixels ^ _keystream(key, pixels.size).reshape(pixels.shape)


def xor_break(cipher: Samples) -> int | None:
    """Tries all keys; the right one gives neighbouring samples that resemble each other.

    None where no key stands out, as for a picture that is itself noise.
    """
    size = min(cipher.size, _LOOKED_AT)
    start = cipher.reshape(-1)[:size]
    channels = cipher.shape[2] if cipher.ndim == 3 else 1
    if size <= channels:
        return None
    roughness = np.empty(KEYS)
    for first in range(0, KEYS, _KEYS_AT_ONCE):
        streams = np.stack([_keystream(key, size) for key in range(first, first + _KEYS_AT_ONCE)])
        tried = (streams ^ start).astype(np.int16)
        steps = np.abs(tried[:, channels:] - tried[:, :-channels])
        roughness[first : first + _KEYS_AT_ONCE] = steps.mean(axis=1)
    best = int(roughness.argmin())
    return best if roughness[best] < _CLEAR * float(np.median(roughness)) else None


def shuffle_encrypt(pixels: Samples, permutation: NDArray[np.intp]) -> Samples:
    """Moves pixel `permutation[j]` to place j, rows read one after the other."""
    flat = pixels.reshape(permutation.size, -1)
    return flat[permutation].reshape(pixels.shape)


def shuffle_break(
    oracle: Callable[[Samples], Samples], shape: tuple[int, ...]
) -> tuple[NDArray[np.intp], int]:
    """The secret permutation from chosen pictures, and how many of them were asked for.

    Each pixel carries the number of its place: ceil(log256(pixels) / channels) pictures suffice,
    one or two (Li and others, "A general quantitative cryptanalysis of permutation-only multimedia
    ciphers", 2008). The oracle encrypts pictures of `shape`, (H, W) or (H, W, C).
    """
    pixels, channels = shape[0] * shape[1], shape[2] if len(shape) == 3 else 1
    digits = max(1, math.ceil(math.log(pixels, 256)))
    asked = -(-digits // channels)
    places = np.arange(pixels)
    source = np.zeros(pixels, np.intp)
    for number in range(asked):
        chosen = [(places >> 8 * (number * channels + c)) & 255 for c in range(channels)]
        answer = oracle(np.stack(chosen, axis=1).astype(np.uint8).reshape(shape))
        for c, plane in enumerate(answer.reshape(pixels, channels).T):
            source |= plane.astype(np.intp) << 8 * (number * channels + c)
    return source, asked


def _xor(pixels: Samples) -> Shown:
    cipher = xor_encrypt(pixels, secrets.randbelow(KEYS))
    partner = xor_encrypt(one_changed(pixels), secrets.randbelow(KEYS))
    start = time.perf_counter()
    key = xor_break(cipher)
    recovered = None if key is None else xor_encrypt(cipher, key)
    return Shown(
        "xor",
        cipher,
        partner,
        recovered,
        f"All {KEYS} keys were tried; one of them gives neighbours that resemble each other. "
        "Statistics see nothing but noise here."
        if recovered is not None
        else f"All {KEYS} keys were tried, and none gives a picture: it seems to be noise itself.",
        time.perf_counter() - start,
    )


def _blocks(pixels: Samples) -> Shown:
    public = ClassroomKeyPair.generate(BITS).public
    envelope, cipher = _sealed(pixels, public)
    _, partner = _sealed(one_changed(pixels), public)
    outcome = factoring.ATTACK.run(Target(envelope), Budget())
    return Shown(
        "blocks",
        cipher,
        partner,
        outcome.pixels,
        "The bytes of one ciphertext look random. But n was factored, and a second ciphertext "
        "shows that a change stays where it was made: equal blocks stay equal.",
        outcome.seconds,
    )


def _shuffle(pixels: Samples) -> Shown:
    count = pixels.shape[0] * pixels.shape[1]
    secret = np.random.default_rng(secrets.randbits(128)).permutation(count)
    cipher = shuffle_encrypt(pixels, secret)
    partner = shuffle_encrypt(one_changed(pixels), secret)
    start = time.perf_counter()
    found, asked = shuffle_break(lambda chosen: shuffle_encrypt(chosen, secret), pixels.shape)
    recovered = np.empty_like(pixels).reshape(count, -1)
    recovered[found] = cipher.reshape(count, -1)
    return Shown(
        "shuffle",
        cipher,
        partner,
        recovered.reshape(pixels.shape),
        f"{asked} chosen pictures, encrypted with the same key, tell where every pixel went. "
        "Correlation sees noise here; the histogram is still that of the picture.",
        time.perf_counter() - start,
    )


_SHOWS = {"xor": _xor, "blocks": _blocks, "shuffle": _shuffle}


def _keystream(key: int, size: int) -> Samples:
    return np.frombuffer(hashlib.shake_128(key.to_bytes(2, "big")).digest(size), np.uint8)


def _sealed(pixels: Samples, public: ClassroomPublicKey) -> tuple[bytes, Samples]:
    envelope = TEXTBOOK_BLOCKS.seal(read_picture(png_of(pixels)), [public]).envelope
    return envelope, measured(TEXTBOOK_BLOCKS.capture(envelope)).samples
