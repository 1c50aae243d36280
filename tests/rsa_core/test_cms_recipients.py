"""Other people's recipients are their business: whatever they are, ours opens beside them."""

import io

import pytest
from Crypto.Cipher import AES, PKCS1_v1_5
from Crypto.PublicKey import RSA
from hypothesis import given
from hypothesis import strategies as st

from rsa_core.envelopes import cms, der, roll, wrapping
from rsa_core.envelopes.armoured import binary
from rsa_core.errors import EnvelopeFormatError, RecipientError
from rsa_core.schemes.hybrid import HYBRID, open_bytes, readdress_bytes, share_bytes

OAEP_SHA256 = ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"]
SHA256 = der.object_id("2.16.840.1.101.3.4.2.1")


def oaep(*parameters):
    return der.sequence(der.object_id("1.2.840.113549.1.1.7"), der.sequence(*parameters))


def key_transport(algorithm, *, version=2, name=None, wrapped=bytes(256)):
    name = name or der.element(0x80, b"somebody else's key!")
    return der.sequence(der.small_integer(version), name, algorithm, der.octet_string(wrapped))


HASH = der.element(0xA0, der.sequence(der.object_id("2.16.840.1.101.3.4.2.8"), b"\x05\0"))
LABEL = der.element(
    0xA2, der.sequence(der.object_id("1.2.840.113549.1.1.9"), der.octet_string(b"label"))
)
OTHERS = {
    "OAEP with SHA3-256": key_transport(oaep(HASH)),
    "OAEP with a label": key_transport(oaep(LABEL)),
    "OAEP with parameters of another kind": key_transport(oaep(der.small_integer(1))),
    "OAEP without parameters": key_transport(der.sequence(der.object_id("1.2.840.113549.1.1.7"))),
    "PKCS #1 v1.5": key_transport(der.sequence(der.object_id("1.2.840.113549.1.1.1"), b"\x05\0")),
    "an algorithm nobody knows": key_transport(der.sequence(der.object_id("1.2.3.4"))),
    "a long algorithm": key_transport(
        der.sequence(der.object_id("1.2.3"), der.octet_string(bytes(999)))
    ),
    "a long wrapped key": key_transport(oaep(), wrapped=bytes(4096)),
    "by certificate": key_transport(oaep(HASH), version=0, name=der.sequence(der.sequence())),
    "a version of the future": key_transport(oaep(), version=7),
    "a name of the future": key_transport(oaep(), name=der.element(0x83, b"alice")),
    "a field too many": key_transport(oaep() + b"\x05\0"),
    "key agreement": der.element(0xA1, bytes(20_000)),
    "a shared key": der.element(0xA2, b""),
    "a passphrase": der.element(0xA3, b"x"),
    "another kind": der.element(0xA4, der.object_id("1.2.3")),
    "a choice of the future": der.element(0xA5, b"x"),
    "a primitive of the future": der.element(0x86, b"x"),
}


def sealed_beside(pairs, others, data=b"a picture"):
    """Our envelope with other recipients beside ours, sorted as DER wants it, under our roll."""
    key = bytes(range(32))
    infos = [wrapping.wrap(key, pair.public) for pair in pairs]
    infos = roll.call(key, [*infos, *others])
    layout = cms.Layout(infos, roll.nonce_for(key), len(data))
    cipher = AES.new(key, AES.MODE_GCM, nonce=layout.nonce)
    ciphertext, tag = cipher.encrypt_and_digest(data)
    return layout.head() + ciphertext + layout.tail(tag)


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_ours_opens_beside_any_other(alice, bob, other):
    envelope = sealed_beside([alice], [other])
    assert open_bytes(envelope, alice).data == b"a picture"
    assert HYBRID.capture(envelope).size == len(envelope)
    with pytest.raises((RecipientError, EnvelopeFormatError)):
        open_bytes(envelope, bob)


def test_ours_opens_beside_all_others(alice, bob):
    envelope = sealed_beside([alice, bob], OTHERS.values())
    for pair in (alice, bob):
        assert open_bytes(envelope, pair).data == b"a picture"


def test_others_stay_when_it_is_shared_or_readdressed(alice, bob, carol):
    envelope = sealed_beside([alice], OTHERS.values())
    shared = share_bytes(envelope, alice, bob.public).envelope
    moved = readdress_bytes(shared, bob, carol.public).envelope
    for pair in (alice, carol):
        assert open_bytes(moved, pair).data == b"a picture"
    for other in OTHERS.values():
        assert other in moved


@given(
    kind=st.sampled_from([0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xBE, 0x85, 0x30]),
    inside=st.binary(max_size=99),
)
def test_whatever_stands_in_another_recipient(alice, kind, inside):
    other = der.element(kind, inside)
    assert open_bytes(sealed_beside([alice], [other]), alice).data == b"a picture"


