"""Every kind of event: its words, its toast, and the parts of pages that it concerns."""

from collections.abc import Collection
from dataclasses import dataclass

from exchange import Event, Role, Seat
from ui.frame.parts import (
    ALARMS,
    ARRIVED,
    CAPTURE,
    CAPTURES,
    INBOX,
    KEYS,
    NUMBERS,
    OWN_KEY,
    OWNER,
    PAGE,
    RECIPIENTS,
    SENT,
    SHARING,
    TAMPERING,
)

_NOTHING = frozenset[str]()
_FRAME = frozenset({PAGE})
_ARRIVING = frozenset({INBOX, TAMPERING})
_KEYS_SHOWN = frozenset({RECIPIENTS, NUMBERS, INBOX, TAMPERING})
_LISTS = frozenset({INBOX, SENT, SHARING, CAPTURES, TAMPERING})
_NEW = _LISTS - {INBOX} | {ARRIVED}
_ALL = _LISTS | _KEYS_SHOWN | {OWNER, ALARMS, OWN_KEY, CAPTURE, KEYS}
_PEOPLE: dict[Role | None, frozenset[str]] = {  # what shows the people of a role
    "receiver": frozenset({OWNER, RECIPIENTS, NUMBERS, SHARING, INBOX, KEYS, TAMPERING}),
    "sender": frozenset({OWNER, NUMBERS}),
    "interceptor": frozenset({OWNER}),
    None: _NOTHING,
}
_OWN = {  # what shows only what this seat has done itself
    "sent": frozenset({SENT, SHARING}),
    "classroom key": frozenset({OWN_KEY}),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """The words for one kind of event, and what it concerns beside the feed."""

    words: str  # in the list of events, after the person's name
    toast: str = ""  # may name the {role}; "" for none
    icon: str = ""  # of the toast, by its Material name
    parts: frozenset[str] = _NOTHING
    people: bool = False  # it concerns what shows the people of the role that joined or left


KINDS = {
    "created": Kind("The channel was created"),
    "joined": Kind("joined", "A new {role} joined", "person_add", people=True),
    "left": Kind("left", "A {role} left", "logout", people=True),
    "sent": Kind("sent a picture", "A new picture has arrived", "image", _NEW),
    "shared": Kind("shared a picture", "A picture was shared", "share", _LISTS),
    "opened": Kind("opened a picture", "A picture was opened", "drafts", frozenset({SENT, INBOX})),
    "refused": Kind(
        "received a tampered picture; it was refused",
        "A tampered picture was refused",
        "gpp_bad",
    ),
    "classroom key": Kind(
        "has a new classroom key",
        "A {role} has a new classroom key",
        "key",
        frozenset({KEYS, OWN_KEY}),
    ),
    "rules": Kind("changed the rules", "The channel's rules were changed", "rule", _FRAME),
    "approved": Kind("was let in", "A {role} was let in", "how_to_reg", people=True),
    "removed seat": Kind(
        "was removed by the owner", "A {role} was removed", "person_remove", people=True
    ),
    "new key": Kind("changed the channel key", "The channel has a new key", "key", _FRAME),
    "extended": Kind("extended the channel", "The channel was extended", "schedule"),
    "ended": Kind("ended the channel", parts=_FRAME),
    "removed picture": Kind(
        "A picture was removed", "A picture was removed", "delete_sweep", _LISTS
    ),
    "flipped": Kind("flipped bits of a picture on its way", parts=_ARRIVING),
    "multiplied": Kind("multiplied a picture on its way", parts=_ARRIVING),
    "swapped": Kind("swapped two pictures", parts=_ARRIVING),
    "replayed": Kind("replayed an old picture instead of another", parts=_ARRIVING),
    "dropped": Kind("dropped a picture", parts=_ARRIVING),
    "let pass": Kind("let a picture pass unchanged", parts=_ARRIVING),
    "swapped key": Kind("replaced a receiver's key with their own", parts=_KEYS_SHOWN),
    "gave back key": Kind("gave a receiver's true key back", parts=_KEYS_SHOWN),
    "relayed": Kind("read a picture sealed for their key, and passed it on", parts=_ARRIVING),
    "alarm": Kind("raised the alarm", "Alarm: safety numbers differ", "gpp_bad", _ALL),
}


def concerned(
    event: Event, seat: Seat, *, counted: Collection[str], shares: bool
) -> frozenset[str]:
    """The parts of this seat's page that show something else after the event.

    Args:
        event: what happened.
        seat: whose page it is.
        counted: public ids of the pictures whose openings the page shows.
        shares: the page offers pictures to other receivers.
    """
    kind, mine = KINDS[event.kind], event.who_id == seat.id
    if kind.people:
        return _FRAME if mine else _of_people(event.role, seat, shares=shares)
    if mine:
        return kind.parts
    if event.kind == "opened" and event.picture_id not in counted:
        return _NOTHING
    return kind.parts - _OWN.get(event.kind, _NOTHING)


def _of_people(role: Role | None, seat: Seat, *, shares: bool) -> frozenset[str]:
    parts = _PEOPLE[role] if shares else _PEOPLE[role] - {INBOX}
    if role == "interceptor" and seat.channel.tampering:
        return parts | _KEYS_SHOWN  # what it held up, or the keys that it showed, may change
    return parts
