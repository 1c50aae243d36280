import pytest
from Crypto.IO import PKCS8
from Crypto.Util.asn1 import DerSequence
from hypothesis import given, settings
from hypothesis import strategies as st

from rsa_core import locking
from rsa_core.errors import DecryptionError, KeyFormatError, PassphraseError
from rsa_core.keys import KeyPair

SECRET = bytes(range(32))


def test_a_locked_key_pair_opens_with_its_secret(alice):
    locked = alice.lock(SECRET)
    assert KeyPair.unlock(locked, SECRET).engine == alice.engine
    assert alice.lock(SECRET) != locked


def test_a_locked_key_holds_no_private_number(alice):
    locked = alice.lock(SECRET)
    for number in (alice.engine.d, alice.engine.p, alice.engine.q):
        assert int(number).to_bytes((int(number).bit_length() + 7) // 8, "big") not in locked


def test_another_secret_opens_nothing(alice):
    with pytest.raises(PassphraseError):
        KeyPair.unlock(alice.lock(SECRET), bytes(32))


def test_every_changed_byte_of_a_locked_key_is_refused(alice):
    """Whoever can write to the database plants no damaged key."""
    locked = alice.lock(SECRET)
    for at in range(len(locked)):
        changed = locked[:at] + bytes([locked[at] ^ 0x41]) + locked[at + 1 :]
        with pytest.raises(PassphraseError):
            locking.unlock(changed, SECRET)


@given(blob=st.binary(max_size=200))
def test_any_other_bytes_are_refused(blob):
    with pytest.raises(PassphraseError):
        locking.unlock(blob, SECRET)


def test_more_work_than_we_ever_ask_for_is_refused():
    """Even under the right secret: who can write to the database must not tie up the server."""
    wrapped = PKCS8.wrap(
        b"key",
        "1.2.840.113549.1.1.1",
        passphrase=SECRET,
        protection="PBKDF2WithHMAC-SHA512AndAES256-GCM",
        prot_params={"iteration_count": 1001},
    )
    with pytest.raises(PassphraseError):
        locking.unlock(wrapped, SECRET)


def test_small_classroom_keys_can_be_locked():
    der = DerSequence([0, 3233, 7, 1783, 61, 53, 43, 15, 38]).encode()
    assert locking.unlock(locking.lock(der, SECRET), SECRET) == der


def test_a_classroom_key_is_no_key_pair():
    with pytest.raises(KeyFormatError):
        KeyPair.unlock(locking.lock(b"\x30\x00", SECRET), SECRET)


@pytest.mark.parametrize(
    "use", [locking.lock, locking.unlock, locking.seal_note, locking.open_note]
)
def test_a_short_secret_is_refused(use):
    with pytest.raises(ValueError, match="32 random bytes"):
        use(b"data", bytes(31))


def test_secrets_differ_by_token_and_by_purpose():
    secrets = {
        locking.derive_secret(token, purpose)
        for token in (bytes(16), bytes(15) + b"1")
        for purpose in ("key pair", "classroom key")
    }
    assert len(secrets) == 4
    assert all(len(secret) == 32 for secret in secrets)
    assert locking.derive_secret(bytes(16), "key pair") in secrets


def test_the_derivation_is_hkdf_as_openssl_has_it(openssl):
    out = openssl("kdf", "-keylen", "32", "-kdfopt", "digest:SHA256", "-kdfopt",
                  f"hexkey:{'5a' * 16}", "-kdfopt", "salt:rsa-image-secret-v1",
                  "-kdfopt", "info:purpose", "-binary", "HKDF").stdout  # fmt: skip
    assert locking.derive_secret(b"Z" * 16, "purpose") == out


@pytest.mark.parametrize(
    ("token", "purpose"), [(bytes(15), "p"), (bytes(16), ""), (bytes(16), "é")]
)
def test_a_weak_token_or_no_purpose_is_refused(token, purpose):
    with pytest.raises(ValueError, match=r"has at least|is some ASCII"):
        locking.derive_secret(token, purpose)


@given(data=st.binary(max_size=300))
def test_notes_come_back(data):
    note = locking.seal_note(data, SECRET)
    assert len(note) == len(data) + 28
    assert locking.open_note(note, SECRET) == data


@given(note=st.binary(max_size=60))
@settings(max_examples=50)
def test_any_other_bytes_are_no_note(note):
    with pytest.raises(DecryptionError):
        locking.open_note(note, SECRET)


def test_every_changed_byte_of_a_note_is_refused():
    note = locking.seal_note(b"a channel key", SECRET)
    for at in range(len(note)):
        changed = note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :]
        with pytest.raises(DecryptionError):
            locking.open_note(changed, SECRET)
