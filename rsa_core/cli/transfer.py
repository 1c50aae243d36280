"""`encrypt` and `decrypt`: files and whole folders, sealed for recipients and opened again."""

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from tqdm import tqdm

from rsa_core import SCHEMES
from rsa_core.cli import batch
from rsa_core.cli.console import DONE, FAILED, CommandError, error_line, printable, tell
from rsa_core.cli.files import ENVELOPE_SUFFIXES, PICTURE_SUFFIXES, Found, find, target_of
from rsa_core.cli.jobs import Job, Opener, Sealer
from rsa_core.cli.keyfiles import read_key_pair, read_public_key
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
    key = read_key_pair(args.key, args.passphrase_file)
    found = _found(args, ENVELOPE_SUFFIXES)
    jobs, inside = _shares(args.jobs, len(found))
    return _transfer(args, Opener(args.out, key, args.force, inside), found, jobs)


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
    tqdm.monitor_interval = 0  # its thread would be there when the processes are forked
    # The bar is drawn on a terminal only: in a log it would be noise.
    bar = tqdm(
        total=len(jobs), unit="file", desc=args.command, file=sys.stderr, leave=False, disable=None
    )

    def done(row: Row) -> None:
        manifest.add(row)
        outcomes[row.outcome.partition(":")[0]] += 1
        bar.n = outcomes.total()
        bar.refresh() if row.outcome.startswith("failed") else bar.update(0)
        if row.outcome.startswith("failed"):
            why = row.outcome.removeprefix("failed: ")
            bar.write(error_line(f"{row.name}: {why}"), file=sys.stderr)

    def progress(part: float) -> None:
        bar.n = outcomes.total() + part
        bar.update(0)

    try:
        batch.run(work, jobs, processes, done, progress)
    finally:
        bar.close()
        manifest.close()
        counts = ", ".join(f"{outcomes[name]} {name}" for name in ("done", "skipped", "failed"))
        print(printable(f"{counts}; in {args.out}"), file=sys.stdout)
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
