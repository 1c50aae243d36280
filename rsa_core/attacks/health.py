"""Key health in a child: at 8192 bits its searches would hold up every page of the server.

The child speaks as it does for an attack. The target's first key is the one that is checked, and
each line of the outcome's evidence is one finding, as JSON.
"""

import json
from dataclasses import asdict

from rsa_core.attacks.course import Progress, Show
from rsa_core.attacks.values import Budget, Outcome, Target
from rsa_core.errors import EnvelopeFormatError
from rsa_core.key_health import Finding, health_alone

KEY_HEALTH = "key-health"


def check(
    target: Target,
    _budget: Budget,
    *,
    progress: Progress | None = None,
    show: Show | None = None,
) -> Outcome:
    """Checks the target's first key by itself; a second or so at 8192 bits."""
    del progress, show
    found = health_alone(*target.keys[0])
    lines = tuple(json.dumps(asdict(one)) for one in found)
    return Outcome(KEY_HEALTH, "preconditions not met", "Checked", evidence=lines)


def findings_of(outcome: Outcome) -> tuple[Finding, ...]:
    """What `check` found; () where the budget did not suffice.

    Raises:
        EnvelopeFormatError: the lines are no findings.
    """
    try:
        return tuple(Finding(**json.loads(line)) for line in outcome.evidence)
    except (TypeError, ValueError):
        raise EnvelopeFormatError("the bytes are no key health report") from None
