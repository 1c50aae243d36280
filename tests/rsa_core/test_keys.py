import hashlib
import itertools
import re
import subprocess

import pytest
from Crypto.PublicKey import ECC, RSA
from Crypto.Util.asn1 import DerSequence
from hypothesis import given
from hypothesis import strategies as st

from rsa_core.errors import KeyFormatError, PassphraseError
from rsa_core.key_files.pem import armour
from rsa_core.keys import (
    DEFAULT_KEY_SIZE,
    KEY_SIZES,
    KeyPair,
    PublicKey,
    fingerprint_of,
    safety_number_of,
)

PASSPHRASE = "correct horse é 密"
SAFETY_DIGEST = """
f0d53de9123dadcad6521311beb6aab7191eb671b0120baad9afb6051d18503b
6b97a3ec8e0011c435c6c864b44e93aa4ea80eb07bbd97936e76725815332df6
"""


def test_a_key_pair_survives_pem_in_clear(alice):
    assert KeyPair.from_pem(alice.pem()) == alice
    assert KeyPair.from_pem(alice.pem().encode()).engine == alice.engine


def test_a_key_pair_survives_der_in_clear(alice):
    assert KeyPair.from_der(alice.der()).engine == alice.engine


def test_a_key_pair_survives_a_passphrase(alice):
    assert KeyPair.from_pem(alice.pem(PASSPHRASE), PASSPHRASE).engine == alice.engine


def test_a_public_key_survives_pem_and_der(alice):
    assert PublicKey.from_pem(alice.public.pem()) == alice.public
    assert PublicKey.from_der(alice.public.der()) == alice.public


def test_new_keys_have_3072_bits_unless_said_otherwise():
    assert DEFAULT_KEY_SIZE == 3072
    assert KEY_SIZES == (2048, 3072, 4096)
    assert KeyPair.generate().public.bits == 3072


def test_new_keys_have_no_other_size():
    with pytest.raises(ValueError, match="2048"):
        KeyPair.generate(1024)


def test_a_key_pair_shows_nothing_private(alice):
    shown = f"{alice!r} {alice}"
    for number in (alice.engine.d, alice.engine.p, alice.engine.q):
        assert str(int(number)) not in shown
        assert f"{int(number):x}" not in shown


def test_the_same_letters_are_the_same_passphrase(alice):
    """Composed and decomposed forms, as two systems' keyboards send them."""
    assert KeyPair.from_pem(alice.pem("caf\u00e9"), "cafe\u0301") == alice


@pytest.mark.parametrize("passphrase", [None, "", "wrong", "\ud800"])
def test_a_missing_or_wrong_passphrase_is_said(alice, passphrase):
    with pytest.raises(PassphraseError):
        KeyPair.from_pem(alice.pem(PASSPHRASE), passphrase)


@pytest.mark.parametrize("passphrase", ["", "not needed"])
def test_a_key_in_clear_opens_whatever_the_passphrase(alice, passphrase):
    assert KeyPair.from_pem(alice.pem(), passphrase) == alice


def test_an_encrypted_der_asks_for_its_passphrase(alice, openssl):
    der = openssl("pkcs8", "-topk8", "-outform", "DER", "-passout", "pass:x",
                  stdin=alice.pem().encode()).stdout  # fmt: skip
    with pytest.raises(PassphraseError):
        KeyPair.from_der(der)
    assert KeyPair.from_der(der, "x") == alice


@pytest.mark.parametrize("passphrase", ["", "\ud800"])
def test_a_passphrase_without_bytes_is_refused(alice, passphrase):
    with pytest.raises(PassphraseError):
        alice.pem(passphrase)


# Names -------------------------------------------------------------------------------------


def test_the_fingerprint_is_what_openssl_hashes(alice, openssl):
    der = openssl("pkey", "-pubin", "-outform", "DER", stdin=alice.public.pem().encode()).stdout
    assert alice.public.fingerprint == hashlib.sha256(der).digest() == fingerprint_of(der)


def test_the_key_id_is_the_one_in_a_certificate(alice, openssl, certificate):
    text = openssl("x509", "-in", certificate(alice, "alice"), "-noout", "-ext",
                   "subjectKeyIdentifier").stdout.decode()  # fmt: skip
    assert alice.public.key_id.hex() == re.sub(r"[^0-9A-F]", "", text.split("\n")[1]).lower()


