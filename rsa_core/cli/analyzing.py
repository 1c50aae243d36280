"""`analyze`: statistics of pictures and of ciphertext, of one file or of whole folders."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rsa_core import read_picture
from rsa_core.analysis import (
    CANNOT_SHOW,
    NUMBERS,
    Measured,
    Measurement,
    likeness,
    meanings_of,
    measured,
    numbers_of,
    report,
    rows_of,
)
from rsa_core.cli.console import DONE, FAILED, USAGE, CommandError, about, complain, tell
from rsa_core.cli.files import EITHER, Found, find, picture_suffix, readable
from rsa_core.cli.single import captured_in, check_outputs, read, write
from rsa_core.csv_cells import csv_bytes
from rsa_core.kinds import HEAD
from rsa_core.pictures import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What is measured: bytes, and the samples that they are of, or that they are themselves."""

    measured: Measured
    samples: Pixels
    sealed: bool


def analyze(args: Namespace) -> int:
    """Measures pictures and ciphertexts; returns the exit status."""
    check_outputs(args.csv, force=args.force)
    found = list(find(args.files, EITHER, *filter(None, [args.csv])))
    compared = args.original is not None or args.partner is not None
    single = len(args.files) == len(found) == 1 and found[0].source == args.files[0]
    if compared and not single:
        raise CommandError("--original and --partner go with one file", USAGE)
    if single:
        pages = [(found[0].name, _page(args.files[0], args.original, args.partner))]
    else:
        pages = _pages(found)
    if args.csv is not None:
        rows = [(name, one.name, *numbers_of(one).values()) for name, page in pages for one in page]
        write(args.csv, csv_bytes([("file", "name", *NUMBERS), *rows]), force=args.force)
    missed = any(one.missed for one in found)
    return FAILED if missed or len(pages) < sum(not one.left_out for one in found) else DONE


def _page(path: Path, original: Path | None, partner: Path | None) -> Sequence[Measurement]:
    """Measures one file, and prints its table."""
    seen = _seen(path)
    twin = None if partner is None else _seen(partner, alpha=seen.sealed).measured.samples
    plain = None if original is None else _seen(original, alpha=seen.sealed).samples
    page = _measured(seen, twin, plain)
    tell(f"measured: {seen.measured.words}, {_shape(seen)}")
    rows = rows_of(page)
    table = [tuple(rows[0]), *(tuple(row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        tell("  ".join(cells).rstrip())
    for line in meanings_of(page):
        tell(line)
    tell(CANNOT_SHOW)
    return page


def _pages(found: Sequence[Found]) -> list[tuple[str, Sequence[Measurement]]]:
    """Measures each file, and prints a line for it; what cannot be measured is left out."""
    pages: list[tuple[str, Sequence[Measurement]]] = []
    for one in found:
        if one.left_out:
            (complain if one.missed else tell)(f"{one.name}: passed over: {one.left_out}")
            continue
        try:
            seen = _seen(one.source)
            page = _measured(seen, None, None)
        except CommandError as error:
            complain(str(error))
            continue
        name = readable(str(one.source))  # two folders may have the same names
        pages.append((name, page))
        far = [each.name for each in page if each.consistent is False]
        verdict = f"far from random: {'; '.join(far)}" if far else "consistent with random"
        tell(f"{name}: {_shape(seen)}: {verdict}")
    tell(CANNOT_SHOW)
    return pages


def _measured(
    seen: _Seen, partner: np.ndarray | None, plain: Pixels | None
) -> tuple[Measurement, ...]:
    what = seen.measured
    try:
        page = report(what.samples, partner=partner, whole=seen.samples, block=what.block)
        return page if plain is None else (*page, *likeness(plain, seen.samples))
    except ValueError as error:
        raise CommandError(f"these files cannot be compared: {error}") from None


def _shape(seen: _Seen) -> str:
    return " x ".join(map(str, seen.measured.samples.shape))


def _seen(path: Path, *, alpha: bool = False) -> _Seen:
    """A picture, with or without `alpha`, or an envelope, for measuring (CommandError: neither)."""
    data = read(path)
    if not data:
        raise CommandError(f"{path}: the file is empty")
    if picture_suffix(data[:HEAD]) is None:
        found = measured(captured_in(data, path))
        return _Seen(found, found.samples, True)
    with about(path):
        pixels = read_picture(data).pixels()
    words = "the samples of the picture"
    if pixels.dtype == np.uint16:
        words = "the bytes of the picture's 16-bit samples"
    if not alpha and pixels.ndim == 3 and pixels.shape[2] in (2, 4):
        colours = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]
        pixels = np.ascontiguousarray(colours)  # type: ignore[assignment]
        words += ", without its transparency"
    if pixels.dtype == np.uint8:
        return _Seen(Measured(pixels.astype(np.uint8, copy=False), words), pixels, False)
    both = pixels.astype(">u2").view(np.uint8)  # high and low bytes side by side
    return _Seen(Measured(both.reshape(*pixels.shape[:2], -1), words), pixels, False)
