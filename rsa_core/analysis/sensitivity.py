"""Key sensitivity: what an almost right private key shows.

A good cipher gives noise. `textbook-pixels` gives the picture in wrong shades: a wrong key is only
another substitution. NPCR between the two pictures is high nevertheless, which is why no single
number here should be believed without looking.
"""

import numpy as np

from rsa_core.analysis.differential import Pixels, npcr, uaci
from rsa_core.analysis.measurements import Measurement, unjudged
from rsa_core.analysis.neighbours import pearson
from rsa_core.classroom import ClassroomKeyPair
from rsa_core.envelopes.container import Container, block_bytes
from rsa_core.errors import EnvelopeFormatError
from rsa_core.numbers.powers import private_power
from rsa_core.residues import Residues
from rsa_core.schemes.copies import copy_for, pixels_of

OFF_BY = 2  # d stays odd
_HIGH = 0.05


def almost_opened(envelope: bytes, pair: ClassroomKeyPair, off_by: int = OFF_BY) -> Pixels:
    """The picture that d + `off_by` shows, low bytes of whatever comes out.

    Raises:
        EnvelopeFormatError: not an envelope of `textbook-pixels` or `textbook-blocks`.
        RecipientError: no copy was made under this key.
    """
    container = Container.parse(envelope)
    if container.samples == "file":
        raise EnvelopeFormatError("the envelope has no samples; expected a textbook scheme")
    copy = copy_for(container, pair.public)
    power = private_power(pair.d + off_by, pair.p, pair.q)
    if isinstance(copy, Residues):
        values = np.array([power(c) & 255 for c in copy.distinct], np.uint8)
        return pixels_of(values[copy.indices], container)
    width, step = pair.public.width, block_bytes(container.scheme, pair.public)
    blocks = [
        power(int.from_bytes(copy.data[at : at + width], "big")).to_bytes(width, "big")[-step:]
        for at in range(0, len(copy.data), width)
    ]
    last = container.plaintext_bytes - step * (len(blocks) - 1)
    samples = np.frombuffer(b"".join(blocks[:-1]) + blocks[-1][-last:], np.uint8)
    return pixels_of(samples, container)


def key_sensitivity(right: Pixels, wrong: Pixels) -> tuple[Measurement, ...]:
    """NPCR, UACI and correlation of the right and the almost right picture; raises as `npcr`."""
    changed, amount = npcr(right, wrong), uaci(right, wrong)
    r = pearson(right.view(np.uint8), wrong.view(np.uint8))
    if r is None:
        words = "n/a: one of the pictures is constant"
    elif abs(r) < _HIGH:
        words = "unrelated: the wrong key shows noise"
    else:
        words = "related: the wrong key shows the picture in other shades"
    return (
        unjudged(
            "NPCR, wrong key",
            changed,
            "high even where the picture shows: look at it",
            "Share of samples that differ between the right and the almost right key's picture.",
            unit="%",
        ),
        unjudged(
            "UACI, wrong key",
            amount,
            "the right picture is not noise, so nothing is ideal here",
            "Mean absolute difference in percent of the largest value.",
            unit="%",
        ),
        unjudged(
            "Correlation, wrong key",
            r,
            words,
            "Pearson's r between the pictures under the right and the almost right key.",
        ),
    )
