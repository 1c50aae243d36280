"""Multiplication: (c s^e) = (s m)^e. Textbook RSA lets anyone multiply what it hides.

Every sample becomes s times as bright; those that become more than a sample can be are shown as
255. In a block the whole number is multiplied, and what runs over spills into its neighbours. What
is padded is padded no longer: RSA-OAEP's redundancy holds for about one product in 2^256, so
that multiplying a block of `oaep-blocks`, or the wrapped key of `hybrid`, ends in a refusal.

Davida, "Chosen signature cryptanalysis of the RSA" (1982); Boneh 1999, section 2.
"""

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rsa_core.envelopes import cms
from rsa_core.envelopes.container import MAGIC, Container
from rsa_core.keys import PublicKey
from rsa_core.residues import Blocks, Copy, Residues, blocks_of, dictionary_of, residues_of
from rsa_core.tampering.values import Altered, CannotTamperError

FACTORS = tuple(range(2, 17))


def multiply(envelope: bytes, factor: int = 2, keys: Sequence[PublicKey] = ()) -> Altered:
    """Multiplies the plaintext by s, the factor, through the ciphertext, for all recipients.

    The recipients' keys of a `hybrid` envelope are looked for among `keys`; the other schemes'
    envelopes have them inside.

    Raises:
        EnvelopeFormatError: not an envelope.
        CannotTamperError: no recipient of a `hybrid` envelope is among the keys.
        ValueError: not one of `FACTORS`.
    """
    if factor not in FACTORS:
        raise ValueError("no such factor")
    if not envelope.startswith(MAGIC):
        return _hybrid(envelope, factor, keys)
    container = Container.parse(envelope)
    copies: tuple[Copy, ...]
    if container.scheme == "oaep-blocks":
        copies = tuple(_first_block(copy, factor) for copy in container.copies)
        words = f"the first block by {factor}^e"
    else:
        copies = tuple(multiplied(copy, factor) for copy in container.copies)
        words = f"every residue by {factor}^e"
    return Altered(replace(container, copies=copies).pack(), words)


def multiplied(copy: Copy, factor: int) -> Copy:
    """One copy with every residue multiplied by factor^e."""
    key = copy.key
    power = pow(factor, key.e, key.n)
    residues = [c * power % key.n for c in residues_of(copy)]
    if isinstance(copy, Residues):
        return dictionary_of(key, residues, copy.indices.astype(np.uint16))
    return blocks_of(key, residues)


def _first_block(copy: Copy, factor: int) -> Blocks:
    residues = residues_of(copy)
    residues[0] = residues[0] * pow(factor, copy.key.e, copy.key.n) % copy.key.n
    return blocks_of(copy.key, residues)


def _hybrid(envelope: bytes, factor: int, keys: Sequence[PublicKey]) -> Altered:
    known = {key.key_id: key for key in keys}
    changed = envelope
    for recipient in cms.parse(io.BytesIO(envelope)).recipients:
        key = known.get(recipient.key_id or b"")
        if key is not None:
            c = int.from_bytes(recipient.wrapped_key, "big")
            product = c * pow(factor, key.e, key.n) % key.n
            # As long as before, and in the same place: nothing else has to be rewritten.
            width = len(recipient.wrapped_key)
            changed = changed.replace(recipient.wrapped_key, product.to_bytes(width, "big"), 1)
    if changed == envelope:
        raise CannotTamperError(
            "The recipients' public keys are not known, and multiplying needs them."
        )
    return Altered(changed, f"the wrapped keys by {factor}^e")
