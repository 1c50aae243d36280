"""What can go wrong between people and the channel, in sentences that a page may show.

Every message says what to do, and none repeats what anyone typed. Unknown, expired and
closed keys get one answer; so do pictures of another channel and pictures that never were.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import store
from exchange.values import in_megabytes
from rsa_core import BusyError


class ExchangeError(Exception):
    """Base class; the message is for people. Never raised itself."""

    words = ""

    def __init__(self, words: str = "") -> None:
        super().__init__(words or self.words)


class NotAdmitted(ExchangeError):
    """No channel opens with this key; unknown, expired and closed keys get the same answer."""

    words = (
        "No open channel has this key. Check it with the person who gave it to you: "
        "ten letters and digits, written ABCDE-FGHJK."
    )


class SeatGone(ExchangeError):
    """The seat token is unknown, its seat was left, or its channel has ended."""

    words = "This seat is no longer taken. Join the channel again."


class WrongRole(ExchangeError):
    """The seat's role may not do this."""

    def __init__(self, needed: str) -> None:
        article = "an" if needed[0] in "aeiou" else "a"
        super().__init__(f"Only {article} {needed} can do this.")


class NotOwner(ExchangeError):
    """Only the owner of the channel may do this."""

    words = "Only the owner of the channel can do this."


class TooManyTries(ExchangeError):
    """Too many wrong keys or new channels from here. Nothing was looked up."""

    words = "Too many tries from here. Wait half a minute, then try again."


class Waiting(ExchangeError):
    """The seat waits until the owner lets it in."""

    words = "Waiting for the owner to let you in. This page will update by itself."


class NotFound(ExchangeError):
    """No such picture or person in this channel: foreign and invented ids get the same answer."""

    def __init__(self, what: str = "picture") -> None:
        super().__init__(f"This channel has no such {what}. It may have been removed.")


class InputRefused(ExchangeError):
    """Something that a person typed or uploaded cannot be taken. The message says why."""


class CannotOpen(ExchangeError):
    """The picture is whole, but not for this seat's keys. The message says why."""


class Tampered(ExchangeError):
    """The envelope or its signature was changed on the way; nothing of it is shown."""

    words = (
        "Refused: this picture was changed on its way, or it was not sent by the person named: "
        "its signature does not match. Nothing of it is shown, and nothing of it can be trusted. "
        "Ask the sender to send it again."
    )


class KeyChanged(Tampered):
    """A key is not the one that two people compared: someone may be intercepting them."""

    words = (
        "Refused: this picture is signed with a different key from the one you compared with its "
        "sender. Someone may be intercepting you. Nothing of it is shown. Tell the sender, in "
        "person or by telephone."
    )


class RecordLost(ExchangeError):
    """What a seat knows is missing, damaged or an old copy. Nothing of it counts."""

    words = (
        "What this seat knew of other people's keys is gone: the server was updated, or its "
        "storage was changed. Press Start again, then compare safety numbers again."
    )


class SeatChanged(ExchangeError):
    """The store no longer says the same of the seat or its channel as at first."""

    words = (
        "Your seat or your channel was changed in the server's storage. Nothing is sent or opened "
        "here any more. Tell the person who runs the server, and start another channel."
    )


class Unavailable(ExchangeError):
    """The store cannot do it now: busy, full or damaged. Nothing was lost."""


class NotDecoded(Unavailable):
    """The picture was sound when it was sent; there is no time or room to decode it now."""

    words = "The picture cannot be shown right now: try again in a minute."


class Damaged(Unavailable):
    """What is stored of this one picture is not what was sent; the others are not affected."""

    words = (
        "This picture was damaged in the server's storage and cannot be opened. "
        "Ask the sender to send it again."
    )


# Why a receiver cannot open a picture; `wire.arriving` has more of them.
USED_UP = "This picture was opened as often as its sender allowed, and is about to be removed."
GONE = (
    "This picture was removed from the channel after you had opened it, and it does not open again."
)
HIDDEN = "What this picture is stays hidden until you open it, since its openings are counted."
DAMAGED = (
    "This picture was damaged in the server's storage and cannot be opened. Ask its sender to send "
    "it again."
)
BEFORE_YOU = (
    "You cannot open this picture: it was sent before you joined, so it is not sealed for your "
    "key. Ask its sender to send it again."
)
NOT_FOR_YOU = (
    "You cannot open this picture: its sender did not choose you as a recipient, so it is not "
    "sealed for your key."
)
KEY_ELSEWHERE = (
    "Your private key is not on this server. Download the ciphertext and open it with OpenSSL, "
    "where your key is."
)


@contextmanager
def in_words() -> Iterator[None]:
    """Turns faults of the store, and a lack of places for heavy work, into sentences."""
    try:
        yield
    except (store.DuplicateKey, store.NameTaken):
        raise  # an answer: the act has the words for it
    except BusyError as error:
        raise Unavailable(str(error)) from None
    except store.StoreBusy:
        raise Unavailable(
            "The server is busy. Nothing was lost: please try again in a few seconds."
        ) from None
    except store.QuotaReached as error:
        raise Unavailable(
            f"All channels of this server together have reached their limit: "
            f"{in_megabytes(error.limit)}. What was sent before is safe; ask the person who runs "
            "the server to make room."
        ) from None
    except store.StoreFull:
        raise Unavailable(
            "The server has run out of space. What was sent before is safe; "
            "ask the person who runs it to make room."
        ) from None
    except store.PictureMissing:
        raise NotFound from None
    except store.PictureDamaged:
        raise Damaged from None
    except store.StoreError:
        raise Unavailable(
            "The server's storage does not answer. Nothing that was sent is lost; "
            "tell the person who runs it."
        ) from None
