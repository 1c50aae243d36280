"""What is computed another way than by pycryptodome, or once instead of often, stays the same."""

import hashlib
import io

import pytest
from Crypto.Hash import SHA1, SHA256, SHA384, SHA512
from Crypto.Protocol.KDF import HKDF
from Crypto.Signature.pss import MGF1
from hypothesis import given
from hypothesis import strategies as st

from rsa_core.envelopes import roll
from rsa_core.envelopes.streaming import open_stream, seal_stream
from rsa_core.envelopes.wrapping import OURS, Wrapping
from rsa_core.keys import PublicKey
from rsa_core.schemes.hybrid import open_bytes

HASHES = {"SHA-1": SHA1, "SHA-256": SHA256, "SHA-384": SHA384, "SHA-512": SHA512}


@given(st.binary(min_size=32, max_size=32))
def test_the_nonce_is_that_of_hkdf(content_key):
    assert roll.nonce_for(content_key) == HKDF(content_key, 44, b"rsa-image-roll-v1", SHA256)[:12]


@pytest.mark.parametrize("name", HASHES)
@given(seed=st.binary(min_size=1, max_size=64), size=st.integers(0, 600))
def test_the_mask_is_mgf1(alice, name, seed, size):
    cipher = Wrapping("SHA-256", name)._cipher(alice.engine)
    assert cipher._mgf(seed, size) == MGF1(seed, size, HASHES[name])


@pytest.mark.parametrize("with_digest", [True, False])
def test_a_stream_is_the_same_envelope_with_and_without_its_digest(alice, with_digest):
    data, target, back = bytes(range(256)) * 5000, io.BytesIO(), io.BytesIO()
    streamed = seal_stream(
        io.BytesIO(data), target, len(data), [alice.public], with_digest=with_digest
    )
    opened = open_bytes(target.getvalue(), alice)
    assert opened.data == data
    assert streamed.commitment == opened.commitment
    assert streamed.digest == (opened.digest if with_digest else None)
    assert open_stream(target, back, alice, with_digest=with_digest) == streamed
    assert back.getvalue() == data


def test_no_key_is_taken_for_another(alice, bob):
    """What is remembered belongs to the numbers, not to the object."""
    for pair in (alice, bob, alice):
        key = PublicKey(pair.public.n, pair.public.e)
        assert key.engine() is pair.public.engine()
        assert (key.engine().n, key.engine().e) == (pair.public.n, pair.public.e)
        assert (
            key.fingerprint == hashlib.sha256(pair.engine.public_key().export_key("DER")).digest()
        )
        assert OURS.unwrap(OURS.wrap(b"content key", key), pair) == b"content key"
    assert alice.public.key_id != bob.public.key_id
    assert PublicKey(alice.public.n, 65539).der() != alice.public.der()
