from .base import (
    AnyKeyPair,
    AnyPublicKey,
    Capture,
    Opened,
    Progress,
    RecipientFacts,
    Scheme,
    Sealed,
)
from .hybrid import HYBRID
from .oaep_blocks import OAEP_BLOCKS
from .registry import SCHEMES
from .textbook_blocks import TEXTBOOK_BLOCKS
from .textbook_pixels import TEXTBOOK_PIXELS

__all__ = [
    "HYBRID",
    "OAEP_BLOCKS",
    "SCHEMES",
    "TEXTBOOK_BLOCKS",
    "TEXTBOOK_PIXELS",
    "AnyKeyPair",
    "AnyPublicKey",
    "Capture",
    "Opened",
    "Progress",
    "RecipientFacts",
    "Scheme",
    "Sealed",
]
