"""The real `openssl` on the other end of every envelope, both ways, byte for byte."""

import io
import itertools

import pytest

from rsa_core.envelopes.streaming import open_stream, seal_stream
from rsa_core.errors import DecryptionError, EnvelopeFormatError, RecipientError
from rsa_core.schemes.hybrid import HYBRID, open_bytes, seal_bytes, share_bytes

MEBI = 1 << 20
SIZES = [0, 1, MEBI - 1, MEBI, MEBI + 1]
OAEP_SHA256 = ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"]


def content(size):
    """Binary, with line ends of every kind, which a text mode would change."""
    return (bytes(range(256)) * (size // 256 + 1))[: max(size - 4, 0)] + b"\r\n\n\r"[:size]


@pytest.fixture
def decrypt(openssl, tmp_path):
    def run(envelope, pair, passphrase=None):
        (tmp_path / "photo.p7m").write_bytes(envelope)
        (tmp_path / "receiver.pem").write_text(pair.pem(passphrase))
        arguments = ["-in", "photo.p7m", "-inkey", "receiver.pem", "-out", "photo.png"]
        if passphrase:
            arguments += ["-passin", f"pass:{passphrase}"]
        openssl("cms", "-decrypt", "-inform", "DER", *arguments)
        return (tmp_path / "photo.png").read_bytes()

    return run


@pytest.fixture
def encrypt(openssl, certificate, tmp_path):
    def run(data, pairs, *options, key_options=OAEP_SHA256):
        (tmp_path / "photo.png").write_bytes(data)
        arguments = ["cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", "photo.png",
                     "-outform", "DER", "-out", "photo.p7m", *options]  # fmt: skip
        for number, pair in enumerate(pairs):
            arguments += ["-recip", certificate(pair, f"receiver{number}"), *key_options]
        openssl(*arguments)
        return (tmp_path / "photo.p7m").read_bytes()

    return run


# Ours, opened by OpenSSL ---------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_openssl_opens_every_size(decrypt, alice, size):
    assert decrypt(seal_bytes(content(size), [alice.public]).envelope, alice) == content(size)


def test_openssl_opens_it_for_each_of_three(decrypt, alice, bob, carol):
    envelope = seal_bytes(content(999), [pair.public for pair in (alice, bob, carol)]).envelope
    for pair in (alice, bob, carol):
        assert decrypt(envelope, pair) == content(999)


def test_openssl_opens_it_for_the_last_of_fifty(decrypt, crowd):
    envelope = seal_bytes(content(999), [pair.public for pair in crowd]).envelope
    for pair in (crowd[0], crowd[49]):
        assert decrypt(envelope, pair) == content(999)


def test_openssl_opens_it_with_a_key_under_a_passphrase(decrypt, alice):
    envelope = seal_bytes(content(999), [alice.public]).envelope
    assert decrypt(envelope, alice, "correct horse é 密") == content(999)


def test_openssl_opens_what_was_shared(decrypt, alice, bob):
    envelope = seal_bytes(content(999), [alice.public]).envelope
    shared = share_bytes(envelope, alice, bob.public)
    assert decrypt(shared.envelope, bob) == content(999)


def test_openssl_finds_us_by_certificate(openssl, certificate, tmp_path, alice, bob):
    (tmp_path / "e").write_bytes(seal_bytes(content(9), [alice.public, bob.public]).envelope)
    name = certificate(bob, "bob")
    openssl("cms", "-decrypt", "-inform", "DER", "-in", "e", "-inkey", "bob.pem",
            "-recip", name, "-out", "o")  # fmt: skip
    assert (tmp_path / "o").read_bytes() == content(9)


def test_openssl_reads_the_structure(openssl, alice):
    text = openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER",
                   stdin=seal_bytes(b"x", [alice.public]).envelope).stdout.decode()  # fmt: skip
    assert "id-smime-ct-authEnvelopedData" in text
    assert "rsaesOaep" in text
    assert "aes-256-gcm" in text


# OpenSSL's, opened by us ---------------------------------------------------------------------


# OpenSSL 3.0 fails at -stream with nothing to encrypt ("Error writing CMS output").
BOTH_FORMS = [(size, form) for size in SIZES for form in ([], ["-stream"]) if size or not form]


@pytest.mark.parametrize(("size", "options"), BOTH_FORMS)
def test_we_open_every_size(encrypt, alice, size, options):
    envelope = encrypt(content(size), [alice], "-keyid", *options)
    assert envelope.startswith(b"\x30\x80") == bool(options)
    assert open_bytes(envelope, alice).data == content(size)
    target = io.BytesIO()
    open_stream(io.BytesIO(envelope), target, alice)
    assert target.getvalue() == content(size)


@pytest.mark.parametrize("options", [["-keyid"], ["-keyid", "-stream"], [], ["-stream"]])
@pytest.mark.parametrize("count", [1, 3])
def test_we_open_it_for_each_recipient(encrypt, crowd, options, count):
    """Named by key id, or by the issuer and serial number of a certificate."""
    envelope = encrypt(content(999), crowd[:count], *options)
    for pair in crowd[:count]:
        assert open_bytes(envelope, pair).data == content(999)


@pytest.mark.slow
@pytest.mark.parametrize("options", [["-keyid"], ["-stream"]])
def test_we_open_it_for_fifty(encrypt, crowd, options):
    envelope = encrypt(content(999), crowd, *options)
    assert all(open_bytes(envelope, pair).data == content(999) for pair in crowd)


HASHES = ["sha1", "sha256", "sha384", "sha512"]


@pytest.mark.parametrize(("oaep", "mask"), list(itertools.product(HASHES, HASHES)))
def test_we_open_every_oaep_that_openssl_offers(encrypt, alice, oaep, mask):
    envelope = encrypt(b"x", [alice], "-keyid", key_options=[
        "-keyopt", "rsa_padding_mode:oaep", "-keyopt", f"rsa_oaep_md:{oaep}",
        "-keyopt", f"rsa_mgf1_md:{mask}"])  # fmt: skip
    assert open_bytes(envelope, alice).data == b"x"
    shown = dict(HYBRID.capture(envelope).parameters)["Key wrapping"].replace("-", "").lower()
    assert oaep in shown
    assert mask in shown


def test_pkcs1_v15_is_refused_by_name(encrypt, alice):
    envelope = encrypt(b"x", [alice], "-keyid", key_options=[])
    with pytest.raises(EnvelopeFormatError, match="not wrapped by RSAES-OAEP"):
        open_bytes(envelope, alice)


@pytest.mark.parametrize("options", [["-keyid"], []])
def test_nobody_else_opens_openssl_s(encrypt, alice, bob, options):
    """By key id that is public; by certificate, only trying tells."""
    envelope = encrypt(b"x", [alice], *options)
    with pytest.raises(RecipientError if options else DecryptionError):
        open_bytes(envelope, bob)


def test_the_digest_of_ber_is_that_of_its_der(encrypt, alice, bob):
    ber = encrypt(content(9999), [alice], "-keyid", "-stream")
    der = share_bytes(ber, alice, bob.public)
    assert der.envelope.startswith(b"\x30\x82")
    for key in (alice, bob):
        opened = open_bytes(der.envelope, key)
        assert opened.data == content(9999)
        assert opened.digest == der.digest == open_bytes(ber, alice).digest


@pytest.mark.parametrize("options", [["-keyid"], ["-keyid", "-stream"]], ids=["DER", "BER"])
def test_truncated_or_longer_openssl_envelopes_are_refused(encrypt, alice, options):
    envelope = encrypt(b"a picture", [alice], *options)
    for size in range(len(envelope)):
        with pytest.raises(EnvelopeFormatError):
            open_bytes(envelope[:size], alice)
    with pytest.raises(EnvelopeFormatError, match="1 bytes follow"):
        open_bytes(envelope + b"\0", alice)


def test_every_flipped_byte_of_ber_is_refused(encrypt, alice):
    envelope = encrypt(b"a picture", [alice], "-keyid", "-stream")
    for at in range(len(envelope)):
        changed = envelope[:at] + bytes([envelope[at] ^ 1]) + envelope[at + 1 :]
        with pytest.raises((EnvelopeFormatError, RecipientError, DecryptionError)):
            open_bytes(changed, alice)


@pytest.mark.parametrize("form", ["PEM", "SMIME"])
def test_text_forms_are_named(openssl, certificate, alice, form):
    text = openssl("cms", "-encrypt", "-aes-256-gcm", "-outform", form, "-recip",
                   certificate(alice, "alice"), *OAEP_SHA256, stdin=b"x").stdout  # fmt: skip
    with pytest.raises(EnvelopeFormatError, match="this is text, not an envelope"):
        open_bytes(text, alice)


def test_envelopes_that_notice_nothing_are_named(openssl, certificate, alice):
    old = openssl("cms", "-encrypt", "-aes-256-cbc", "-outform", "DER", "-recip",
                  certificate(alice, "alice"), *OAEP_SHA256, stdin=b"x").stdout  # fmt: skip
    with pytest.raises(EnvelopeFormatError, match="EnvelopedData, which does not notice"):
        open_bytes(old, alice)


def test_a_smaller_cipher_is_named(encrypt, alice, openssl, certificate):
    small = openssl("cms", "-encrypt", "-aes-128-gcm", "-outform", "DER", "-recip",
                    certificate(alice, "alice"), *OAEP_SHA256, stdin=b"x").stdout  # fmt: skip
    with pytest.raises(EnvelopeFormatError, match="expected AES-256-GCM"):
        open_bytes(small, alice)


@pytest.mark.slow
def test_fifty_megabytes_both_ways(openssl, certificate, tmp_path, alice):
    plain, sealed, opened = (tmp_path / name for name in ("plain", "sealed", "opened"))
    data = content(50_000_000)
    plain.write_bytes(data)
    with plain.open("rb") as source, sealed.open("wb") as target:
        seal_stream(source, target, len(data), [alice.public])
    name = certificate(alice, "alice")
    openssl("cms", "-decrypt", "-inform", "DER", "-in", "sealed", "-inkey", "alice.pem",
            "-out", "opened")  # fmt: skip
    assert opened.read_bytes() == data
    openssl("cms", "-encrypt", "-binary", "-stream", "-aes-256-gcm", "-in", "plain", "-outform",
            "DER", "-out", "sealed", "-recip", name, *OAEP_SHA256)  # fmt: skip
    with sealed.open("rb") as source, opened.open("wb") as target:
        open_stream(source, target, alice)
    assert opened.read_bytes() == data
    assert open_bytes(sealed.read_bytes(), alice).data == data
