"""A key is found in whatever it comes in; what is not read is named, with a command that helps."""

import base64
import json
import math
import shlex
import subprocess
import time

import pytest
from Crypto.Util.asn1 import DerBitString, DerInteger, DerNull, DerObjectId, DerSequence
from hypothesis import example, given
from hypothesis import strategies as st

from rsa_core import HYBRID, read_picture
from rsa_core.errors import KeyFormatError, PassphraseError
from rsa_core.key_files.pem import armour
from rsa_core.keys import KeyPair, PublicKey

BAG = "Bag Attributes\n    friendlyName: Schlüssel Müller\n    localKeyID: 54 69 6D\n"
BETWEEN = "Key Attributes: <No Attributes>\n"


def numbers(pair):
    n, e, d, p, q = (int(getattr(pair.engine, name)) for name in "nedpq")
    return {"n": n, "e": e, "d": d, "p": p, "q": q}


def base64url(number):
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(pair, *names, **more):
    found = numbers(pair)
    return {"kty": "RSA", **{name: base64url(found[name]) for name in names}, **more}


def xml(pair):
    found = numbers(pair)
    data = {name: base64.b64encode(found[name].to_bytes(256, "big")).decode() for name in "ne"}
    return (
        f"<RSAKeyValue><Modulus>{data['n']}</Modulus><Exponent>{data['e']}</Exponent></RSAKeyValue>"
    )


def pkcs1_public(pair):
    return DerSequence([pair.public.n, pair.public.e]).encode()


def surroundings(pem):
    """The same block in everything that has been seen around one."""
    yield "byte order mark", b"\xef\xbb\xbf" + pem.encode()
    yield "byte order mark in text", "\ufeff" + pem
    yield "UTF-16", pem.encode("utf-16")
    yield "UTF-16, big end first", b"\xfe\xff" + pem.encode("utf-16-be")
    yield "UTF-16 without a mark", pem.encode("utf-16-le")
    for encoding in ("utf-8", "latin-1", "cp437", "utf-16"):
        yield f"bag attributes in {encoding}", (BAG + pem + BETWEEN).encode(encoding)
    yield "carriage returns and line feeds", pem.replace("\n", "\r\n")
    yield "carriage returns", pem.replace("\n", "\r")
    yield "one line", pem.replace("\n", " ")
    yield "no line ends", pem.replace("\n", "")
    yield "indented", "\n".join(f"    {line}" for line in pem.splitlines())
    yield "quoted in a mail", "\n".join(f"> > {line}" for line in pem.splitlines())
    yield "no-break spaces", pem.replace("\n", "\u00a0\n")
    yield "zero-width spaces", pem.replace("\n", "\u200b\n")
    yield "a JSON string", json.dumps({"key": pem})
    yield "text before and after", f"Dear Bob,\nhere it is: - {pem}Yours, Alice -----\n"


def test_a_public_key_is_found_in_its_surroundings(alice):
    for name, data in surroundings(alice.public.pem()):
        assert PublicKey.from_pem(data) == alice.public, name


def test_a_private_key_is_found_in_its_surroundings(alice):
    for name, data in surroundings(alice.pem()):
        assert KeyPair.from_pem(data) == alice, name


@given(before=st.text(max_size=80), after=st.text(max_size=80))
@example(before="0\x08", after="n = 3233")
def test_any_text_may_stand_around_a_key(alice, before, after):
    text = f"{before}\n{alice.public.pem()}\n{after}"
    assert PublicKey.from_pem(text) == alice.public
    assert PublicKey.from_pem(text.encode("utf-8", "replace")) == alice.public


@given(before=st.binary(max_size=80).map(lambda data: b"#" + data))
def test_any_bytes_may_stand_before_a_key(alice, before):
    assert PublicKey.from_pem(before + b"\n" + alice.public.pem().encode()) == alice.public


def test_every_form_of_a_public_key_is_read(alice):
    spki = alice.public.der()
    for name, data in {
        "PKCS #1, PEM": armour("RSA PUBLIC KEY", pkcs1_public(alice)),
        "PKCS #1, DER": pkcs1_public(alice),
        "SPKI, DER": spki,
        "SPKI, base64 alone": base64.b64encode(spki).decode(),
        "JWK": json.dumps(jwk(alice, "n", "e", kid="x")),
        "JWK with a byte order mark": "\ufeff" + json.dumps(jwk(alice, "n", "e")),
        "JWK set": json.dumps({"keys": [{"kty": "EC", "crv": "P-256"}, jwk(alice, "n", "e")]}),
        "JWK, bytes": json.dumps(jwk(alice, "n", "e")).encode(),
        "XML": xml(alice),
    }.items():
        assert PublicKey.from_pem(data) == alice.public, name


