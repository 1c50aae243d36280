import dataclasses
import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsa_core.errors import EnvelopeFormatError, SignatureError
from rsa_core.signatures import Manifest, Part, accept, sign, sign_share, verify

TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)
DIGESTS = st.binary(min_size=32, max_size=32)
MANIFESTS = st.builds(
    Manifest,
    channel=TEXTS,
    picture=TEXTS,
    scheme=TEXTS,
    sender=DIGESTS,
    recipients=st.lists(DIGESTS, min_size=1, max_size=4, unique=True).map(tuple),
    parts=st.lists(
        st.builds(Part, TEXTS, DIGESTS, DIGESTS), max_size=3, unique_by=lambda part: part.name
    ).map(tuple),
)

MANIFEST = Manifest(
    channel="channel-1",
    picture="image-1",
    scheme="hybrid",
    sender=bytes(32),
    recipients=(b"b" * 32, b"a" * 32),
    parts=(Part("picture", b"p" * 32, b"q" * 32), Part("details", b"d" * 32, b"e" * 32)),
)


@given(manifest=MANIFESTS)
def test_manifests_come_back(manifest):
    packed = manifest.pack()
    assert packed.isascii()
    assert Manifest.parse(packed) == manifest


def test_the_bytes_are_those_of_the_specification():
    assert MANIFEST.pack() == (
        b'{"channel":"channel-1","image":"image-1","parts":['
        b'{"commitment":"' + b"65" * 32 + b'","digest":"' + b"64" * 32 + b'","name":"details"},'
        b'{"commitment":"' + b"71" * 32 + b'","digest":"' + b"70" * 32 + b'","name":"picture"}],'
        b'"recipients":["' + b"61" * 32 + b'","' + b"62" * 32 + b'"],'
        b'"scheme":"hybrid","sender":"' + b"00" * 32 + b'","version":1}'
    )


def test_the_order_of_recipients_and_parts_does_not_matter():
    turned = dataclasses.replace(
        MANIFEST, recipients=MANIFEST.recipients[::-1], parts=MANIFEST.parts[::-1]
    )
    assert turned == MANIFEST
    assert turned.pack() == MANIFEST.pack()


@given(blob=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_parse_or_refuse(blob):
    with pytest.raises(EnvelopeFormatError):
        Manifest.parse(blob)


def changed(**fields):
    record = json.loads(MANIFEST.pack()) | fields
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (MANIFEST.pack() + b"\n", "canonical"),
        (b" " + MANIFEST.pack(), "canonical"),
        (MANIFEST.pack().replace(b"61", b"6A", 1), "fields"),
        (changed(version=2), "version"),
        (changed(version=True), "canonical"),
        (changed(version=1.0), "canonical"),
        (changed(extra=1), "canonical"),
        (changed(recipients=["62" * 32, "61" * 32]), "canonical"),
        (changed(recipients=["62" * 32, "62" * 32]), "fields"),
        (changed(recipients=[]), "fields"),
        (changed(recipients=None), "fields"),
        (changed(recipients=["62" * 31]), "fields"),
        (changed(sender=7), "fields"),
        (changed(channel=""), "fields"),
        (changed(channel="\u00e9"), "fields"),
        (changed(channel="line\nline"), "fields"),
        (changed(channel=1), "fields"),
        (changed(parts=[{"name": "picture"}]), "fields"),
        (changed(parts=["picture"]), "fields"),
        (changed(parts={}), "canonical"),
        (json.dumps([MANIFEST.pack().decode()]).encode(), "version"),
        (b"[" * 100_000, "not ASCII JSON"),
        (b"\xff", "not ASCII JSON"),
        (b'{"a":1,"a":2}', "version"),
        (b" " * (1 << 20) + b" ", "1048577 bytes"),
    ],
)
def test_anything_but_the_canonical_form_is_refused(data, words):
    with pytest.raises(EnvelopeFormatError, match=words):
        Manifest.parse(data)


def test_a_doubled_field_is_refused():
    twice = MANIFEST.pack().replace(b'{"channel"', b'{"channel":"x","channel"', 1)
    with pytest.raises(EnvelopeFormatError, match="canonical"):
        Manifest.parse(twice)


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": b"short"},
        {"recipients": ()},
        {"recipients": (b"a" * 32, b"a" * 32)},
        {"recipients": ("a" * 32,)},
        {"picture": "x" * 201},
        {"scheme": None},
        {"parts": (MANIFEST.parts[0], MANIFEST.parts[0])},
    ],
)
def test_a_manifest_out_of_bounds_cannot_be_made(fields):
    with pytest.raises(ValueError, match=r"expected|twice|at least one"):
        dataclasses.replace(MANIFEST, **fields)


# Signatures ----------------------------------------------------------------------------------


def test_what_was_signed_verifies(alice):
    signature = sign(MANIFEST.pack(), alice)
    assert len(signature) == alice.public.width
    verify(MANIFEST.pack(), signature, alice.public)


@given(manifest=MANIFESTS)
def test_no_other_manifest_verifies(alice, manifest):
    signature = sign(MANIFEST.pack(), alice)
    with pytest.raises(SignatureError):
        verify(manifest.pack(), signature, alice.public)


