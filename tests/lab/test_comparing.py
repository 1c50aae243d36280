"""All schemes side by side on one picture: measured, attacked, written down."""

import dataclasses
import io
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lab.report
from lab import subject as subjects
from lab import tables
from lab.comparing import ATTACK_TITLES, attempt_of, begin, measure
from lab.errors import LabError
from lab.report import lab_report
from lab.subject import CASES, DEFAULT_CASES, SAMPLES, Case, Subject, key_for, sample, uploaded
from rsa_core import HYBRID, LimitError
from rsa_core.analysis import report
from rsa_core.turns import PLACES
from tests.conftest import encoded, photograph
from tests.rsa_core.test_large_pictures import flat

PIXELS, BLOCKS = Case("textbook-pixels", 12), Case("textbook-blocks", 64)
OAEP, HYBRID_CASE = Case("oaep-blocks", 2048), Case("hybrid", 2048)


@pytest.fixture(autouse=True, scope="module")
def quick(key_pool):
    """The process's keys, the slow one out of the tests' pool."""
    with pytest.MonkeyPatch.context() as patch:
        ready = {("key pair", 2048): subjects.MadeKey(key_pool[0], 0.5)}
        patch.setattr(subjects, "_made", ready)
        yield


def small() -> Subject:
    return sample("Landscape", 48)


def values(measurements) -> dict[str, float | None]:
    return {one.name: one.value for one in measurements}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("side", [48, 128])
def test_a_sample_is_the_same_picture_every_time(name, side):
    one, other = sample(name, side), sample(name, side)
    assert one.pixels.shape == (side * 2 // 3, side, 3)
    assert one.sha256 == other.sha256
    assert len(np.unique(one.pixels)) > 4


def test_a_sample_that_is_not_there_is_refused():
    with pytest.raises(LabError):
        sample("Portrait")


@pytest.mark.parametrize(
    ("channels", "shape"), [(1, (40, 80)), (2, (40, 80)), (3, (40, 80, 3)), (4, (40, 80, 3))]
)
def test_an_upload_is_reduced_and_made_opaque(channels, shape):
    modes = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
    pixels = np.asarray(Image.fromarray(photograph(160, 80)).convert(modes[channels]))
    subject = uploaded(encoded(pixels), 80)
    assert subject.pixels.shape == shape
    assert subject.pixels.dtype == np.uint8
    assert np.array_equal(subject.picture().pixels(), subject.pixels)


@pytest.mark.parametrize("shade", [0, 60, 200, 255])
@pytest.mark.parametrize("channels", [2, 4])
def test_lines_on_transparent_ground_are_seen(shade, channels):
    """A signature; white ones too, whose ground is then not white."""
    pixels = np.zeros((20, 30, channels), np.uint8)
    pixels[8:10] = [*[shade] * (channels - 1), 255]
    seen = uploaded(encoded(pixels)).pixels
    assert (seen[8:10] == shade).all()
    assert abs(int(seen[0].max()) - shade) > 100


def test_colours_under_half_an_alpha_are_mixed_with_the_ground():
    pixels = np.full((4, 4, 4), (0, 0, 100, 128), np.uint8)
    assert uploaded(encoded(pixels)).pixels[0, 0].tolist() == [127, 127, 177]


def test_an_upload_that_lies_on_its_side_is_compared_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.fromarray(photograph(160, 80)).save(out, "WEBP", exif=exif.tobytes())
    assert uploaded(out.getvalue(), 80).size == "40 x 80, RGB"


def test_an_upload_of_forty_eight_megapixels_is_reduced():
    assert uploaded(flat(8064, 6048), 128).size == "128 x 96, RGB"


def test_an_upload_of_a_small_picture_keeps_its_samples():
    pixels = photograph(30, 20)
    assert np.array_equal(uploaded(encoded(pixels), 128).pixels, pixels)


def test_a_file_that_is_not_a_picture_is_refused_in_words():
    with pytest.raises(LabError, match="picture"):
        uploaded(b"<script>not a picture</script>")


def test_every_scheme_and_several_keys_are_offered():
    for offered in (CASES, DEFAULT_CASES):
        assert {case.scheme for case in offered} == {
            "hybrid",
            "oaep-blocks",
            "textbook-blocks",
            "textbook-pixels",
        }
        for scheme in {case.scheme for case in offered}:
            assert len({case.bits for case in offered if case.scheme == scheme}) > 1
    assert set(DEFAULT_CASES) <= set(CASES)


def test_keys_are_made_once():
    assert key_for(BLOCKS) is key_for(BLOCKS)
    assert key_for(BLOCKS) is key_for(Case("textbook-pixels", 64))
    assert key_for(BLOCKS).pair.public.bits == 64
    assert key_for(PIXELS).pair.public.n == 3233


@pytest.mark.parametrize("case", [PIXELS, BLOCKS, OAEP, HYBRID_CASE], ids=lambda case: case.name)
def test_each_scheme_is_measured(case):
    subject = small()
    entry = measure(subject, case)
    assert entry.exact
    assert entry.expansion > 1
    assert min(entry.seal_seconds, entry.open_seconds) > 0
    assert sum(entry.shape.counts) == subject.pixels.size
    assert Image.open(io.BytesIO(entry.view)).size == (48, 32)
    assert entry.tests >= 10  # so small a picture has too few blocks for one of them
    changed = values(entry.statistics)["NPCR"]
    likeness = values(entry.originals)
    if entry.case.insecure:
        assert changed < 1
        assert entry.rejected >= 4  # equal blocks, NPCR, UACI, bit change
        assert entry.wrong is not None
        assert "Correlation, wrong key" in likeness
    else:
        assert changed > 98
        assert abs(likeness["Correlation with the original"]) < 0.1
        assert abs(likeness["SSIM"]) < 0.1
        assert entry.wrong is None
    assert 0 < likeness["MAE"] < 255
    assert 0 < likeness["PSNR"] < 20


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (2, 4, 3), (1, 90, 3)])
@pytest.mark.parametrize("case", [PIXELS, BLOCKS, OAEP, HYBRID_CASE], ids=lambda case: case.name)
def test_the_smallest_pictures_are_measured_too(case, shape):
    pixels = np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)
    entry = measure(Subject(pixels, "noise"), case)
    assert entry.exact
    assert "nan" not in str(tables.everything(report(pixels), [entry], []))