def test_a_recipient_that_is_ours_is_said_to_be_wrapped_in_another_way(alice):
    name = der.element(0x80, alice.public.key_id)
    v15 = PKCS1_v1_5.new(RSA.construct((alice.public.n, alice.public.e))).encrypt(bytes(32))
    algorithm = der.sequence(der.object_id("1.2.840.113549.1.1.1"), b"\x05\0")
    for info, words in (
        (key_transport(algorithm, name=name, wrapped=v15), "not wrapped by RSAES-OAEP"),
        (key_transport(oaep(HASH), name=name), "parameters of RSAES-OAEP"),
    ):
        with pytest.raises(EnvelopeFormatError, match=words):
            open_bytes(sealed_beside([], [info, OTHERS["key agreement"]]), alice)


def test_recipients_do_not_fill_the_memory(alice):
    with pytest.raises(EnvelopeFormatError, match="recipients"):
        open_bytes(sealed_beside([alice], [der.element(0xA1, bytes(8 << 20))]), alice)


# OpenSSL's -----------------------------------------------------------------------------------


@pytest.fixture
def mixed(openssl, certificate, tmp_path, alice):
    """Sealed by OpenSSL for an elliptic curve, a shared key, old RSA, and alice."""

    def seal(*options, form="DER"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "ec.pem", "-subj", "/CN=ec", "-out", "ec.crt")  # fmt: skip
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "old.pem",
                "-subj", "/CN=old", "-out", "old.crt")  # fmt: skip
        (tmp_path / "photo").write_bytes(b"a picture\r\n\n")
        openssl("cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", "photo", "-outform", form,
                "-out", "e", "-secretkey", "00" * 16,
                "-secretkeyid", "aa", *options, "-recip", "ec.crt", "-recip", "old.crt",
                "-recip", certificate(alice, "alice"), *OAEP_SHA256)  # fmt: skip
        return (tmp_path / "e").read_bytes()

    return seal


@pytest.mark.parametrize("options", [[], ["-keyid"], ["-stream"], ["-keyid", "-stream"]])
def test_we_open_beside_every_kind_that_openssl_writes(mixed, alice, bob, options):
    envelope = mixed(*options)
    assert open_bytes(envelope, alice).data == b"a picture\r\n\n"
    shared = share_bytes(envelope, alice, bob.public).envelope
    assert open_bytes(shared, bob).data == b"a picture\r\n\n"


@pytest.mark.parametrize("oaep", ["sha224", "sha512-256", "sha3-256"])
def test_we_open_beside_other_hashes(openssl, certificate, tmp_path, crowd, oaep):
    alice, bob = crowd[:2]
    (tmp_path / "photo").write_bytes(b"a picture")
    openssl("cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", "photo", "-outform", "DER",
            "-out", "e", "-recip", certificate(bob, "bob"), "-keyopt", "rsa_padding_mode:oaep",
            "-keyopt", f"rsa_oaep_md:{oaep}", "-recip", certificate(alice, "alice"),
            *OAEP_SHA256)  # fmt: skip
    assert open_bytes((tmp_path / "e").read_bytes(), alice).data == b"a picture"


def texts(mail):
    """The same mail as it travels."""
    yield "as written", mail
    yield "other line ends", mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    yield "with a byte order mark", b"\xef\xbb\xbf" + mail
    body = mail.replace(b"\r\n", b"\n").partition(b"\n\n")[2].strip()
    yield "base64 alone", body
    yield "PEM", b"some text\n-----BEGIN CMS-----\n" + body + b"\n-----END CMS-----\n"
    yield "PEM of PKCS #7", b"-----BEGIN PKCS7-----\n" + body + b"\n-----END PKCS7-----\n"
    part = mail.replace(b"MIME-Version: 1.0", b"X-Nothing: 1")
    yield (
        "a part of a mail",
        (
            b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n--x\n'
            b"Content-Type: text/plain\n\nhello\n--x\n" + part + b"\n--x--\n"
        ),
    )


def test_envelopes_in_mails_are_read(mixed, alice):
    for name, text in texts(mixed("-subject", "hello", form="SMIME")):
        envelope = binary(io.BytesIO(text)).read()
        assert open_bytes(envelope, alice).data == b"a picture\r\n\n", name


def test_what_is_no_text_stays_as_it_is(alice):
    for data in (sealed_beside([alice], []), b"", b"\x89PNG", b"hello", b"MIME-Version: 1.0\n\nx"):
        assert binary(io.BytesIO(data)).read() == data


@given(data=st.binary(max_size=300))
def test_any_bytes_are_left_or_decoded(data):
    found = binary(io.BytesIO(data)).read()
    assert found == data or found.startswith(b"\x30")
