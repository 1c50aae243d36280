"""Codes over rows: who writes to the database without the pepper cannot make one.

Codes over pictures and interventions stand for bytes that interceptors, and receivers of a scheme
without signed content, have no other way to check. What is signed or sealed needs none against a
writer; the records' codes tell damage from tampering, for the operator and in the page's words.
"""

import hashlib
import hmac
from collections.abc import Iterable


def code_over(key: bytes, fields: Iterable[bytes]) -> bytes:
    """HMAC-SHA256 over the fields, each behind its length, so that none can run into another."""
    message = hmac.new(key, digestmod=hashlib.sha256)
    for value in fields:
        message.update(len(value).to_bytes(8, "big"))
        message.update(value)
    return message.digest()
