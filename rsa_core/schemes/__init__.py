"""The schemes by name. `hybrid` is first: it is the default and the only one for real use."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rsa_core.schemes.base import (
    AnyKeyPair,
    AnyPublicKey,
    Capture,
    Opened,
    Progress,
    RecipientFacts,
    Scheme,
    Sealed,
)
from rsa_core.schemes.hybrid import HYBRID
from rsa_core.schemes.oaep_blocks import OAEP_BLOCKS
from rsa_core.schemes.textbook_blocks import TEXTBOOK_BLOCKS
from rsa_core.schemes.textbook_pixels import TEXTBOOK_PIXELS

SCHEMES: Mapping[str, Scheme[Any, Any]] = MappingProxyType(
    {scheme.name: scheme for scheme in (HYBRID, OAEP_BLOCKS, TEXTBOOK_BLOCKS, TEXTBOOK_PIXELS)}
)

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
