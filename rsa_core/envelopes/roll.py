"""The roll: who the recipients are, under a key that only recipients have.

AES-GCM covers the content and not the recipients before it, and CMS's authenticated attributes
stop OpenSSL before 3.0.22. So an envelope of ours carries one OtherRecipientInfo more, which
other programs pass over (RFC 5652, 6.2.5):

    [4] { oriType 2.25.307829591693040101499817152582759285592, oriValue OCTET STRING mac, 32 B }

    okm   = HKDF-SHA256(content key, salt "rsa-image-roll-v1", no info), 44 B   (RFC 5869)
    nonce = okm[0:12], the AES-GCM nonce of this envelope
    mac   = HMAC-SHA256(okm[12:44], the KeyTransRecipientInfos as they stand, in DER's order)

The nonce is a function of the key, which is used once; so it repeats no more often than the key,
and it tells whoever holds the key that the roll must be there. An envelope that another program
made has another nonce and needs none; to cut the roll off, one would have to change the nonce.
Recipients can write a new roll, and do so when they share.
"""

import hmac
from collections.abc import Iterable

from rsa_core.envelopes import der

NONCE_BYTES = 12
_MAC_BYTES = 32
_SALT = b"rsa-image-roll-v1"
_OTHER = 0xA4
_TYPE = der.object_id("2.25.307829591693040101499817152582759285592")
_START = der.element(_OTHER, _TYPE + der.octet_string(bytes(_MAC_BYTES)))[:-_MAC_BYTES]


def nonce_for(content_key: bytes) -> bytes:
    """The nonce of an envelope with a roll, 12 bytes."""
    return _derive(content_key)[:NONCE_BYTES]


def call(content_key: bytes, infos: Iterable[bytes]) -> tuple[bytes, ...]:
    """The recipients with their roll, an old roll being left out."""
    named = tuple(sorted(info for info in infos if not info.startswith(_START)))
    mac = hmac.digest(_derive(content_key)[NONCE_BYTES:], b"".join(named), "sha256")
    return tuple(sorted((*named, _START + mac)))


def holds(content_key: bytes, nonce: bytes, infos: Iterable[bytes]) -> bool:
    """Whether the recipients are those of the roll, or the envelope is not of our making."""
    if not hmac.compare_digest(nonce, nonce_for(content_key)):
        return True
    infos = sorted(infos)
    return hmac.compare_digest(b"".join(infos), b"".join(call(content_key, infos)))


def _derive(content_key: bytes) -> bytes:
    """HKDF (RFC 5869, 2.2 and 2.3), two blocks of it.

    By the standard library's HMAC: pycryptodome's takes longer than the RSA of a recipient does.
    """
    extracted = hmac.digest(_SALT, content_key, "sha256")
    first = hmac.digest(extracted, b"\x01", "sha256")
    second = hmac.digest(extracted, first + b"\x02", "sha256")
    return (first + second)[: NONCE_BYTES + _MAC_BYTES]
