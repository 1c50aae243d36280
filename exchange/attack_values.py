"""The plain values about attacks that pages get from `exchange`. Times are aware UTC.

What was recovered is left out of `repr`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class SeenKey:
    """A receiver's public key, which everybody in the channel can see.

    Attributes:
        name: nickname of its holder.
        classroom: it is for the textbook schemes.
    """

    name: str
    classroom: bool
    n: int = field(repr=False)
    e: int


@dataclass(frozen=True, slots=True)
class AttackChoice:
    """An attack as it is offered.

    Attributes:
        name: as in `start_attack`.
        title, summary, citation: for people.
        needs: what the attacker has beside the capture.
        gives: what success is.
    """

    name: str
    title: str
    summary: str
    citation: str
    needs: str
    gives: str


@dataclass(frozen=True, slots=True)
class AttackState:
    """How a seat's attack stands.

    Attributes:
        picture_id: of the capture under attack.
        phase: "waiting" for its turn or "running"; afterwards "cancelled", or "failed" where its
            result could not be kept, each told once. What succeeded in ending is a finding.
        part: how far it is, 0 to 1.
        words: what it does, or why it failed.
        picture: the latest picture in the making, a PNG; None before the first.
        seconds: since it was started.
    """

    picture_id: str
    attack: str
    phase: Literal["waiting", "running", "cancelled", "failed"]
    part: float
    words: str
    picture: bytes | None = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A finding in its seat's own list."""

    picture_id: str
    attack: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one attack, unsealed for the seat that found it.

    Attributes:
        verdict: "broken", "not broken within the budget", "preconditions not met".
        words: what happened and why.
        evidence: lines that can be checked.
        seconds: that the attack took.
        exact: `picture` is the sender's to the last bit.
        picture: the recovered picture, or a part or an outline of it, as a PNG; None for none.
        file: what is worth saving: the recovered original file, else `picture`; None for none.
        file_name: with a SHA-256 prefix of `file`; "" for none.
        mime: media type of `file`; "" for none.
        envelope: a forged envelope; None for none.
        envelope_name: with a SHA-256 prefix of `envelope`; "" for none.
        key: n, e, d, p, q of the recovered key pair; None for none.
    """

    verdict: str
    words: str
    evidence: tuple[str, ...] = field(repr=False)
    seconds: float
    exact: bool
    picture: bytes | None = field(repr=False)
    file: bytes | None = field(repr=False)
    file_name: str
    mime: str
    envelope: bytes | None = field(repr=False)
    envelope_name: str
    key: tuple[int, int, int, int, int] | None = field(repr=False)
