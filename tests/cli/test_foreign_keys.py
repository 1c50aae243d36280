"""Keys and envelopes that other programs made: they work wherever ours do, or say why not."""

import base64
import json
import subprocess

import numpy as np
import pytest
from Crypto.PublicKey import RSA

from rsa_core import KeyPair, PublicKey, read_picture
from tests.conftest import encoded, photograph

PRIME = (1 << 2048) + 981
SQUARE = ((1 << 1024) + 643) ** 2


def openssl(folder, *arguments):
    subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(photograph(12, 9)))
    return path


def sealed(run, scheme, key, picture, out):
    status, said, err = run("encrypt", "--scheme", scheme, "--to", key, picture, "--out", out)
    assert (status, err) == (0, ""), err
    assert "1 done" in said
    return out


def pixels(path):
    return read_picture(path.read_bytes()).pixels()


@pytest.mark.parametrize("scheme", ["textbook-pixels", "textbook-blocks"])
@pytest.mark.parametrize("bits", [512, 1024, 2048])
def test_a_pem_key_works_under_textbook_schemes(run, picture, tmp_path, scheme, bits):
    openssl(tmp_path, "genrsa", "-out", "k.pem", bits)
    openssl(tmp_path, "pkey", "-in", "k.pem", "-pubout", "-out", "k.pub.pem")
    out = sealed(run, scheme, tmp_path / "k.pub.pem", picture, tmp_path / "s")
    command = ["decrypt", "--key", tmp_path / "k.pem", out, "--out", tmp_path / "o"]
    assert run(*command, "--jobs", 2)[0] == 0
    assert np.array_equal(pixels(tmp_path / "o" / "a.png"), pixels(picture))


def test_a_private_key_too_short_for_the_safe_schemes_says_so(run, key_folder, picture, tmp_path):
    openssl(tmp_path, "genrsa", "-out", "k.pem", 1024)
    out = sealed(run, "hybrid", key_folder / "alice.pub.pem", picture, tmp_path / "s")
    status, _, err = run("decrypt", "--key", tmp_path / "k.pem", out, "--out", tmp_path / "o")
    assert status == 1
    assert "this RSA key has 1024 bits; expected 2048" in err


@pytest.mark.parametrize("order", [("alice", "bob"), ("bob", "alice")])
def test_each_envelope_is_opened_by_the_key_that_fits(run, key_folder, picture, tmp_path, order):
    """Several private keys in one file; envelopes by key id, by certificate, by fingerprint."""
    both = tmp_path / "both.pem"
    both.write_text("".join((key_folder / f"{name}.pem").read_text() for name in order))
    for name in ("alice", "bob"):
        for scheme in ("hybrid", "oaep-blocks", "textbook-pixels"):
            sealed(
                run, scheme, key_folder / f"{name}.pub.pem", picture, tmp_path / "s" / name / scheme
            )
        key, to = key_folder / f"{name}.pem", tmp_path / "s" / name / "openssl"
        to.mkdir()
        openssl(tmp_path, "req", "-x509", "-key", key, "-subj", "/CN=x", "-out", "x.crt")
        openssl(tmp_path, "cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", picture,
                "-outform", "DER", "-out", to / "a.png.p7m", "-recip", "x.crt",
                "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")  # fmt: skip
    for jobs in (1, 2):
        opened = tmp_path / f"o{jobs}"
        status, said, err = run(
            "decrypt", "--key", both, tmp_path / "s", "--out", opened, "--jobs", jobs
        )
        assert (status, err) == (0, "")
        assert "8 done" in said
        for path in opened.rglob("*.png"):
            assert np.array_equal(pixels(path), pixels(picture))


def test_a_file_with_keys_of_strangers_alone_opens_nothing(run, key_folder, picture, tmp_path):
    out = sealed(run, "hybrid", key_folder / "alice.pub.pem", picture, tmp_path / "s")
    others = tmp_path / "others.pem"
    others.write_text(KeyPair.generate(2048).pem() + (key_folder / "bob.pem").read_text())
    status, _, err = run("decrypt", "--key", others, out, "--out", tmp_path / "o")
    assert status == 1
    assert "other recipients" in err


