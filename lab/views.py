"""A capture made visible: as pixels, and in hexadecimal."""

from exchange.interceptor import CapturedPicture
from rsa_core import png_of, views


def noise_picture(captured: CapturedPicture) -> bytes:
    """The ciphertext drawn as pixels: a PNG, at most 512 on a side."""
    return png_of(views.noise_picture(captured.facts))


def hex_dump(captured: CapturedPicture, size: int) -> str:
    """The first `size` bytes of the ciphertext: offset and hex, 16 bytes a line."""
    return views.hex_rows(views.ciphertext_head(captured.facts, size))
