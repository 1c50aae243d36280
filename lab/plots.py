"""Plots of the report, as SVG without a script; drawn in the text's own colour, light or dark."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

_WIDE, _HIGH = 256, 96


def histogram_svg(plain: Sequence[int], cipher: Sequence[int], alt: str) -> str:
    """The original's histogram as a grey area, the ciphertext's as a line; one scale for both.

    Args:
        plain: 256 counts.
        cipher: 256 counts.
        alt: what it is, in plain text.
    """
    top = max(*plain, *cipher, 1)
    area = "".join(f"L{v} {_y(count, top)}" for v, count in enumerate(plain))
    line = "L".join(f"{v} {_y(count, top)}" for v, count in enumerate(cipher))
    return _svg(
        _WIDE,
        _HIGH,
        alt,
        f'<path class="plain" d="M0 {_HIGH}{area}L255 {_HIGH}Z"/><path class="line" d="M{line}"/>',
    )


def scatter_svg(dots: NDArray[np.uint8], alt: str) -> str:
    """Neighbouring samples: the one to the right, its neighbour upwards.

    Args:
        dots: shape (N, 2).
        alt: what it is, in plain text.
    """
    points = "".join(f"M{x} {255 - y}h2" for x, y in dots.tolist())
    return _svg(_WIDE, _WIDE, alt, f'<path class="dots" d="{points}"/>')


def _y(count: int, top: int) -> str:
    return f"{_HIGH - _HIGH * count / top:.1f}"


def _svg(width: int, height: int, alt: str, inside: str) -> str:
    label = escape(alt)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {width} {height}" '
        f'preserveAspectRatio="none" class="h{height}"><title>{label}</title>{inside}</svg>'
    )
