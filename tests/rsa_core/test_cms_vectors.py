"""The vector files: one rule broken in each case, its verdict written by hand beside it."""

import io
import json
from pathlib import Path

import pytest

from rsa_core import errors
from rsa_core.envelopes.streaming import open_stream
from rsa_core.errors import EnvelopeFormatError
from rsa_core.keys import KeyPair, PublicKey
from rsa_core.schemes.hybrid import HYBRID, open_bytes, seal_bytes
from rsa_core.signatures import Manifest, verify


def load(name):
    path = Path(__file__).parent.parent / "vectors" / f"{name}.json"
    return json.loads(path.read_text(encoding="ascii"))


ENVELOPES = load("hybrid")
MANIFESTS = load("manifests")
KEYS = load("keys")
PAIRS = {name: KeyPair.from_pem(pem) for name, pem in ENVELOPES["keys"].items()}


def by_name(case):
    return case["name"]


@pytest.mark.parametrize(
    ("vectors", "count"), [(ENVELOPES, 96), (MANIFESTS, 15), (KEYS, 3)], ids=["e", "m", "k"]
)
def test_no_vector_went_missing(vectors, count):
    assert len(vectors["cases"]) == vectors["count"] == count
    assert len({case["name"] for case in vectors["cases"]}) == count


@pytest.mark.parametrize("case", ENVELOPES["cases"], ids=by_name)
def test_envelopes_get_their_verdict(case):
    envelope, key = bytes.fromhex(case["envelope"]), PAIRS[case["key"]]
    target = io.BytesIO()
    if case["verdict"] == "opens":
        opened = open_bytes(envelope, key)
        streamed = open_stream(io.BytesIO(envelope), target, key)
        assert opened.data.hex() == target.getvalue().hex() == case["content"]
        assert opened.digest.hex() == streamed.digest.hex() == case["digest"]
        assert opened.commitment.hex() == streamed.commitment.hex() == case["commitment"]
        return
    wanted = getattr(errors, case["verdict"])
    with pytest.raises(wanted) as caught:
        open_bytes(envelope, key)
    assert type(caught.value) is wanted
    assert case["words"] in str(caught.value)
    if wanted is errors.DecryptionError:
        assert str(caught.value) == str(errors.DecryptionError())
    with pytest.raises(wanted):
        open_stream(io.BytesIO(envelope), target, key)
    assert target.getvalue() == b""


@pytest.mark.parametrize("case", ENVELOPES["cases"], ids=by_name)
def test_a_capture_needs_only_a_well_formed_envelope(case):
    """What only a key can tell does not keep an interceptor from looking."""
    envelope = bytes.fromhex(case["envelope"])
    if case["verdict"] == "EnvelopeFormatError" and case["words"] not in (
        "two recipients",
        "not wrapped by RSAES-OAEP",
        "parameters of RSAES-OAEP",
    ):
        with pytest.raises(EnvelopeFormatError):
            HYBRID.capture(envelope)
    else:
        assert HYBRID.capture(envelope).size == len(envelope)


@pytest.mark.parametrize("case", MANIFESTS["cases"], ids=by_name)
def test_manifests_get_their_verdict(case):
    manifest, signature = case["manifest"].encode(), bytes.fromhex(case["signature"])
    key = PublicKey.from_pem(MANIFESTS["key"])
    if case["verdict"] == "EnvelopeFormatError":
        verify(manifest, signature, key)
        with pytest.raises(EnvelopeFormatError):
            Manifest.parse(manifest)
        return
    assert Manifest.parse(manifest).pack() == manifest
    if case["verdict"] == "verifies":
        verify(manifest, signature, key)
    else:
        with pytest.raises(errors.SignatureError):
            verify(manifest, signature, key)


@pytest.mark.parametrize("case", KEYS["cases"], ids=by_name)
def test_keys_have_their_names(case):
    key = PublicKey.from_pem(case["public"])
    assert key.fingerprint.hex() == case["fingerprint"]
    assert key.safety_number == case["safety_number"]
    assert key.key_id.hex() == case["key_id"]
    assert key.pem().strip() == case["public"].strip()


def test_what_we_write_the_other_writer_would_write():
    """Parts that are not random stand where the specification's second writer puts them."""
    case = next(case for case in ENVELOPES["cases"] if case["name"] == "one recipient")
    theirs = bytes.fromhex(case["envelope"])
    ours = seal_bytes(bytes.fromhex(case["content"]), [PAIRS["alice"].public]).envelope
    assert len(ours) == len(theirs)
    same = [at for at in range(len(ours)) if ours[at] == theirs[at]]
    wrapped = ours.index(b"\x04\x82\x01\x00") + 4
    assert set(range(wrapped)) <= set(same)
    roll = ours.index(b"\xa4", wrapped + 256)
    assert ours[roll : roll + 25] == theirs[roll : roll + 25]