def test_equal_blocks_lie_where_the_picture_is_equal():
    """7 samples go into a block of 64 bits; rows of 14 pixels hold 6 blocks each."""
    flat = Subject(np.full((20, 14, 3), 77, np.uint8), "flat")
    view = np.asarray(Image.open(io.BytesIO(measure(flat, BLOCKS).view)))
    assert (view == view[0]).all()
    noise = np.asarray(Image.open(io.BytesIO(measure(flat, HYBRID_CASE).view)))
    assert not (noise == noise[0]).all()


def test_progress_is_reported_and_may_end_the_work():
    class StopError(Exception):
        pass

    told = []

    def stop_at_half(part: float, words: str) -> None:
        told.append((part, words))
        if part >= 0.5:
            raise StopError

    for _ in range(PLACES + 1):  # a turn that was not given back would leave the last one waiting
        with pytest.raises(StopError):
            measure(small(), PIXELS, stop_at_half)
    assert told[0] == (0.0, "making the key")
    assert [part for part, _ in told[: len(told) // (PLACES + 1)]] == sorted(
        part for part, _ in told[: len(told) // (PLACES + 1)]
    )
    assert measure(small(), PIXELS).exact


def test_a_picture_too_large_for_a_scheme_is_refused_in_words(monkeypatch):
    def too_large(*_args, **_more):
        raise LimitError("it would take an hour")

    monkeypatch.setattr(type(HYBRID), "seal", too_large)
    with pytest.raises(LabError, match="hybrid, 2048 bits"):
        measure(small(), HYBRID_CASE)


def test_an_attack_breaks_what_is_weak_and_gives_the_picture():
    subject = small()
    entry = measure(subject, PIXELS)
    attempt = attempt_of(entry, begin(entry, "codebook", 20).wait())
    assert (attempt.broken, attempt.gain, attempt.estimate) == (True, "the picture", "")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(attempt.picture))), subject.pixels)


def test_an_attack_on_what_is_sound_says_why_not_and_an_estimate_is_called_one():
    entry = measure(small(), HYBRID_CASE)
    codebook = attempt_of(entry, begin(entry, "codebook", 20).wait())
    assert (codebook.verdict, codebook.gain) == ("preconditions not met", "")
    factoring = attempt_of(entry, begin(entry, "factoring", 20).wait())
    assert factoring.verdict == "not broken within the budget"
    assert "2^112" in factoring.estimate
    assert factoring.picture is None
    (row,) = tables.side_by_side([HYBRID_CASE], [factoring])
    assert row[HYBRID_CASE.name].startswith("✓ estimated")


