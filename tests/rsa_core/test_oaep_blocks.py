"""`oaep-blocks`: the file comes back exactly; reading is refused, cutting and pasting is not."""

import hashlib

import numpy as np
import pytest
from Crypto.Cipher import oaep
from Crypto.Hash import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from rsa_core.envelopes.container import Container
from rsa_core.errors import (
    CancelledError,
    DecryptionError,
    EnvelopeFormatError,
    KeyFormatError,
    LimitError,
    RecipientError,
)
from rsa_core.keys import PublicKey
from rsa_core.pictures import Picture, png_of, read_picture
from rsa_core.residues import Blocks
from rsa_core.schemes.oaep_blocks import OAEP_BLOCKS

ROOM = 256 - 66  # bytes of the file in one block at 2048 bits
NOISE = png_of(np.random.default_rng(4).integers(0, 256, (20, 30), np.uint8))


def picture_of(data):
    """A picture file of any length: what follows a PNG in its file belongs to the file."""
    return Picture(data, "PNG", 1, 1)


@pytest.fixture(scope="module")
def made(alice):
    return OAEP_BLOCKS.seal(read_picture(NOISE), [alice.public])


def rewritten(envelope, change):
    """The envelope with the first copy's blocks as an interceptor leaves them."""
    old = Container.parse(envelope)
    copy = old.copies[0]
    blocks = [copy.data[at : at + 256] for at in range(0, len(copy.data), 256)]
    changed = Blocks(copy.key, b"".join(change(blocks)))
    return Container(old.scheme, old.samples, old.shape, (changed,)).pack()


def test_the_file_comes_back_byte_for_byte(made, alice):
    opened = OAEP_BLOCKS.open(made.envelope, alice)
    assert opened.file == NOISE
    assert opened.pixels is None
    assert opened.digest == made.digest
    assert opened.commitment is made.commitment is None


@given(st.binary(min_size=1, max_size=3 * ROOM))
@settings(max_examples=25, deadline=None)
def test_any_bytes_come_back(alice, data):
    sealed = OAEP_BLOCKS.seal(picture_of(data), [alice.public])
    assert OAEP_BLOCKS.open(sealed.envelope, alice).file == data


@pytest.mark.parametrize("size", [1, ROOM - 1, ROOM, ROOM + 1, 64 * ROOM, 64 * ROOM + 1])
def test_every_length_of_the_last_block_comes_back(alice, size):
    data = bytes(size)
    sealed = OAEP_BLOCKS.seal(picture_of(data), [alice.public])
    assert OAEP_BLOCKS.open(sealed.envelope, alice).file == data


def test_each_recipient_has_a_copy_of_its_own(alice, bob, carol):
    sealed = OAEP_BLOCKS.seal(read_picture(NOISE), [alice.public, bob.public])
    for pair in (alice, bob):
        assert OAEP_BLOCKS.open(sealed.envelope, pair).file == NOISE
    with pytest.raises(RecipientError, match="no copy for this key"):
        OAEP_BLOCKS.open(sealed.envelope, carol)
    facts = OAEP_BLOCKS.capture(sealed.envelope)
    assert [r.key_id for r in facts.recipients] == [
        alice.public.fingerprint,
        bob.public.fingerprint,
    ]
    assert facts.moduli == ()


def test_blocks_are_those_of_the_standard(made, alice):
    """Another implementation of the same RFC, given the first block, gives the first bytes."""
    facts = OAEP_BLOCKS.capture(made.envelope)
    assert (facts.residue_width, facts.shape) == (256, None)
    first = oaep.new(alice.engine, hashmod=SHA256).decrypt(facts.ciphertext[:256])
    assert first == NOISE[:ROOM]


def test_equal_blocks_look_different(alice):
    sealed = OAEP_BLOCKS.seal(picture_of(bytes(10 * ROOM)), [alice.public])
    data = OAEP_BLOCKS.capture(sealed.envelope).ciphertext
    assert len({data[at : at + 256] for at in range(0, len(data), 256)}) == 10


