"""What the two block schemes share: many blocks at a time, and what that costs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from rsa_core import cores
from rsa_core.classroom import ClassroomPublicKey
from rsa_core.crew import Crew
from rsa_core.envelopes.container import Container, block_bytes
from rsa_core.errors import CancelledError, LimitError
from rsa_core.residues import Blocks, Copy
from rsa_core.schemes.base import Cancelled, Progress, Sealed
from rsa_core.schemes.copies import ContainerScheme, Plain, check_size

MAX_SECONDS = 120  # of one core, to open an envelope
BLOCKS_PER_PIECE = 64  # a child's portion: some milliseconds to a second
_SPREAD_FROM = 2  # seconds of work below which starting processes does not pay

Work = Callable[[bytes], bytes]  # on one piece


class BlockScheme(ContainerScheme, ABC):
    """Blocks of bytes, each encrypted by itself, in several processes where that pays.

    `processes` says how many to use; None decides by the amount of work. `progress` and
    `cancelled` are as in `Scheme.seal`, and everything raises CancelledError.
    """

    @staticmethod
    @abstractmethod
    def encryptor(public_der: bytes) -> Work:
        """For one piece: blocks of plaintext to residues."""

    @staticmethod
    @abstractmethod
    def decryptor(private_der: bytes) -> Work:
        """For one piece: residues to blocks of plaintext."""

    @staticmethod
    @abstractmethod
    def private_seconds(bits: int) -> float:
        """About what one core needs to open a block: measured, good to a factor of two."""

    @staticmethod
    @abstractmethod
    def public_seconds(bits: int, e: int) -> float:
        """About what one core needs to seal a block."""

    def blocks(self, size: int, key: ClassroomPublicKey) -> int:
        """How many blocks `size` bytes take."""
        return -(-size // block_bytes(self.name, key))

    def _sealed(
        self,
        plain: Plain,
        keys: Sequence[ClassroomPublicKey],
        *,
        processes: int | None,
        progress: Progress | None,
        cancelled: Cancelled | None,
    ) -> Sealed:
        data = plain.data
        counts = [self.blocks(len(data), key) for key in keys]
        check_size(
            len(keys), sum(count * key.width for count, key in zip(counts, keys, strict=True))
        )
        for count, key in zip(counts, keys, strict=True):
            each = max(self.private_seconds(key.bits), self.public_seconds(key.bits, key.e))
            _check_time(count * each, key.bits, len(data))
        copies = []
        for number, (count, key) in enumerate(zip(counts, keys, strict=True)):
            pieces = run(
                self.encryptor,
                key.der(),
                cut(data, block_bytes(self.name, key)),
                processes=_processes(count * self.public_seconds(key.bits, key.e), processes),
                progress=_part_of(progress, number, len(keys)),
                cancelled=cancelled,
            )
            copies.append(Blocks(key, b"".join(pieces)))
        return self._packed(plain, copies)

    def _opened(
        self,
        container: Container,
        copy: Copy,
        private_der: bytes,
        *,
        processes: int | None,
        progress: Progress | None,
        cancelled: Cancelled | None,
    ) -> list[bytes]:
        """The pieces of a copy; its last block is the last piece."""
        if not isinstance(copy, Blocks):
            raise TypeError("a block scheme has no dictionary")
        size, key = container.plaintext_bytes, copy.key
        seconds = self.blocks(size, key) * self.private_seconds(key.bits)
        _check_time(seconds, key.bits, size)
        return run(
            self.decryptor,
            private_der,
            [*cut(copy.data[: -key.width], key.width), copy.data[-key.width :]],
            processes=_processes(seconds, processes),
            progress=progress,
            cancelled=cancelled,
        )


def cut(data: bytes, block: int) -> list[bytes]:
    """Pieces of `BLOCKS_PER_PIECE` blocks; the last may end with a short block."""
    step = block * BLOCKS_PER_PIECE
    return [data[at : at + step] for at in range(0, len(data), step)]


def each_block(block: int, work: Work) -> Work:
    """The same work for each block of a piece, results joined."""

    def on_piece(piece: bytes) -> bytes:
        return b"".join(work(piece[at : at + block]) for at in range(0, len(piece), block))

    return on_piece


def run(
    make: Callable[[bytes], Work],
    key_der: bytes,
    pieces: Sequence[bytes],
    *,
    processes: int | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> list[bytes]:
    """Does `make(key_der)` for every piece; the results keep the pieces' order.

    A child imports `make` by name. Pieces are independent of each other; more of them make
    smoother progress. With `processes=1` this process works; None takes one for each core.
    `progress` is called in this thread with the part done, 0 to 1, the last time with 1;
    `cancelled` is asked in it several times a second.

    Raises:
        CancelledError: `cancelled` said so; nothing keeps running.
        PieceError: a piece failed; nothing keeps running.
    """
    results: dict[int, bytes] = {}
    count = min(processes or len(cores.ALL), len(pieces))
    with Crew(count, make, key_der) as crew:
        for one in crew.results(pieces):
            if one is not None:
                results[one[0]] = one[1]
            if cancelled is not None and len(results) < len(pieces) and cancelled():
                raise CancelledError
            if progress is not None and pieces:
                progress(len(results) / len(pieces))
    return [results[number] for number in range(len(pieces))]


def _processes(seconds: float, wanted: int | None) -> int | None:
    """What the caller wants; otherwise one process for short work and all cores for long."""
    return 1 if wanted is None and seconds < _SPREAD_FROM else wanted


def _check_time(seconds: float, bits: int, size: int) -> None:
    """Refuses work before it begins, and says what it would cost."""
    if seconds > MAX_SECONDS:
        spent = f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
        raise LimitError(
            f"{size / 1e6:.1f} MB in blocks under a key of {bits} bits would keep a processor "
            f"busy for about {spent}; the limit is {MAX_SECONDS // 60} minutes"
        )


def _part_of(progress: Progress | None, number: int, total: int) -> Progress | None:
    """Progress of one of several equal parts as progress of the whole."""
    if progress is None:
        return None
    return lambda done: progress((number + done) / total)
