"""What comes out of tampering."""

from dataclasses import dataclass, field

from rsa_core.errors import RsaCoreError


@dataclass(frozen=True, slots=True)
class Altered:
    """A forged envelope, well formed and about as long; `words`, part of a sentence, say how."""

    envelope: bytes = field(repr=False)
    words: str


class CannotTamperError(RsaCoreError):
    """This cannot be done to this envelope; the message says why."""
