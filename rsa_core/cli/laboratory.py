"""`inspect`, `analyze` and `attack`: what an envelope tells anyone without its key."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from rsa_core import SCHEMES, Capture, png_of, read_picture
from rsa_core.analysis import (
    CANNOT_SHOW,
    NUMBERS,
    Measured,
    Measurement,
    meanings_of,
    measured,
    numbers_of,
    report,
    rows_of,
)
from rsa_core.attacks import ATTACKS, Budget, Outcome, Run, Target, start
from rsa_core.cli.console import DONE, NOT_BROKEN, CommandError, about, complain, tell
from rsa_core.cli.files import check_free, picture_suffix, write_whole
from rsa_core.cli.jobs import scheme_of
from rsa_core.cli.keyfiles import read_classroom_pair, read_public_key
from rsa_core.csv_cells import csv_bytes
from rsa_core.envelopes.armoured import binary

_TICK = 0.1


def inspect(args: Namespace) -> int:
    """Says what is public about an envelope; returns the exit status."""
    capture = _captured(args.file)
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


def analyze(args: Namespace) -> int:
    """Measures a picture or a ciphertext; returns the exit status."""
    _free(args.csv, args.force)
    what = _samples(args.file)
    partner = None if args.partner is None else _samples(args.partner).samples
    plain = None if args.original is None else _samples(args.original).samples
    try:
        page = report(what.samples, plain=plain, partner=partner, block=what.block)
    except ValueError as error:
        raise CommandError(f"these files cannot be compared: {error}") from None
    tell(f"measured: {what.words}, {' x '.join(map(str, what.samples.shape))}")
    _print_table(page)
    tell(CANNOT_SHOW)
    if args.csv is not None:
        rows = [(one.name, *map(str, numbers_of(one).values())) for one in page]
        _write(args.csv, csv_bytes([("name", *NUMBERS), *rows]), args.force)
    return DONE


def attack(args: Namespace) -> int:
    """Tries to break an envelope; returns the exit status."""
    for path in (args.out, args.forged, args.key_out):
        _free(path, args.force)
    keys = [read_public_key(path) for path in args.public_key]
    own = None if args.own is None else read_classroom_pair(args.own)
    target = Target(
        envelope=_read(args.file),
        others=tuple(_read(path) for path in args.other),
        keys=tuple((key.n, key.e) for key in keys),
        own=own,
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
    for path, data, mode in (
        (args.out, picture, 0o666),
        (args.forged, outcome.envelope, 0o666),
        (args.key_out, key, 0o600),
    ):
        if path is not None and data is not None:
            _write(path, data, args.force, mode)
        elif path is not None:
            complain(f"{path}: not written: the attack did not recover it")


def _print_table(page: Sequence[Measurement]) -> None:
    rows = rows_of(page)
    table = [tuple(rows[0]), *(tuple(row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        tell("  ".join(cells).rstrip())
    for line in meanings_of(page):
        tell(line)


def _samples(path: Path) -> Measured:
    """What is measured of a picture or an envelope."""
    data = _read(path)
    if picture_suffix(data[:16]) is None:
        return measured(_captured(path))
    with about(path):
        pixels = read_picture(data).pixels()
    if pixels.dtype == np.uint8:
        return Measured(pixels.astype(np.uint8, copy=False), "the samples of the picture")
    both = pixels.astype(">u2").view(np.uint8).reshape(*pixels.shape, 2)
    return Measured(both, "the bytes of the picture's 16-bit samples")


def _captured(path: Path) -> Capture:
    with about(path), path.open("rb") as file:
        scheme = SCHEMES[scheme_of(file)]
        return scheme.capture((binary(file) if scheme.name == "hybrid" else file).read())


def _read(path: Path) -> bytes:
    with about(path):
        return path.read_bytes()


def _free(path: Path | None, force: bool) -> None:
    if path is not None:
        with about(path):
            check_free(path, force=force)


def _write(path: Path, data: bytes, force: bool, mode: int = 0o666) -> None:
    with about(path):
        write_whole(path, data, force=force, mode=mode)
    tell(f"wrote {path}")
