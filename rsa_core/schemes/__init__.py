"""The schemes by name. `hybrid` is first: it is the default and the only one for real use.

The others bring numpy and Pillow along, and are imported when somebody asks for them.
"""

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rsa_core.schemes.base import (
    AnyKeyPair,
    AnyPublicKey,
    Capture,
    Opened,
    RecipientFacts,
    Scheme,
    Sealed,
)
from rsa_core.schemes.hybrid import HYBRID

if TYPE_CHECKING:
    from rsa_core.schemes.oaep_blocks import OAEP_BLOCKS
    from rsa_core.schemes.textbook_blocks import TEXTBOOK_BLOCKS
    from rsa_core.schemes.textbook_pixels import TEXTBOOK_PIXELS

_NAMES = ("hybrid", "oaep-blocks", "textbook-blocks", "textbook-pixels")
_CONSTANTS = {name.replace("-", "_").upper(): name for name in _NAMES}


class _Schemes(Mapping[str, Scheme[Any, Any]]):
    """The registry: `name` is the constant NAME of the module `name`, dashes as underscores."""

    def __getitem__(self, name: str) -> Scheme[Any, Any]:
        if name not in _NAMES:
            raise KeyError(name)
        module = name.replace("-", "_")
        scheme: Scheme[Any, Any] = getattr(
            importlib.import_module(f"{__name__}.{module}"), module.upper()
        )
        return scheme

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


SCHEMES: Mapping[str, Scheme[Any, Any]] = _Schemes()

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
    "RecipientFacts",
    "Scheme",
    "Sealed",
]


def __getattr__(name: str) -> Scheme[Any, Any]:
    """A scheme by its constant (PEP 562)."""
    if name not in _CONSTANTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return SCHEMES[_CONSTANTS[name]]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
