"""Hostile bytes for what reads archives and manifests, and for what writes tables and names.

A loop with a seed: 20 seconds for all targets together, or `FUZZ_SECONDS`; the seed is `FUZZ_SEED`
or the day's number, and is printed. Anything but a refusal in words is a failure that shows the
input.
"""

import csv
import io
import os
import random
import struct
import time
import tracemalloc
import unicodedata
import zipfile
from datetime import UTC, datetime

import pytest

from exchange import InputRefused
from exchange.texts import caption, file_name, is_invisible, look_alike, person_name
from rsa_core import EnvelopeFormatError, archives
from rsa_core.cli.console import CommandError
from rsa_core.cli.manifest import Manifest, Row
from rsa_core.csv_cells import harmless, plain
from rsa_core.details import Details, SentUnder
from rsa_core.errors import ArchiveError
from tests.rsa_core.zips import CENTRAL_FIELDS, directory, lying, nameless, quoting, zipped
from ui.parts.words import csv_of

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("FUZZ_SEED") or datetime.now(UTC).toordinal())
EDGES = [0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF]
JOINERS = set("\u200c\u200d\ufe0f")  # what stands around them says whether they stay
SIGNS = "=+-@|＝＋－＠﹦﹢﹣﹫"
NAMES_IN_JSON = [
    b"a.png", b"../../x", b"\\u0000", b"\\ud800", b"\\u202e", b"..", b"\\\\x", b"", b"a" * 70_000,
]  # fmt: skip
PIECES = [
    *SIGNS,
    *"'\"\t\r\n,; ",
    "\u00a0",
    "\v",
    "\u2028",
    "\u200b",
    "\0",
    "a",
    "é",
    "🂡",
    "''",
    '""',
]


