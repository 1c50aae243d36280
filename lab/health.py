"""Key health: what attacks make of a public key in sight.

The searches run in a child, and once for each key: a class looks at the same ones.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from exchange.attacking import SeenKey
from lab.errors import LabError, in_words
from rsa_core import AnyPublicKey, CancelledError, ClassroomPublicKey, Finding, PublicKey
from rsa_core.attacks import KEY_HEALTH, Budget, Target, findings_of, start
from rsa_core.key_health import beside
from rsa_core.turns import NOBODY, QUICK, Visitor

BUDGET = Budget(seconds=20.0, memory=1 << 28)
_KEPT = 200  # keys

_known: OrderedDict[tuple[int, int], tuple[Finding, ...]] = OrderedDict()
_lock = threading.Lock()


def health_of(
    key: SeenKey, others: Sequence[SeenKey], visitor: Visitor = NOBODY, channel: str = ""
) -> tuple[Finding, ...]:
    """Tries what is quick against the key, and estimates the rest; takes a second or two.

    Args:
        key: any public key of the channel.
        others: the other ones, against which shared primes are looked for.
        visitor: for the turn, and for ending it when that page is closed.
        channel: for the turn.

    Raises:
        LabError: this session has enough under way, too many wait, the page was closed, or the key
            took too long.
    """
    with _lock:
        alone = _known.get((key.n, key.e))
    if alone is None:
        alone = _checked(key, visitor, channel)
        with _lock:
            _known[key.n, key.e] = alone
            while len(_known) > _KEPT:
                _known.popitem(last=False)
    return beside(alone, _public(key), [_public(other) for other in others if other != key])


def _checked(key: SeenKey, visitor: Visitor, channel: str) -> tuple[Finding, ...]:
    target = Target(b"", keys=((key.n, key.e),))
    with in_words():
        run = start(KEY_HEALTH, target, BUDGET, turn=QUICK.ask(visitor, channel))
    try:
        found = findings_of(run.wait())
    except CancelledError:
        raise LabError(run.state.words) from None
    if not found:
        raise LabError("Checking this key took too long. Try again in a minute.")
    return found


def _public(key: SeenKey) -> AnyPublicKey:
    return ClassroomPublicKey(key.n, key.e) if key.classroom else PublicKey(key.n, key.e)
