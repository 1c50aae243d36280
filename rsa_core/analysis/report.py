"""All statistics of one ciphertext on one page, corrected for their number.

A 12-megapixel RGB picture, with its original and a second ciphertext, takes under two seconds.
"""

import math

import numpy as np
from numpy.typing import NDArray

from rsa_core.analysis.ciphertext import BLOCK
from rsa_core.analysis.differential import bit_change_test, npcr_test, uaci_test
from rsa_core.analysis.duplicates import count_equal
from rsa_core.analysis.histograms import (
    bit_balance_test,
    chi_square_test,
    entropy_test,
    histogram,
    local_entropy_test,
)
from rsa_core.analysis.measurements import LEVEL, Measurement, corrected, judged, unjudged
from rsa_core.analysis.neighbours import DIRECTIONS, Samples, correlation_test
from rsa_core.analysis.similarity import mae, psnr, ssim_of_bands

CANNOT_SHOW = (
    "These tests compare the ciphertext with noise. They can show weakness, never strength: a "
    "cipher with a key of 16 bits, and RSA without padding in large blocks, pass most of them "
    "and are broken at once. Ideal noise itself fails one page of tests in twenty."
)


def report(
    cipher: NDArray[np.uint8],
    *,
    plain: NDArray[np.uint8] | None = None,
    partner: NDArray[np.uint8] | None = None,
    whole: Samples | None = None,
    block: int = BLOCK,
    level: float = LEVEL,
) -> tuple[Measurement, ...]:
    """Measures a ciphertext.

    Args:
        cipher: uint8, shape (H, W) or (H, W, C); see `measured` for captures.
        plain: the original of the same shape, where it may be known: MAE, PSNR and SSIM.
        partner: the ciphertext, of the same shape, of a plaintext that differs in one sample:
            NPCR, UACI and bit change.
        whole: the samples whose bytes `cipher` has, where those have 16 bits: neighbours are
            compared by them.
        block: bytes of a block, where equal ones are looked for; `Measured.block`.
        level: of all tests together (Holm).

    Raises:
        ValueError: not uint8, empty, of another number of axes, or shapes that differ.
    """
    if cipher.ndim not in (2, 3):
        raise ValueError("a picture has two axes, or three with channels")
    samples = cipher if whole is None else whole
    counts = histogram(cipher)
    page = [
        chi_square_test(counts, level),
        entropy_test(counts, level),
        local_entropy_test(cipher, level),
        bit_balance_test(counts, level),
        *(correlation_test(samples, direction, level) for direction in DIRECTIONS),
        duplicates_test(cipher, block, level),
    ]
    if partner is not None:
        page += [
            npcr_test(cipher, partner, level),
            uaci_test(cipher, partner, level),
            bit_change_test(cipher, partner, level),
        ]
    return (*corrected(page), *(() if plain is None else likeness(plain, cipher)))


def duplicates_test(
    samples: NDArray[np.uint8], width: int = BLOCK, level: float = LEVEL
) -> Measurement:
    """Whether any two blocks of `width` bytes, at multiples of it, are equal.

    The value is the number of blocks that have a twin. Among N random blocks the pairs are
    Poisson distributed with mean N (N - 1) / 2^(8 width + 1).
    """
    name = f"Equal blocks of {width} bytes"
    explanation = (
        "Blocks that occur more than once; the number of equal pairs in noise is Poisson "
        "distributed, and practically 0."
    )
    if samples.size < 2 * width:
        return judged(
            name, None, p_value=None, far="", missing="too few blocks", explanation=explanation
        )
    blocks, distinct, repeated = count_equal(samples, width)
    expected = blocks * (blocks - 1) / 2 ** (8 * width + 1)
    return judged(
        name,
        float(repeated),
        ideal=0.0,
        high=0.0,
        p_value=-math.expm1(-expected) if repeated else 1.0,
        level=level,
        far=f"equal pixels stay equal; {distinct} of {blocks} blocks are different",
        explanation=explanation,
    )


def likeness(plain: Samples, other: Samples) -> tuple[Measurement, ...]:
    """MAE, PSNR and SSIM between an original and something else of its shape; raises as `mae`."""
    ratio, alike = psnr(plain, other), ssim_of_bands(plain, other)
    equal, top = math.isinf(ratio), np.iinfo(plain.dtype).max
    return (
        unjudged(
            "MAE",
            mae(plain, other),
            "equal to the original" if equal else f"{top / 3:.2f} between two uniform pictures",
            "Mean absolute error in sample steps.",
        ),
        unjudged(
            "PSNR",
            ratio,
            "infinite: equal to the last bit" if equal else "7.7 to 9.3 dB for noise",
            f"10 log10({top}² / MSE).",
            unit="dB",
        ),
        unjudged(
            "SSIM",
            alike,
            "n/a: no window of 7 x 7 fits" if alike is None else "near 0 for noise, 1 when equal",
            "Structural similarity over 7 x 7 windows (Wang and others 2004); of large pictures "
            "over bands of half a megapixel in all.",
        ),
    )