def test_parameters_may_be_left_out_and_zeros_stand_in_front(alice):
    name = DerObjectId("1.2.840.113549.1.1.1")
    bare = DerSequence([DerSequence([name]), DerBitString(pkcs1_public(alice))]).encode()
    modulus = alice.public.n.to_bytes(259, "big")
    padded = b"\x02\x82\x01\x03" + modulus + b"\x02\x04\0\1\0\1"
    key = b"\x30\x82" + len(padded).to_bytes(2, "big") + padded
    zeros = DerSequence([DerSequence([name, DerNull()]), DerBitString(key)]).encode()
    for der in (bare, zeros):
        assert PublicKey.from_pem(armour("PUBLIC KEY", der)) == alice.public
        with pytest.raises(KeyFormatError, match="not strict DER"):
            PublicKey.from_der(der)
    odd = DerSequence([DerSequence([name, DerInteger(1)]), DerBitString(pkcs1_public(alice))])
    with pytest.raises(KeyFormatError, match="parameters"):
        PublicKey.from_pem(armour("PUBLIC KEY", odd.encode()))


def test_every_form_of_a_private_key_is_read(alice):
    for name, data in {
        "PKCS #8, DER": alice.der(),
        "JWK": json.dumps(jwk(alice, *"nedpq")),
        "JWK without the primes": json.dumps(jwk(alice, *"ned")),
        "base64 alone": base64.b64encode(alice.der()),
    }.items():
        assert KeyPair.from_pem(data) == alice, name


def test_a_certificate_is_a_recipient(alice, bob, openssl, certificate, tmp_path):
    name = certificate(alice, "alice")
    pem = (tmp_path / name).read_bytes()
    der = openssl("x509", "-in", name, "-outform", "DER").stdout
    trusted = openssl("x509", "-in", name, "-trustout", "-addtrust", "emailProtection").stdout
    text = openssl("x509", "-in", name, "-text").stdout
    for data in (pem, der, trusted, text, pem + alice.public.pem().encode()):
        assert PublicKey.from_pem(data) == alice.public
    with pytest.raises(KeyFormatError, match="a certificate, which has no private key in it"):
        KeyPair.from_pem(pem)
    assert KeyPair.from_pem(pem + alice.pem().encode()) == alice
    with pytest.raises(KeyFormatError, match="2 different public keys; keep one"):
        PublicKey.from_pem(pem + bob.public.pem().encode())


def test_the_person_is_taken_from_a_chain_of_certificates(
    alice, bob, openssl, certificate, tmp_path
):
    authority = certificate(bob, "authority")
    (tmp_path / "alice.pem").write_text(alice.pem())
    request = openssl("req", "-new", "-key", "alice.pem", "-subj", "/CN=alice").stdout
    leaf = openssl("x509", "-req", "-CA", authority, "-CAkey", "authority.pem", "-days", "2",
                   "-CAcreateserial", stdin=request).stdout  # fmt: skip
    issuer = (tmp_path / authority).read_bytes()
    for chain in (leaf + issuer, issuer + leaf):
        assert PublicKey.from_pem(chain) == alice.public


def test_the_key_that_fits_is_taken_from_several(alice, bob, openssl):
    curve = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256").stdout
    both = curve.decode() + alice.pem() + alice.public.pem()
    assert KeyPair.from_pem(both) == alice
    assert PublicKey.from_pem(both) == alice.public
    assert PublicKey.from_pem(alice.public.pem() * 2) == alice.public
    assert KeyPair.from_pem(alice.pem() + alice.pem("word"), "word") == alice
    with pytest.raises(PassphraseError):
        KeyPair.from_pem(alice.pem("word") + alice.pem("other"), "third")
    with pytest.raises(KeyFormatError, match="2 different private keys; keep one"):
        KeyPair.from_pem(alice.pem() + bob.pem())
    cut = alice.pem().replace("-----END PRIVATE KEY-----", "")
    assert PublicKey.from_pem(alice.public.pem() + cut) == alice.public


def test_a_stranger_cannot_make_us_try_for_long(alice):
    with pytest.raises(KeyFormatError, match="more than 4 private keys"):
        KeyPair.from_pem(alice.pem("word") * 5, "other")


