"""What the two block schemes share: many blocks at a time, and a word on what they cost."""

import os
from collections.abc import Callable, Sequence

from rsa_core.errors import CancelledError, LimitError
from rsa_core.processes import Crew
from rsa_core.schemes.base import Cancelled, Progress

MAX_SECONDS = 120  # of one core, to open an envelope
BLOCKS_PER_PIECE = 64  # a worker's portion: some milliseconds to a second
_SPREAD_FROM = 2  # seconds of work below which starting processes does not pay


def cut(data: bytes, block: int) -> list[bytes]:
    """Pieces of `BLOCKS_PER_PIECE` blocks; the last may end with a short block."""
    step = block * BLOCKS_PER_PIECE
    return [data[at : at + step] for at in range(0, len(data), step)]


def each_block(block: int, work: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """The same work for each block of a piece, results joined."""

    def on_piece(piece: bytes) -> bytes:
        return b"".join(work(piece[at : at + block]) for at in range(0, len(piece), block))

    return on_piece


def processes_for(seconds: float, wanted: int | None) -> int | None:
    """What the caller wants; otherwise one process for short work and all cores for long."""
    return 1 if wanted is None and seconds < _SPREAD_FROM else wanted


def run(
    make: Callable[[bytes], Callable[[bytes], bytes]],
    key_der: bytes,
    pieces: Sequence[bytes],
    *,
    processes: int | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> list[bytes]:
    """Does `make(key_der)` for every piece.

    Args:
        make: gives the function for one piece; a child imports it by name.
        key_der: the key.
        pieces: independent of each other; more of them make smoother progress.
        processes: how many at once; 1 works in this process; None takes one for each core.
        progress: called in this thread with the part done, 0 to 1, the last time with 1.
        cancelled: asked in this thread several times a second.

    Returns:
        The results in the pieces' order.

    Raises:
        CancelledError: `cancelled` said so; nothing keeps running.
        PieceError: a piece failed; nothing keeps running.
    """
    results: dict[int, bytes] = {}
    count = min(processes or os.cpu_count() or 1, len(pieces))
    with Crew(count, make, key_der) as crew:
        for one in crew.results(pieces):
            if one is not None:
                results[one[0]] = one[1]
            if cancelled is not None and len(results) < len(pieces) and cancelled():
                raise CancelledError
            if progress is not None and pieces:
                progress(len(results) / len(pieces))
    return [results[number] for number in range(len(pieces))]


def check_time(seconds: float, bits: int, size: int) -> None:
    """Refuses work before it begins, and says what it would have cost.

    Args:
        seconds: what one core would need.
        bits: length of the key.
        size: bytes of plaintext.

    Raises:
        LimitError: more than `MAX_SECONDS`.
    """
    if seconds > MAX_SECONDS:
        spent = f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
        raise LimitError(
            f"{size / 1e6:.1f} MB in blocks under a key of {bits} bits would keep a processor "
            f"busy for about {spent}; the limit is {MAX_SECONDS // 60} minutes"
        )


def part_of(progress: Progress | None, number: int, total: int) -> Progress | None:
    """Progress of one of several equal parts as progress of the whole."""
    if progress is None:
        return None
    return lambda done: progress((number + done) / total)
