"""What comes out of tampering."""

from dataclasses import dataclass, field

from rsa_core.errors import RsaCoreError


@dataclass(frozen=True, slots=True)
class Altered:
    """A forged envelope.

    Attributes:
        envelope: well formed, as long as the given one or about so.
        words: what was done to it, for people: a part of a sentence.
    """

    envelope: bytes = field(repr=False)
    words: str


class CannotTamperError(RsaCoreError):
    """This cannot be done to this envelope; the message says why."""
