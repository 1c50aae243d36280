"""`encrypt` and `decrypt`: files and whole folders, sealed for recipients and opened again."""

from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from rsa_core import SCHEMES, cores
from rsa_core.cli import batch, pipes
from rsa_core.cli.bar import Bar
from rsa_core.cli.console import DONE, FAILED, complain, tell
from rsa_core.cli.files import ENVELOPES, PICTURES, Found, Kind, find, sweep
from rsa_core.cli.jobs import Job, Opener, Sealer, size_of
from rsa_core.cli.keyfiles import read_key_pairs, read_public_key
from rsa_core.cli.manifest import Manifest, Row
from rsa_core.cli.plan import jobs_of


def encrypt(args: Namespace) -> int:
    """Seals pictures; gives the exit status."""
    scheme = SCHEMES[args.scheme]
    keys = tuple(dict.fromkeys(read_public_key(path, scheme.key_kind) for path in args.to))
    work = Sealer(args.out, scheme.name, keys, args.force, _processes(args), _manifest(args))
    if not scheme.secure:
        tell(f"{scheme.name}: {scheme.summary}")
    if pipes.is_piped(args):
        return pipes.pass_through(work, pipes.read(args), args.files[0])
    return _transfer(args, work, PICTURES)


def decrypt(args: Namespace) -> int:
    """Opens envelopes; gives the exit status."""
    # Before a passphrase is asked for, which may come from there too.
    data = pipes.read(args) if pipes.is_piped(args) else b""
    keys = read_key_pairs(args.key, args.passphrase_file)
    work = Opener(args.out, keys, args.force, _processes(args), _manifest(args))
    if pipes.is_piped(args):
        return pipes.pass_through(work, data, args.files[0])
    return _transfer(args, work, ENVELOPES)


def _processes(args: Namespace) -> int:
    wanted: int | None = args.jobs
    return wanted or len(cores.ALL)


def _manifest(args: Namespace) -> Manifest:
    return Manifest(args.manifest or args.out / "manifest.csv")


def _transfer(args: Namespace, work: Sealer | Opener, kind: Kind) -> int:
    work.manifest.start()
    seen = list(find(args.files, kind, args.out, work.manifest.path))
    left_out = [one for one in seen if one.left_out]
    jobs, renamed = jobs_of(work, [one for one in seen if not one.left_out])
    folders = {work.out, *(job.target.parent for job in jobs if job.target is not None)}
    sweep(folders)
    work.manifest.add(*map(_passed_over, left_out))
    missed = [one for one in left_out if one.missed]
    for one in missed:
        complain(f"{one.name}: passed over: {one.left_out}")
    for job in renamed:
        tell(f"{job.name}: its output is called {job.target}")
    if not jobs:
        counted = f"{len(left_out)} passed over: see {work.manifest.path}"
        complain(f"no files to {args.command} there, {counted}")
        return FAILED
    outcomes = _worked(args, work, jobs, len(left_out))
    sweep(folders)  # for a process that was killed
    return FAILED if outcomes["failed"] or missed else DONE


def _worked(
    args: Namespace, work: Sealer | Opener, jobs: Sequence[Job], left_out: int
) -> Counter[str]:
    """Does the jobs, and tells; how many came to what."""
    outcomes: Counter[str] = Counter()
    bar = Bar(args.command, len(jobs))

    def done(row: Row) -> None:
        outcome, _, why = row.outcome.partition(": ")
        outcomes[outcome] += 1
        bar.reach(outcomes.total())
        if outcome == "failed":
            bar.complain(f"{row.name}: {why}")
        elif row.left_out:
            bar.tell(f"{row.name}: left out: {row.left_out}")

    def progress(part: float) -> None:
        bar.reach(outcomes.total() + part)

    # The processes are shared out: to several files at once, or several to one file.
    at_once = min(work.processes, len(jobs))
    share = replace(work, processes=work.processes // at_once)
    try:
        batch.run(share, jobs, at_once, done, progress)
    finally:
        work.manifest.tidy()
        bar.close()
        counts = [f"{outcomes[name]} {name}" for name in ("done", "skipped", "failed")]
        if left_out:
            counts.append(f"{left_out} passed over")
        tell(f"{', '.join(counts)}; in {args.out}")
    return outcomes


def _passed_over(one: Found) -> Row:
    outcome = f"passed over: {one.left_out}"
    return Row(one.name, size_of(one.source), "", 0.0, "", outcome, "", "", "")
