"""Codes over rows: who writes to the database without the pepper cannot make one."""

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
