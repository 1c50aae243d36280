"""How alike two pictures are: MAE, PSNR, SSIM. For original and result, not for secrecy.

After a round trip PSNR must be infinite. Between a picture and its ciphertext it should be as low
as that of noise, which is 7.7 to 9.3 dB for photographs, and SSIM near 0; but low figures prove
nothing, as any scrambling gives them.
"""

import math

import numpy as np
from numpy.typing import NDArray

from rsa_core.analysis.differential import Pixels, check_pair, distances

WINDOW = 7
_SAMPLED = 1 << 19  # pixels above which `ssim_of_bands` looks at a part
_BAND = 32

Floats = NDArray[np.float64]


def mae(first: Pixels, second: Pixels) -> float:
    """Mean absolute error in sample steps; 85.33 for two uniform 8-bit ones. Raises as `npcr`."""
    check_pair(first, second)
    counts = distances(first, second)
    return int(counts @ np.arange(counts.size)) / first.size


def mse(first: Pixels, second: Pixels) -> float:
    """Mean squared error in sample steps squared; raises as `npcr`."""
    check_pair(first, second)
    counts = distances(first, second)
    return int(counts @ np.arange(counts.size) ** 2) / first.size


def psnr(first: Pixels, second: Pixels) -> float:
    """Peak signal-to-noise ratio, 10 log10(top^2 / MSE) dB; infinite if equal. Raises as `npcr`."""
    top = check_pair(first, second)
    error = mse(first, second)
    return math.inf if error == 0 else 10 * math.log10(top * top / error)


def ssim(first: Pixels, second: Pixels) -> float | None:
    """Structural similarity, -1 to 1: mean over all uniform 7 x 7 windows and all channels.

    None where no window fits; raises as `npcr`. Sample covariance and the constants of Wang,
    Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural
    similarity" (2004); agrees with scikit-image.
    """
    top = check_pair(first, second)
    if min(first.shape[:2]) < WINDOW:
        return None
    a, b = (one.reshape(*one.shape[:2], -1) for one in (first, second))
    planes = [_ssim_of_plane(a[..., c], b[..., c], top) for c in range(a.shape[2])]
    return sum(planes) / len(planes)


def ssim_of_bands(first: Pixels, second: Pixels) -> float | None:
    """`ssim` of a large picture from bands of 32 rows, evenly spread, of half a megapixel in all.

    Up to that size it is `ssim` itself. Memory and time stay bounded.
    """
    height, width = first.shape[:2]
    if first.shape != second.shape or height * width <= _SAMPLED or height < 2 * _BAND:
        return ssim(first, second)
    count = max(1, _SAMPLED // (_BAND * width))
    tops = [round(k * (height - _BAND) / max(1, count - 1)) for k in range(count)]
    bands = [ssim(first[y : y + _BAND], second[y : y + _BAND]) for y in tops]
    found = [band for band in bands if band is not None]
    return sum(found) / len(found) if found else None


def _ssim_of_plane(first: Pixels, second: Pixels, top: int) -> float:
    x, y = first.astype(np.float64), second.astype(np.float64)
    mean_x, mean_y = _box(x), _box(y)
    sample = WINDOW**2 / (WINDOW**2 - 1)
    var_x = sample * (_box(x * x) - mean_x * mean_x)
    var_y = sample * (_box(y * y) - mean_y * mean_y)
    both = sample * (_box(x * y) - mean_x * mean_y)
    c1, c2 = (0.01 * top) ** 2, (0.03 * top) ** 2
    numerator = (2 * mean_x * mean_y + c1) * (2 * both + c2)
    return float((numerator / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))).mean())


def _box(plane: Floats) -> Floats:
    """Mean over each window that fits, by cumulative sums."""
    sums = np.pad(np.cumsum(np.cumsum(plane, 0), 1), ((1, 0), (1, 0)))
    w = WINDOW
    windows: Floats = sums[w:, w:] - sums[:-w, w:] - sums[w:, :-w] + sums[:-w, :-w]
    return windows / (w * w)