def test_oaep_blocks_can_be_forged_but_not_read():
    entry = measure(small(), OAEP)
    gains = {
        name: attempt_of(entry, begin(entry, name, 20).wait()).gain
        for name in ("codebook", "cut-and-paste")
    }
    assert gains == {"codebook": "", "cut-and-paste": "a forged envelope"}


@pytest.fixture(scope="module")
def compared(quick):
    subject = small()
    entries = [measure(subject, case) for case in (PIXELS, HYBRID_CASE)]
    attempts = [
        attempt_of(entry, begin(entry, name, 20).wait())
        for entry in entries
        for name in ("codebook", "factoring")
    ]
    return subject, report(subject.pixels), entries, attempts


def test_tables_say_the_same_of_every_case(compared):
    _, original, entries, attempts = compared
    broken = {str(row["Scheme"]): row["Broken by"] for row in tables.overview(entries, attempts)}
    assert broken == {
        "textbook-pixels (insecure)": "Codebook, Factor n",
        "hybrid": "none of 2 attacks",
    }
    assert tables.overview(entries, [])[0]["Broken by"] == "not attacked"
    matrix = tables.statistics(original, entries)
    assert {tuple(row) for row in matrix} == {
        ("Test", "Original", "textbook-pixels, 12 bits", "hybrid, 2048 bits")
    }
    assert [row["Attack"] for row in tables.side_by_side([PIXELS, HYBRID_CASE], attempts)] == [
        "Codebook",
        "Factor n",
    ]


def test_the_long_table_has_every_number_unrounded(compared):
    _, original, entries, attempts = compared
    rows = tables.everything(original, entries, attempts)
    assert len({tuple(row) for row in rows}) == 1
    found = {(row["scheme"], row["section"], row["measure"]): row["value"] for row in rows}
    assert len(found) == len(rows)
    for entry in entries:
        for one in (*entry.statistics, *entry.originals):
            section = "statistics" if one in entry.statistics else "with original"
            expected = "" if one.value is None else one.value
            assert found[entry.case.scheme, section, one.name] == expected
        assert found[entry.case.scheme, "cost", "envelope"] == len(entry.envelope)
        assert (entry.case.scheme, "attack", ATTACK_TITLES["codebook"]) in found


class Reader(HTMLParser):
    """Tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def report_of(compared) -> str:
    at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    return lab_report(*compared, budget=20, at=at).decode()


def test_the_report_asks_for_nothing(compared):
    text = report_of(compared)
    tags = Reader(text).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "iframe", "object", "embed", "base"}
    assert not re.search(r"url\(|@import|https?:|\son\w+=", text)
    links = [v for _, attrs in tags for k, v in attrs.items() if k in ("src", "href", "srcset")]
    assert links
    assert all(link.startswith("data:image/png;base64,") for link in links)
    policy = next(a["content"] for t, a in tags if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'")


def test_the_reports_pictures_and_plots_have_alternative_texts(compared):
    tags = Reader(report_of(compared)).tags
    pictures = [attrs for tag, attrs in tags if tag == "img"]
    plots = [attrs for tag, attrs in tags if tag == "svg"]
    assert len(pictures) >= 1 + 2 + 2 + 1 + 2  # original, views twice, wrong key, found
    assert len(plots) == 2 * 7
    assert all(attrs["alt"] for attrs in pictures)
    assert all(attrs["aria-label"] for attrs in plots)


def test_the_report_escapes_every_text(compared):
    """In a paragraph, in a cell, and in attributes."""
    bad = "'\"><script>alert(1)</script>"
    subject, original, entries, attempts = compared
    hostile = (
        Subject(subject.pixels, bad),
        original,
        [dataclasses.replace(entry, measured_on=bad) for entry in entries],
        [dataclasses.replace(one, words=bad, verdict=bad) for one in attempts],
    )
    text = report_of(hostile)
    assert text.count("&lt;script&gt;") > 5
    honest = [tag for tag, _ in Reader(report_of(compared)).tags]
    assert [tag for tag, _ in Reader(text).tags] == honest


def test_the_template_never_turns_escaping_off():
    template = (Path(lab.report.__file__).parent / "report.html.j2").read_text()
    assert not re.search(r"\|\s*safe|autoescape|Markup", template)
