"""What was sealed for a false key reaches the one it was meant for, and nobody can tell."""

import subprocess

import numpy as np
import pytest

from rsa_core import (
    HYBRID,
    OAEP_BLOCKS,
    DecryptionError,
    RecipientError,
    open_bytes,
    png_of,
    read_picture,
    readdress,
    seal_bytes,
    share_bytes,
)

DATA = np.random.default_rng(3).bytes(2_000)


@pytest.fixture(scope="session")
def picture():
    return read_picture(png_of(np.random.default_rng(1).integers(0, 256, (9, 8, 3), np.uint8)))


def test_digest_and_commitment_stay_and_the_false_recipient_goes(alice, bob, carol):
    sealed = seal_bytes(DATA, [alice.public, carol.public])
    moved = readdress("hybrid", sealed.envelope, alice, bob.public)
    assert (moved.digest, moved.commitment) == (sealed.digest, sealed.commitment)
    for pair in (bob, carol):
        opened = open_bytes(moved.envelope, pair)
        assert (opened.data, opened.digest) == (DATA, sealed.digest)
        assert opened.commitment == sealed.commitment
    with pytest.raises(RecipientError):
        open_bytes(moved.envelope, alice)


def test_it_looks_as_if_it_had_been_sealed_for_the_true_key_at_once(alice, bob):
    moved = readdress("hybrid", seal_bytes(DATA, [alice.public]).envelope, alice, bob.public)
    at_once = seal_bytes(DATA, [bob.public]).envelope
    assert len(moved.envelope) == len(at_once)
    assert HYBRID.capture(moved.envelope).recipients == HYBRID.capture(at_once).recipients


def test_one_who_is_a_recipient_already_is_not_named_twice(alice, bob):
    sealed = seal_bytes(DATA, [alice.public, bob.public])
    moved = readdress("hybrid", sealed.envelope, alice, bob.public)
    assert [one.key_id for one in HYBRID.capture(moved.envelope).recipients] == [bob.public.key_id]
    assert open_bytes(moved.envelope, bob).data == DATA


def test_a_shared_envelope_can_be_readdressed_too(alice, bob, carol):
    shared = share_bytes(seal_bytes(DATA, [carol.public]).envelope, carol, alice.public)
    moved = readdress("hybrid", shared.envelope, alice, bob.public)
    assert open_bytes(moved.envelope, bob).data == open_bytes(moved.envelope, carol).data == DATA


def test_openssl_opens_what_was_readdressed(alice, bob, openssl, tmp_path):
    moved = readdress("hybrid", seal_bytes(DATA, [alice.public]).envelope, alice, bob.public)
    (tmp_path / "in.p7m").write_bytes(moved.envelope)
    (tmp_path / "bob.pem").write_text(bob.pem())
    done: subprocess.CompletedProcess = openssl(
        "cms", "-decrypt", "-binary", "-inform", "DER", "-in", "in.p7m", "-inkey", "bob.pem"
    )
    assert done.stdout == DATA


def test_blocks_are_encrypted_anew(alice, bob, carol, picture):
    sealed = OAEP_BLOCKS.seal(picture, [alice.public, carol.public])
    moved = readdress("oaep-blocks", sealed.envelope, alice, bob.public)
    assert OAEP_BLOCKS.open(moved.envelope, bob).file == picture.data
    for pair in (alice, carol):
        with pytest.raises(RecipientError):
            OAEP_BLOCKS.open(moved.envelope, pair)


def test_who_holds_no_key_of_it_readdresses_nothing(alice, bob, carol, picture):
    for scheme in (HYBRID, OAEP_BLOCKS):
        envelope = scheme.seal(picture, [alice.public]).envelope
        with pytest.raises(RecipientError):
            readdress(scheme.name, envelope, bob, carol.public)


def test_what_does_not_open_is_not_readdressed(alice, bob):
    envelope = bytearray(seal_bytes(DATA, [alice.public]).envelope)
    envelope[-1] ^= 1
    with pytest.raises(DecryptionError):
        readdress("hybrid", bytes(envelope), alice, bob.public)


def test_blocks_that_are_no_picture_are_not_readdressed(alice, bob):
    class Junk:
        data = b"no picture"

    envelope = OAEP_BLOCKS.seal(Junk(), [alice.public]).envelope
    with pytest.raises(DecryptionError):
        readdress("oaep-blocks", envelope, alice, bob.public)


def test_classroom_keys_are_not_for_this(alice, bob):
    with pytest.raises(ValueError, match="key pair"):
        readdress("textbook-pixels", b"", alice, bob.public)