def test_many_ssh_lines_are_told_from_one(alice, bob, tmp_path):
    lines = []
    for pair in (alice, bob):
        (tmp_path / "k").write_text(pair.public.pem())
        done = subprocess.run(["ssh-keygen", "-i", "-m", "PKCS8", "-f", "k"], cwd=tmp_path,
                              check=True, capture_output=True)  # fmt: skip
        lines.append(done.stdout)
    assert (
        PublicKey.from_pem(b'from="10.0.0.1" ' + lines[0].strip() + b" alice@home\r\n")
        == alice.public
    )
    assert (
        PublicKey.from_pem(b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== x\n" + lines[1]) == bob.public
    )
    with pytest.raises(KeyFormatError, match="2 different public keys"):
        PublicKey.from_pem(b"".join(lines))
    with pytest.raises(KeyFormatError, match="SSH key of another kind than RSA"):
        PublicKey.from_pem("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== x\n")


# Other forms, and the commands that convert them ----------------------------------------------


def command_in(error, file):
    """The command of an error's line, for `file`; passphrases are added as a person would type."""
    command = str(error).split("`")[1].replace("FILE", file)
    return shlex.split(command)


@pytest.mark.parametrize("legacy", [False, True])
def test_pkcs12_is_named_with_the_command_that_converts_it(
    alice, openssl, certificate, tmp_path, legacy
):
    options = ["-legacy"] if legacy else []
    name = certificate(alice, "alice")
    openssl("pkcs12", "-export", *options, "-inkey", "alice.pem", "-in", name, "-name",
             "Schlüssel", "-passout", "pass:word", "-out", "a.p12")  # fmt: skip
    data = (tmp_path / "a.p12").read_bytes()
    with pytest.raises(KeyFormatError, match="PKCS #12 file; `openssl pkcs12") as caught:
        KeyPair.from_pem(data, "word")
    program, *arguments = command_in(caught.value, "a.p12")
    assert program == "openssl"
    openssl(*arguments, "-passin", "pass:word", "-passout", "pass:new")
    assert KeyPair.from_pem((tmp_path / "KEY.pem").read_bytes(), "new") == alice
    with pytest.raises(KeyFormatError, match="PKCS #12 file; `openssl pkcs12") as caught:
        PublicKey.from_pem(data)
    openssl(*command_in(caught.value, "a.p12")[1:], "-passin", "pass:word")
    assert PublicKey.from_pem((tmp_path / "CERT.pem").read_bytes()) == alice.public


@pytest.mark.parametrize(
    "cipher", ["PBE-SHA1-3DES", "PBE-SHA1-2DES", "PBE-SHA1-RC4-128", "PBE-SHA1-RC2-40"]
)
@pytest.mark.parametrize("passphrase", [None, "word"])
def test_old_protections_are_named_with_the_command(alice, openssl, tmp_path, cipher, passphrase):
    provider = ["-provider", "legacy", "-provider", "default"]
    pem = openssl("pkcs8", "-topk8", "-v1", cipher, "-passout", "pass:word", *provider,
                  stdin=alice.pem().encode()).stdout  # fmt: skip
    (tmp_path / "old.pem").write_bytes(pem)
    with pytest.raises(KeyFormatError, match="old way of PKCS #12") as caught:
        KeyPair.from_pem(pem, passphrase)
    openssl(
        *command_in(caught.value, "old.pem")[1:], "-passin", "pass:word", "-passout", "pass:new"
    )
    assert KeyPair.from_pem((tmp_path / "KEY.pem").read_bytes(), "new") == alice


@pytest.mark.parametrize("cipher", ["-aes256", "-des3"])
def test_traditional_protection_is_named_with_the_command(alice, openssl, tmp_path, cipher):
    pem = openssl("rsa", "-traditional", cipher, "-passout", "pass:word",
                  stdin=alice.pem().encode()).stdout  # fmt: skip
    (tmp_path / "old.pem").write_bytes(pem)
    with pytest.raises(KeyFormatError, match="traditional format") as caught:
        KeyPair.from_pem(pem, "word")
    openssl(
        *command_in(caught.value, "old.pem")[1:], "-passin", "pass:word", "-passout", "pass:new"
    )
    assert KeyPair.from_pem((tmp_path / "KEY.pem").read_bytes(), "new") == alice


def test_the_public_half_is_made_by_the_command(alice, openssl, tmp_path):
    (tmp_path / "mine.pem").write_text(alice.pem())
    with pytest.raises(KeyFormatError, match="a private key") as caught:
        PublicKey.from_pem(alice.pem())
    shown = openssl(*command_in(caught.value, "mine.pem")[1:]).stdout
    assert PublicKey.from_pem(shown) == alice.public


def test_an_envelope_is_no_bundle_of_certificates(alice, png):
    sealed = HYBRID.seal(read_picture(png), [alice.public]).envelope
    for data in (sealed, armour("CMS", sealed)):
        with pytest.raises(KeyFormatError, match="this is an envelope; expected"):
            PublicKey.from_pem(data)


def test_no_command_is_named_that_does_not_read_the_file(alice):
    for data in (json.dumps(jwk(alice, *"nedpq")), json.dumps(jwk(alice, *"ned"))):
        with pytest.raises(KeyFormatError, match="this is a private key; expected") as caught:
            PublicKey.from_pem(data)
        assert "openssl" not in str(caught.value)


def test_a_refusal_speaks_of_what_is_nearest_to_an_rsa_key(alice, bob):
    strangers = {
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE5v1TqvhH1Xhu2b5KkPs9YbWn1UVtS0Q1mvdfqpl8G3 x\n"
        + alice.public.pem(): "this is a public key",
        json.dumps({"keys": [{"kty": "EC"}, jwk(alice, *"ne")]}): "this is a public key",
        armour("EC PARAMETERS", b"\x06\x01*") + armour("EC PRIVATE KEY", b"\x30\x00"): "elliptic",
    }
    for data, words in strangers.items():
        with pytest.raises(KeyFormatError, match=words):
            KeyPair.from_pem(data)


def test_certificates_in_a_bundle_are_taken_out_by_the_command(
    alice, openssl, certificate, tmp_path
):
    name = certificate(alice, "alice")
    openssl("crl2pkcs7", "-nocrl", "-certfile", name, "-out", "b.p7b")
    with pytest.raises(KeyFormatError, match="bundle of certificates") as caught:
        PublicKey.from_pem((tmp_path / "b.p7b").read_bytes())
    openssl(*command_in(caught.value, "b.p7b")[1:])
    assert PublicKey.from_pem((tmp_path / "CERT.pem").read_bytes()) == alice.public


def test_keys_of_three_primes_are_named(openssl, alice):
    pem = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
                  "rsa_keygen_primes:3").stdout  # fmt: skip
    traditional = openssl("pkey", "-traditional", stdin=pem).stdout
    der = openssl("pkey", "-traditional", "-outform", "DER", stdin=pem).stdout
    token = json.dumps(jwk(alice, *"nedpq", oth=[{"r": "AQAB"}]))
    for data in (pem, traditional, der, token):
        with pytest.raises(KeyFormatError, match="a multi-prime RSA key"):
            KeyPair.from_pem(data)
    public = openssl("pkey", "-pubout", stdin=pem).stdout
    assert PublicKey.from_pem(public).bits == 2048


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('{"kty": "EC", "crv": "P-256"}', "JWK of another kind"),
        ("[" * 60_000, "no key in this file"),
        ("{}", "no key in this file"),
        ("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n", "`puttygen FILE"),
        (
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----",
            "OpenPGP",
        ),
        (b"PK\x03\x04 a zip", "no key in this file"),
        (b"\x30\x03\x02\x01\x05", "something else"),
    ],
)
def test_what_holds_no_rsa_key_is_named(data, words):
    for read in (PublicKey.from_pem, KeyPair.from_pem):
        with pytest.raises(KeyFormatError) as caught:
            read(data)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "fields",
    [{"n": "AQAB"}, {"n": 5, "e": 3}, {"n": "!!", "e": "AQAB"}, {"n": "B" * 20_000, "e": "AQAB"}],
    ids=["one missing", "no text", "no base64", "too long"],
)
def test_a_damaged_jwk_is_said_to_be_damaged(fields):
    for read, more in ((PublicKey.from_pem, {}), (KeyPair.from_pem, {"d": "AQAB"})):
        with pytest.raises(KeyFormatError, match="a number is missing or wrong"):
            read(json.dumps({"kty": "RSA", **fields, **more}))


