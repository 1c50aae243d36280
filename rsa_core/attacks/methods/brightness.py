"""Brightness: multiply the ciphertext by 2^e, and the receiver sees everything twice as bright.

(c 2^e) = (2 m)^e: textbook RSA is multiplicative, and a change needs no key. Samples over 127
become more than a sample can be, which the receiver's program shows as 255. In a block the whole
number doubles: a shift by one bit, in which the top bit of a sample moves into its neighbour.

Davida, "Chosen signature cryptanalysis of the RSA" (1982); Boneh 1999, section 2.
"""

from dataclasses import replace

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.course import Course, Found
from rsa_core.attacks.reading import Reading
from rsa_core.attacks.values import Target
from rsa_core.residues import Copy
from rsa_core.tampering import multiplied

FACTOR = 2


def brightness(_target: Target, reading: Reading, course: Course) -> Found:
    """Forges an envelope in which every plaintext is doubled, for all recipients."""
    container = reading.textbook()
    copies: tuple[Copy, ...] = ()
    for copy in container.copies:
        copies = (*copies, multiplied(copy, FACTOR))
        course.check()
    forged = replace(container, copies=copies)
    course.note(f"every residue multiplied by {FACTOR}^e; copies: {len(copies)}")
    course.note("samples over 127 exceed 255; the receiver sees 255 there")
    return Found(
        "The forged envelope opens without a warning to a picture of twice the brightness. "
        "Nothing was read, and no key was needed: textbook RSA is multiplicative.",
        envelope=forged.pack(),
    )


ATTACK = Attack(
    name="brightness",
    title="Twice as bright (malleability)",
    summary="Changes what the receiver sees without reading it.",
    citation="Boneh, Twenty years of attacks on the RSA cryptosystem, 1999, section 2",
    needs="The public key, and write access to the wire.",
    gives="a forged envelope",
    work=brightness,
    stopped_by={
        "hybrid": "The receiver would have to accept changed ciphertext. AES-GCM's tag covers "
        "every bit of it, and without the content key nobody can make another tag.",
        "oaep-blocks": "A multiplied block would have to be well padded still. RSA-OAEP's "
        "redundancy holds for about one in 2^256 of them; the receiver refuses.",
    },
)
