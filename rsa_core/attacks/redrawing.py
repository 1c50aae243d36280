"""From a recovered key to the picture: what breaking a key is worth."""

import time
from collections.abc import Sequence

from rsa_core.attacks.course import Course, Found
from rsa_core.attacks.reading import Reading, draw, public_of
from rsa_core.attacks.values import Pixels, Target
from rsa_core.classroom import ClassroomKeyPair
from rsa_core.envelopes.container import Container
from rsa_core.errors import DecryptionError, KeyFormatError, LimitError, PictureError
from rsa_core.keys import KeyPair
from rsa_core.pictures import read_picture
from rsa_core.powers import private_power
from rsa_core.residues import Blocks, residues_of
from rsa_core.schemes.hybrid import HYBRID
from rsa_core.schemes.oaep_blocks import OAEP_BLOCKS

_TICK = 0.25  # seconds between two pictures in the making


def key_pair_of(n: int, e: int, factors: Sequence[int]) -> ClassroomKeyPair | None:
    """The key pair from the factors of n.

    None where n is not a product of two distinct primes, or is too long for the laboratory.
    """
    public = public_of((n, e))
    if public is None or len(factors) != 2:
        return None
    try:
        return ClassroomKeyPair.from_primes(factors[0], factors[1], e)
    except KeyFormatError:
        return None


def redraw(
    how: str, pair: ClassroomKeyPair, target: Target, reading: Reading, course: Course
) -> Found:
    """Opens the capture with a recovered key pair of one of its recipients.

    A key of a safe size is an ordinary private key, once its factors are known: it is taken by
    the ordinary program, and opens `hybrid` and `oaep-blocks` as its owner does. No padding and
    no cipher helps against that.
    """
    course.note(f"recovered private key: d has {pair.d.bit_length()} bits, n {pair.public.bits}")
    if reading.container is None or reading.scheme == "oaep-blocks":
        return _with_ordinary_key(how, pair, target, reading, course)
    pixels = decrypt(pair, reading.container, course)
    return Found(f"{how} The private key redraws the picture exactly.", pixels, True, key=pair)


def decrypt(pair: ClassroomKeyPair, container: Container, course: Course) -> Pixels:
    """The picture of a textbook container, shown while it grows."""
    number = [copy.key for copy in container.copies].index(pair.public)
    copy = container.copies[number]
    residues = residues_of(copy)
    power = private_power(pair.d, pair.p, pair.q)
    values: list[int | None] = []
    shown = time.monotonic()
    for residue in residues:
        values.append(power(residue))
        if time.monotonic() - shown > _TICK:
            course.report(len(values) / len(residues), "Redrawing with the recovered key")
            missing = len(residues) - len(values)
            course.show(draw(container, copy, [*values, *[None] * missing]))
            shown = time.monotonic()
    what = "blocks" if isinstance(copy, Blocks) else "different residues"
    course.note(f"{len(residues)} {what} decrypted")
    return draw(container, copy, values)


def _with_ordinary_key(
    how: str, pair: ClassroomKeyPair, target: Target, reading: Reading, course: Course
) -> Found:
    try:
        key = KeyPair.from_der(pair.private_der())
    except KeyFormatError:
        return Found(
            f"{how} The factors give the private key, but the program takes no such key; the "
            "picture is open to whoever writes three lines of code.",
            key=pair,
        )
    try:
        if reading.container is None:
            file = HYBRID.open(target.envelope, key).file
        else:
            file = OAEP_BLOCKS.open(
                target.envelope,
                key,
                processes=1,
                progress=lambda part: course.report(part, "Opening with the recovered key"),
            ).file
    except (DecryptionError, LimitError):
        return Found(f"{how} The private key is recovered; the envelope did not open.", key=pair)
    course.note(f"{len(file)} bytes of the original file recovered")
    try:
        pixels = read_picture(file).pixels()
    except PictureError:
        pixels = None
    return Found(
        f"{how} The private key opens the envelope as its owner does: padding and AES-GCM do not "
        "help against a key whose factors are known.",
        pixels,
        pixels is not None,
        file=file,
        key=pair,
    )