@pytest.mark.parametrize(
    "modulus",
    [2**16383 + 1, 2**11213 - 1, (2**4423 - 1) ** 2],
    ids=["composite", "prime", "square"],
)
def test_a_jwk_without_its_primes_that_does_not_fit_costs_little(modulus):
    """A composite with any d, a prime whose d fits, and the square of a prime: none is factored."""
    order = (2**4423 - 1) * (2**4423 - 2) if modulus == (2**4423 - 1) ** 2 else modulus - 1
    d = pow(65537, -1, order) if math.gcd(65537, order) == 1 else 65539
    fields = {
        name: base64.urlsafe_b64encode(one.to_bytes((one.bit_length() + 7) // 8, "big")).decode()
        for name, one in (("n", modulus), ("e", 65537), ("d", d))
    }
    before = time.process_time()
    with pytest.raises(KeyFormatError, match="a number is missing or wrong"):
        KeyPair.from_pem(json.dumps({"kty": "RSA", **fields}))
    assert time.process_time() - before < 5  # it was 80 seconds


@given(data=st.binary(max_size=300) | st.text(max_size=300))
def test_whatever_is_given_is_refused_in_one_line(data):
    for read in (PublicKey.from_pem, KeyPair.from_pem):
        with pytest.raises(KeyFormatError):
            read(data)


@given(data=st.data())
def test_a_damaged_file_is_read_right_or_refused(alice, data):
    """Characters of a key file changed, taken out or put in: never another error, nor a crash."""
    text = list(alice.pem() + alice.public.pem())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 4))] = data.draw(st.text(max_size=4))
    for read in (PublicKey.from_pem, KeyPair.from_pem):
        try:
            read("".join(text))
        except KeyFormatError:
            continue
