"""Why a receiver cannot open a picture, as far as anybody can see without a key."""

import store
from exchange.delivery import Delivery
from exchange.desk import Asking

USED_UP = "This picture was opened as often as its sender allowed, and is about to be removed."

GONE = (
    "This picture was removed from the channel after you had opened it, and it does not open again."
)

HIDDEN = "What this picture is stays hidden until you open it, since its openings are counted."


def used_up(picture: store.StoredPicture) -> bool:
    """Whether it was opened as often as its sender allowed."""
    return picture.max_openings is not None and picture.openings >= picture.max_openings


def is_counted(asking: Asking, delivery: Delivery) -> bool:
    """Whether the sender wants openings counted, and this seat can open it, here or elsewhere."""
    picture = delivery.picture
    ruled = picture.max_openings is not None or picture.until_all_opened
    meant = any(recipient.seat_id == asking.seat.id for recipient in picture.recipients)
    return ruled and meant and not (delivery.substitution is not None and _false_key(delivery))


def obstacle_for(asking: Asking, delivery: Delivery) -> str:
    """What stands in this seat's way, in a sentence that says what to do; "" for nothing."""
    picture = delivery.picture
    if not any(recipient.seat_id == asking.seat.id for recipient in picture.recipients):
        return _not_meant(asking, picture)
    if delivery.substitution is not None and _false_key(delivery):
        return _false_key(delivery)
    if used_up(picture):
        return USED_UP
    if picture.damaged:
        return (
            "This picture was damaged in the server's storage and cannot be opened. Ask its "
            "sender to send it again."
        )
    if asking.seat.locked_key is None:
        return (
            "Your private key is not on this server. Download the ciphertext and open it with "
            "OpenSSL, where your key is."
        )
    return ""


def _not_meant(asking: Asking, picture: store.StoredPicture) -> str:
    if picture.sent_at < asking.seat.joined_at:
        return (
            "You cannot open this picture: it was sent before you joined, so it is not "
            "sealed for your key. Ask its sender to send it again."
        )
    return (
        "You cannot open this picture: its sender did not choose you as a recipient, so it "
        "is not sealed for your key."
    )


def _false_key(delivery: Delivery) -> str:
    """Of a picture that was sealed for a key in the place of this seat's."""
    if delivery.may_come:
        return (
            "You cannot open this picture: it is held up on its way, because it is sealed for a "
            "key that is not yours. Ask its sender to send it again, or the owner of this channel "
            "to remove the interceptor."
        )
    if delivery.relay is None:
        return (
            "You cannot open this picture: it is sealed for a key that is not yours. Somebody "
            "had put another key in the place of yours. Ask its sender to send it again."
        )
    if delivery.substitution is not None and delivery.substitution.discovered_at is not None:
        return (
            "You cannot open this picture any more: it came to you through somebody who had put "
            "another key in the place of yours, and who signed it in its sender's stead. Ask its "
            "sender to send it again."
        )
    return ""
