"""The plain values of the laboratory: what is attacked, with how much, and what came of it.

An attack sees what an interceptor sees: envelopes, public keys, perhaps their own key pair.
It gives one of three verdicts, and words that a class can check. There is no fourth: an attack
that fails says which assumption stopped it.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rsa_core.classroom import ClassroomKeyPair

Verdict = Literal["broken", "not broken within the budget", "preconditions not met"]
Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What the interceptor has.

    Attributes:
        envelope: the capture under attack, whole.
        others: other captured envelopes of the channel, the newest first.
        keys: (n, e) of every public key seen in the channel, whatever its kind.
        own: the attacker's own key pair, for attacks from inside.
        known: upper bits of a prime factor that leaked: the number, and how many bits of its lower
            end are unknown.
    """

    envelope: bytes = field(repr=False)
    others: tuple[bytes, ...] = field(default=(), repr=False)
    keys: tuple[tuple[int, int], ...] = ()
    own: ClassroomKeyPair | None = field(default=None, repr=False)
    known: tuple[int, int] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Budget:
    """What an attack may spend: wall-clock seconds and bytes of memory (ValueError: out of range).

    Memory is what it takes beyond the interpreter and its libraries.
    """

    seconds: float = 60.0
    memory: int = 1 << 30

    def __post_init__(self) -> None:
        numbers = (self.seconds, self.memory)
        if not all(isinstance(one, int | float) and 0 <= one < math.inf for one in numbers):
            raise ValueError("a budget is a number of seconds and one of bytes, both finite")


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of one attack.

    Attributes:
        words: what happened and why, for people; when it failed, the assumption that stopped it.
        pixels: the recovered picture, uint8 or uint16, (H, W) or (H, W, C); where a sample could
            not be recovered it is 0. None where there is no picture.
        exact: whether `pixels` is the sender's picture to the last bit, not a part or an outline.
        file: the recovered picture file, where the scheme encrypts files.
        envelope: a forged envelope, for attacks that change what travels.
        candidates: where the ciphertext does not tell which of a few pictures was sent, all of
            them; `pixels` is the first.
        seconds: wall clock.
        evidence: lines that let people check it: numbers, counts, times.
    """

    attack: str
    verdict: Verdict
    words: str
    pixels: Pixels | None = field(default=None, repr=False)
    exact: bool = False
    file: bytes | None = field(default=None, repr=False)
    envelope: bytes | None = field(default=None, repr=False)
    key: ClassroomKeyPair | None = field(default=None, repr=False)
    seconds: float = 0.0
    evidence: tuple[str, ...] = ()
    candidates: tuple[Pixels, ...] = field(default=(), repr=False)
