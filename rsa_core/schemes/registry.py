"""`SCHEMES`: a mapping that imports a scheme when it is looked up."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from rsa_core.schemes.base import Scheme

_NAMES = ("hybrid", "oaep-blocks", "textbook-blocks", "textbook-pixels")


class _Schemes(Mapping[str, Scheme[Any, Any]]):
    """The scheme `some-name` is the constant SOME_NAME of the module `some_name`."""

    def __getitem__(self, name: str) -> Scheme[Any, Any]:
        if name not in _NAMES:
            raise KeyError(name)
        module = name.replace("-", "_")
        found = importlib.import_module(f"rsa_core.schemes.{module}")
        scheme: Scheme[Any, Any] = getattr(found, module.upper())
        return scheme

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


SCHEMES: Mapping[str, Scheme[Any, Any]] = _Schemes()
