"""Captures as an interceptor has them, without a channel."""

from dataclasses import dataclass

import pytest

from rsa_core import SCHEMES, SEED_KEY, Capture, ClassroomKeyPair, read_picture
from rsa_core.schemes import AnyPublicKey


@dataclass
class Seen:
    envelope: bytes
    facts: Capture
    key: AnyPublicKey


@pytest.fixture(scope="session")
def capture(key_pool):
    """Seals a picture file; textbook schemes under the published key, or a new one of `bits`."""

    def make(scheme: str, data: bytes, bits: int | None = None) -> Seen:
        pair = ClassroomKeyPair.generate(bits) if bits else SEED_KEY
        if SCHEMES[scheme].key_kind == "key pair":
            pair = key_pool[0]
        envelope = SCHEMES[scheme].seal(read_picture(data), [pair.public]).envelope
        return Seen(envelope, SCHEMES[scheme].capture(envelope), pair.public)

    return make