def test_a_certificate_and_a_jwk_are_recipients(run, key_folder, picture, tmp_path):
    key = key_folder / "alice.pem"
    openssl(tmp_path, "req", "-x509", "-key", key, "-subj", "/CN=x", "-out", "x.crt")
    public = PublicKey.from_pem((key_folder / "alice.pub.pem").read_text())
    fields = {
        name: base64.urlsafe_b64encode(number.to_bytes(256, "big")).decode()
        for name, number in (("n", public.n), ("e", public.e))
    }
    (tmp_path / "x.json").write_text(json.dumps({"kty": "RSA", **fields}))
    for name in ("x.crt", "x.json"):
        out = sealed(run, "hybrid", tmp_path / name, picture, tmp_path / f"s-{name}")
        opened = tmp_path / f"o-{name}"
        assert run("decrypt", "--key", key, out, "--out", opened)[0] == 0
        assert (opened / "a.png").read_bytes() == picture.read_bytes()


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((PRIME, 65537), "the modulus is a prime number"),
        ((SQUARE, 65537), "the modulus is a square"),
        ((PRIME * 3, 65537), "a small prime factor"),
        ((PRIME + 2, 65536), "the public exponent is even"),
        ((PRIME + 2, 1), "the public exponent is 1"),
    ],
)
def test_keys_that_cannot_protect_are_for_the_textbook_schemes(
    run, picture, tmp_path, numbers, words
):
    """Sealed under such a key, the picture falls to the first attack."""
    key = tmp_path / "weak.pub.pem"
    key.write_bytes(RSA.construct(numbers, consistency_check=False).export_key())
    for scheme in ("hybrid", "oaep-blocks"):
        status, _, err = run(
            "encrypt", "--scheme", scheme, "--to", key, picture, "--out", tmp_path / "o"
        )
        assert (status, err.count("\n")) == (3, 1)
        assert words in err
    out = sealed(run, "textbook-pixels", key, picture, tmp_path / "s")
    got = tmp_path / "got.png"
    status, said, _ = run(
        "attack", "codebook", out / "a.png.rsaimg", "--public-key", key, "--out", got
    )
    assert status == 0, said
    assert np.array_equal(pixels(got), pixels(picture))


def test_classroom_text_is_read_as_windows_saves_it(run, key_folder, tmp_path):
    text = (key_folder / "seed.pub.txt").read_text()
    for encoding in ("utf-8-sig", "utf-16"):
        (tmp_path / "k.txt").write_bytes(text.replace("\n", "\r\n").encode(encoding))
        status, said, _ = run("fingerprint", tmp_path / "k.txt")
        assert (status, "12 bits, e = 7" in said) == (0, True)


@pytest.mark.parametrize("form", ["SMIME", "PEM"])
def test_an_envelope_in_a_mail_is_opened(run, key_folder, picture, tmp_path, form):
    key = key_folder / "alice.pem"
    openssl(tmp_path, "req", "-x509", "-key", key, "-subj", "/CN=x", "-out", "x.crt")
    openssl(tmp_path, "cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", picture,
            "-outform", form, "-out", "mail.p7m", "-recip", "x.crt", "-keyopt",
            "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")  # fmt: skip
    mail = tmp_path / "mail.p7m"
    assert run("decrypt", "--key", key, mail, "--out", tmp_path / "o")[0] == 0
    opened = [path for path in (tmp_path / "o").iterdir() if path.suffix != ".csv"]
    assert [path.read_bytes() for path in opened] == [picture.read_bytes()]
    status, said, _ = run("inspect", mail)
    assert (status, "AES-256-GCM" in said) == (0, True)


@pytest.mark.parametrize(
    "line",
    [b"plain", b" spaces ", "\u00e4\u2167\ufb01".encode(), b"\xe4\xf6", b"crlf\r",
     b"\xef\xbb\xbfmark", "cafe\u0301".encode(), "line\u2028separator\u0085\x0b".encode(),
     b"x" * 1023],
    ids=range(9),
)  # fmt: skip
def test_openssl_opens_with_the_file_that_the_key_was_made_with(run, tmp_path, line):
    secret = tmp_path / "secret"
    secret.write_bytes(line + b"\nsecond line\n")
    key = tmp_path / "k.pem"
    command = ["keygen", "--bits", 2048, "--out", key, "--passphrase-file", secret]
    assert run(*command)[0] == 0
    openssl(tmp_path, "pkey", "-in", key, "-passin", f"file:{secret}", "-pubout", "-out", "o.pem")
    assert (tmp_path / "o.pem").read_text() == (tmp_path / "k.pub.pem").read_text()
    assert KeyPair.from_pem(key.read_text(), line).public.pem() == (tmp_path / "o.pem").read_text()


def test_a_key_that_openssl_protected_with_the_file_opens(run, key_folder, picture, tmp_path):
    out = sealed(run, "hybrid", key_folder / "alice.pub.pem", picture, tmp_path / "s")
    secret = tmp_path / "secret"
    for number, line in enumerate(("\ufb01ve", "cafe\u0301", "w\u00f6rd\r")):
        secret.write_bytes(line.encode() + b"\n")
        openssl(tmp_path, "pkcs8", "-topk8", "-in", key_folder / "alice.pem", "-passout",
                f"file:{secret}", "-out", "k.pem")  # fmt: skip
        for passphrase in (line, line.rstrip("\r")):
            secret.write_bytes(passphrase.encode())
            command = ["decrypt", "--key", tmp_path / "k.pem", "--passphrase-file", secret, out]
            status, _, err = run(*command, "--out", tmp_path / f"o{number}", "--force")
            assert (status, err) == (0, "")