def test_every_failure_has_the_same_words(alice, bob):
    packed, signature = MANIFEST.pack(), sign(MANIFEST.pack(), alice)
    flipped = bytes([signature[0] ^ 1]) + signature[1:]
    for arguments in (
        (packed, flipped, alice.public),
        (packed, signature[:-1], alice.public),
        (packed, signature + b"\0", alice.public),
        (packed, b"", alice.public),
        (packed, b"\xff" * 256, alice.public),
        (packed, signature, bob.public),
        (packed + b" ", signature, alice.public),
    ):
        with pytest.raises(SignatureError) as caught:
            verify(*arguments)
        assert str(caught.value) == str(SignatureError())
        assert caught.value.__cause__ is None


def test_openssl_checks_our_signature(alice, openssl, tmp_path):
    (tmp_path / "manifest").write_bytes(MANIFEST.pack())
    (tmp_path / "signature").write_bytes(sign(MANIFEST.pack(), alice))
    (tmp_path / "alice.pub.pem").write_text(alice.public.pem())
    check = ["dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
             "-sigopt", "rsa_mgf1_md:sha256", "-verify", "alice.pub.pem",
             "-signature", "signature", "manifest"]  # fmt: skip
    assert openssl(*check).stdout == b"Verified OK\n"
    (tmp_path / "manifest").write_bytes(MANIFEST.pack() + b" ")
    assert openssl(*check, status=1).stdout == b"Verification failure\n"


def test_we_check_what_openssl_signs(alice, openssl, tmp_path):
    (tmp_path / "alice.pem").write_text(alice.pem())

    def signed(salt):
        return openssl("dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt",
                       f"rsa_pss_saltlen:{salt}", "-sign", "alice.pem",
                       stdin=MANIFEST.pack()).stdout  # fmt: skip

    verify(MANIFEST.pack(), signed(32), alice.public)
    with pytest.raises(SignatureError):
        verify(MANIFEST.pack(), signed(20), alice.public)


def test_the_salt_is_fresh(alice):
    assert sign(MANIFEST.pack(), alice) != sign(MANIFEST.pack(), alice)


def test_hexadecimal_is_lower_case_only():
    assert not re.search(rb"[A-F]", dataclasses.replace(MANIFEST, sender=b"\xab" * 32).pack())


# Shares --------------------------------------------------------------------------------------


def test_a_share_lets_in_whom_it_names_and_nobody_else(alice, bob, carol):
    """Alice has sent to Bob, who shares with Carol."""
    packed = dataclasses.replace(
        MANIFEST, sender=alice.public.fingerprint, recipients=(bob.public.fingerprint,)
    ).pack()
    signature = sign(packed, alice)
    share = sign_share(packed, carol.public, bob)

    def accepted(recipient, **shared):
        about = {"channel": "channel-1", "picture": "image-1", "scheme": "hybrid"}
        return accept(
            packed, signature, sender=alice.public, recipient=recipient, **about, **shared
        )

    assert accepted(bob.public) == accepted(carol.public, share=share, sharer=bob.public)
    by_alice = sign_share(packed, carol.public, alice)
    assert accepted(carol.public, share=by_alice, sharer=alice.public) == accepted(bob.public)
    flipped = share[:-1] + bytes([share[-1] ^ 1])
    for recipient, shared in (
        (carol.public, {}),
        (carol.public, {"share": share}),
        (carol.public, {"share": flipped, "sharer": bob.public}),
        (carol.public, {"share": share, "sharer": alice.public}),  # it is Bob's
        (alice.public, {"share": by_alice, "sharer": alice.public}),  # it is for Carol
        (carol.public, {"share": sign_share(packed, bob.public, alice), "sharer": alice.public}),
        (alice.public, {"share": share, "sharer": bob.public}),  # it is for Carol
        (carol.public, {"share": sign_share(packed, carol.public, carol), "sharer": carol.public}),
        (carol.public, {"share": sign_share(packed + b" ", carol.public, bob),
                        "sharer": bob.public}),
    ):  # fmt: skip
        with pytest.raises(SignatureError):
            accepted(recipient, **shared)


def test_openssl_checks_a_share_made_from_the_page(alice, bob, openssl, tmp_path):
    """The bytes are those of docs/formats.md, built here again."""
    packed = MANIFEST.pack()
    record = {
        "by": bob.public.fingerprint.hex(),
        "manifest": hashlib.sha256(packed).hexdigest(),
        "recipient": alice.public.fingerprint.hex(),
        "version": 1,
    }
    share = sign_share(packed, alice.public, bob)
    assert share[:32] == bob.public.fingerprint
    (tmp_path / "share").write_text(json.dumps(record, separators=(",", ":")))
    (tmp_path / "signature").write_bytes(share[32:])
    (tmp_path / "bob.pub.pem").write_text(bob.public.pem())
    check = ["dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
             "-verify", "bob.pub.pem", "-signature", "signature", "share"]  # fmt: skip
    assert openssl(*check).stdout == b"Verified OK\n"
