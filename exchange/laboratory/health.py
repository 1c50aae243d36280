"""Key health: what attacks make of a public key in sight."""

from collections.abc import Sequence

from exchange.attack_values import SeenKey
from rsa_core import AnyPublicKey, ClassroomPublicKey, Finding, PublicKey, key_health


def health_of(key: SeenKey, others: Sequence[SeenKey]) -> tuple[Finding, ...]:
    """Tries what is quick against the key, and estimates the rest; takes a second or two.

    Args:
        key: any public key of the channel.
        others: the other ones, against which shared primes are looked for.
    """
    return key_health(_public(key), [_public(other) for other in others if other != key])


def _public(key: SeenKey) -> AnyPublicKey:
    return ClassroomPublicKey(key.n, key.e) if key.classroom else PublicKey(key.n, key.e)
