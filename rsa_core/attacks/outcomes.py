"""Outcomes as bytes, for keeping findings.

    "RSALAB" | version u8 = 1 | kind u8 = 2 | length u32 | head | part ...

Integers are big-endian. The head is JSON (UTF-8, keys sorted, no spaces); its "parts" lists name
and length of each part, in the order in which they follow. Pixels are samples in reading order,
little-endian where they have 16 bits, and the head has their shape and dtype; candidates are the
same, one after the other. A key pair is RSAPrivateKey DER.
"""

import json
from typing import Any, get_args

import numpy as np

from rsa_core.attacks.values import Outcome, Pixels, Verdict
from rsa_core.classroom import ClassroomKeyPair
from rsa_core.errors import EnvelopeFormatError, KeyFormatError

_MAGIC = b"RSALAB\x01\x02"
_HEAD = len(_MAGIC) + 4


def pack_outcome(outcome: Outcome) -> bytes:
    """An outcome to keep. May hold a recovered picture and key: private to whoever found it."""
    parts: dict[str, bytes] = {}
    head: dict[str, Any] = {
        "attack": outcome.attack,
        "verdict": outcome.verdict,
        "words": outcome.words,
        "exact": outcome.exact,
        "seconds": outcome.seconds,
        "evidence": list(outcome.evidence),
    }
    if outcome.pixels is not None:
        kind = "<u2" if outcome.pixels.dtype == np.uint16 else "|u1"
        head["picture"] = [kind, *outcome.pixels.shape]
        parts["pixels"] = np.ascontiguousarray(outcome.pixels, np.dtype(kind)).tobytes()
        if outcome.candidates:
            parts["candidates"] = b"".join(
                np.ascontiguousarray(one, np.dtype(kind)).tobytes() for one in outcome.candidates
            )
    if outcome.file is not None:
        parts["file"] = outcome.file
    if outcome.envelope is not None:
        parts["envelope"] = outcome.envelope
    if outcome.key is not None:
        parts["key"] = outcome.key.private_der()
    head["parts"] = [[name, len(part)] for name, part in parts.items()]
    text = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
    return b"".join([_MAGIC, len(text).to_bytes(4, "big"), text, *parts.values()])


def parse_outcome(data: bytes) -> Outcome:
    """Undoes `pack_outcome` (EnvelopeFormatError: the bytes are not a packed outcome)."""
    end = _HEAD + int.from_bytes(data[_HEAD - 4 : _HEAD], "big")
    try:
        if not data.startswith(_MAGIC):
            raise ValueError
        head = json.loads(data[_HEAD:end])
        parts: dict[str, bytes] = {}
        for name, size in head["parts"]:
            if not 0 <= size <= len(data) - end or name in parts:
                raise ValueError
            parts[name] = data[end : end + size]
            end += size
        if end != len(data) or head["verdict"] not in get_args(Verdict):
            raise ValueError
        return Outcome(
            attack=str(head["attack"]),
            verdict=head["verdict"],
            words=str(head["words"]),
            pixels=_pixels(head["picture"], parts["pixels"]) if "picture" in head else None,
            exact=bool(head["exact"]),
            file=parts.get("file"),
            envelope=parts.get("envelope"),
            key=ClassroomKeyPair.from_private_der(parts["key"]) if "key" in parts else None,
            seconds=float(head["seconds"]),
            evidence=tuple(map(str, head["evidence"])),
            candidates=tuple(_pixels(head["picture"], parts["candidates"], -1))
            if "candidates" in parts
            else (),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, KeyFormatError):
        raise EnvelopeFormatError("the bytes are not a packed outcome") from None


def _pixels(described: list[Any], data: bytes, *several: int) -> Pixels:
    """One picture, or with -1 a stack of as many as there are."""
    kind, *shape = described
    shape = [*several, *shape]
    if kind == "<u2":
        return np.frombuffer(data, "<u2").astype(np.uint16).reshape(shape)
    if kind != "|u1":
        raise ValueError("unknown dtype")
    return np.frombuffer(data, np.uint8).reshape(shape)
