"""The plain values about tampering, exchanged keys and comparing that pages get from `exchange`.

Times are aware UTC. What was read is left out of `repr`.
"""

from dataclasses import dataclass, field
from datetime import datetime

from exchange.values import Details, Role


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody with whom a person can compare safety numbers.

    Attributes:
        id: the seat's public id.
        name: nickname.
        role: the seat's role.
        safety_number: of the key that this seat is shown as the other's.
        compared: this seat's person said that both read out this very number, under this name.
        doubt: what is amiss with the name, as the end of a sentence; "" for nothing. It can hold
            a name that somebody typed.
    """

    id: str
    name: str
    role: Role
    safety_number: str
    compared: bool
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Contacts:
    """What it takes to compare.

    Attributes:
        own_number: of this seat's own key, to read aloud; "" without a key, or when the store
            cannot be relied on.
        people: everybody on the other side, in the order of joining.
    """

    own_number: str
    people: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Two people found that their safety numbers differ.

    Attributes:
        id: names this alarm.
        person: nickname of the other one of the two.
        person_id: public id of that seat.
        mine: this seat's person raised it.
        interceptor: nickname of whoever stood between the two; "" where nobody is known to.
        since: from when on; None where nobody is known to.
        pictures_read: how many pictures between the two had gone through those hands.
        settled: this seat's person has compared again since, and the numbers were the same.
        compared: the two themselves had compared; False where another pair has found out, and
            these two had been deceived in the same way. Nobody raised it then: `mine` is False.
    """

    id: str
    person: str
    person_id: str
    raised_at: datetime
    mine: bool
    interceptor: str
    since: datetime | None
    pictures_read: int
    settled: bool
    compared: bool = True


@dataclass(frozen=True, slots=True)
class Intervention:
    """What is being done to a capture on its way.

    Attributes:
        picture_id: the capture.
        kind: flip, multiply, swap, replay or drop.
        detail: what exactly, for people; "" for drop.
        by: nickname of the interceptor.
        mine: this seat did it.
        rests: the owner does not allow it just now, and the original arrives.
    """

    picture_id: str
    kind: str
    detail: str
    by: str
    mine: bool
    at: datetime
    rests: bool


@dataclass(frozen=True, slots=True)
class Substitution:
    """A key that an interceptor has put in the place of a receiver's.

    Attributes:
        receiver: nickname; receiver_id: public id of that seat.
        by: nickname of the interceptor.
        mine: this seat did it.
        ended_at: when the true key was shown again; None while it is not.
        discovered_at: when two people found out; None before.
        fingerprint: SHA-256 of the false key, 32 bytes.
        pictures_read: how many pictures have been read by it.
    """

    receiver: str
    receiver_id: str
    by: str
    mine: bool
    since: datetime
    ended_at: datetime | None
    discovered_at: datetime | None
    fingerprint: bytes
    pictures_read: int


@dataclass(frozen=True, slots=True)
class ReadItem:
    """A picture that was read by key substitution, in a list.

    Attributes:
        number: of the capture.
        receivers: nicknames of those whose key it was meant for.
    """

    picture_id: str
    number: int
    scheme: str
    sent_at: datetime
    receivers: str


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """A picture that was read by key substitution.

    Attributes:
        details: the sealed record.
        file: the sender's own file; None where the content is under a classroom key, which
            nobody has exchanged.
        view: bytes that any browser shows; None like `file`.
        file_name: with a SHA-256 prefix of `file`; "" for none.
        mime, view_mime: media types of the two; "" for none.
    """

    details: Details
    file: bytes | None = field(repr=False)
    view: bytes | None = field(repr=False)
    file_name: str
    mime: str
    view_mime: str
