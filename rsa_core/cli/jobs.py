"""What is done to one file: sealed, or opened. A failure is a row of the manifest.

`hybrid` goes from file to file in pieces, whatever the size; only the first bytes are looked at,
to refuse what is not a picture. The other schemes decode the picture, or hold the file in memory.

A `Sealer` and an `Opener` do the same in this process and in another, into which they are pickled.
"""

import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from rsa_core import (
    SCHEMES,
    AnyKeyPair,
    AnyPublicKey,
    CancelledError,
    ClassroomKeyPair,
    DecryptionError,
    EnvelopeFormatError,
    KeyFormatError,
    KeyPair,
    LimitError,
    PictureError,
    PublicKey,
    RecipientError,
    RsaCoreError,
    Scheme,
)
from rsa_core.cli.console import TargetExistsError, reason
from rsa_core.cli.files import Draft, check_free, picture_suffix
from rsa_core.cli.manifest import Row
from rsa_core.cli.streams import Reader, Stop, Writer, sha256_of
from rsa_core.envelopes.armoured import binary
from rsa_core.envelopes.container import MAGIC, MAX_ENVELOPE, Container
from rsa_core.envelopes.streaming import open_stream, seal_stream
from rsa_core.pictures import MAX_BYTES, read_picture

_DER_SEQUENCE = b"\x30"  # how every CMS envelope begins, and no container
_NO_PICTURE = "this is not a picture: PNG, JPEG, GIF, BMP, WebP, TIFF and PPM are taken"

