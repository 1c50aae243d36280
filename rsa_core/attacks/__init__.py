"""The interceptor's attacks: real ones, on real captures, with an honest verdict.

run = start("codebook", Target(envelope), Budget(seconds=10))
run.state.picture       the picture appearing
run.wait().verdict      "broken", "not broken within the budget", "preconditions not met"
"""

from rsa_core.attacks import exhibit
from rsa_core.attacks.attack import Attack
from rsa_core.attacks.catalogue import ATTACKS
from rsa_core.attacks.methods.codebook import stages
from rsa_core.attacks.outcomes import pack_outcome, parse_outcome
from rsa_core.attacks.running import Run, State, start
from rsa_core.attacks.values import Budget, Outcome, Target, Verdict

__all__ = [
    "ATTACKS",
    "Attack",
    "Budget",
    "Outcome",
    "Run",
    "State",
    "Target",
    "Verdict",
    "exhibit",
    "pack_outcome",
    "parse_outcome",
    "stages",
    "start",
]
