"""What is set side by side: a scheme under a key of some length.

Keys are made once for the whole process and used for comparing alone: what they encrypt is shown
in clear beside it, so there is nothing to protect, and thirty people need not wait for thirty
keys of 4096 bits.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from rsa_core import SCHEMES, SEED_KEY, AnyKeyPair, ClassroomKeyPair, KeyPair

_SEED_BITS = SEED_KEY.public.bits


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """One column of the comparison.

    Attributes:
        scheme: name of the scheme.
        bits: length of the modulus.
    """

    scheme: str
    bits: int

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.scheme}, {self.bits} bits"

    @property
    def insecure(self) -> bool:
        """Whether the scheme is meant to be broken."""
        return SCHEMES[self.scheme].key_kind == "classroom key"


CASES: tuple[Case, ...] = (
    *(Case("textbook-pixels", bits) for bits in (_SEED_BITS, 64, 128, 192, 2048, 4096)),
    *(Case("textbook-blocks", bits) for bits in (64, 128, 192, 2048, 4096)),
    *(Case("oaep-blocks", bits) for bits in (2048, 3072, 4096)),
    *(Case("hybrid", bits) for bits in (2048, 3072, 4096)),
)
DEFAULT_CASES: tuple[Case, ...] = (
    *(Case("textbook-pixels", bits) for bits in (_SEED_BITS, 128, 2048)),
    *(Case("textbook-blocks", bits) for bits in (64, 128, 2048)),
    *(Case("oaep-blocks", bits) for bits in (2048, 3072)),
    *(Case("hybrid", bits) for bits in (2048, 3072)),
)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key pair, and the seconds that making it took; 0 for the published one."""

    pair: AnyKeyPair
    seconds: float


_lock = threading.Lock()
_made: dict[tuple[str, int], MadeKey] = {}


def key_for(case: Case) -> MadeKey:
    """The process's key of this kind and length; made at the first call, up to some seconds."""
    kind = SCHEMES[case.scheme].key_kind
    with _lock:
        if (kind, case.bits) not in _made:
            start = time.perf_counter()
            pair = _makers()[kind](case.bits)
            seconds = 0.0 if pair is SEED_KEY else time.perf_counter() - start
            _made[kind, case.bits] = MadeKey(pair, seconds)
        return _made[kind, case.bits]


def _makers() -> dict[str, Callable[[int], AnyKeyPair]]:
    return {"key pair": KeyPair.generate, "classroom key": _classroom_key}


def _classroom_key(bits: int) -> ClassroomKeyPair:
    return SEED_KEY if bits == _SEED_BITS else ClassroomKeyPair.generate(bits)
