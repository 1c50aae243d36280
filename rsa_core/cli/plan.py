"""Which output each file gets, before any work: no two files of all runs share one.

Sealing adds the scheme's suffix to the file's name. Opening removes it, makes what is left, which
is the sender's choice, harmless, and adds a picture's suffix where there is none that fits. That
one may be known late, so a name is free only where it is with every suffix that could come. A
file that was done before keeps its output.
"""

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from rsa_core import SCHEMES, RsaCoreError
from rsa_core.cli.files import ENVELOPE_SUFFIXES, Found
from rsa_core.cli.jobs import Job, Opener, Sealer, scheme_of
from rsa_core.kinds import KINDS
from rsa_core.names import Names, safe_name, split


def jobs_of(work: Sealer | Opener, found: Iterable[Found]) -> tuple[list[Job], list[Job]]:
    """A job for each file, and those among them whose output cannot have the usual name.

    Of two files with one and the same name the second has no target.
    """
    found = list(found)
    before = work.manifest.outputs()
    names = Names([*before.values(), *_manifest(work)])
    for one in found:
        for folder in PurePosixPath(one.name).parents:
            names.take(str(folder))
    jobs: dict[str, Job] = {}
    doubles, renamed = [], []
    for one in found:
        if one.name in jobs:
            doubles.append(Job(one.name, one.source, None))
            continue
        path = PurePosixPath(one.name)
        usual, tails = _parts(work, one)
        output = _kept(work, before.get(one.name, ""), path, tails)
        if not output:
            stem = names.fresh(_harmless(work, usual, tails[0]), *tails, folder=str(path.parent))
            output = str(path.parent / (stem + tails[0]))
        jobs[one.name] = job = Job(
            one.name, one.source, work.out / output, known=one.name in before
        )
        if one.name not in before and PurePosixPath(output).name != usual + tails[0]:
            renamed.append(job)
    return [*jobs.values(), *doubles], renamed


def _parts(work: Sealer | Opener, one: Found) -> tuple[str, tuple[str, ...]]:
    """The usual name of the output without its suffix, and what could be its suffix."""
    path = PurePosixPath(one.name)
    if isinstance(work, Sealer):
        stem, suffix = split(path.name)
        return stem, (suffix + SCHEMES[work.scheme].suffix,)
    stem, suffix = split(path.stem if path.suffix.lower() in ENVELOPE_SUFFIXES else path.name)
    suffix = split(safe_name(f"x{suffix}"))[1]
    if suffix.lower() != ".png" and _keeps_pixels(one.source):
        return stem, (f"{suffix}.png",)
    return stem, (suffix,) if suffix else ("", *(kind.suffixes[0] for kind in KINDS.values()))


def _harmless(work: Sealer | Opener, stem: str, tail: str) -> str:
    return stem if isinstance(work, Sealer) else safe_name(stem + tail).removesuffix(tail)


def _kept(work: Sealer | Opener, output: str, path: PurePosixPath, tails: tuple[str, ...]) -> str:
    """The output of an earlier run, where a manifest that we wrote would have it; or ""."""
    found = PurePosixPath(output)
    fits = found.parent == path.parent and output.endswith(tails)
    return (
        output if fits and (isinstance(work, Sealer) or safe_name(found.name) == found.name) else ""
    )


def _manifest(work: Sealer | Opener) -> list[str]:
    """The manifest, where it lies in the output folder: no file may have its name."""
    path = os.path.relpath(os.path.realpath(work.manifest.path), os.path.realpath(work.out))
    return [Path(path).as_posix()]


def _keeps_pixels(source: Path) -> bool:
    """Whether a picture comes back as PNG, whatever it was; what cannot be read fails later."""
    try:
        with source.open("rb") as file:
            return SCHEMES[scheme_of(file)].keeps == "pixels"
    except (OSError, RsaCoreError):
        return False
