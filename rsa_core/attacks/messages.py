"""Targets, outcomes and pictures as bytes: for the pipe to a child, and for keeping findings.

    "RSALAB" | version u8 = 1 | kind u8 | length u32 | head | part ...

Integers are big-endian. The head is JSON (UTF-8, keys sorted, no spaces); its "parts" lists name
and length of each part, in the order in which they follow. Pixels are samples in reading order,
little-endian where they have 16 bits, and the head has their shape and dtype. A key pair is
RSAPrivateKey DER. Kinds: 1 target and budget, 2 outcome, 3 progress, 4 a picture in the making.
"""

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any, get_args

import numpy as np

from rsa_core.attacks.values import Budget, Outcome, Pixels, Target, Verdict
from rsa_core.classroom import ClassroomKeyPair
from rsa_core.errors import EnvelopeFormatError, KeyFormatError

TARGET, OUTCOME, PROGRESS, PICTURE = 1, 2, 3, 4

_MAGIC = b"RSALAB\x01"
_HEAD = len(_MAGIC) + 5
_MAX_MESSAGE = 1 << 30


def pack_target(target: Target, budget: Budget) -> bytes:
    """What a child needs to begin. Holds the attacker's own key pair, if there is one."""
    parts = {"envelope": target.envelope}
    parts |= {f"other {number}": data for number, data in enumerate(target.others)}
    if target.own is not None:
        parts["own"] = target.own.private_der()
    head = {
        "keys": [[hex(n), hex(e)] for n, e in target.keys],
        "seconds": budget.seconds,
        "memory": budget.memory,
    }
    return _pack(TARGET, head, parts)


def parse_target(data: bytes) -> tuple[Target, Budget]:
    """Undoes `pack_target`.

    Raises:
        EnvelopeFormatError: the bytes are no such message.
    """
    head, parts = _parse(TARGET, data)
    try:
        others = [part for name, part in parts.items() if name.startswith("other ")]
        own = ClassroomKeyPair.from_private_der(parts["own"]) if "own" in parts else None
        keys = tuple((int(n, 16), int(e, 16)) for n, e in head["keys"])
        budget = Budget(float(head["seconds"]), int(head["memory"]))
        return Target(parts["envelope"], tuple(others), keys, own), budget
    except (KeyError, TypeError, ValueError, KeyFormatError):
        raise EnvelopeFormatError("the bytes are no packed target") from None


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
        head["picture"], parts["pixels"] = _pixels_out(outcome.pixels)
    if outcome.file is not None:
        parts["file"] = outcome.file
    if outcome.envelope is not None:
        parts["envelope"] = outcome.envelope
    if outcome.key is not None:
        parts["key"] = outcome.key.private_der()
    return _pack(OUTCOME, head, parts)


def parse_outcome(data: bytes) -> Outcome:
    """Undoes `pack_outcome`.

    Raises:
        EnvelopeFormatError: the bytes are no such message.
    """
    head, parts = _parse(OUTCOME, data)
    try:
        if head["verdict"] not in get_args(Verdict):
            raise EnvelopeFormatError("the bytes are no packed outcome")
        return Outcome(
            attack=str(head["attack"]),
            verdict=head["verdict"],
            words=str(head["words"]),
            pixels=_pixels_in(head["picture"], parts["pixels"]) if "picture" in head else None,
            exact=bool(head["exact"]),
            file=parts.get("file"),
            envelope=parts.get("envelope"),
            key=ClassroomKeyPair.from_private_der(parts["key"]) if "key" in parts else None,
            seconds=float(head["seconds"]),
            evidence=tuple(map(str, head["evidence"])),
        )
    except (KeyError, TypeError, ValueError, KeyFormatError):
        raise EnvelopeFormatError("the bytes are no packed outcome") from None


def pack_progress(part: float, words: str) -> bytes:
    """How far an attack is, 0 to 1, and what it does."""
    return _pack(PROGRESS, {"part": part, "words": words}, {})


def parse_progress(data: bytes) -> tuple[float, str]:
    """Undoes `pack_progress`.

    Raises:
        EnvelopeFormatError: the bytes are no such message.
    """
    head, _ = _parse(PROGRESS, data)
    try:
        return float(head["part"]), str(head["words"])
    except (KeyError, TypeError, ValueError):
        raise EnvelopeFormatError("the bytes are no packed progress") from None


def pack_picture(pixels: Pixels) -> bytes:
    """A picture in the making."""
    shape, data = _pixels_out(pixels)
    return _pack(PICTURE, {"picture": shape}, {"pixels": data})


def parse_picture(data: bytes) -> Pixels:
    """Undoes `pack_picture`.

    Raises:
        EnvelopeFormatError: the bytes are no such message.
    """
    head, parts = _parse(PICTURE, data)
    try:
        return _pixels_in(head["picture"], parts["pixels"])
    except (KeyError, TypeError, ValueError):
        raise EnvelopeFormatError("the bytes are no packed picture") from None


def kind_of(data: bytes) -> int:
    """Which kind of message it says it is; 0 for what is none."""
    return data[len(_MAGIC)] if len(data) >= _HEAD and data.startswith(_MAGIC) else 0


def write_frame(out: IO[bytes], message: bytes) -> None:
    """Writes a message to a pipe, its length before it."""
    out.write(len(message).to_bytes(4, "big"))
    out.write(message)
    out.flush()


def frames(source: IO[bytes]) -> Iterator[bytes]:
    """The messages of a pipe, until it ends or what comes is no message."""
    while len(head := source.read(4)) == 4:
        size = int.from_bytes(head, "big")
        if size > _MAX_MESSAGE or len(data := source.read(size)) < size:
            return
        yield data


def _pack(kind: int, head: Mapping[str, Any], parts: Mapping[str, bytes]) -> bytes:
    sizes = [[name, len(part)] for name, part in parts.items()]
    text = json.dumps({**head, "parts": sizes}, sort_keys=True, separators=(",", ":")).encode()
    return b"".join([_MAGIC, bytes([kind]), len(text).to_bytes(4, "big"), text, *parts.values()])


def _parse(kind: int, data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    if kind_of(data) != kind:
        raise EnvelopeFormatError("the bytes are no message of the laboratory of this kind")
    end = _HEAD + int.from_bytes(data[_HEAD - 4 : _HEAD], "big")
    try:
        head = json.loads(data[_HEAD:end])
        parts: dict[str, bytes] = {}
        at = end
        for name, size in head.pop("parts"):
            if not 0 <= size <= len(data) - at or name in parts:
                raise ValueError
            parts[name] = data[at : at + size]
            at += size
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise EnvelopeFormatError("the message is damaged") from None
    if at != len(data):
        raise EnvelopeFormatError(f"{len(data) - at} bytes follow after the message")
    return head, parts


def _pixels_out(pixels: Pixels) -> tuple[list[Any], bytes]:
    kind = "<u2" if pixels.dtype == np.uint16 else "|u1"
    return [kind, *pixels.shape], np.ascontiguousarray(pixels, np.dtype(kind)).tobytes()


def _pixels_in(described: list[Any], data: bytes) -> Pixels:
    kind, *shape = described
    if kind == "<u2":
        return np.frombuffer(data, "<u2").astype(np.uint16).reshape(shape)
    if kind != "|u1":
        raise ValueError("unknown dtype")
    return np.frombuffer(data, np.uint8).reshape(shape)
