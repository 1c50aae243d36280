"""What an interceptor may work out from one capture: pictures and numbers, no keys.

Everything here is a function of a `CapturedImage` alone.
"""

from exchange.values import ByteStatistics, CapturedImage
from rsa_core import png_of, views


def noise_picture(captured: CapturedImage) -> bytes:
    """The ciphertext drawn as pixels: a PNG, at most 512 on a side."""
    return png_of(views.noise_picture(captured.facts))


def byte_statistics(captured: CapturedImage) -> ByteStatistics:
    """Histogram and entropy of the ciphertext's bytes."""
    counts = views.byte_histogram(captured.facts)
    return ByteStatistics(
        counts=tuple(int(count) for count in counts),
        total=int(counts.sum()),
        entropy=views.entropy(counts),
    )


def hex_dump(captured: CapturedImage, size: int) -> str:
    """The first `size` bytes of the ciphertext: offset and hex, 16 bytes a line."""
    return views.hex_rows(views.ciphertext_head(captured.facts, size))
