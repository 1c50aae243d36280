"""The picture appearing, for a class to watch: what a codebook knows after each of its steps.

The whole dictionary takes a moment to make, too short to be seen. These are its true stages, one
after the other, from the capture and the public key alone.
"""

from exchange.interceptor import CapturedPicture
from rsa_core import png_of
from rsa_core.attacks.methods.codebook import stages
from rsa_core.attacks.values import Pixels
from rsa_core.envelopes.container import Container
from rsa_core.residues import Residues

_SIDE = 320


def appearing(captured: CapturedPicture) -> tuple[bytes, ...]:
    """The picture with more and more of the 256 samples looked up, as PNGs of at most 320 a side.

    Empty where a residue hides more than one sample: then there is nothing to be looked up.
    """
    if captured.facts.shape is None:
        return ()
    container = Container.parse(captured.envelope)
    copy = container.copies[0]
    if not isinstance(copy, Residues):
        return ()
    return tuple(png_of(_small(picture)) for picture in stages(container, copy))


def _small(picture: Pixels) -> Pixels:
    step = -(-max(picture.shape[:2]) // _SIDE)
    return picture[::step, ::step].copy()
