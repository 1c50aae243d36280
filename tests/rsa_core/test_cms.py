"""The bytes of envelopes, without any key: parse takes what is written, and nothing else."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsa_core.envelopes import cms, der, roll, wrapping
from rsa_core.envelopes.content import PIECE, gathered, slices
from rsa_core.errors import EnvelopeFormatError, RecipientError
from rsa_core.schemes.hybrid import open_bytes

OIDS = [
    ("1.2.840.113549.1.7.1", "06092a864886f70d010701"),
    ("2.16.840.1.101.3.4.1.46", "060960864801650304012e"),
    ("1.2.3", "06022a03"),
]


def strict(envelope):
    """Reads and writes again; None for BER."""
    parsed = cms.parse(io.BytesIO(envelope))
    if envelope.startswith(b"\x30\x80"):
        return None
    ((at, size),) = parsed.pieces
    return parsed.layout.head() + envelope[at : at + size] + parsed.layout.tail(parsed.tag)


@pytest.fixture(scope="module")
def written(alice, bob):
    key = bytes(range(32))
    layout = cms.Layout.fresh(key, [alice.public, bob.public], 40)
    return layout.head() + bytes(40) + layout.tail(bytes(16))


# Whole envelopes -----------------------------------------------------------------------------


@given(size=st.integers(0, 1 << 70), nonce=st.binary(min_size=12, max_size=12))
def test_lengths_of_any_size_add_up(size, nonce):
    """Only the header is made: the content of a zettabyte is not needed to know the lengths."""
    layout = cms.Layout((der.sequence(),), nonce, size)
    head, tail = layout.head(), layout.tail(bytes(16))
    first = head[1] & 0x7F if head[1] & 0x80 else 0
    said = int.from_bytes(head[2 : 2 + first], "big") if first else head[1]
    assert 2 + first + said == len(head) + size + len(tail)


@given(data=st.data())
def test_whatever_parses_packs_back_to_the_same_bytes(written, data):
    """Envelopes with bytes changed, taken out, doubled or put in."""
    envelope = bytearray(written)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(envelope) - 1))
        to = data.draw(st.integers(at, min(at + 8, len(envelope))))
        envelope[at:to] = data.draw(st.binary(max_size=8))
    try:
        again = strict(bytes(envelope))
    except EnvelopeFormatError:
        return
    assert again is None or again == envelope


@given(blob=st.binary(max_size=200))
def test_any_bytes_parse_or_refuse(blob):
    with pytest.raises(EnvelopeFormatError):
        cms.parse(io.BytesIO(blob))


def test_what_is_written_is_strict(written):
    assert strict(written) == written


def test_every_single_bit_of_the_frame_is_refused_or_means_something(written):
    """Without a key: either the frame is refused, or the change is in a value that was read."""
    original = cms.parse(io.BytesIO(written))
    for at in range(len(written)):
        for bit in range(8):
            changed = written[:at] + bytes([written[at] ^ 1 << bit]) + written[at + 1 :]
            try:
                parsed = cms.parse(io.BytesIO(changed))
            except EnvelopeFormatError:
                continue
            assert (parsed.layout, parsed.tag) != (original.layout, original.tag) or (
                original.pieces[0][0] <= at < sum(original.pieces[0])
            )


def test_the_content_key_is_used_for_no_second_envelope(alice):
    one = cms.Layout.fresh(bytes(32), [alice.public], 1)
    two = cms.Layout.fresh(b"\1" * 32, [alice.public], 1)
    assert one.nonce == roll.nonce_for(bytes(32)) != two.nonce


@pytest.mark.parametrize("size", [0, 300])
def test_a_tag_length_that_is_left_out_is_named(size):
    """It would be 12 by default (RFC 5084, 3.2)."""
    layout = cms.Layout((der.element(0xA2, b""),), bytes(12), size)
    cipher = der.sequence(
        der.object_id("2.16.840.1.101.3.4.1.46"), der.sequence(der.octet_string(bytes(12)))
    )
    content = der.sequence(
        der.object_id("1.2.840.113549.1.7.1"), cipher, der.element(0x80, bytes(size))
    )
    inside = der.small_integer(0) + der.set_of(layout.infos) + content + layout.tail(bytes(16))
    envelope = der.sequence(
        der.object_id("1.2.840.113549.1.9.16.1.23"), der.element(0xA0, der.sequence(inside))
    )
    with pytest.raises(EnvelopeFormatError, match="another length of tags; expected 16"):
        cms.parse(io.BytesIO(envelope))


def test_too_many_pieces_are_refused():
    layout = cms.Layout((der.element(0xA2, b""),), bytes(12), 0)
    pieces = b"\x04\x00" * (cms.MAX_PIECES + 1)
    inner = layout.content_head().partition(b"\x02\x01\x10")[0][2:] + b"\x02\x01\x10"
    envelope = (
        bytes.fromhex("3080060b2a864886f70d0109100117a0803080020100")
        + der.set_of(layout.infos)
        + b"\x30\x80" + inner + b"\xa0\x80" + pieces + b"\0\0" + b"\0\0"
        + layout.tail(bytes(16)) + b"\0\0" * 3
    )  # fmt: skip
    with pytest.raises(EnvelopeFormatError, match="at most 200000 pieces"):
        cms.parse(io.BytesIO(envelope))
    fewer = envelope.replace(pieces, b"\x04\x00" * 10)
    assert len(cms.parse(io.BytesIO(fewer)).pieces) == 10


def test_too_many_tries_are_refused(alice):
    """Who is named by certificate can be found by trying alone, which is work."""
    issuer = der.sequence(der.sequence(), der.small_integer(7))
    info = wrapping.wrap(bytes(32), alice.public).replace(
        b"\x02\x01\x02" + der.element(0x80, alice.public.key_id), b"\x02\x01\x00" + issuer
    )
    content = info[4:]
    layout = cms.Layout((der.sequence(content),) * 101, bytes(12), 0)
    envelope = layout.head() + layout.tail(bytes(16))
    with pytest.raises(EnvelopeFormatError, match="101 recipients named by certificate"):
        open_bytes(envelope, alice)


def test_a_recipient_of_another_size_is_not_tried(alice):
    issuer = der.sequence(der.sequence(), der.small_integer(7))
    recipient = wrapping.Recipient(None, wrapping.OURS, bytes(384), str(wrapping.OURS))
    with pytest.raises(RecipientError):
        wrapping.content_key_for(alice, [recipient])
    assert wrapping.parse(
        der.sequence(
            der.small_integer(0),
            issuer,
            wrapping.wrap(bytes(32), alice.public)[4 + 3 + 22 : 4 + 3 + 22 + 62],
            der.octet_string(bytes(384)),
        )
    ) == recipient  # fmt: skip


# The roll ------------------------------------------------------------------------------------

INFOS = st.lists(st.binary(max_size=20).map(der.sequence), min_size=1, max_size=5)


@given(infos=INFOS, key=st.binary(min_size=32, max_size=32))
def test_a_roll_holds_for_its_recipients_in_any_order(infos, key):
    nonce = roll.nonce_for(key)
    called = roll.call(key, infos)
    assert roll.holds(key, nonce, called)
    assert roll.holds(key, nonce, called[::-1])
    assert roll.call(key, called) == called


@given(infos=INFOS, key=st.binary(min_size=32, max_size=32))
def test_a_roll_holds_for_no_other_recipients(infos, key):
    nonce = roll.nonce_for(key)
    called = roll.call(key, infos)
    for others in (called[:-1], called[1:], (*called, der.sequence()), (*called, called[-1]), ()):
        assert not roll.holds(key, nonce, others)
    assert not roll.holds(key, nonce, roll.call(bytes(32) if any(key) else b"\1" * 32, infos))


def test_no_roll_is_asked_of_another_program():
    assert roll.holds(bytes(32), b"their nonce!", (der.sequence(),))


# DER -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dotted", "encoded"), OIDS)
def test_object_identifiers(dotted, encoded):
    assert der.object_id(dotted).hex() == encoded


@pytest.mark.parametrize(
    ("size", "octets"),
    [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100"), (65536, "83010000")],
)
def test_lengths_are_minimal(size, octets):
    assert der.length(size).hex() == octets


@given(tag=st.sampled_from([0x04, 0x30, 0x80, 0xA0]), content=st.binary(max_size=300))
def test_elements_come_back(tag, content):
    reader = der.Reader.of(der.element(tag, content) + b"rest")
    assert reader.content(tag, "it", 300) == content
    assert reader.take(4) == b"rest"


def test_set_of_is_sorted():
    assert der.set_of([b"\x04\x01b", b"\x04\x01a"]).hex() == "3106" + "040161" + "040162"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "cut short"),
        ("04", "cut short"),
        ("0402ff", "cut short"),
        ("1f0100", "a tag of several bytes"),
        ("0480", "indefinite length on a primitive"),
        ("048100", "not minimal"),
        ("04820001ff", "not minimal"),
        ("0489" + "01" * 9, "a length of 9 bytes"),
        ("04ff", "a length of 127 bytes"),
        ("3000", "tag 0x30; expected 0x04"),
        ("0403616263", "at most 2 bytes"),
    ],
)
def test_what_is_no_short_octet_string_is_refused(data, words):
    with pytest.raises(EnvelopeFormatError, match=words):
        der.Reader.of(bytes.fromhex(data)).content(der.OCTET_STRING, "it", 2)


def test_an_element_must_be_used_up():
    reader = der.Reader.of(bytes.fromhex("3003020100"))
    end = reader.enter(der.SEQUENCE, "it")
    with pytest.raises(EnvelopeFormatError, match="expected the end at byte 5"):
        reader.leave(end, "it")
    reader.skip(3)
    reader.leave(end, "it")
    with pytest.raises(EnvelopeFormatError, match="cut short"):
        reader.skip(1)


def test_an_indefinite_length_is_taken_only_where_it_is_allowed():
    data = bytes.fromhex("30800000")
    with pytest.raises(EnvelopeFormatError, match="an indefinite length"):
        der.Reader.of(data).enter(der.SEQUENCE, "it")
    with pytest.raises(EnvelopeFormatError, match="at most 9 bytes"):
        der.Reader.of(data).whole("it", 9)
    reader = der.Reader.of(data)
    reader.leave(reader.enter(der.SEQUENCE, "it", indefinite=True), "it")
    reader = der.Reader.of(bytes.fromhex("30800500"))
    end = reader.enter(der.SEQUENCE, "it", indefinite=True)
    with pytest.raises(EnvelopeFormatError, match="more than expected"):
        reader.leave(end, "it")


# Pieces --------------------------------------------------------------------------------------


@given(pieces=st.lists(st.binary(max_size=9)))
def test_gathered_pieces_are_the_same_bytes(pieces):
    assert b"".join(gathered(pieces)) == b"".join(pieces)


def test_pieces_are_gathered_to_a_mebibyte_and_whole_ones_are_not_copied():
    data = bytes(2 * PIECE + 10)
    small = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    assert [len(piece) for piece in gathered(small)] == [PIECE, PIECE, 10]
    whole = list(slices(memoryview(data)))
    assert [len(piece) for piece in whole] == [PIECE, PIECE, 10]
    assert all(piece.obj is data for piece in gathered(whole))
