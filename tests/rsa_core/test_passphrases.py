"""The right passphrase opens, however it was typed; and OpenSSL reads the one we write."""

import subprocess
import unicodedata

import pytest
from Crypto.IO import PKCS8
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rsa_core.errors import PassphraseError
from rsa_core.key_files import passphrases
from rsa_core.key_files.pem import armour
from rsa_core.keys import KeyPair

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
LINES = st.text(st.characters(exclude_characters="\0\n", exclude_categories=["Cs"]), min_size=1)


def locked(pair, secret):
    """PKCS#8 under bytes that another program made of a passphrase; one iteration, for speed."""
    der = PKCS8.wrap(
        PKCS8.unwrap(pair.der()).private_key,
        RSA_ENCRYPTION,
        passphrase=secret,
        protection="PBKDF2WithHMAC-SHA256AndAES256-CBC",
        prot_params={"iteration_count": 1},
    )
    return armour("ENCRYPTED PRIVATE KEY", der)


@given(passphrase=LINES.filter(lambda text: len(text.encode()) <= passphrases.MAX_BYTES))
@example("Ⅷ ﬁ ™ ²")
@example(" spaces ")
@example("Zeile\u2028Absatz\u0085\x0b\x0c")
@example("carriage\r")
@settings(max_examples=25)
def test_openssl_opens_with_the_same_file(alice, tmp_path_factory, passphrase):
    """For every character; the passphrase is the first line of the file."""
    file = tmp_path_factory.mktemp("secret") / "line"
    file.write_bytes(passphrase.encode() + b"\nsecond line\n")
    pem = locked(alice, passphrases.written(passphrase))
    shown = subprocess.run(
        ["openssl", "pkey", "-passin", f"file:{file}", "-pubout"],
        input=pem, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert shown.stdout == alice.public.pem()


@given(passphrase=LINES)
def test_what_is_written_is_what_was_typed(passphrase):
    raw = passphrase.encode()
    if len(raw) <= passphrases.MAX_BYTES:
        assert passphrases.written(passphrase) == raw == passphrases.written(raw)


@given(passphrase=LINES, form=st.sampled_from(["NFC", "NFD", "NFKC"]))
def test_every_normal_form_is_tried(passphrase, form):
    other = unicodedata.normalize(form, passphrase)
    assert other.rstrip("\r").encode() in passphrases.forms(passphrase) or not other.strip("\r")


@pytest.mark.parametrize("typed", ["pässwörd", "pa\u0308sswo\u0308rd"])
@pytest.mark.parametrize(
    "secret",
    [
        "pässwörd".encode(),
        "pässwörd".encode("latin-1"),
        unicodedata.normalize("NFD", "pässwörd").encode(),
        "pässwörd\r".encode(),
    ],
)
def test_a_key_from_another_system_opens(alice, typed, secret):
    assert KeyPair.from_pem(locked(alice, secret), typed) == alice
    assert KeyPair.from_pem(locked(alice, secret), typed.encode()) == alice


@pytest.mark.parametrize(
    ("typed", "secret"),
    [
        ("ﬁve ²", b"five 2"),
        ("ﬁve ²", "ﬁve ²".encode()),
        ("5 €", b"5 \x80"),
        (b"\xfcber", b"\xfcber"),
        (b"\xfcber", "über".encode()),
        (b"\xef\xbb\xbfword\r", b"word"),
        (b"word\r", b"word"),
        ("word", b"word\r"),
        ("\udcfcber", b"\xfcber"),
    ],
)
def test_forms_that_programs_make(alice, typed, secret):
    assert KeyPair.from_pem(locked(alice, secret), typed) == alice


@pytest.mark.parametrize("typed", ["word ", "Word", "wörd", "", "\r"])
def test_another_passphrase_does_not_open(alice, typed):
    with pytest.raises(PassphraseError):
        KeyPair.from_pem(locked(alice, b"word"), typed)


@pytest.mark.parametrize("passphrase", ["", "a\0b", "a\nb", "x" * 1024, "é" * 512, "\ud800"])
def test_openssl_could_not_read_these(alice, passphrase):
    with pytest.raises(PassphraseError):
        alice.pem(passphrase)


def test_all_forms_together_cost_no_more_work_than_one_may(alice, openssl):
    """2 400 000 iterations: two forms fit into the limit of six million, and five do not."""
    der = openssl("pkcs8", "-topk8", "-passout", "pass:x", "-iter", "2400000",
                  "-outform", "DER", stdin=alice.pem().encode()).stdout  # fmt: skip
    with pytest.raises(PassphraseError):
        KeyPair.from_der(der, "ﬁäçé")
    assert KeyPair.from_der(der, "x") == alice
