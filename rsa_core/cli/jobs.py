"""What is done to one file: sealed, or opened. Whatever comes of it is a row of the manifest.

`hybrid` goes from file to file in pieces, whatever the size; only the first bytes are looked at,
to refuse what is not a picture. The other schemes decode the picture, or hold the file in memory.

The row of a finished file is written before the file gets its name, so that a run that is killed
goes on. The output has the time of change of its source.

A `Sealer` and an `Opener` do the same in this process and in another, into which they are pickled.
"""

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
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
from rsa_core.cli.manifest import Manifest, Row
from rsa_core.cli.streams import Reader, Stop, Writer, sha256_of
from rsa_core.envelopes.armoured import binary
from rsa_core.envelopes.streaming import open_stream, seal_stream
from rsa_core.kinds import HEAD, KINDS
from rsa_core.left_out import words_for
from rsa_core.names import split

_DER_SEQUENCE = b"\x30"  # how every CMS envelope begins, and no container
_NO_PICTURE = "this is not a picture of a kind that is taken: " + ", ".join(
    kind.title for kind in KINDS.values()
)

Progress = Callable[[float], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """One file, as the manifest names it; `target` is None where another file has that name.

    `known` says that it was done before, by the manifest.
    """

    name: str
    source: Path
    target: Path | None
    known: bool = False


class _LateError(Exception):
    """The output's name was taken when the row had been written."""

    def __init__(self, output_sha256: str) -> None:
        super().__init__()
        self.output_sha256 = output_sha256


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
    manifest: Manifest = field(compare=False)
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

    def make(self, job: Job, target: Path, stop: Stop, progress: Progress | None) -> Row:
        """Seals the file, or raises."""
        started = time.perf_counter()
        check_free(target, force=self.force)
        found = _regular(job.source)
        with job.source.open("rb", buffering=0) as source, Draft(target.parent) as draft:
            writer = Writer(draft.file, stop)
            reader, left_out = self.seal(source, found.st_size, writer, stop, progress)
            row = Row(
                job.name, reader.size, self.scheme, time.perf_counter() - started,
                reader.sha256.hexdigest(), "done", _below(target, self.out),
                writer.sha256.hexdigest(), self.keys, left_out,
            )  # fmt: skip
            _keep(self, draft, target, row, found)
        return row

    def seal(
        self, source: BinaryIO, size: int, writer: Writer, stop: Stop, progress: Progress | None
    ) -> tuple[Reader, str]:
        """Seals what an open file holds, or raises; gives its reader, and what is left out."""
        if picture_suffix(source.read(HEAD)) is None:
            raise PictureError(_NO_PICTURE if size else "the file is empty")
        source.seek(0)
        reader = Reader(source, stop)
        if self.scheme == "hybrid":
            self._stream(reader, writer, size)
            return reader, ""
        from rsa_core.pictures import MAX_BYTES, read_picture

        if size > MAX_BYTES:
            raise LimitError(f"{size} bytes; {self.scheme} takes files of up to {MAX_BYTES}")
        scheme, picture = SCHEMES[self.scheme], read_picture(reader.read())
        options = _options(self.scheme, self.processes, stop, progress)
        writer.write(scheme.seal(picture, self.recipients, **options).envelope)
        kept = scheme.keeps == "file"
        return reader, "" if kept else "; ".join(words_for(picture.left_out))

    def _stream(self, reader: Reader, writer: Writer, size: int) -> None:
        source, target = cast(BinaryIO, reader), cast(BinaryIO, writer)
        try:
            seal_stream(source, target, size, cast(Any, self.recipients), with_digest=False)
        except ValueError:
            raise PictureError("the file changed while it was read") from None


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens one envelope after the other with the same keys; attributes as in `Sealer`."""

    out: Path
    pairs: tuple[AnyKeyPair, ...] = field(repr=False)
    force: bool
    processes: int
    manifest: Manifest = field(compare=False)
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
        return _opener, (self.out, pairs, self.force, self.processes, self.manifest)

    def __call__(self, job: Job, stop: Stop, progress: Progress | None = None) -> Row:
        """Opens the envelope; see `_attempt`."""
        return _attempt(self, job, stop, progress)

    def is_of(self, row: Row) -> bool:
        """Whether the row is about the same key."""
        return row.keys == self.keys

    def make(self, job: Job, target: Path, stop: Stop, progress: Progress | None) -> Row:
        """Opens the envelope, or raises."""
        started = time.perf_counter()
        found = _regular(job.source)
        with job.source.open("rb", buffering=0) as source:
            scheme = SCHEMES[scheme_of(source)]
            if split(target.name)[1]:
                check_free(self.final(target, scheme, b""), force=self.force)
            digest = sha256_of(source, stop)
            source.seek(0)
            with Draft(target.parent) as draft:
                writer = Writer(draft.file, stop)
                left_out = self.open(source, scheme, writer, stop, progress)
                final = self.final(target, scheme, writer.head)
                row = Row(
                    job.name, found.st_size, scheme.name, time.perf_counter() - started,
                    digest, "done", _below(final, self.out), writer.sha256.hexdigest(), self.keys,
                    left_out,
                )  # fmt: skip
                _keep(self, draft, final, row, found)
        return row

    def open(
        self,
        source: BinaryIO,
        scheme: Scheme[Any, Any],
        writer: Writer,
        stop: Stop,
        progress: Progress | None,
    ) -> str:
        """Opens what an open file holds, or raises; only then what was written counts.

        Gives what the sender's scheme left out.
        """
        keys = self._keys_for(scheme)
        if scheme.name == "hybrid":
            read, target = binary(source), cast(BinaryIO, writer)
            _first_that_opens(keys, lambda key: open_stream(read, target, key, with_digest=False))
            return ""
        options = _options(scheme.name, self.processes, stop, progress)
        envelope = source.read()
        opened = _first_that_opens(keys, lambda key: scheme.open(envelope, key, **options))
        writer.write(opened.file)
        return "; ".join(opened.left_out)

    def _keys_for(self, scheme: Scheme[Any, Any]) -> list[Any]:
        """The key pairs as the scheme takes them (KeyFormatError: it takes none of them)."""
        if scheme.key_kind == "classroom key":
            return [ClassroomKeyPair.of(pair) for pair in self.pairs]
        keys = [pair for pair in self.pairs if isinstance(pair, KeyPair)]
        if not keys:
            public = self.pairs[0].public
            why = "this is a classroom key; expected a PEM file"
            try:
                PublicKey(public.n, public.e)
            except KeyFormatError as error:
                why = str(error)
            raise KeyFormatError(f"{scheme.name} does not take this key: {why}")
        return keys

    @staticmethod
    def final(target: Path, scheme: Scheme[Any, Any], head: bytes) -> Path:
        """The name that tells a picture viewer the truth, where the envelope's does not."""
        if scheme.keeps == "pixels" and target.suffix.lower() != ".png":
            return target.with_name(f"{target.name}.png")
        if not split(target.name)[1]:
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


def _opener(
    out: Path,
    pairs: list[tuple[bool, bytes]],
    force: bool,
    processes: int,
    manifest: Manifest,
) -> Opener:
    read = (
        KeyPair.from_der(der) if safe else ClassroomKeyPair.from_private_der(der)
        for safe, der in pairs
    )
    return Opener(out, tuple(read), force, processes, manifest)


def scheme_of(source: BinaryIO) -> str:
    """Which scheme made an envelope; the file is rewound.

    Raises:
        EnvelopeFormatError: empty, a picture, or no container that begins well. `hybrid` judges
            the rest.
    """
    head = source.read(HEAD)
    source.seek(0)
    if not head:
        raise EnvelopeFormatError("the file is empty; expected an envelope")
    if picture_suffix(head) is not None:
        raise EnvelopeFormatError("this is a picture; expected an envelope")
    if head.startswith(_DER_SEQUENCE):
        return "hybrid"
    from rsa_core.envelopes.container import MAGIC, MAX_HEAD, scheme_in

    if not head.startswith(MAGIC):
        return "hybrid"
    scheme = scheme_in(source.read(MAX_HEAD))
    source.seek(0)
    return scheme


def _attempt(work: Sealer | Opener, job: Job, stop: Stop, progress: Progress | None) -> Row:
    """Does the job, skips it, or says why not (CancelledError: nothing is left behind).

    Raises OSError where not even the manifest can be written.
    """
    started = time.perf_counter()
    try:
        row = _done_before(work, job, stop) if job.known else None
        row = row or _made(work, job, stop, progress)
    except CancelledError:
        raise
    except _LateError as late:
        row = _failed(work, job, reason(TargetExistsError()), started, late.output_sha256)
    except (RsaCoreError, TargetExistsError, OSError) as error:
        row = _failed(work, job, reason(error), started)
    except MemoryError:
        row = _failed(work, job, "there is not enough memory for this file", started)
    if row.outcome != "done":
        work.manifest.add(row)
    return row


def _made(work: Sealer | Opener, job: Job, stop: Stop, progress: Progress | None) -> Row:
    if job.target is None:
        raise TargetExistsError(
            "another file of this run has the same output: give it another --out"
        )
    try:
        return work.make(job, job.target, stop, progress)
    except (TargetExistsError, _LateError):
        # Another run, at work in the same folder, may have been faster.
        if row := _done_before(work, job, stop):
            return row
        raise


def _done_before(work: Sealer | Opener, job: Job, stop: Stop) -> Row | None:
    """The row of a job whose files are both still what the manifest says, for the same keys."""
    if work.force or job.target is None or not job.source.is_file():
        return None
    sha256 = ""
    for row in work.manifest.earlier(job.name):
        output = work.out / row.output
        if work.is_of(row) and output.is_file():
            sha256 = sha256 or _hash(job.source, stop)
            if sha256 == row.sha256 and _hash(output, stop) == row.output_sha256:
                return replace(row, outcome="skipped")
    return None


def _failed(
    work: Sealer | Opener, job: Job, why: str, started: float, output_sha256: str = ""
) -> Row:
    seconds = time.perf_counter() - started
    size = size_of(job.source)
    scheme = work.scheme if isinstance(work, Sealer) else ""
    return Row(job.name, size, scheme, seconds, "", f"failed: {why}", "", output_sha256, work.keys)


def _keep(
    work: Sealer | Opener, draft: Draft, target: Path, row: Row, source: os.stat_result
) -> None:
    """Writes the row, then names the file (TargetExistsError, _LateError)."""
    check_free(target, force=work.force)
    work.manifest.add(row)
    try:
        draft.keep(target, force=work.force, like=source)
    except TargetExistsError:
        raise _LateError(row.output_sha256) from None


def size_of(path: Path) -> int:
    """Bytes of a regular file; 0 of anything else."""
    with suppress(OSError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            return found.st_size
    return 0


def _hash(path: Path, stop: Stop) -> str:
    with path.open("rb", buffering=0) as file:
        return sha256_of(file, stop)


def _below(path: Path, out: Path) -> str:
    return path.relative_to(out).as_posix()


def _regular(path: Path) -> os.stat_result:
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise OSError(0, "the folder cannot be read")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "this is not a regular file")
    return found


def _options(name: str, processes: int, stop: Stop, progress: Progress | None) -> dict[str, Any]:
    """The keyword arguments of a scheme; the slow ones can use several processes."""
    options: dict[str, Any] = {"cancelled": stop, "progress": progress}
    if name in ("oaep-blocks", "textbook-blocks"):
        options["processes"] = processes
    return options