def test_the_safety_number_is_eight_groups_of_five_digits(alice, bob):
    number = alice.public.safety_number
    assert re.fullmatch(r"\d{5}( \d{5}){7}", number)
    assert number == safety_number_of(alice.public.der()) != bob.public.safety_number


def test_the_safety_number_of_known_bytes():
    """Computed with `printf 'rsa-image-fingerprint-v1\\0abc' | sha512sum` and a calculator."""
    digest = "".join(SAFETY_DIGEST.split())
    groups = [int(digest[at : at + 10], 16) % 100000 for at in range(0, 80, 10)]
    assert safety_number_of(b"abc") == " ".join(f"{group:05d}" for group in groups)


# OpenSSL and ssh-keygen ----------------------------------------------------------------------


def test_openssl_reads_our_keys(alice, openssl):
    openssl("pkey", "-check", "-noout", stdin=alice.pem().encode())
    openssl("pkey", "-check", "-noout", "-passin", f"pass:{PASSPHRASE}",
            stdin=alice.pem(PASSPHRASE).encode())  # fmt: skip
    openssl("pkey", "-pubin", "-pubcheck", "-noout", stdin=alice.public.pem().encode())


def test_openssl_sees_600_000_iterations(alice, openssl):
    listing = openssl("asn1parse", stdin=alice.pem(PASSPHRASE).encode()).stdout.decode()
    assert f"{600_000:X}" in listing
    assert "hmacWithSHA512" in listing
    assert "aes-256-cbc" in listing


@pytest.mark.parametrize(
    "options",
    [
        ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512", "-iter", "600000"],
        ["-v2", "aes-128-cbc"],
        ["-scrypt"],
        [],
    ],
)
def test_we_read_what_openssl_protects(alice, openssl, options):
    pem = openssl("pkcs8", "-topk8", "-passout", f"pass:{PASSPHRASE}", *options,
                  stdin=alice.pem().encode()).stdout  # fmt: skip
    assert KeyPair.from_pem(pem, PASSPHRASE).engine == alice.engine


def test_we_read_what_openssl_generates(openssl):
    pem = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048").stdout
    assert KeyPair.from_pem(pem).public.bits == 2048
    traditional = openssl("pkey", "-traditional", stdin=pem).stdout
    assert b"BEGIN RSA PRIVATE KEY" in traditional
    assert KeyPair.from_pem(traditional) == KeyPair.from_pem(pem)
    der = openssl("pkey", "-traditional", "-outform", "DER", stdin=pem).stdout
    assert KeyPair.from_der(der) == KeyPair.from_pem(pem)


def test_we_read_what_ssh_keygen_writes(tmp_path):
    def ssh_keygen(*arguments):
        return subprocess.run(["ssh-keygen", *arguments], cwd=tmp_path, check=True,
                              capture_output=True, text=True).stdout  # fmt: skip

    ssh_keygen("-q", "-t", "rsa", "-b", "2048", "-m", "PKCS8", "-N", "five words", "-f", "key")
    pair = KeyPair.from_pem((tmp_path / "key").read_bytes(), "five words")
    assert PublicKey.from_pem(ssh_keygen("-e", "-m", "PKCS8", "-f", "key.pub")) == pair.public
    assert PublicKey.from_pem(ssh_keygen("-e", "-f", "key.pub")) == pair.public
    assert PublicKey.from_pem((tmp_path / "key.pub").read_bytes()) == pair.public
    for passphrase in ("", "fünf Wörter"):
        ssh_keygen("-q", "-t", "rsa", "-b", "2048", "-N", passphrase, "-f", f"own{passphrase}")
        data = (tmp_path / f"own{passphrase}").read_bytes()
        own = KeyPair.from_pem(data, passphrase)
        public = (tmp_path / f"own{passphrase}.pub").read_bytes()
        assert own.public == PublicKey.from_pem(public)
        with pytest.raises(KeyFormatError, match="`ssh-keygen -y -f FILE` writes its public half"):
            PublicKey.from_pem(data)
    with pytest.raises(PassphraseError):
        KeyPair.from_pem(data)
    with pytest.raises(PassphraseError):
        KeyPair.from_pem(data, "four")