Progress = Callable[[float], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """One file, as the manifest names it.

    `target` is None for one that would collide with another of this run; `before` is what the
    manifest says about it, if it was done before.
    """

    name: str
    source: Path
    target: Path | None
    before: Row | None


@dataclass(frozen=True, slots=True)
class _Made:
    """A finished output: its name, and the hashes of what was read and written."""

    target: Path
    scheme: str
    size: int
    sha256: str
    output_sha256: str


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals one file after the other for the same recipients, none of them twice.

    `force` does again what is done, and overwrites. `processes` is how many one file may use, where
    its scheme can use several. `keys` is for the manifest.
    """

    out: Path
    scheme: str
    recipients: tuple[AnyPublicKey, ...]
    force: bool
    processes: int
    keys: str = field(init=False)

    def __post_init__(self) -> None:
        names = sorted(key.fingerprint.hex() for key in self.recipients)
        object.__setattr__(self, "keys", " ".join(names))

    def __call__(self, job: Job, stop: Stop, progress: Progress | None = None) -> Row:
        """Seals the file; see `_attempt`."""
        return _attempt(self, job, stop, progress)

    def is_of(self, row: Row) -> bool:
        """Whether the row is about the same scheme and the same keys."""
        return (row.scheme, row.keys) == (self.scheme, self.keys)

    def make(self, job: Job, target: Path, stop: Stop, progress: Progress | None) -> _Made:
        """Seals the file, or raises."""
        check_free(target, force=self.force)
        size = _size_of(job.source)
        with job.source.open("rb", buffering=0) as source:
            if picture_suffix(source.read(16)) is None:
                raise PictureError("the file is empty" if not size else _NO_PICTURE)
            source.seek(0)
            reader = Reader(source, stop)
            with Draft(target.parent) as draft:
                writer = Writer(draft.file, stop)
                if self.scheme == "hybrid":
                    self._stream(reader, writer, size)
                else:
                    writer.write(self._sealed(reader, size, stop, progress))
                draft.keep(target, force=self.force)
        hashes = reader.sha256.hexdigest(), writer.sha256.hexdigest()
        return _Made(target, self.scheme, reader.size, *hashes)

    def _stream(self, reader: Reader, writer: Writer, size: int) -> None:
        source, target = cast(BinaryIO, reader), cast(BinaryIO, writer)
        try:
            seal_stream(source, target, size, cast(Any, self.recipients), with_digest=False)
        except ValueError:
            raise PictureError("the file changed while it was read") from None

    def _sealed(self, reader: Reader, size: int, stop: Stop, progress: Progress | None) -> bytes:
        if size > MAX_BYTES:
            raise LimitError(f"{size} bytes; {self.scheme} takes files of up to {MAX_BYTES}")
        picture = read_picture(reader.read())
        options = _options(self.scheme, self.processes, stop, progress)
        sealed = SCHEMES[self.scheme].seal(picture, self.recipients, **options)
        return sealed.envelope


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens one envelope after the other with the same keys; attributes as in `Sealer`."""

    out: Path
    pairs: tuple[AnyKeyPair, ...] = field(repr=False)
    force: bool
    processes: int
    keys: str = field(init=False)

    def __post_init__(self) -> None:
        names = sorted(pair.public.fingerprint.hex() for pair in self.pairs)
        object.__setattr__(self, "keys", " ".join(names))

    def __reduce__(self) -> tuple[Any, ...]:
        # pycryptodome's keys refuse to be pickled as they are.
        pairs = [
            (True, pair.der()) if isinstance(pair, KeyPair) else (False, pair.private_der())
            for pair in self.pairs
        ]
        return _opener, (self.out, pairs, self.force, self.processes)

    def __call__(self, job: Job, stop: Stop, progress: Progress | None = None) -> Row:
        """Opens the envelope; see `_attempt`."""
        return _attempt(self, job, stop, progress)

    def is_of(self, row: Row) -> bool:
        """Whether the row is about the same key."""
        return row.keys == self.keys

    def make(self, job: Job, target: Path, stop: Stop, progress: Progress | None) -> _Made:
        """Opens the envelope, or raises."""
        size = _size_of(job.source)
        with job.source.open("rb", buffering=0) as source:
            scheme = SCHEMES[scheme_of(source)]
            keys = self._keys_for(scheme)
            if target.suffix:
                check_free(self._final(target, scheme, b""), force=self.force)
            digest = sha256_of(source, stop)
            source.seek(0)
            with Draft(target.parent) as draft:
                writer = Writer(draft.file, stop)
                if scheme.name == "hybrid":
                    read, target_file = binary(source), cast(BinaryIO, writer)
                    _first_that_opens(
                        keys, lambda key: open_stream(read, target_file, key, with_digest=False)
                    )
                else:
                    options = _options(scheme.name, self.processes, stop, progress)
                    envelope = source.read()
                    opened = _first_that_opens(
                        keys, lambda key: scheme.open(envelope, key, **options)
                    )
                    writer.write(opened.file)
                final = self._final(target, scheme, writer.head)
                draft.keep(final, force=self.force)
        return _Made(final, scheme.name, size, digest, writer.sha256.hexdigest())

    def _keys_for(self, scheme: Scheme[Any, Any]) -> list[Any]:
        """The key pairs as the scheme takes them (KeyFormatError: it takes none of them)."""
        if scheme.key_kind == "classroom key":
            return [ClassroomKeyPair.of(pair) for pair in self.pairs]
        keys = [pair for pair in self.pairs if isinstance(pair, KeyPair)]
        if not keys:
            public, why = self.pairs[0].public, ""
            try:
                PublicKey(public.n, public.e)
            except KeyFormatError as error:
                why = f": {error}"
            raise KeyFormatError(
                f"{scheme.name} is opened with a key pair; this is a classroom key{why}"
            )
        return keys

    @staticmethod
    def _final(target: Path, scheme: Scheme[Any, Any], head: bytes) -> Path:
        """The name that tells a picture viewer the truth, where the envelope's does not."""
        if scheme.keeps == "pixels" and target.suffix.lower() != ".png":
            return target.with_name(f"{target.name}.png")
        if not target.suffix:
            return target.with_name(target.name + (picture_suffix(head) or ""))
        return target


def _first_that_opens(keys: list[Any], attempt: Callable[[Any], T]) -> T:
    """What comes of the first key that fits; the plainest refusal if none does."""
    refusal: RsaCoreError | None = None
    for key in keys:
        try:
            return attempt(key)
        except RecipientError as error:
            refusal = refusal or error
        except DecryptionError as error:
            refusal = error
    raise cast(RsaCoreError, refusal)


def _opener(out: Path, pairs: list[tuple[bool, bytes]], force: bool, processes: int) -> Opener:
    read = (
        KeyPair.from_der(der) if safe else ClassroomKeyPair.from_private_der(der)
        for safe, der in pairs
    )
    return Opener(out, tuple(read), force, processes)


def scheme_of(source: BinaryIO) -> str:
    """Which scheme made an envelope; the file is rewound.

    Raises:
        EnvelopeFormatError: empty, a picture, or no sound container. `hybrid` judges the rest.
    """
    head = source.read(16)
    source.seek(0)
    if not head:
        raise EnvelopeFormatError("the file is empty; expected an envelope")
    if picture_suffix(head) is not None:
        raise EnvelopeFormatError("this is a picture; expected an envelope")
    if head.startswith(_DER_SEQUENCE):
        return "hybrid"
    if not head.startswith(MAGIC):
        return "hybrid"
    scheme = Container.parse(source.read(MAX_ENVELOPE + 1)).scheme
    source.seek(0)
    return scheme


def _attempt(work: Sealer | Opener, job: Job, stop: Stop, progress: Progress | None) -> Row:
    """Does the job, skips it, or says why not (CancelledError: nothing is left behind)."""
    started = time.perf_counter()
    try:
        if job.target is None:
            raise TargetExistsError("another file of this run has the same output")
        if job.before is not None and not work.force and _intact(work, job, job.before, stop):
            return replace(job.before, outcome="skipped")
        made = work.make(job, job.target, stop, progress)
    except CancelledError:
        raise
    except (RsaCoreError, TargetExistsError, OSError) as error:
        failure = reason(error)
    except MemoryError:
        failure = "there is not enough memory for this file"
    else:
        seconds = time.perf_counter() - started
        output = made.target.relative_to(work.out).as_posix()
        return Row(
            job.name, made.size, made.scheme, seconds, made.sha256, "done",
            output, made.output_sha256, work.keys,
        )  # fmt: skip
    seconds = time.perf_counter() - started
    size = job.source.stat().st_size if job.source.is_file() else 0
    scheme = work.scheme if isinstance(work, Sealer) else ""
    return Row(job.name, size, scheme, seconds, "", f"failed: {failure}", "", "", work.keys)


def _intact(work: Sealer | Opener, job: Job, before: Row, stop: Stop) -> bool:
    """Whether both files are still what the manifest says, for the same keys."""
    if not work.is_of(before):
        return False
    output = work.out / before.output
    for path, wanted in ((job.source, before.sha256), (output, before.output_sha256)):
        if not path.is_file():
            return False
        with path.open("rb", buffering=0) as file:
            if sha256_of(file, stop) != wanted:
                return False
    return True


def _size_of(path: Path) -> int:
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise OSError(0, "the folder cannot be read")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "this is not a regular file")
    return found.st_size


def _options(name: str, processes: int, stop: Stop, progress: Progress | None) -> dict[str, Any]:
    """The keyword arguments of a scheme; the slow ones can use several processes."""
    options: dict[str, Any] = {"cancelled": stop, "progress": progress}
    if name in ("oaep-blocks", "textbook-blocks"):
        options["processes"] = processes
    return options