def test_exchanged_blocks_open_without_complaint(made, alice):
    """What the scheme lacks: the digest, which a signature would cover, is all that differs."""
    forged = rewritten(made.envelope, lambda blocks: [blocks[1], blocks[0], *blocks[2:]])
    opened = OAEP_BLOCKS.open(forged, alice)
    assert opened.file == NOISE[ROOM : 2 * ROOM] + NOISE[:ROOM] + NOISE[2 * ROOM :]
    assert opened.digest != made.digest


def test_a_strangers_block_opens_without_complaint(made, alice):
    stranger = oaep.new(alice.public.engine(), hashmod=SHA256).encrypt(b"x" * ROOM)
    forged = rewritten(made.envelope, lambda blocks: [stranger, *blocks[1:]])
    assert OAEP_BLOCKS.open(forged, alice).file == b"x" * ROOM + NOISE[ROOM:]


def test_what_is_no_block_for_its_place_is_refused_in_one_voice(made, alice):
    cipher = oaep.new(alice.public.engine(), hashmod=SHA256)
    short = cipher.encrypt(b"x" * (ROOM - 1))
    long = cipher.encrypt(b"x" * ROOM)
    changes = {
        "flipped": lambda blocks: [blocks[0][:-1] + bytes([blocks[0][-1] ^ 1]), *blocks[1:]],
        "zero": lambda blocks: [bytes(256), *blocks[1:]],
        "short": lambda blocks: [short, *blocks[1:]],
        "short, and a long last": lambda blocks: [short, *blocks[1:-1], long],
        "long last": lambda blocks: [*blocks[:-1], long],
    }
    for change in changes.values():
        forged = rewritten(made.envelope, change)
        for processes in (1, None):
            with pytest.raises(DecryptionError) as caught:
                OAEP_BLOCKS.open(forged, alice, processes=processes)
            assert str(caught.value) == str(DecryptionError())


def test_processes_make_no_difference_to_what_opens(alice):
    data = hashlib.shake_256(b"picture").digest(130 * ROOM + 5)
    seen = []
    sealed = OAEP_BLOCKS.seal(picture_of(data), [alice.public], processes=2)
    opened = OAEP_BLOCKS.open(sealed.envelope, alice, processes=2, progress=seen.append)
    assert opened.file == data
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_work_can_be_stopped(made, alice):
    for processes in (1, 2):
        with pytest.raises(CancelledError):
            OAEP_BLOCKS.open(made.envelope, alice, processes=processes, cancelled=lambda: True)


def test_what_would_take_minutes_is_refused_with_its_price(alice):
    data = bytes(40_000_000)
    with pytest.raises(LimitError, match=r"40\.0 MB .* 2048 bits .* about \d+ minutes; the limit"):
        OAEP_BLOCKS.seal(picture_of(data), [alice.public])


def test_too_many_copies_are_refused(crowd):
    with pytest.raises(LimitError, match="50 different keys would make"):
        OAEP_BLOCKS.seal(picture_of(bytes(4_000_000)), [pair.public for pair in crowd])


def test_recipients_are_some_and_different(alice):
    picture = read_picture(NOISE)
    with pytest.raises(ValueError, match="at least one recipient"):
        OAEP_BLOCKS.seal(picture, [])
    with pytest.raises(ValueError, match="same recipient twice"):
        OAEP_BLOCKS.seal(picture, [alice.public, alice.public])


def test_keys_beyond_4096_bits_are_refused():
    long = PublicKey((2**2203 - 1) * (2**2281 - 1), 65537)
    with pytest.raises(KeyFormatError, match="up to 4096 bits"):
        OAEP_BLOCKS.seal(read_picture(NOISE), [long])


def test_other_bytes_are_refused(alice):
    with pytest.raises(EnvelopeFormatError, match="do not begin"):
        OAEP_BLOCKS.open(b"no envelope at all", alice)


def test_it_says_what_it_lacks():
    assert "cut and pasted" in OAEP_BLOCKS.summary
    assert not OAEP_BLOCKS.authenticated
    assert not OAEP_BLOCKS.secure
