"""What one capture shows: statistics, the picture appearing, bytes, and its arithmetic."""

import io

import numpy as np
import pytest
from PIL import Image

from lab.arithmetic import arithmetic
from lab.errors import LabError
from lab.statistics import _duplicates, appearing, difference, hex_dump, noise_picture, statistics
from rsa_core.attacks import ATTACKS, Target
from tests.conftest import encoded, photograph


def decoded(png):
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture)


@pytest.fixture(scope="module")
def pixels():
    return photograph(48, 36)


@pytest.fixture(scope="module")
def textbook(capture, pixels):
    return capture("textbook-pixels", encoded(pixels))


def test_the_statistics_tell_textbook_from_hybrid(capture):
    flat = np.repeat(np.arange(48, dtype=np.uint8)[:, None] // 12 * 50, 64, axis=1)
    seen = statistics(capture("textbook-pixels", encoded(flat)).facts)
    assert seen.duplicates.repeated > 0
    assert {one.consistent for one in seen.table} == {False}
    hybrid = statistics(capture("hybrid", encoded(photograph(256, 256))).facts)
    assert hybrid.duplicates.repeated == 0
    assert {max(row) for row in hybrid.duplicates.heat} == {1}
    assert sum(hybrid.shape.counts) == hybrid.size
    assert {pairs.shape for pairs in hybrid.shape.pairs.values()} == {(1000, 2)}
    assert len(hybrid.planes) == 8
    assert all(set(np.unique(decoded(plane))) <= {0, 255} for plane in hybrid.planes)


def test_the_heat_map_resembles_the_picture():
    samples = np.random.default_rng(5).integers(0, 256, (96, 1600), np.uint8)
    samples[:48] = 7
    found = _duplicates(samples, 16)
    heat = np.array(found.heat)
    assert heat.shape == (48, 48)
    assert (heat[:24] == found.repeated).all()
    assert (heat[24:] == 1).all()


def test_the_picture_appears_stage_by_stage(capture, textbook, pixels, png):
    pictures = [decoded(stage) for stage in appearing(textbook.facts, textbook.envelope)]
    known = [np.count_nonzero(stage) for stage in pictures]
    assert len(pictures) == 16
    assert known == sorted(known)
    assert known[0] < known[-1]
    assert (pictures[-1] == pixels).all()
    for scheme, bits in (("hybrid", None), ("textbook-blocks", 128)):
        other = capture(scheme, png, bits)
        assert appearing(other.facts, other.envelope) == ()
    large = capture("textbook-pixels", encoded(photograph(900, 600)))
    assert max(decoded(appearing(large.facts, large.envelope)[0]).shape) <= 320


def test_a_capture_is_drawn_and_written_out(textbook):
    assert decoded(noise_picture(textbook.facts)).shape == (36, 48, 3)
    assert hex_dump(textbook.facts, 40).startswith("00000000: ")
    assert hex_dump(textbook.facts, 40).count("\n") == 2


def test_before_and_after_are_compared_byte_by_byte():
    before = bytes(range(256))
    after = before[:100] + b"\0" + before[101:200] + b"\0" + before[201:]
    found = difference(before, after)
    assert (found.words, found.start) == ("2 of 256 bytes differ.", 92)
    assert bytes.fromhex(found.before) == before[92:124]
    assert bytes.fromhex(found.after) == after[92:124]
    assert difference(before, before).words == "0 of 256 bytes differ."
    longer = difference(before, before + b"x")
    assert longer.words == "256 bytes before, 257 bytes after."
    assert bytes.fromhex(longer.after)[-1:] == b"x"


def test_the_arithmetic_of_one_sample(textbook, pixels):
    found = arithmetic(textbook.facts, x=5, y=7, channel=2)
    assert found.m == pixels[7, 5, 2]
    assert (found.n, found.e) == (3233, 7)
    assert found.c == pow(found.m, 7, 3233) == found.steps[-1].result
    for place in ((48, 0, 0), (0, 36, 0), (0, 0, 3), (-1, 0, 0)):
        with pytest.raises(LabError, match="outside"):
            arithmetic(textbook.facts, x=place[0], y=place[1], channel=place[2])


@pytest.mark.parametrize("wide", [False, True])
def test_the_arithmetic_of_a_block_once_the_picture_is_known(capture, pixels, wide):
    samples = pixels.astype(np.uint16)[..., 0] * 257 + 3 if wide else pixels
    seen = capture("textbook-blocks", encoded(samples), 128)
    with pytest.raises(LabError, match="Recover"):
        arithmetic(seen.facts, x=0, y=0, channel=0)
    found = ATTACKS["factoring"].run(Target(seen.envelope))
    for x, y in ((0, 0), (47, 35), (11, 20)):
        recovered = encoded(found.pixels)
        one = arithmetic(seen.facts, x=x, y=y, channel=0, recovered=recovered)
        assert pow(one.m, one.e, one.n) == one.c
        assert one.steps[-1].result == one.c
    with pytest.raises(LabError, match="does not belong"):
        arithmetic(seen.facts, x=0, y=0, channel=0, recovered=encoded(255 - pixels))
    with pytest.raises(LabError, match="cannot be read"):
        arithmetic(seen.facts, x=0, y=0, channel=0, recovered=b"no picture")


def test_hybrid_has_no_arithmetic_to_show(capture, png):
    with pytest.raises(LabError, match="textbook"):
        arithmetic(capture("hybrid", png).facts, x=0, y=0, channel=0)
