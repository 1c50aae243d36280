"""Attacks on what was measured, one after the other, each in a process that can be killed.

An attempt is what the overview needs of an outcome. Where the budget was too small, factoring
says what it would take; that figure is an estimate and is called one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from lab.cases import Case
from lab.errors import LabError, in_words
from lab.measuring import Entry
from rsa_core import png_of
from rsa_core.attacks import ATTACKS, Budget, Outcome, Run, Target, start
from rsa_core.key_health import factoring_cost
from rsa_core.turns import LONG, NOBODY, Visitor
from rsa_core.views import thinned

# Those that need one capture; the others want several captures, or a key that was made badly.
ATTACK_TITLES: Mapping[str, str] = MappingProxyType(
    {
        name: ATTACKS[name].title
        for name in ("codebook", "equality-map", "factoring", "brightness", "cut-and-paste")
    }
)
BUDGETS = (2, 5, 20, 60)
DEFAULT_BUDGET = 5
_SIDE = 128


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """What came of one attack.

    Attributes:
        case: what was attacked.
        attack: name, a key of `ATTACK_TITLES`.
        verdict: "broken", "not broken within the budget", "preconditions not met".
        gain: what the attacker has: "the picture", "an outline", "a forged envelope", or "".
        words: what happened and why.
        seconds: computing time, without starting the process.
        estimate: what it would take, where it was not done; "" otherwise.
        picture: PNG of what was recovered, at most 128 a side; None without one.
    """

    case: Case
    attack: str
    verdict: str
    gain: str
    words: str
    seconds: float
    estimate: str
    picture: bytes | None = field(repr=False)

    @property
    def broken(self) -> bool:
        """Whether the attack succeeded."""
        return self.verdict == "broken"


def begin(entry: Entry, attack: str, seconds: float, visitor: Visitor = NOBODY) -> Run:
    """Starts an attack on what was measured, when its turn has come; see `rsa_core.attacks.Run`.

    Raises:
        LabError: no such attack or budget is offered, or this session has enough under way, or
            too many wait on this server.
    """
    if attack not in ATTACK_TITLES or seconds not in BUDGETS:
        raise LabError("Choose attacks and seconds from the lists.")
    target = Target(entry.envelope, keys=(entry.key,))
    with in_words():
        return start(attack, target, Budget(seconds=seconds), turn=LONG.ask(visitor))


def attempt_of(entry: Entry, outcome: Outcome) -> Attempt:
    """What the overview needs of an outcome."""
    not_done = outcome.attack == "factoring" and outcome.verdict == "not broken within the budget"
    pixels = outcome.pixels
    return Attempt(
        case=entry.case,
        attack=outcome.attack,
        verdict=outcome.verdict,
        gain=_gain(outcome),
        words=outcome.words,
        seconds=outcome.seconds,
        estimate=factoring_cost(entry.case.bits) if not_done else "",
        picture=None if pixels is None else png_of(thinned(pixels.astype(np.uint8), _SIDE)),
    )


def _gain(outcome: Outcome) -> str:
    if outcome.verdict != "broken":
        return ""
    if outcome.envelope is not None:
        return "a forged envelope"
    return "the picture" if outcome.exact else "an outline"
