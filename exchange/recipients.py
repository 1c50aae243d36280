"""Whom a picture is sealed for: the seats, the keys that the sender is shown, the scheme's keys."""

from dataclasses import dataclass

import store
from exchange.desk import Asking
from exchange.errors import InputRefused
from exchange.keys_shown import false_keys
from exchange.known import Known
from exchange.values import ChannelKind, SchemeChoice
from rsa_core import SCHEMES, AnyPublicKey, ClassroomPublicKey, PublicKey


@dataclass(frozen=True, slots=True)
class Target:
    """One recipient: the seat, its safe key, and the key that the chosen scheme uses."""

    seat: store.SeatRow
    public: PublicKey
    scheme_key: AnyPublicKey


def schemes_for(kind: ChannelKind) -> tuple[SchemeChoice, ...]:
    """The schemes that a channel of this kind offers, the default first."""
    return tuple(
        SchemeChoice(scheme.name, scheme.summary, scheme.key_kind == "classroom key")
        for scheme in SCHEMES.values()
        if kind == "classroom" or scheme.secure
    )


def targets_of(
    unit: store.Unit, asking: Asking, scheme: str, recipients: tuple[str, ...]
) -> list[Target]:
    """The chosen recipients.

    Raises:
        InputRefused: the scheme is not offered here, or a recipient is none of the channel.
    """
    kind: ChannelKind = "classroom" if asking.channel.kind == "classroom" else "private"
    if scheme not in {choice.name for choice in schemes_for(kind)}:
        raise InputRefused("Choose a scheme from the list; this channel does not offer that one.")
    if not recipients:
        raise InputRefused("Choose at least one recipient.")
    present = {row.public_id: row for row in unit.seats.in_channel(asking.channel.id)}
    false = false_keys(unit, asking)
    targets = []
    for public_id in dict.fromkeys(recipients):
        row = present.get(public_id)
        if row is None or row.role != "receiver" or row.public_key is None or row.waiting:
            raise InputRefused("A chosen recipient has left the channel. Choose again, please.")
        public = PublicKey.from_der(false.get(row.id, row.public_key))
        key: AnyPublicKey = public
        if SCHEMES[scheme].key_kind == "classroom key":
            key = ClassroomPublicKey.from_der(row.classroom_public_key or b"")
        targets.append(Target(row, public, key))
    return targets


def require_names(known: Known, targets: list[Target]) -> None:
    """Returns if nobody bears a name that this sender has compared with another key.

    Raises:
        InputRefused: two names were exchanged, or somebody new has the name of another.
    """
    for target in targets:
        before = known.people.get(target.seat.public_id)
        if before is not None and before.compared and known.doubt(target.seat):
            raise InputRefused(
                "Not sent: a recipient was called otherwise when you compared. Names were changed "
                "in the server's storage: tell the person who runs it."
            )
        if known.doubt(target.seat):
            raise InputRefused(
                "Not sent: you have compared safety numbers with somebody else who has the name of "
                "a recipient. Compare with this one too, then send again."
            )


def require_keys(asking: Asking, known: Known, targets: list[Target]) -> None:
    """Returns if nobody's key is another than at the last sending.

    Raises:
        InputRefused: one is. Nobody changes a key; where keys may be exchanged for the lesson, only
            what was compared is to be relied on.
    """
    if asking.channel.tampering:
        return
    if any(known.saw_another(one.seat, one.public.fingerprint) for one in targets):
        raise InputRefused(
            "Not sent: the key of a recipient is not the one that you sent to before. Compare your "
            "safety numbers, and tell the person who runs the server."
        )


def changed_keys(known: Known, targets: list[Target]) -> list[Target]:
    """Those of whom another key was compared than the one that would be sealed to."""
    return [
        target
        for target in targets
        if known.compared_another(target.seat, target.public.fingerprint)
    ]
