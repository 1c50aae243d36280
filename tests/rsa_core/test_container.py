"""The classroom container: `parse` accepts exactly what `pack` writes."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsa_core.classroom import SEED_KEY, ClassroomPublicKey
from rsa_core.envelopes import container as module
from rsa_core.envelopes.container import Container
from rsa_core.errors import EnvelopeFormatError, LimitError
from rsa_core.pictures import MAX_PROFILE, png_of, read_picture
from rsa_core.residues import Blocks, Residues, count_bytes
from rsa_core.schemes.textbook_pixels import TEXTBOOK_PIXELS

SEED = SEED_KEY.public
OTHER = ClassroomPublicKey(64507, 17)
LONG = ClassroomPublicKey((1 << 560) + 1, 65537)
SAFE = ClassroomPublicKey((1 << 2047) + 1, 65537)


def residues(values, key=SEED):
    distinct = tuple(sorted(set(values)))
    kind = np.uint8 if len(distinct) <= 256 else np.uint16
    return Residues(key, distinct, np.array([distinct.index(v) for v in values], kind))


def pixels(values=(5, 3000, 5, 7, 7, 7), shape=(2, 3), samples="u8", keys=(SEED,)):
    copies = tuple(residues(values, key) for key in keys)
    return Container("textbook-pixels", samples, shape, copies)


GOOD = {
    "pixels": pixels(),
    "two keys": pixels(keys=(SEED, OTHER)),
    "colour": pixels(range(10, 16), (1, 2, 3)),
    "sixteen bits": pixels(range(6), (1, 3), "u16"),
    "colour of sixteen bits": pixels(range(12), (1, 2, 3), "u16"),
    "something left out": replace(pixels(), left_out=5),
    "a colour profile": replace(pixels(), profile=b"a profile"),
    "wide indices": pixels(range(300), (30, 10)),
    "blocks": Container(
        "textbook-blocks", "u8", (5, 7), (Blocks(LONG, bytes(LONG.width - 1) + b"\1"),)
    ),
    "file": Container("oaep-blocks", "file", (199,), (Blocks(SAFE, bytes(range(256)) * 2),)),
}
HEAD = b"RSAIMG\2" + b"\0\1" + b"\0\2\x0c\xa1" + b"\0\1\7"


@pytest.mark.parametrize("name", GOOD)
def test_a_container_reads_back(name):
    packed = GOOD[name].pack()
    back = Container.parse(packed)
    assert back.pack() == packed
    for one in ("scheme", "samples", "shape", "left_out", "profile"):
        assert getattr(back, one) == getattr(GOOD[name], one)
    assert [copy.key for copy in back.copies] == [copy.key for copy in GOOD[name].copies]
    assert back.digest() == GOOD[name].digest()


def test_the_bytes_are_those_of_the_specification():
    content = (
        b"\1\1" + b"\0\0\0\2" + b"\0\0\0\3" + b"\1"  # scheme, samples, height, width, channels
        b"\0" + b"\0\0\0\0"  # nothing left out, no profile
        b"\0\0\0\3" + b"\0\5\0\7\x0b\xb8" + b"\0\2\0\1\1\1"  # 3 residues, then 6 indices
    )
    assert GOOD["pixels"].pack() == HEAD + content
    assert GOOD["pixels"].digest() == hashlib.sha256(content).digest()


def test_the_example_in_the_documentation_is_true():
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    block = text.split("residue of 1 is 1 and that of 2 is 128", 1)[1].split("```")[1]
    data = bytes.fromhex("".join(line.split("   ")[0] for line in block.splitlines()))
    assert Container.parse(data).pack() == data
    samples = np.array([[1, 2, 1], [1, 1, 2]], np.uint8)
    assert np.array_equal(TEXTBOOK_PIXELS.open(data, SEED_KEY).pixels, samples)
    assert TEXTBOOK_PIXELS.seal(read_picture(png_of(samples)), [SEED]).envelope == data


def test_wide_indices_are_big_endian():
    packed = GOOD["wide indices"].pack()
    assert np.array_equal(np.frombuffer(packed[-600:], ">u2"), np.arange(300))


@pytest.mark.parametrize("name", GOOD)
def test_cut_short_anywhere_or_longer_is_refused(name):
    packed = GOOD[name].pack()
    for size in range(len(packed)):
        with pytest.raises(EnvelopeFormatError, match="cut short"):
            Container.parse(packed[:size])
    with pytest.raises(EnvelopeFormatError, match="1 bytes follow"):
        Container.parse(packed + b"\0")


@pytest.mark.parametrize("name", [name for name in GOOD if name != "wide indices"])
def test_any_changed_byte_packs_back_to_itself_or_is_refused(name):
    packed = GOOD[name].pack()
    for at in range(len(packed)):
        for value in {0, 1, 2, packed[at] ^ 1, packed[at] ^ 0x80, 255}:
            changed = packed[:at] + bytes([value]) + packed[at + 1 :]
            try:
                back = Container.parse(changed)
            except EnvelopeFormatError:
                continue
            assert back.pack() == changed


@given(st.one_of(st.binary(max_size=80), st.binary(max_size=60).map(lambda tail: HEAD + tail)))
@settings(max_examples=300, deadline=None)
def test_any_bytes_parse_and_pack_back_or_are_refused(data):
    try:
        back = Container.parse(data)
    except EnvelopeFormatError:
        return
    assert back.pack() == data


def patched(name, **patches):
    """Bytes of a good container with some replaced; the keyword says where they begin."""
    packed = bytearray(GOOD[name].pack())
    for place, data in patches.items():
        at = int(place.removeprefix("at"))
        packed[at : at + len(data)] = data
    return bytes(packed)


# Of GOOD["pixels"]: key at 9, content at 16, distinct at 32, residues at 36, indices at 42.
BAD = {
    "magic": (patched("pixels", at0=b"rsaimg"), 'do not begin with "RSAIMG"'),
    "version": (patched("pixels", at6=b"\1"), "version 1; expected 2"),
    "no recipients": (patched("pixels", at7=b"\0\0"), "0 recipients"),
    "many recipients": (patched("pixels", at7=b"\xff\xff"), "65535 recipients"),
    "huge n": (patched("pixels", at9=b"\xff\xff"), r"\(n\): 65535 bytes wanted"),
    "n with zeros": (patched("pixels", at11=b"\0"), "n is empty or has leading zeros"),
    "even n": (patched("pixels", at12=b"\2"), "n is even"),
    "e beyond n": (patched("pixels", at11=b"\1\1", at13=b"\0\2"), "e is not a number from 1"),
    "scheme": (patched("pixels", at16=b"\x09"), "unknown scheme: 9"),
    "samples": (patched("pixels", at17=b"\x03"), "unknown samples: 3"),
    "file in pixels": (patched("pixels", at17=b"\0"), "does not encrypt file"),
    "no rows": (patched("pixels", at18=b"\0\0\0\0"), r"shape \(0, 3\)"),
    "huge rows": (patched("pixels", at18=b"\xff\xff\xff\xff"), "is not taken"),
    "too many pixels": (patched("pixels", at18=b"\0\0\x40\0\0\0\x40\0"), "is not taken"),
    "no channels": (patched("pixels", at26=b"\0"), "no picture has the shape"),
    "five channels": (patched("pixels", at26=b"\5"), "no picture has the shape"),
    "left out": (patched("pixels", at27=b"\x10"), "left out is 16; expected 0 to 15"),
    "huge profile": (patched("pixels", at28=b"\xff\xff\xff\xff"), r"\(colour profile\)"),
    "no residues": (patched("pixels", at32=b"\0\0\0\0"), "0 distinct residues"),
    "many residues": (patched("pixels", at32=b"\0\1\0\1"), "65537 distinct residues"),
    "residue of n": (patched("pixels", at40=b"\x0c\xa1"), "not below n"),
    "residues unsorted": (patched("pixels", at36=b"\0\7\0\5"), "not in ascending order"),
    "residue twice": (patched("pixels", at36=b"\0\7"), "not in ascending order"),
    "index too large": (patched("pixels", at42=b"\3"), "an index is not below 3"),
    "residue unused": (patched("pixels", at42=b"\0\0\0\1\1\1"), "never used"),
    "block of n": (patched("blocks", at103=LONG.n.to_bytes(71, "big")), "not below n"),
    "short key": (
        HEAD + b"\3\0" + b"\0\0\0\0\0\0\0\1",
        "a key of 12 bits is too short for oaep-blocks",
    ),
    "short key for blocks": (
        HEAD + b"\2\1" + b"\0\0\0\1" * 2 + b"\1" + bytes(5),
        "a key of 12 bits is too short for textbook-blocks",
    ),
    "empty file": (HEAD + b"\3\0" + bytes(8), "a file has 1 to"),
    "huge file": (HEAD + b"\3\0" + b"\xff" * 8, "a file has 1 to"),
    "same key twice": (
        b"RSAIMG\2\0\2" + HEAD[9:] * 2 + GOOD["pixels"].pack()[16:] + GOOD["pixels"].pack()[32:],
        "two recipients have the same key",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said(name):
    data, reason = BAD[name]
    with pytest.raises(EnvelopeFormatError, match=reason):
        Container.parse(data)


def test_more_bytes_than_an_envelope_may_have_are_refused_unread(monkeypatch):
    packed = GOOD["pixels"].pack()
    monkeypatch.setattr(module, "MAX_ENVELOPE", len(packed) - 1)
    with pytest.raises(EnvelopeFormatError, match=f"{len(packed)} bytes"):
        Container.parse(packed)
    with pytest.raises(LimitError, match=f"would have {len(packed)} bytes"):
        GOOD["pixels"].pack()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: pixels(shape=(2, 2)), "6 residues; expected 4"),
        (lambda: pixels(keys=()), "0 recipients"),
        (lambda: replace(pixels(), profile=bytes(MAX_PROFILE + 1)), "a profile of 4194305 bytes"),
        (lambda: replace(GOOD["file"], left_out=1), "a file is kept whole"),
        (lambda: replace(GOOD["file"], profile=b"1"), "no colour profile beside it"),
        (lambda: pixels(keys=(SEED, SEED)), "same key"),
        (
            lambda: Container("textbook-pixels", "u8", (1, 1), (Blocks(SEED, b"\0\1"),)),
            "a copy has",
        ),
        (lambda: Residues(SEED, (1, 2), np.array([0, 1], np.uint16)), "least width"),
        (
            lambda: Residues(SEED, (1, 2), np.array([[0, 1]], np.uint8)),
            "indices are not of the least width",
        ),
        (lambda: Residues(SEED, (-1, 2), np.array([0, 1], np.uint8)), "not below n"),
        (lambda: Blocks(SEED, b""), "0 bytes are not residues"),
        (lambda: Blocks(SEED, b"\0\1\2"), "3 bytes are not residues of 2"),
    ],
)
def test_nothing_inconsistent_can_be_made(make, reason):
    with pytest.raises(EnvelopeFormatError, match=reason):
        make()


@given(st.lists(st.integers(0, 3232), min_size=1, max_size=600))
@settings(deadline=None)
def test_residues_are_counted_and_written_out(values):
    made = residues(values)
    assert made.counts.tolist() == [values.count(v) for v in made.distinct]
    written = b"".join(v.to_bytes(2, "big") for v in values)
    assert made.expanded(0, len(values)) == written
    assert made.expanded(3, 9) == written[6:18]


@given(st.binary(min_size=1, max_size=500))
@settings(deadline=None)
def test_bytes_are_counted(data):
    counts = count_bytes(np.frombuffer(data, np.uint8))
    assert counts.tolist() == [data.count(value) for value in range(256)]