# Refusals ------------------------------------------------------------------------------------


def spki(n, e=65537):
    return RSA.construct((n, e), consistency_check=False).export_key("DER")


@pytest.mark.parametrize(
    ("der", "words"),
    [
        (spki((1 << 1023) + 1), "1024 bits; expected 2048"),
        (spki((1 << 8192) + 1), "8193 bits; expected 2048"),
        (spki((1 << 2048) + 981, 3), "public exponent"),
        (spki((1 << 2048) + 981, 65538), "public exponent is even"),
        (spki((1 << 2048) + 981, 2), "public exponent is even"),
        (spki((1 << 2048) + 981, 0), "public exponent is even"),
        (spki((1 << 2048) + 981, 1), "public exponent is 1"),
        (spki((1 << 2048) + 981, (1 << 256) + 1), "public exponent"),
        (spki((1 << 2048) + 2), "small prime factor"),
        (spki(1999 * ((1 << 2048) + 981)), "small prime factor"),
        (spki(((1 << 1024) + 643) ** 2), "a square"),
        (spki(((1 << 700) + 535) ** 3), "a power"),
        (spki((1 << 2048) + 981), "a prime number"),
        (ECC.generate(curve="P-256").public_key().export_key(format="DER"), "elliptic-curve"),
        (ECC.generate(curve="Ed25519").public_key().export_key(format="DER"), "Ed25519"),
        (b"", "not a public key"),
        (b"\x30\x00", "not a public key"),
        (b"not a key", "not a public key"),
    ],
    ids=itertools.count(),  # fresh keys would name tests differently in each process
)
def test_a_public_key_that_is_not_taken_is_named(der, words):
    with pytest.raises(KeyFormatError, match=re.escape(words)):
        PublicKey.from_der(der)


def test_public_key_der_is_strict(alice):
    der = alice.public.der()
    assert der[:2] == b"\x30\x82"
    for other in (
        der + b"\0",
        der[:-1],
        b"\x30\x83\x00" + der[2:],
        der.replace(b"\x05\x00", b"\x04\x00", 1),
        alice.der(),
    ):
        with pytest.raises(KeyFormatError):
            PublicKey.from_der(other)


@given(blob=st.binary(max_size=400))
def test_any_bytes_are_a_public_key_or_refused(blob):
    with pytest.raises(KeyFormatError):
        PublicKey.from_der(blob)


@given(blob=st.binary(max_size=400))
def test_any_bytes_are_a_private_key_or_refused(blob):
    with pytest.raises(KeyFormatError):
        KeyPair.from_der(blob)


def test_every_changed_byte_of_a_public_key_gives_another_key_or_none(alice):
    der = alice.public.der()
    for at in range(len(der)):
        changed = der[:at] + bytes([der[at] ^ 1]) + der[at + 1 :]
        try:
            assert PublicKey.from_der(changed).fingerprint != alice.public.fingerprint
        except KeyFormatError:
            continue


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("CERTIFICATE", "this certificate is damaged; expected an RSA public key"),
        ("PRIVATE KEY", "a private key; `openssl pkey -in FILE -pubout` writes its public half"),
        ("RSA PUBLIC KEY", "this RSA key is damaged; expected an RSA public key"),
        ("CERTIFICATE REQUEST", "`openssl req -in FILE -pubkey -noout`"),
        ("PKCS7", "`openssl pkcs7 -print_certs -in FILE -out CERT.pem`"),
        ("EC PRIVATE KEY", "elliptic-curve private key"),
        ("WHATEVER", "something else"),
    ],
)
def test_other_pem_files_are_named(label, words):
    with pytest.raises(KeyFormatError, match=re.escape(words)):
        PublicKey.from_pem(armour(label, b"0123"))


