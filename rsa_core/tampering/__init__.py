"""What an attacker on the wire can do to an envelope without any private key: bytes in, bytes out.

    flip      a bit of the ciphertext, or of each residue in a region of the picture
    multiply  every residue by s^e: everything becomes s times as bright (Davida 1982)

Swapping two envelopes, delivering an old one and delivering none needs no arithmetic. What comes
out is well formed, so that a textbook scheme takes it; an authenticated one notices.
"""

from rsa_core.tampering.flipping import REGIONS, flip
from rsa_core.tampering.multiplying import FACTORS, multiplied, multiply
from rsa_core.tampering.values import Altered, CannotTamperError

__all__ = [
    "FACTORS",
    "REGIONS",
    "Altered",
    "CannotTamperError",
    "flip",
    "multiplied",
    "multiply",
]
