"""Key health: what attacks make of a public key in sight.

The searches run in a child, and once for each key: a class looks at the same ones.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from exchange.attack_values import SeenKey
from lab.errors import LabError, in_words
from rsa_core import AnyPublicKey, ClassroomPublicKey, Finding, PublicKey
from rsa_core.key_health import beside, health_alone
from rsa_core.processes import EndedError, in_child
from rsa_core.turns import NOBODY, QUICK, Visitor

SECONDS = 20.0
MEMORY = 1 << 28  # bytes
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
    with in_words(), QUICK.taken(visitor, channel) as turn:
        try:
            found: tuple[Finding, ...] = in_child(
                health_alone, key.n, key.e, memory=MEMORY, seconds=SECONDS, stop=lambda: turn.gone
            )
        except EndedError as error:
            words = "Checking this key took too long. Try again in a minute."
            raise LabError(turn.words if error.why == "stopped" else words) from None
    return found


def _public(key: SeenKey) -> AnyPublicKey:
    return ClassroomPublicKey(key.n, key.e) if key.classroom else PublicKey(key.n, key.e)
