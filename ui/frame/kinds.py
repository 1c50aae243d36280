"""Every kind of event: its words, its toast, and whose page it changes."""

from dataclasses import dataclass

from exchange import ROLES

_ALL, _NOBODY = frozenset(ROLES), frozenset[str]()
_ENDS, _WAY = frozenset({"sender", "receiver"}), frozenset({"interceptor", "receiver"})


@dataclass(frozen=True, slots=True)
class Kind:
    """The words for one kind of event, and the roles whose pages it changes beside the feed."""

    words: str  # in the list of events, after the person's name
    toast: str = ""  # may name the {role}; "" for none
    icon: str = ""  # of the toast, by its Material name
    concerns: frozenset[str] = _ALL
    people: bool = False  # it concerns everyone who deals with the role that joined or left


# What an interceptor does on the way has no toast: that nobody notices is the lesson.
KINDS = {
    "created": Kind("The channel was created"),
    "joined": Kind("joined", "A new {role} joined", "person_add", people=True),
    "left": Kind("left", "A {role} left", "logout", people=True),
    "sent": Kind("sent a picture", "A new picture has arrived", "image"),
    "shared": Kind("shared a picture", "A picture was shared", "share"),
    "opened": Kind("opened a picture", "A picture was opened", "drafts", _ENDS),
    "refused": Kind(
        "received a tampered picture; it was refused",
        "A tampered picture was refused",
        "gpp_bad",
        _NOBODY,
    ),
    "classroom key": Kind(
        "has a new classroom key", "A {role} has a new classroom key", "key", _WAY - _ENDS
    ),
    "rules": Kind("changed the rules", "The channel's rules were changed", "rule"),
    "approved": Kind("was let in", "A {role} was let in", "how_to_reg", people=True),
    "removed seat": Kind(
        "was removed by the owner", "A {role} was removed", "person_remove", people=True
    ),
    "new key": Kind("changed the channel key", "The channel has a new key", "key"),
    "extended": Kind("extended the channel", "The channel was extended", "schedule"),
    "ended": Kind("ended the channel"),
    "removed picture": Kind("A picture was removed", "A picture was removed", "delete_sweep"),
    "flipped": Kind("flipped bits of a picture on its way", concerns=_WAY),
    "multiplied": Kind("multiplied a picture on its way", concerns=_WAY),
    "swapped": Kind("swapped two pictures", concerns=_WAY),
    "replayed": Kind("replayed an old picture instead of another", concerns=_WAY),
    "dropped": Kind("dropped a picture", concerns=_WAY),
    "let pass": Kind("let a picture pass unchanged", concerns=_WAY),
    "swapped key": Kind("replaced a receiver's key with their own"),
    "gave back key": Kind("gave a receiver's true key back"),
    "relayed": Kind("read a picture sealed for their key, and passed it on", concerns=_WAY),
    "alarm": Kind("raised the alarm", "Alarm: safety numbers differ", "gpp_bad"),
}
