"""`encrypt` and `decrypt`: files and whole folders, sealed for recipients and opened again."""

from argparse import Namespace
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from rsa_core import SCHEMES
from rsa_core.cli import batch
from rsa_core.cli.bar import Bar
from rsa_core.cli.console import DONE, FAILED, CommandError, tell
from rsa_core.cli.files import ENVELOPE_SUFFIXES, PICTURE_SUFFIXES, Found, find, target_of
from rsa_core.cli.jobs import Job, Opener, Sealer
from rsa_core.cli.keyfiles import read_key_pairs, read_public_key
from rsa_core.cli.manifest import Manifest, Row


def encrypt(args: Namespace) -> int:
    """Seals pictures; gives the exit status."""
    scheme = SCHEMES[args.scheme]
    keys = dict.fromkeys(read_public_key(path, scheme.key_kind) for path in args.to)
    found = _found(args, PICTURE_SUFFIXES)
    if not scheme.secure:
        tell(f"{scheme.name}: {scheme.summary}")
    jobs, inside = _shares(args.jobs, len(found))
    work = Sealer(args.out, scheme.name, tuple(keys), args.force, inside)
    return _transfer(args, work, found, jobs)


def decrypt(args: Namespace) -> int:
    """Opens envelopes; gives the exit status."""
    keys = read_key_pairs(args.key, args.passphrase_file)
    found = _found(args, ENVELOPE_SUFFIXES)
    jobs, inside = _shares(args.jobs, len(found))
    return _transfer(args, Opener(args.out, keys, args.force, inside), found, jobs)


def _found(args: Namespace, suffixes: Collection[str]) -> list[Found]:
    found = list(find(args.files, suffixes, args.out))
    if not found:
        raise CommandError(f"no files to {args.command} there: {', '.join(sorted(suffixes))}")
    return found


def _shares(wanted: int | None, files: int) -> tuple[int, int]:
    """How many files are worked on at once, and how many processes each may use."""
    processes = wanted or batch.cores()
    at_once = min(processes, files)
    return at_once, processes // at_once


def _transfer(args: Namespace, work: Sealer | Opener, found: list[Found], processes: int) -> int:
    manifest = Manifest(args.manifest or args.out / "manifest.csv")
    jobs = _jobs(work, found, manifest)
    outcomes: Counter[str] = Counter()
    bar = Bar(args.command, len(jobs))

    def done(row: Row) -> None:
        manifest.add(row)
        outcome, _, why = row.outcome.partition(": ")
        outcomes[outcome] += 1
        bar.reach(outcomes.total())
        if outcome == "failed":
            bar.complain(f"{row.name}: {why}")

    def progress(part: float) -> None:
        bar.reach(outcomes.total() + part)

    try:
        batch.run(work, jobs, processes, done, progress)
    finally:
        bar.close()
        manifest.close()
        counts = ", ".join(f"{outcomes[name]} {name}" for name in ("done", "skipped", "failed"))
        tell(f"{counts}; in {args.out}")
    return FAILED if outcomes["failed"] else DONE


def _jobs(work: Sealer | Opener, found: list[Found], manifest: Manifest) -> list[Job]:
    """Two files of one run never share an output: the second one fails."""
    taken: set[Path] = set()
    jobs = []
    for one in found:
        if isinstance(work, Sealer):
            suffix = SCHEMES[work.scheme].suffix
            target = target_of(one.name, work.out, sealing=True, suffix=suffix)
        else:
            target = target_of(one.name, work.out, sealing=False)
        free = target not in taken
        taken.add(target)
        jobs.append(Job(one.name, one.source, target if free else None, manifest.earlier(one.name)))
    return jobs
