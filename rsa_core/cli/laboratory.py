"""`inspect` and `attack`: what an envelope tells anyone without its key."""

import sys
from argparse import Namespace

from tqdm import tqdm

from rsa_core import SCHEMES, png_of
from rsa_core.attacks import ATTACKS, Budget, Outcome, Run, Target, start
from rsa_core.cli import keychecks
from rsa_core.cli.console import DASH, DONE, NOT_BROKEN, about, complain, tell
from rsa_core.cli.keyfiles import read_classroom_pair, read_public_key
from rsa_core.cli.single import captured, check_outputs, envelope, write

_TICK = 0.1


def inspect(args: Namespace) -> int:
    """Says what is public about an envelope; returns the exit status."""
    capture = captured(args.file)
    scheme = SCHEMES[capture.scheme]
    facts = [("scheme", f"{scheme.name}: {scheme.title}"), ("size", f"{capture.size} bytes")]
    if capture.ciphertext:
        facts.append(("ciphertext", f"{len(capture.ciphertext)} bytes"))
    if capture.shape is not None:
        facts.append(("shape", " x ".join(map(str, capture.shape))))
    facts += capture.parameters
    for number, one in enumerate(capture.recipients, 1):
        name = one.key_id.hex() if one.key_id is not None else "named by issuer and serial number"
        facts.append((f"recipient {number}", f"{one.key_bits} bits, {name}"))
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        tell(f"{name.lower():<{width}}  {value}")
    return DONE


def attack(args: Namespace) -> int:
    """Tries to break an envelope, or compares a folder of keys; returns the exit status."""
    if args.method == "shared-primes" and args.file.is_dir():
        return keychecks.compare(args)
    check_outputs(args.out, args.forged, args.key_out, force=args.force)
    keys = [read_public_key(path) for path in args.public_key]
    own = None if args.own is None else read_classroom_pair(args.own)
    target = Target(
        envelope=envelope(args.file),
        others=tuple(envelope(path) for path in args.other),
        keys=tuple((key.n, key.e) for key in keys),
        own=own,
        known=args.known_bits,
    )
    run = start(args.method, target, Budget(args.seconds, args.memory << 20))
    try:
        with about(args.file):
            outcome = _watched(run)
    finally:
        run.cancel()
    tell(f"{ATTACKS[args.method].title}: {outcome.verdict} ({outcome.seconds:.2f} s)")
    tell(outcome.words)
    for line in outcome.evidence:
        tell(f"  {line}")
    _keep(outcome, args)
    return DONE if outcome.verdict == "broken" else NOT_BROKEN


def _watched(run: Run) -> Outcome:
    """Waits for the end, with a bar on a terminal."""
    form = "{desc} {percentage:3.0f}%|{bar}|"
    with tqdm(total=1.0, file=sys.stderr, leave=False, disable=None, bar_format=form) as bar:
        while True:
            try:
                return run.wait(_TICK)
            except TimeoutError:
                state = run.state
                bar.n = state.part
                bar.set_description_str(state.words)


def _keep(outcome: Outcome, args: Namespace) -> None:
    picture = outcome.file
    if picture is None and outcome.pixels is not None:
        picture = png_of(outcome.pixels)
    key = None if outcome.key is None else outcome.key.text().encode("ascii")
    wanted = [
        (args.out, picture, 0o666),
        (args.forged, outcome.envelope, 0o666),
        (args.key_out, key, 0o600),
    ]
    if args.out is not None and args.out != DASH:
        for number, pixels in enumerate(outcome.candidates[1:], 2):
            path = args.out.with_name(f"{args.out.stem}-{number}{args.out.suffix}")
            wanted.append((path, png_of(pixels), 0o666))
    check_outputs(*(path for path, _, _ in wanted), force=args.force)
    for path, data, mode in wanted:
        if path is not None and data is not None:
            write(path, data, force=args.force, mode=mode)
        elif path is not None:
            complain(f"{path}: not written: the attack did not recover it")