def mutated(rng: random.Random, data: bytes) -> bytes:
    """A few changes: bits, edges, cuts, doubled and moved pieces."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        if not changed:
            changed = bytearray(b"\0")
        at, size = rng.randrange(len(changed)), rng.randrange(1, 40)
        match rng.randrange(8):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                changed[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
            case 2:
                del changed[at : at + size]
            case 3:
                changed[at:at] = rng.randbytes(size)
            case 4:
                changed[at:at] = changed[at : at + size] * rng.choice((1, 2, 30))
            case 5:
                del changed[at:]
            case 6:
                changed[at : at + 4] = struct.pack("<I", rng.choice(EDGES))
            case 7:
                other = rng.randrange(len(changed))
                changed[at : at + size] = changed[other : other + size]
    return bytes(changed[:200_000])


def claimed(rng: random.Random, data: bytes) -> bytes:
    """Another number in one field of one entry of the directory."""
    entries = directory(data)
    if not entries:
        return data
    field = rng.choice(list(CENTRAL_FIELDS))
    width = struct.calcsize(CENTRAL_FIELDS[field][1]) * 8
    value = rng.choice([*EDGES, rng.getrandbits(32)]) & ((1 << width) - 1)
    try:
        return lying(data, rng.randrange(len(entries)), **{field.replace(" ", "_"): value})
    except struct.error:  # the entry is cut short
        return data


def archive_seeds() -> list[bytes]:
    noise = random.Random(1).randbytes(700) * 2
    files = [(f"d/{n}.png", noise[n:]) for n in range(3)]
    big = io.BytesIO()
    with (
        zipfile.ZipFile(big, "w") as made,
        made.open("a.png", "w", force_zip64=True) as member,
    ):
        member.write(noise)
    return [
        *(zipped(*files, method=method) for method in (0, 8, 12, 14)),
        zipped(("é\u202e\u3164.png", noise), ("../x", b""), ("a\\b.png", noise)),
        big.getvalue(),
        nameless(),
        quoting(4, 5000),
    ]


def attempt(act, *given):
    """What the act gives, or its refusal in words."""
    try:
        return act(*given), ""
    except (ArchiveError, InputRefused) as error:
        return None, str(error)


def archive(rng: random.Random, seeds: list[bytes]) -> None:
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 2))):
        data = claimed(rng, data) if rng.random() < 0.4 else mutated(rng, data)
    members, refusal = attempt(archives.unpack, data)
    if members is None:
        assert refusal.endswith(".")
        return
    assert 0 < len(members) <= archives.MAX_FILES
    for member in members:
        assert member.name
        unpacked, refusal = attempt(member.read)
        assert refusal.endswith(".") if unpacked is None else len(unpacked) <= 50 * 1024**2
        try:
            name = file_name(member.name, ".png")
        except InputRefused:
            continue
        assert 4 < len(name) <= 100
        unseen = [c for c in name if is_invisible(c) and c not in "\u200c\u200d\ufe0f"]
        assert not unseen
        assert not set(name) & set("/\\\0\r\n")


def manifest(rng: random.Random, path) -> None:
    """Bytes that are almost a manifest: read as far as they go, or refused; then written again."""
    names = ["".join(rng.choices(PIECES, k=rng.randrange(1, 9))) for _ in range(3)]
    path.unlink(missing_ok=True)
    rows = [
        Row(name, rng.getrandbits(20), "hybrid", 0.5, "aa", "done", f"{name}.p7m", "bb", "cc dd")
        for name in dict.fromkeys(names)
    ]
    made = Manifest(path)
    made.start()
    made.add(*rows)
    made.tidy()
    again = Manifest(path)
    assert [again.earlier(row.name) for row in rows] == [[row] for row in rows]
    path.write_bytes(mutated(rng, path.read_bytes()))
    before = path.read_bytes()
    changed = Manifest(path)
    try:
        changed.start()
    except CommandError:
        assert path.read_bytes() == before
        return
    changed.add(rows[0])
    for _ in range(2):
        assert Manifest(path).earlier(rows[0].name)[0] == rows[0]
        changed.tidy()


def table(rng: random.Random) -> None:
    cells = ["".join(rng.choices(PIECES, k=rng.randrange(12))) for _ in range(4)]
    assert [plain(harmless(cell)) for cell in cells] == cells
    rows = [dict(zip("ab", cells[:2], strict=True)), dict(zip("ab", cells[2:], strict=True))]
    text = csv_of(rows).decode()
    for separator in ",;\t":
        for quoting_ in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            reader = csv.reader(
                io.StringIO(text, newline=""), delimiter=separator, quoting=quoting_
            )
            for cell in (cell for row in reader for cell in row):
                bare = cell.lstrip('" \t\r\n\v\f\u00a0\u200b\u2028\x1f\0')
                assert not bare.startswith(tuple(SIGNS)), (cells, text, separator)


def name(rng: random.Random) -> None:
    typed = "".join(
        rng.choice("\u200c\u200d\ufe0f\u3164\u2800\u0301\u094d\u0627")
        if rng.random() < 0.2
        else chr(
            rng.choice(
                (rng.randrange(0x20, 0x7F), rng.randrange(0xD800), rng.randrange(0xE000, 0x110000))
            )
        )
        for _ in range(rng.randrange(1, 12))
    )
    line = caption(typed)
    assert set(line) & JOINERS or caption(line) == line
    try:
        shown = person_name(typed)
    except InputRefused:
        return
    assert set(shown) & JOINERS or person_name(shown) == shown
    assert unicodedata.normalize("NFKC", shown) == shown
    cases = [case for case in (shown.upper(), shown.lower()) if len(case) == len(shown)]
    for same in (*cases, f"{shown}\u3164", f" {shown}\ufe0f."):
        assert look_alike(shown, same), ascii((shown, same))


def details(rng: random.Random, seed: bytes) -> None:
    """A record as a sender's own program may write it: refused, or fit for a page and a zip."""
    try:
        record = Details.parse(mutated(rng, seed.replace(b"a.png", rng.choice(NAMES_IN_JSON))))
    except EnvelopeFormatError:
        return
    (record.file_name + record.caption + record.mime).encode()
    packed = archives.pack([(record.file_name, b"1"), ("a.png", b"2")])
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        names = opened.namelist()
        assert [opened.read(name) for name in names] == [b"1", b"2"]
    assert not any(name in ("", ".", "..") or set(name) & set("/\\\0\n") for name in names)


@pytest.fixture
def targets(tmp_path):
    seeds = archive_seeds()
    under = SentUnder(datetime(2026, 5, 1, tzinfo=UTC), 3, until_all_opened=False)
    record = Details("a.png", "image/png", 1, 1, 1, "c", b"\0\0", under).pack()
    return {
        "archive": (0.5, lambda rng: archive(rng, seeds)),
        "manifest": (0.2, lambda rng: manifest(rng, tmp_path / "m.csv")),
        "table": (0.1, table),
        "name": (0.1, name),
        "details": (0.1, lambda rng: details(rng, record)),
    }


def test_hostile_bytes_are_refused_in_words(targets):
    rng = random.Random(SEED)
    tracemalloc.start()
    for kind, (share, act) in targets.items():
        inputs, slowest, end = 0, 0.0, time.monotonic() + share * SECONDS
        tracemalloc.reset_peak()
        while time.monotonic() < end:
            state = rng.getstate()
            began = time.perf_counter()
            try:
                act(rng)
            except Exception:
                print(f"{kind}: input {inputs} of seed {SEED}; state {hash(state)}")
                raise
            inputs += 1
            slowest = max(slowest, time.perf_counter() - began)
        peak = tracemalloc.get_traced_memory()[1]
        print(f"{kind}: {inputs} inputs, slowest {slowest:.3f} s, peak {peak / 1e6:.1f} MB")
        assert inputs > 10
        assert slowest < 5
        assert peak < 200_000_000
    tracemalloc.stop()
