import hashlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsa_core.envelopes import cms, wrapping
from rsa_core.envelopes.streaming import open_stream, seal_stream
from rsa_core.errors import DecryptionError, EnvelopeFormatError, RecipientError, RsaCoreError
from rsa_core.schemes.hybrid import HYBRID, open_bytes, seal_bytes, share_bytes

MEBI = 1 << 20
SIZES = [0, 1, 127, 128, 255, 256, 65_535, 65_536, MEBI - 1, MEBI, MEBI + 1, 17 * MEBI + 7]


@pytest.fixture(scope="module")
def for_three(alice, bob, carol):
    return seal_bytes(b"a picture", [alice.public, bob.public, carol.public])


def refused(envelope, key):
    """The error with which an envelope is refused; opening it fails the test."""
    with pytest.raises(RsaCoreError) as caught:
        open_bytes(envelope, key)
    return caught.value


def flip(data, at, mask=1):
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


@given(data=st.binary(max_size=2000))
def test_any_bytes_come_back(alice, data):
    sealed = seal_bytes(data, [alice.public])
    opened = open_bytes(sealed.envelope, alice)
    assert opened.data == data
    assert (opened.digest, opened.commitment) == (sealed.digest, sealed.commitment)


@pytest.mark.parametrize("size", SIZES)
def test_every_size_comes_back(alice, size):
    data = bytes(range(256)) * (size // 256 + 1)
    sealed = seal_bytes(data[:size], [alice.public])
    opened = open_bytes(sealed.envelope, alice)
    assert opened.data == data[:size]
    assert (opened.digest, opened.commitment) == (sealed.digest, sealed.commitment)


def test_each_recipient_opens_the_same(for_three, alice, bob, carol):
    for key in (alice, bob, carol):
        opened = open_bytes(for_three.envelope, key)
        assert opened.data == b"a picture"
        assert opened.digest == for_three.digest
        assert opened.commitment == for_three.commitment


def test_fifty_recipients_open_the_same(crowd):
    sealed = seal_bytes(b"for a class", [pair.public for pair in crowd])
    assert len({pair.public for pair in crowd}) == 50
    assert all(open_bytes(sealed.envelope, pair).data == b"for a class" for pair in crowd)


def test_nobody_else_opens_it_and_is_told_so(for_three, crowd):
    assert isinstance(refused(for_three.envelope, crowd[-1]), RecipientError)


def test_nothing_is_ever_sealed_twice_alike(alice):
    first, second = (seal_bytes(b"same", [alice.public]) for _ in range(2))
    assert first.envelope != second.envelope
    assert first.digest != second.digest
    assert first.commitment != second.commitment


def test_the_digest_leaves_the_recipients_out(alice):
    """It is the hash of the DER elements that follow them, as docs/formats.md says."""
    sealed = seal_bytes(b"a picture", [alice.public])
    start = sealed.envelope.rindex(bytes.fromhex("06092a864886f70d010701")) - 2
    assert sealed.digest == hashlib.sha256(sealed.envelope[start:]).digest()


def test_plaintext_and_keys_are_not_shown(alice):
    opened = open_bytes(seal_bytes(b"SECRET", [alice.public]).envelope, alice)
    assert "SECRET" not in repr(opened)


@pytest.mark.parametrize("count", [0, 2, 1001])
def test_recipients_are_one_to_a_thousand_and_distinct(alice, count):
    with pytest.raises(ValueError, match=r"1 to 1000|twice"):
        seal_bytes(b"", [alice.public] * count)


# Changed envelopes ---------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "mask"), [(0, 0x01), (1, 0x80), (1, 0xFF), (40, 0x03)])
def test_every_flipped_byte_is_refused(alice, size, mask):
    envelope = seal_bytes(bytes(size), [alice.public]).envelope
    for at in range(len(envelope)):
        refused(flip(envelope, at, mask), alice)


def test_every_bit_of_the_format_matters(alice):
    """All bytes but those that are random: also the ones that no tag covers."""
    envelope = seal_bytes(b"", [alice.public]).envelope
    wrapped = envelope.index(b"\x04\x82\x01\x00") + 4
    for at in [*range(wrapped), *range(wrapped + 256, len(envelope))]:
        for bit in range(8):
            refused(flip(envelope, at, 1 << bit), alice)


def test_truncation_at_every_length_is_refused(alice):
    envelope = seal_bytes(b"a picture", [alice.public]).envelope
    for size in range(len(envelope)):
        assert isinstance(refused(envelope[:size], alice), EnvelopeFormatError)


def test_bytes_put_in_or_taken_out_are_refused(alice):
    envelope = seal_bytes(b"a picture", [alice.public]).envelope
    for at in range(len(envelope) + 1):
        assert isinstance(refused(envelope[:at] + b"\0" + envelope[at:], alice), RsaCoreError)
        if at < len(envelope):
            refused(envelope[:at] + envelope[at + 1 :], alice)


def test_everything_behind_the_wrapped_key_fails_in_one_voice(for_three, alice):
    """An attacker learns nothing from which check refused."""
    envelope = for_three.envelope
    mine = envelope.index(alice.public.key_id)
    places = {
        "wrapped key, first byte": envelope.index(b"\x04\x82\x01\x00", mine) + 4,
        "wrapped key, last byte": envelope.index(b"\x04\x82\x01\x00", mine) + 4 + 255,
        "hash function of the padding": envelope.index(b"\x05\x00", mine) - 1,
        "nonce": envelope.rindex(b"\x04\x0c") + 2,
        "ciphertext": len(envelope) - 19,
        "tag": len(envelope) - 1,
    }
    for name, at in places.items():
        mask = 3 if "function" in name else 1
        error = refused(flip(envelope, at, mask), alice)
        assert isinstance(error, DecryptionError), name
        assert str(error) == str(DecryptionError())
        assert error.__cause__ is None


def test_every_flipped_byte_is_refused_by_every_recipient(for_three, alice, bob, carol):
    """Also in the wrapped keys of the others."""
    for at in range(len(for_three.envelope)):
        refused(flip(for_three.envelope, at), (alice, bob, carol)[at % 3])


def rewritten(envelope, change):
    """The same envelope in strict DER with other RecipientInfos, as a stranger can write it."""
    parsed = cms.parse(io.BytesIO(envelope))
    layout = cms.Layout(tuple(change(parsed.layout.infos)), parsed.layout.nonce, parsed.layout.size)
    at, size = parsed.pieces[0]
    return layout.head() + envelope[at : at + size] + layout.tail(parsed.tag)


def test_a_stranger_cannot_change_the_recipients(for_three, alice, carol, crowd):
    envelope = for_three.envelope
    assert rewritten(envelope, lambda infos: infos) == envelope
    added = wrapping.wrap(bytes(32), crowd[-1].public)
    for change in (
        lambda infos: [*infos, added],
        lambda infos: [one for one in infos if carol.public.key_id not in one],
        lambda infos: infos[:-1],
        lambda infos: [*infos, infos[-1]],
        lambda infos: [*infos, b"\xa2\x02\x05\x00"],
    ):
        error = refused(rewritten(envelope, change), alice)
        assert type(error) is DecryptionError
        assert str(error) == str(DecryptionError())


def test_a_recipient_named_twice_is_refused(for_three, alice):
    error = refused(
        rewritten(
            for_three.envelope, lambda infos: [*infos, wrapping.wrap(bytes(32), alice.public)]
        ),
        alice,
    )
    assert "two recipients" in str(error)


def test_a_stranger_cannot_exchange_the_content(for_three, alice, bob):
    other = seal_bytes(b"a forgery", [bob.public]).envelope
    cut = -(2 + 9 + 2 + 16)
    error = refused(for_three.envelope[:cut] + other[cut:], alice)
    assert isinstance(error, DecryptionError)


# Sharing -------------------------------------------------------------------------------------


def test_sharing_adds_a_recipient_and_nothing_else(alice, bob, carol, crowd):
    sealed = seal_bytes(b"a picture", [alice.public, bob.public])
    shared = share_bytes(sealed.envelope, bob, carol.public)
    assert (shared.digest, shared.commitment) == (sealed.digest, sealed.commitment)
    for key in (alice, bob, carol):
        opened = open_bytes(shared.envelope, key)
        assert opened.data == b"a picture"
        assert (opened.digest, opened.commitment) == (sealed.digest, sealed.commitment)
    content = sealed.envelope[sealed.envelope.rindex(b"\x04\x0c") :]
    assert shared.envelope.endswith(content)
    again = share_bytes(shared.envelope, carol, crowd[-1].public)
    assert open_bytes(again.envelope, alice).digest == sealed.digest
    assert len(HYBRID.capture(again.envelope).recipients) == 4


def test_only_who_can_open_can_share(alice, bob, carol):
    envelope = seal_bytes(b"a picture", [alice.public]).envelope
    with pytest.raises(RecipientError):
        share_bytes(envelope, bob, carol.public)
    with pytest.raises(DecryptionError):
        share_bytes(flip(envelope, len(envelope) - 1), alice, carol.public)


def test_its_sealer_shares_with_the_content_key(alice, bob, carol):
    sealed = seal_bytes(b"a picture", [alice.public])
    shared = share_bytes(sealed.envelope, sealed.content_key, bob.public)
    assert (shared.digest, shared.commitment) == (sealed.digest, sealed.commitment)
    assert open_bytes(shared.envelope, alice) == open_bytes(shared.envelope, bob)
    assert sealed.content_key.hex() not in repr(sealed)
    for wrong in (flip(sealed.content_key, 0), bytes(32)):
        with pytest.raises(DecryptionError):
            share_bytes(sealed.envelope, wrong, carol.public)


def test_every_flipped_byte_of_a_shared_envelope_is_refused(alice, bob):
    shared = share_bytes(seal_bytes(b"", [alice.public]).envelope, alice, bob.public).envelope
    for at in range(len(shared)):
        refused(flip(shared, at), (alice, bob)[at % 2])


def test_sharing_with_somebody_who_has_it_is_refused(for_three, alice, bob):
    with pytest.raises(ValueError, match="already"):
        share_bytes(for_three.envelope, alice, bob.public)


# Streams -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_streams_and_bytes_are_the_same_format(alice, bob, size):
    data = bytes(range(251)) * (size // 251 + 1)
    target = io.BytesIO()
    sealed = seal_stream(io.BytesIO(data[:size]), target, size, [alice.public, bob.public])
    opened = open_bytes(target.getvalue(), bob)
    assert opened.data == data[:size]
    assert (opened.digest, opened.commitment) == (sealed.digest, sealed.commitment)
    back = io.BytesIO()
    assert open_stream(target, back, bob) == sealed
    assert back.getvalue() == data[:size]
    assert sealed.size == size


@pytest.mark.parametrize("said", [0, 9, 11, 3 * MEBI])
def test_a_stream_of_another_size_is_refused(alice, said):
    with pytest.raises(ValueError, match="another size"):
        seal_stream(io.BytesIO(b"ten bytes!"), io.BytesIO(), said, [alice.public])


@pytest.mark.parametrize(("size", "at"), [(3, -1), (3, -2 * MEBI), (17, -1), (17, -9 * MEBI)])
def test_nothing_of_a_changed_stream_is_released(alice, size, at):
    """Large ones are hashed by a second thread."""
    envelope = seal_bytes(bytes(size * MEBI), [alice.public]).envelope
    target = io.BytesIO()
    with pytest.raises(DecryptionError):
        open_stream(io.BytesIO(flip(envelope, len(envelope) + at)), target, alice)
    assert target.getvalue() == b""


@pytest.mark.parametrize("size", [3, 17])
def test_a_stream_that_shrinks_between_the_passes_is_refused(alice, size):
    class Shrinking(io.BytesIO):
        reads = 0

        def read(self, count=-1):
            if count == MEBI:
                self.reads += 1
                if self.reads == size + 1:
                    self.truncate(2 * MEBI)
            return super().read(count)

    envelope = seal_bytes(bytes(size * MEBI), [alice.public]).envelope
    with pytest.raises(EnvelopeFormatError, match="shorter"):
        open_stream(Shrinking(envelope), io.BytesIO(), alice)


def test_streams_need_little_memory(alice, tmp_path):
    """Under 40 MB above start for 64 MiB; the interpreter's own tracer counts."""
    import tracemalloc

    plain, sealed, opened = (tmp_path / name for name in ("plain", "sealed", "opened"))
    with plain.open("wb") as file:
        file.truncate(64 * MEBI)
    tracemalloc.start()
    with plain.open("rb") as source, sealed.open("wb") as target:
        seal_stream(source, target, 64 * MEBI, [alice.public])
    with sealed.open("rb") as source, opened.open("wb") as target:
        open_stream(source, target, alice)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert opened.stat().st_size == 64 * MEBI
    assert peak < 24 * MEBI


# The interface -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def picture():
    import numpy as np

    from rsa_core.pictures import png_of, read_picture

    return read_picture(png_of(np.arange(60, dtype=np.uint8).reshape(4, 5, 3)))


def test_a_picture_comes_back_as_its_file(picture, alice, bob):
    sealed = HYBRID.seal(picture, [alice.public, bob.public])
    opened = HYBRID.open(sealed.envelope, bob)
    assert opened.file == picture.data
    assert opened.pixels is None
    assert (opened.digest, opened.commitment) == (sealed.digest, sealed.commitment)


def test_a_capture_needs_no_key(picture, alice, bob):
    sealed = HYBRID.seal(picture, [alice.public, bob.public])
    capture = HYBRID.capture(sealed.envelope)
    assert capture.scheme == "hybrid"
    assert capture.size == len(sealed.envelope)
    assert {one.key_id for one in capture.recipients} == {alice.public.key_id, bob.public.key_id}
    assert {one.key_bits for one in capture.recipients} == {2048}
    assert len(capture.ciphertext) == len(picture.data)
    assert capture.ciphertext in sealed.envelope
    facts = dict(capture.parameters)
    assert facts["Key wrapping"] == "RSAES-OAEP, SHA-256"
    assert bytes.fromhex(facts["Tag"]) == sealed.envelope[-16:]
    assert bytes.fromhex(facts["Nonce"]) in sealed.envelope


@given(blob=st.binary(max_size=300))
@settings(max_examples=200)
def test_any_bytes_are_captured_or_refused(blob):
    with pytest.raises(EnvelopeFormatError):
        HYBRID.capture(blob)
