"""Replay: deliver a captured envelope once more, or an old one in place of a new one.

A classroom container names neither channel nor time nor sender: whatever was once well formed
stays so. Only something signed and fresh in every message can tell.

Menezes, van Oorschot and Vanstone, Handbook of Applied Cryptography, 10.3.1 (time-variant
parameters).
"""

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found
from rsa_core.attacks.reading import Reading, others
from rsa_core.attacks.values import Target


def replay(target: Target, reading: Reading, course: Course) -> Found:
    """Gives an older capture for the same keys, or else this one again."""
    container = reading.textbook()
    for other in others(target):
        same_keys = [copy.key for copy in other.copies] == [copy.key for copy in container.copies]
        if same_keys and other.scheme == container.scheme and other.digest() != container.digest():
            course.note("another capture for the same keys takes this one's place")
            return Found(
                "Another picture arrives in place of this one, and opens without a warning: the "
                "envelope names neither channel nor time nor sender.",
                envelope=other.pack(),
            )
    course.note("no other capture for the same keys; this one is delivered again")
    return Found(
        "The same envelope arrives a second time, and opens without a warning: it names neither "
        "channel nor time nor sender.",
        envelope=target.envelope,
    )


ATTACK = Attack(
    name="replay",
    title="Replay",
    summary="Delivers an old envelope again, or in place of a new one.",
    citation="Menezes, van Oorschot and Vanstone, Handbook of Applied Cryptography, 10.3.1",
    needs="Write access to the wire.",
    gives="an envelope that was sent before",
    work=replay,
    stopped_by={
        "hybrid": "The receiver would have to take an envelope twice, or elsewhere. The sender "
        "signs a manifest with channel, a random picture id and the envelope's digest, and the "
        "receiver remembers which ids it has seen.",
    },
)