def test_damaged_pem_is_said_to_be_damaged(alice):
    pem = alice.public.pem()
    for text, words in (
        (pem.replace("-----END PUBLIC KEY-----", ""), "cut short"),
        (pem.replace("M", "!", 1), "not base64"),
        ("", "this is empty"),
        (b"\xff\xfe", "this is empty"),
        (b"\x89PNG", "there is no key in this file"),
        ("x" * 70_000, "too many"),
    ):
        with pytest.raises(KeyFormatError, match=words):
            PublicKey.from_pem(text)


def test_text_around_the_block_does_no_harm(alice):
    assert PublicKey.from_pem(f"Bag Attributes\n  x: y\n{alice.public.pem()}\n") == alice.public
    assert PublicKey.from_pem(alice.public.pem().replace("\n", "\r\n")) == alice.public


def test_a_public_key_is_no_private_key(alice):
    with pytest.raises(KeyFormatError, match="a public key; expected an RSA private key"):
        KeyPair.from_pem(alice.public.pem())


def test_the_weak_traditional_protection_is_refused(alice, openssl):
    pem = openssl("rsa", "-traditional", "-aes128", "-passout", "pass:four",
                  stdin=alice.pem().encode()).stdout  # fmt: skip
    with pytest.raises(KeyFormatError, match="`openssl pkcs8 -topk8 -in FILE"):
        KeyPair.from_pem(pem, "four")


def test_keys_of_other_kinds_are_named(openssl):
    for arguments, words in (
        (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "elliptic-curve"),
        (["-algorithm", "ED25519"], "Ed25519"),
        (["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], "restricted to PSS"),
    ):
        pem = openssl("genpkey", *arguments).stdout
        with pytest.raises(KeyFormatError, match=words):
            KeyPair.from_pem(pem)


def test_a_file_too_large_for_a_key_is_not_even_looked_at():
    with pytest.raises(KeyFormatError, match="70000 bytes are too many"):
        KeyPair.from_der(bytes(70_000))


def test_a_small_private_key_is_refused(openssl):
    pem = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024").stdout
    with pytest.raises(KeyFormatError, match="1024 bits"):
        KeyPair.from_pem(pem)


@pytest.mark.parametrize("iterations", [6_000_001, 2**31])
def test_a_costly_protection_is_refused_before_the_work(alice, openssl, iterations):
    pem = openssl("pkcs8", "-topk8", "-passout", "pass:x", "-iter", "1",
                  "-outform", "DER", stdin=alice.pem().encode()).stdout  # fmt: skip
    assert pem.count(b"\x02\x01\x01") == 1
    grown = _with_iterations(pem, iterations)
    with pytest.raises(KeyFormatError, match="too much work"):
        KeyPair.from_der(grown, "x")


@pytest.mark.parametrize("wrong", range(9))
def test_private_numbers_that_contradict_each_other_are_refused(alice, wrong):
    """A key with one wrong CRT number would sign once and give its factors away."""
    k = alice.engine
    n, e, d, p, q = (int(x) for x in (k.n, k.e, k.d, k.p, k.q))
    numbers = [0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)]
    good = armour("RSA PRIVATE KEY", DerSequence(numbers).encode())
    assert KeyPair.from_pem(good) == alice
    numbers[wrong] += 2
    with pytest.raises(KeyFormatError):
        KeyPair.from_pem(armour("RSA PRIVATE KEY", DerSequence(numbers).encode()))


def test_factors_that_are_not_prime_are_refused(alice, bob):
    """Consistent in everything else: p is a product of two primes."""
    p, q = int(alice.engine.p) * int(alice.engine.q), int(bob.engine.p)
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = [0, p * q, 65537, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)]
    with pytest.raises(KeyFormatError, match="not prime"):
        KeyPair.from_pem(armour("RSA PRIVATE KEY", DerSequence(numbers).encode()))


def _with_iterations(der, count):
    """The same EncryptedPrivateKeyInfo with another number of PBKDF2 iterations."""
    outer = DerSequence().decode(der)
    algorithm = DerSequence().decode(outer[0])
    pbes2 = DerSequence().decode(algorithm[1])
    kdf = DerSequence().decode(pbes2[0])
    parameters = DerSequence().decode(kdf[1])
    parameters[1] = count
    kdf[1] = parameters
    pbes2[0] = kdf
    algorithm[1] = pbes2
    outer[0] = algorithm
    return outer.encode()
